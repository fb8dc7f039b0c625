"""Render processes: they draw, die, are replaced, stop at once, and do not outlive the server."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
import pytest_asyncio
from PIL import Image

from carimg.errors import EngineBroken, EngineTimeout, InputError
from carimg.studio.spec import Camera
from carimg.studio.workers.pool import RenderPool, _Worker
from carimg.studio.workers.protocol import Order, packed
from tests.support.rendering import SHOT, SLOW, is_drawing
from tests.support.waiting import until

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("studio-workers")]

AT_ONCE_S = 2.0
"""A cancelled process is gone within this, also on a busy machine; the picture would take many seconds more."""


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def pool(studio_cache: Path) -> AsyncIterator[RenderPool]:
    pool = RenderPool(1, studio_cache)
    yield pool
    await pool.aclose()


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_a_worker_draws_preview_picture_and_passes(pool: RenderPool) -> None:
    """A small JPEG comes first, then a PNG of the size asked for with masks of that size; CPU time is told by step."""
    previews: list[bytes] = []

    async def keep(jpeg: bytes) -> None:
        previews.append(jpeg)

    drawn = await pool.render(SHOT, keep)
    assert Image.open(BytesIO(previews[0])).size == (85, 85)
    assert Image.open(BytesIO(drawn.png)).size == (256, 256)
    assert drawn.car_mask is not None and drawn.paint_mask is not None
    assert Image.open(BytesIO(drawn.car_mask)).getextrema() == (0, 255)
    assert drawn.depth is not None and drawn.depth.shape == (256, 256)
    assert {"passes", "trace", "denoise", "develop", "encode"} < drawn.cpu_s.keys()


async def test_two_workers_draw_the_same_bytes(pool: RenderPool, studio_cache: Path) -> None:
    """Which process draws a shot makes no difference."""
    first = await pool.render(SHOT)
    os.kill(pool.pids[0], signal.SIGKILL)
    second = await pool.render(SHOT)
    assert first.png == second.png and first.paint_mask == second.paint_mask


async def test_a_killed_worker_costs_one_retry(pool: RenderPool) -> None:
    """kill -9 in the middle of a picture: the view is drawn all the same, by a new worker."""
    drawing = asyncio.create_task(pool.render(SHOT))
    killed = await is_drawing(pool)
    os.kill(killed, signal.SIGKILL)
    assert (await drawing).png.startswith(b"\x89PNG")
    assert killed not in pool.pids


async def test_a_view_that_kills_every_worker_fails_with_a_sentence(pool: RenderPool) -> None:
    """Two deaths over one view end it; the next view is drawn."""
    drawing = asyncio.create_task(pool.render(SLOW))
    first = await is_drawing(pool)
    os.kill(first, signal.SIGKILL)
    os.kill(await is_drawing(pool, besides=first), signal.SIGKILL)
    with pytest.raises(EngineBroken, match="died 2 times") as failure:
        await drawing
    assert failure.value.reason == "crash"
    assert (await pool.render(SHOT)).size == (256, 256)


async def test_a_cancelled_view_stops_at_once(pool: RenderPool) -> None:
    """It is cancelled after its preview, while the picture is refined: its process is gone long before that would be
    done; the next view is drawn."""
    refining = asyncio.Event()

    async def seen(_: bytes) -> None:
        refining.set()

    drawing = asyncio.create_task(pool.render(SLOW, seen))
    await refining.wait()
    pid = await is_drawing(pool)
    drawing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(drawing, AT_ONCE_S)
    await until(lambda: not is_alive(pid), AT_ONCE_S)
    assert (await pool.render(SHOT)).size == (256, 256)


async def test_a_worker_killed_while_its_picture_is_on_the_way_is_gone(studio_cache: Path) -> None:
    """What it has written and nobody reads does not keep it: neither a cancelled set nor the server waits for it."""
    worker = await _Worker.start(studio_cache)
    await worker.warm()
    worker._process.stdin.write(packed(Order(SHOT, preview=False)))
    await until(lambda: len(worker._process.stdout._buffer) > 2 * 65_536)  # more than a reader takes by default
    async with asyncio.timeout(20):
        await worker.gone()
    assert not worker.alive and not is_alive(worker.pid)


async def test_a_view_that_waits_for_a_place_can_be_cancelled(pool: RenderPool) -> None:
    """Cancelling it does not touch the view that is being drawn."""
    drawing = asyncio.create_task(pool.render(SHOT))
    await is_drawing(pool)
    waiting = asyncio.create_task(pool.render(SLOW))
    await until(lambda: len(pool._turns._waiting) == 1)
    waiting.cancel()
    assert (await drawing).size == (256, 256)


@pytest.mark.parametrize("size", [(255, 512), (512, 2049)])
async def test_sizes_out_of_range_never_reach_a_worker(pool: RenderPool, size: tuple[int, int]) -> None:
    """They are refused with the range, before anything is started."""
    with pytest.raises(InputError, match="256 to 2048 pixels"):
        await pool.render(replace(SHOT, size=size))


async def test_what_a_worker_refuses_comes_back_as_input_error(pool: RenderPool) -> None:
    """A camera under the floor is refused by the studio itself; the worker lives on."""
    before = (await pool.render(SHOT), pool.pids)[1]
    with pytest.raises(InputError, match="elevation") as refusal:
        await pool.render(replace(SHOT, camera=Camera(0, -3)))
    assert refusal.value.field == "elevation" and pool.pids == before


async def test_a_closed_pool_has_no_processes_and_draws_nothing(studio_cache: Path) -> None:
    """aclose ends even workers that are still starting."""
    pool = RenderPool(2, studio_cache)
    pool.start()
    await until(lambda: pool.pids)
    pids = pool.pids
    await pool.aclose()
    assert not any(is_alive(pid) for pid in pids) and pool.pids == ()
    with pytest.raises(EngineBroken, match="shutting down"):
        await pool.render(SHOT)


async def test_workers_end_when_the_server_is_killed(studio_cache: Path) -> None:
    """kill -9 of the server: its worker notices that the pipe is closed, even while it draws."""
    server = textwrap.dedent(
        f"""
        import asyncio
        from pathlib import Path
        from tests.support.rendering import SLOW
        from carimg.studio.workers.pool import RenderPool

        async def main():
            pool = RenderPool(1, Path({str(studio_cache)!r}))

            async def seen(_):
                print(pool.pids[0], flush=True)

            await pool.render(SLOW, seen)

        asyncio.run(main())
        """
    )
    root = Path(__file__).parent.parent.parent
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", server, stdout=subprocess.PIPE, cwd=root)
    assert process.stdout is not None
    pid = int(await process.stdout.readline())
    process.kill()
    await process.wait()
    await until(lambda: not is_alive(pid), 5)


async def test_previews_of_all_views_come_before_the_first_picture(pool: RenderPool) -> None:
    """Three views on one worker: whoever watches sees all three small before any is refined."""
    order: list[str] = []

    async def seen(_: bytes) -> None:
        order.append("preview")

    async def view(yaw: float) -> None:
        await pool.render(replace(SHOT, camera=Camera(yaw, 4)), seen)
        order.append("picture")

    await asyncio.gather(*(view(yaw) for yaw in (0, 90, 180)))
    assert order == ["preview"] * 3 + ["picture"] * 3


async def test_a_view_that_takes_too_long_ends_with_its_worker(studio_cache: Path) -> None:
    """The deadline counts the work: a slow view fails with a sentence, its process is gone, the next one is drawn."""
    pool = RenderPool(1, studio_cache)
    await pool.render(SHOT)
    (pid,) = pool.pids
    pool.timeout_s = 0.5
    with pytest.raises(EngineTimeout, match=r"within 0\.5 s"):
        await pool.render(SLOW)
    await until(lambda: not is_alive(pid))
    pool.timeout_s = 60.0
    assert (await pool.render(SHOT)).size == (256, 256)
    await pool.aclose()
