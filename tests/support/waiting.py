"""Waiting for a condition instead of for a time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from carimg.generation.jobs import Jobs
from carimg.generation.live import Snapshot

PAUSE_S = 0.005


async def until(holds: Callable[[], object], seconds: float = 20.0) -> None:
    """Let the loop turn until a condition holds. Raises TimeoutError when that takes too long."""
    async with asyncio.timeout(seconds):
        while not holds():  # noqa: ASYNC110  (what is waited for rings no bell)
            await asyncio.sleep(PAUSE_S)


def wait_until(holds: Callable[[], object], seconds: float = 30.0) -> None:
    """The same, blocking."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {seconds:g} s")
        time.sleep(PAUSE_S)


def until_set(jobs: Jobs, set_id: str, wanted: Callable[[Snapshot], object], seconds: float = 20.0) -> Snapshot:
    """Poll a set, as a page does, until `wanted(snapshot)`; that snapshot."""
    seen: list[Snapshot] = []

    def holds() -> object:
        seen[:] = [jobs.snapshot(set_id)]
        return wanted(seen[0])

    wait_until(holds, seconds)
    return seen[0]
