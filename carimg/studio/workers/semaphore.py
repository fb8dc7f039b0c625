"""A priority semaphore: a fixed number of turns, given to whoever is most urgent."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class PrioritySemaphore:
    """`count` turns on one event loop. Who waits with the lowest rank goes first, equals in the order they came."""

    def __init__(self, count: int) -> None:
        self._free = count
        self._arrival = itertools.count()
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []

    @asynccontextmanager
    async def turn(self, rank: int) -> AsyncIterator[None]:
        """Wait for a turn and hold it."""
        await self._enter(rank)
        try:
            yield
        finally:
            self._leave()

    async def _enter(self, rank: int) -> None:
        if self._free:
            self._free -= 1
            return
        ticket = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (rank, next(self._arrival), ticket))
        try:
            await ticket
        except asyncio.CancelledError:
            if not ticket.cancelled():  # it was called in just before it was called off
                self._leave()
            raise

    def _leave(self) -> None:
        while self._waiting:
            *_, ticket = heapq.heappop(self._waiting)
            if not ticket.done():
                ticket.set_result(None)
                return
        self._free += 1
