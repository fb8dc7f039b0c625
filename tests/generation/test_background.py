"""The background loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest

from carimg.generation.background import Background


@pytest.fixture
def loop() -> Iterator[Background]:
    loop = Background()
    yield loop
    loop.close()


async def _where() -> tuple[str, int]:
    await asyncio.sleep(0)
    return threading.current_thread().name, id(asyncio.get_running_loop())


def test_all_calls_share_one_loop_in_one_thread(loop: Background) -> None:
    """Two calls, and calls from two threads, run on the same loop."""
    first = loop.run(_where())
    seen: list[tuple[str, int]] = []
    thread = threading.Thread(target=lambda: seen.append(loop.run(_where())))
    thread.start()
    thread.join()
    assert first == seen[0] == loop.run(_where())
    assert first[0] == "carimg-loop"


def test_a_blocking_call_from_the_loop_itself_is_refused(loop: Background) -> None:
    """It would wait for itself: an error says so instead of hanging."""

    async def blocks() -> None:
        loop.run(_where())

    with pytest.raises(RuntimeError, match="await it"):
        loop.run(blocks(), timeout_s=5)


def test_closing_cancels_what_still_runs() -> None:
    """A task that waits is cancelled, its clean-up runs, and closing twice is fine."""
    loop = Background()
    cleaned = threading.Event()
    started = threading.Event()

    async def waits() -> None:
        try:
            started.set()
            await asyncio.sleep(60)
        finally:
            cleaned.set()

    future = loop.submit(waits())
    assert started.wait(5)
    loop.close()
    loop.close()
    assert cleaned.is_set()
    assert future.cancelled()


def test_work_for_a_closed_loop_is_refused() -> None:
    """Nothing waits for a loop that is gone."""
    loop = Background()
    loop.close()
    with pytest.raises(RuntimeError, match="closed"):
        loop.submit(_where())
