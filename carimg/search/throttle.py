"""The throttle of one search back end: calls start a pause apart, overlap, and stop after failures."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from typing import TypeVar

from carimg.circuit import BreakerRules, CircuitBreaker
from carimg.errors import SearchError, SearchLimited
from carimg.search.backends import Backend, SearchEmpty, SearchSlow

T = TypeVar("T")

RULES = BreakerRules(after=3, open_s=60.0, most_s=900.0)
"""Three failures in a row, and a back end is left alone for a minute, and for a quarter of an hour at most."""
SPACING_S = 0.75
"""Between the starts of two calls to one back end: the pause duckduckgo-search itself keeps."""


class Throttle:
    """One back end with its queue and its breaker. Lives on one event loop; blocking calls run in `threads`."""

    def __init__(
        self, backend: Backend, threads: Executor, spacing_s: float = SPACING_S, breaker: CircuitBreaker | None = None
    ) -> None:
        self.backend = backend
        self.breaker = breaker or CircuitBreaker(RULES)
        self._threads = threads
        self._spacing_s = spacing_s
        self._next = 0.0

    async def run(self, call: Callable[[float], T], room_s: float) -> T:
        """Run `call(seconds it may take)` when its turn has come, all within `room_s`. Raises SearchError.

        A turn that would come in the second half of `room_s` is not waited for. 'Too often' opens the breaker at once,
        three other failures in a row do too; an honest 'no results' is an answer.
        """
        start = asyncio.get_running_loop().time()
        await self._turn(room_s / 2)
        probe = self.breaker.begin()
        left_s = room_s - (asyncio.get_running_loop().time() - start)
        try:
            result = await self._in_thread(call, left_s)
        except SearchEmpty:
            self.breaker.answered(probe)
            raise
        except SearchLimited as exc:
            self.breaker.trip(str(exc), probe=probe)
            raise
        except SearchError as exc:
            self.breaker.failed(str(exc), probe=probe)
            raise
        except BaseException:
            self.breaker.cancel(probe)
            raise
        self.breaker.answered(probe)
        return result

    async def _turn(self, patience_s: float) -> None:
        self._check()
        now = asyncio.get_running_loop().time()
        turn = max(now, self._next)
        if turn - now > patience_s:
            raise SearchError("too many searches before this one")
        self._next = turn + self._spacing_s
        await asyncio.sleep(turn - now)
        self._check()

    def _check(self) -> None:
        if left_s := self.breaker.open_s:
            raise SearchLimited(f"not asked for another {left_s:.0f} s ({self.breaker.cause})")
        if self.breaker.refusal:
            raise SearchLimited(f"it is being tried again right now ({self.breaker.cause})")

    async def _in_thread(self, call: Callable[[float], T], left_s: float) -> T:
        """A thread that overruns is left alone: the library ends it by its own time limit."""
        try:
            async with asyncio.timeout(left_s):
                return await asyncio.get_running_loop().run_in_executor(self._threads, call, left_s)
        except TimeoutError as exc:
            raise SearchSlow("no answer in time") from exc
