"""The rate limiter: pictures in flight, pictures a minute, and pauses the service asked for.

By hand, because limits are learnt while it runs, and all who wait must hear at once of a pause or an open breaker.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable

Check = Callable[[], None]
"""Called before every wait and before going in; raises when the caller should not wait any longer."""


class RateLimiter:
    """Lets callers through one by one, in the order they came, as far as the limits allow. Lives on one loop.

    `limit` views in flight at once, `per_minute` views in any `minute_s` seconds; None = no limit.
    """

    def __init__(
        self,
        limit: int | None = None,
        per_minute: int | None = None,
        minute_s: float = 60.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limit = limit
        self._learnt: int | None = None
        self._learnt_until = 0.0
        self.per_minute = per_minute
        self.in_flight = 0
        self._minute_s = minute_s
        self._clock = clock
        self._sent: deque[float] = deque()
        self._paused_until = 0.0
        self._queue: deque[asyncio.Event] = deque()
        self._sleepers: set[asyncio.Event] = set()

    @property
    def limit(self) -> int | None:
        """Views in flight at most: as declared, or as learnt from the service not long ago."""
        learnt = self._learnt if self._clock() < self._learnt_until else None
        limits = [limit for limit in (self._limit, learnt) if limit is not None]
        return min(limits, default=None)

    @property
    def waiting(self) -> int:
        """Callers that wait to get in."""
        return len(self._queue)

    @property
    def paused_s(self) -> float:
        """Seconds left of the pause the service asked for."""
        return max(0.0, self._paused_until - self._clock())

    async def enter(self, check: Check) -> None:
        """Wait for a turn; `leave` gives it back."""
        turn = asyncio.Event()
        self._queue.append(turn)
        try:
            while True:
                check()
                wait_s = self._wait_s(turn)
                if wait_s == 0:
                    break
                await _wait(turn, wait_s)
            self.in_flight += 1
            self._sent.append(self._clock())
        finally:
            self._queue.remove(turn)
            self._wake_next()

    def leave(self) -> None:
        self.in_flight -= 1
        self._wake_next()

    async def sleep(self, seconds: float, check: Check) -> None:
        """Sleep before a retry, or until `check` raises after a `wake`."""
        until = self._clock() + seconds
        bell = asyncio.Event()
        self._sleepers.add(bell)
        try:
            while (left := until - self._clock()) > 0:
                check()
                await _wait(bell, left)
        finally:
            self._sleepers.discard(bell)

    def hold(self, seconds: float) -> None:
        """Nobody goes in for so many seconds: the service asked for a pause."""
        self._paused_until = max(self._paused_until, self._clock() + seconds)
        self.wake()

    def resume(self) -> None:
        """Forget a pause."""
        self._paused_until = 0.0
        self.wake()

    def narrow(self, limit: int, seconds: float = 600.0) -> None:
        """Learn that the service takes no more than `limit` at once; after a while it is worth another try."""
        self._learnt, self._learnt_until = limit, self._clock() + seconds

    def wake(self) -> None:
        """Let everybody who waits look again: the breaker opened, or a pause began."""
        for bell in (*self._queue, *self._sleepers):
            bell.set()

    def _wait_s(self, turn: asyncio.Event) -> float | None:
        """0 = go in, seconds = wait so long, None = wait for those before, or for somebody to leave."""
        if self._queue[0] is not turn:
            return None
        if self.paused_s:
            return self.paused_s
        if self.limit is not None and self.in_flight >= self.limit:
            return None
        now = self._clock()
        while self._sent and self._sent[0] <= now - self._minute_s:
            self._sent.popleft()
        if self.per_minute is not None and len(self._sent) >= self.per_minute:
            return max(1e-3, self._sent[0] + self._minute_s - now)
        return 0.0

    def _wake_next(self) -> None:
        if self._queue:
            self._queue[0].set()


async def _wait(bell: asyncio.Event, seconds: float | None) -> None:
    bell.clear()
    try:
        async with asyncio.timeout(seconds):
            await bell.wait()
    except TimeoutError:
        pass
