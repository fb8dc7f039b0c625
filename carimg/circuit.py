"""The circuit breaker: a service that is known to fail is left alone for a while, longer each time it fails again.

Closed while the service answers → open after failures → half-open when the time is up: whoever asks then tries whether
the service is back → closed, or open for twice as long.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class BreakerState(StrEnum):
    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"


@dataclass(frozen=True, slots=True)
class BreakerRules:
    """How soon it opens, and for how long.

    `after` failures in a row open it for `open_s` seconds, twice as long every time after, up to `most_s`. `limited`
    answers 'too many requests' in a row do so too. What holds for every request alike opens it at once, for
    `refused_s`.
    """

    after: int = 5
    limited: int = 2
    open_s: float = 15.0
    most_s: float = 240.0
    refused_s: float = 300.0


class CircuitBreaker:
    """State of one service. `clock` gives seconds and never goes back. Used on one loop; may be read from any thread.

    Where one request at a time should try whether the service is back, ask `begin` before it and hand its answer on.
    """

    def __init__(self, rules: BreakerRules | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self.rules = rules or BreakerRules()
        self.cause = ""
        """Why it opened last, in plain words; '' once the service answered again."""
        self._clock = clock
        self._failures = 0
        self._limited = 0
        self._opened = 0
        self._open_until: float | None = None
        self._probing = False

    @property
    def state(self) -> BreakerState:
        if self._open_until is None:
            return BreakerState.CLOSED
        return BreakerState.OPEN if self._clock() < self._open_until else BreakerState.HALF_OPEN

    @property
    def open_s(self) -> float:
        """Seconds until it may be tried again; 0 when it is not open."""
        return max(0.0, self._open_until - self._clock()) if self._open_until is not None else 0.0

    @property
    def refusal(self) -> str:
        """Why the service should not be asked now, as a sentence; '' when it may be."""
        if self.state is BreakerState.OPEN:
            return f"It is asked again in {max(1, round(self.open_s))} s."
        if self.state is BreakerState.HALF_OPEN and self._probing:
            return "It is being tried again right now."
        return ""

    def begin(self) -> bool:
        """A request goes out; True when it is the probe that tries whether the service is back."""
        if self.state is BreakerState.HALF_OPEN:
            self._probing = True
            return True
        return False

    def cancel(self, probe: bool) -> None:
        """The request says nothing about the service: it was called off. A probe's turn goes to the next one."""
        self._probing = self._probing and not probe

    def answered(self, probe: bool = True) -> None:
        """The service answered as a service should, even if it refused what was asked. An answer to what was sent
        before the breaker opened, and so is no probe, does not close it."""
        self.cancel(probe)
        self._failures = self._limited = 0
        if probe or self._open_until is None:
            self._opened, self._open_until, self.cause = 0, None, ""

    def failed(self, cause: str, *, probe: bool = False, after: int | None = None, may_open: bool = True) -> bool:
        """One failure more in a row; True when it opened the breaker: a probe's at once, else the `after`-th (as in the
        rules where None) that `may_open` it. What was sent before it opened is nothing new."""
        self.cancel(probe)
        self._failures += 1
        if probe or (self._open_until is None and may_open and self._failures >= (after or self.rules.after)):
            return self.trip(cause)
        return False

    def slowed(self, cause: str, *, probe: bool = False, counts: bool = True, in_vain: bool = False) -> bool:
        """The service said 'too many requests'; True when that opened the breaker: the pace was slower already
        (`counts`) for the rules' `limited`-th time, or slowing down was `in_vain`."""
        self.cancel(probe)
        self._limited += counts
        if (in_vain or self._limited >= self.rules.limited) and self.state is not BreakerState.OPEN:
            return self.trip(cause)
        return False

    def trip(self, cause: str, seconds: float | None = None, *, at_least_s: float = 0.0, probe: bool = False) -> bool:
        """Open it now: for `seconds`, or as long as the rules say, `at_least_s` (the service's own wish) within the
        rules' longest. True when it was not open before."""
        self.cancel(probe)
        newly = self.state is not BreakerState.OPEN
        if seconds is None:
            times = self._opened if newly else max(0, self._opened - 1)
            seconds = min(self.rules.most_s, max(self.rules.open_s * 2.0**times, at_least_s))
        self._open_until = max(self._open_until or 0.0, self._clock() + seconds)
        self._opened += newly
        self.cause = cause
        return newly

    def reset(self) -> None:
        """Forget everything: the next request goes out."""
        self._failures = self._limited = self._opened = 0
        self._open_until, self.cause, self._probing = None, "", False
