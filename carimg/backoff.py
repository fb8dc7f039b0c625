"""A breaker: a service that failed is left alone for a while, longer each time it fails again."""

from __future__ import annotations

import time
from collections.abc import Callable

FIRST_S = 60.0
LONGEST_S = 900.0


class Backoff:
    """Closed while the service answers; open for 60 s after a failure, doubled at each further one up to 15 minutes.

    `clock` gives seconds that only grow.
    """

    def __init__(
        self, first_s: float = FIRST_S, longest_s: float = LONGEST_S, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._first_s = first_s
        self._longest_s = longest_s
        self._clock = clock
        self._pause_s = 0.0
        self._until = 0.0
        self._doubts = 0
        self.reason = ""
        """Why it opened last, in plain words; '' once the service answered again."""

    @property
    def left_s(self) -> float:
        """Seconds until the service may be asked again; 0 = now."""
        return max(0.0, self._until - self._clock())

    def trip(self, reason: str, at_least_s: float = 0.0) -> None:
        """The service failed. `at_least_s` is its own wish (Retry-After), obeyed up to the longest pause.

        Failures of calls that were under way when it opened count once.
        """
        if not self.left_s:
            self._pause_s = min(self._longest_s, self._pause_s * 2 or self._first_s)
        pause = min(self._longest_s, max(self._pause_s, at_least_s))
        self._until = max(self._until, self._clock() + pause)
        self.reason = reason

    def doubt(self, reason: str, limit: int = 3) -> None:
        """An answer that may be a failure in disguise; `limit` of them in a row count as one."""
        self._doubts += 1
        if self._doubts >= limit:
            self._doubts = 0
            self.trip(reason)

    def answered(self) -> None:
        """The service did its work: all is forgotten."""
        self._pause_s = self._until = 0.0
        self._doubts = 0
        self.reason = ""
