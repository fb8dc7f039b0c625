"""The breaker: an engine that is known to fail is not asked again for a while; the next to ask hears why."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from carimg.errors import EngineError, EngineUnavailable

FOR_EVERY_VIEW = frozenset(
    {"key", "forbidden", "quota", "balance", "key-budget", "model", "settings", "tls", "redirect"}
)
"""Reasons that hold for every view alike: one answer is enough."""
OF_THE_SERVICE = frozenset({"network", "broken", "timeout", "busy", "answer", "too-big"})
"""Reasons that hold for the service at the moment: several in a row open the breaker."""
OF_OUR_PACE = frozenset({"rate-limit", "concurrency"})
"""Reasons that a slower pace mends: they open the breaker only when slower retries heard the same."""


class BreakerState(StrEnum):
    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"


@dataclass(frozen=True, slots=True)
class BreakerRules:
    """`after` failures in a row, at least one of them a retry, open it for `open_s`, twice as long every time after, up
    to `most_s`; so do `limited` answers 'too many requests' to requests that were held back for an earlier one. A
    reason that holds for every view opens it at once, for `refused_s`.
    """

    after: int = 5
    limited: int = 2
    open_s: float = 15.0
    most_s: float = 240.0
    refused_s: float = 300.0


class Breaker:
    """State of one engine. `clock` gives seconds and never goes back."""

    def __init__(self, title: str, rules: BreakerRules, clock: Callable[[], float] = time.monotonic) -> None:
        self.title = title
        self.rules = rules
        self.cause = ""
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
        return max(0.0, (self._open_until or 0.0) - self._clock()) if self._open_until is not None else 0.0

    def check(self) -> None:
        """Raise EngineUnavailable (reason 'breaker') when the engine should not be asked now."""
        if self.state is BreakerState.OPEN:
            raise self._refusal(f"It is asked again in {max(1, round(self.open_s))} s.")
        if self.state is BreakerState.HALF_OPEN and self._probing:
            raise self._refusal("It is being tried again right now.")

    def begin(self) -> bool:
        """A request goes out; True when it is the one that tries whether the service is back."""
        if self.state is BreakerState.HALF_OPEN:
            self._probing = True
            return True
        return False

    def cancel(self, probe: bool) -> None:
        """The request was called off: it says nothing about the service."""
        self._probing = self._probing and not probe

    def worked(self, probe: bool) -> None:
        """The service answered as a service should, even if it refused the prompt."""
        self.cancel(probe)
        self._failures = self._limited = 0
        if probe or self._open_until is None:
            self._opened, self._open_until, self.cause = 0, None, ""

    def failed(self, exc: EngineError, probe: bool, retry: bool, last: bool = False) -> bool:
        """Count a failure. `retry`: it was sent after another had failed; `last`: the view will not be sent again. True
        when it opened the breaker."""
        self.cancel(probe)
        if exc.reason in FOR_EVERY_VIEW:
            return self._open(exc, self.rules.refused_s)
        if exc.reason in OF_OUR_PACE:
            self._limited += retry and exc.reason == "rate-limit"
            in_vain = self._limited >= self.rules.limited or (retry and last)
            return in_vain and self._open_until is None and self._open(exc, self.rules.open_s)
        if exc.reason not in OF_THE_SERVICE:
            self.worked(probe)
            return False
        self._failures += 1
        late = self._open_until is not None and not probe  # sent before it opened: nothing new
        if not late and (probe or (retry and self._failures >= self.rules.after)):
            return self._open(exc, min(self.rules.most_s, self.rules.open_s * 2**self._opened))
        return False

    def close(self) -> None:
        """Forget everything: the next request goes out."""
        self._failures = self._limited = self._opened = 0
        self._open_until, self.cause, self._probing = None, "", False

    def _open(self, exc: EngineError, seconds: float) -> bool:
        newly = self.state is not BreakerState.OPEN
        self._open_until = max(self._open_until or 0.0, self._clock() + seconds)
        self._opened += newly
        self.cause = exc.message
        return newly

    def _refusal(self, when: str) -> EngineUnavailable:
        return EngineUnavailable(f"{self.title} was not asked: {self.cause} {when}", reason="breaker")
