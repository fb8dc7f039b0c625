"""The background loop."""

from __future__ import annotations

import asyncio
import threading

import pytest

from carimg.runtime import Runtime


@pytest.fixture
def runtime():
    runtime = Runtime()
    yield runtime
    runtime.close()


async def _where() -> tuple[str, int]:
    await asyncio.sleep(0)
    return threading.current_thread().name, id(asyncio.get_running_loop())


def test_all_calls_share_one_loop_in_one_thread(runtime: Runtime) -> None:
    """Two calls, and calls from two threads, run on the same loop."""
    first = runtime.run(_where())
    seen: list[tuple[str, int]] = []
    thread = threading.Thread(target=lambda: seen.append(runtime.run(_where())))
    thread.start()
    thread.join()
    assert first == seen[0] == runtime.run(_where())
    assert first[0] == "carimg-loop"


def test_a_blocking_call_from_the_loop_itself_is_refused(runtime: Runtime) -> None:
    """It would wait for itself: an error says so instead of hanging."""

    async def blocks() -> None:
        runtime.run(_where())

    with pytest.raises(RuntimeError, match="await it"):
        runtime.run(blocks(), timeout_s=5)


def test_closing_cancels_what_still_runs() -> None:
    """A task that waits is cancelled, its clean-up runs, and closing twice is fine."""
    runtime = Runtime()
    cleaned = threading.Event()
    started = threading.Event()

    async def waits() -> None:
        try:
            started.set()
            await asyncio.sleep(60)
        finally:
            cleaned.set()

    future = runtime.submit(waits())
    assert started.wait(5)
    runtime.close()
    runtime.close()
    assert cleaned.is_set()
    assert future.cancelled()


def test_work_for_a_closed_loop_is_refused() -> None:
    """Nothing waits for a loop that is gone."""
    runtime = Runtime()
    runtime.close()
    with pytest.raises(RuntimeError, match="closed"):
        runtime.submit(_where())
