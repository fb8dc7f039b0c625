"""Turns in the render processes: who goes first, and that none is lost."""

from __future__ import annotations

import asyncio

from carimg.studio.workers.semaphore import PrioritySemaphore


async def hold(
    turns: PrioritySemaphore, rank: int, name: str, seen: list[str], held: asyncio.Event | None = None
) -> None:
    async with turns.turn(rank):
        seen.append(name)
        if held is not None:
            await held.wait()


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_the_most_urgent_goes_first_and_equals_in_order() -> None:
    """One turn, four who wait: ranks 1, 0, 1, 0 are served as 0, 0, 1, 1."""
    turns, seen, held = PrioritySemaphore(1), list[str](), asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(hold(turns, 1, "holder", seen, held))
        await settle()
        for name, rank in (("late a", 1), ("soon a", 0), ("late b", 1), ("soon b", 0)):
            group.create_task(hold(turns, rank, name, seen))
        await settle()
        held.set()
    assert seen == ["holder", "soon a", "soon b", "late a", "late b"]


async def test_no_more_than_the_turns_there_are() -> None:
    """Two turns: the third waits until one is free."""
    turns, seen, held = PrioritySemaphore(2), list[str](), asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for name in ("a", "b", "c"):
            group.create_task(hold(turns, 0, name, seen, held))
        await settle()
        assert seen == ["a", "b"]
        held.set()
    assert seen == ["a", "b", "c"]


async def test_who_is_called_off_loses_no_turn() -> None:
    """Cancelled while it waits, or in the very moment it is called in: the next one gets the turn."""
    turns, seen, held = PrioritySemaphore(1), list[str](), asyncio.Event()
    holder = asyncio.create_task(hold(turns, 0, "holder", seen, held))
    await settle()
    waiting = asyncio.create_task(hold(turns, 0, "called off", seen))
    called_in = asyncio.create_task(hold(turns, 0, "called in", seen))
    await settle()
    waiting.cancel()
    held.set()
    await asyncio.sleep(0)  # the holder hands its turn on; the next one has not run yet
    called_in.cancel()
    await asyncio.gather(holder, waiting, called_in, return_exceptions=True)
    await asyncio.wait_for(hold(turns, 0, "after", seen), 5)
    assert seen == ["holder", "after"]
