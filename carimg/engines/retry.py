"""One policy for all engines: deadline, retries, limits, breaker, and the search for repeated pictures."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median

from cachetools import LRUCache

from carimg.circuit import BreakerRules, BreakerState, CircuitBreaker
from carimg.domain.view import OK, Attempt, Picture
from carimg.engines.base import DrawCallbacks, DrawRequest, Engine
from carimg.engines.limiter import RateLimiter
from carimg.errors import (
    BadPicture,
    EngineBroken,
    EngineBusy,
    EngineError,
    EngineTimeout,
    EngineUnavailable,
    Reason,
    Scope,
)

log = logging.getLogger("carimg.engines.retry")

MOST_TRIES = max(reason.tries for reason in Reason)
KEEP_LATENCIES = 20
KEEP_SESSIONS = 512


@dataclass(frozen=True, slots=True)
class Rules:
    """Numbers of the policy, in seconds.

    `timeout_s` is the deadline of one view on one engine, over its retries together; it starts when the view is first
    sent, not while it waits for its turn. `first_share` of it is the first try's, so that an identical request can
    follow a time-out. Pauses between tries double from `backoff_s` to `most_backoff_s`, with full jitter.

    A remote engine that is idle is asked for one view first; the others follow as soon as that ended, at the latest
    after `scout_s`, or after `scout_share` of its usual latency: a refusal that holds for all comes quickly, and is
    heard once.
    """

    timeout_s: float = 180.0
    first_share: float = 0.6
    scout_s: float = 0.3
    scout_share: float = 0.01
    backoff_s: float = 0.5
    most_backoff_s: float = 8.0
    minute_s: float = 60.0
    breaker: BreakerRules = field(default_factory=BreakerRules)


@dataclass(frozen=True, slots=True)
class EngineHealth:
    """How an engine has been doing since the server started. Times in seconds, `since` and `at` as Unix times."""

    engine: str
    state: BreakerState
    open_until: float | None
    cause: str
    latencies_s: tuple[float, ...]
    drawn: int
    failed: int
    reasons: tuple[tuple[Reason, int], ...]
    """How often each reason was met, the most frequent first."""
    last_error: str
    last_error_at: float | None
    in_flight: int
    waiting: int
    limit: int | None
    """Views in flight at most, as declared or as learnt from the service."""


@dataclass
class _Record:
    """What is known of one engine."""

    limiter: RateLimiter
    breaker: CircuitBreaker
    limited_at: float = float("inf")
    """When the service last said 'too many requests'."""
    latencies: tuple[float, ...] = ()
    drawn: int = 0
    reasons: dict[Reason, int] = field(default_factory=dict)
    last_error: str = ""
    last_error_at: float | None = None
    seen: LRUCache[str, dict[str, str]] = field(default_factory=lambda: LRUCache(KEEP_SESSIONS))
    """Session → SHA-256 of a picture → the angle it was first delivered for."""

    def note_failure(self, exc: EngineError) -> None:
        """Count a failure, unless nothing was asked."""
        if not exc.reason.failed:
            return
        self.reasons = self.reasons | {exc.reason: self.reasons.get(exc.reason, 0) + 1}
        self.last_error, self.last_error_at = exc.message, time.time()

    def note_picture(self, seconds: float) -> None:
        self.drawn += 1
        self.latencies = (*self.latencies[1 - KEEP_LATENCIES :], seconds)

    def check_new(self, engine: Engine, request: DrawRequest, picture: Picture) -> None:
        """Raise BadPicture when the service has sent these very bytes for another angle of the set."""
        angles = self.seen.setdefault(request.session_id, {})
        first = angles.setdefault(hashlib.sha256(picture.data).hexdigest(), request.angle.id)
        if first != request.angle.id:
            raise BadPicture(
                f"{engine.title} sent the very same picture for '{request.angle.id}' as for '{first}': a stand-in, not "
                "a drawing.",
                reason=Reason.DUPLICATE,
                spent_usd=picture.cost_usd,
            )


class Policy:
    """Shared by all sets of a server; lives on one loop. `health` may be read from any thread."""

    def __init__(self, rules: Rules | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self.rules = rules or Rules()
        self.clock = clock
        self._records: dict[str, _Record] = {}

    async def draw(
        self, engine: Engine, request: DrawRequest, callbacks: DrawCallbacks | None = None, *, probe: bool = False
    ) -> Picture:
        """Draw one view with one engine. Every try goes to `callbacks.on_attempt`; the last one's error is raised.

        `probe` asks now and once, whatever breaker and pauses say: a person wants to know.
        """
        record = self._record(engine)
        if probe:
            record.breaker.reset()
            record.limiter.resume()
        return await _Run(self, record, engine, request, callbacks or DrawCallbacks(), once=probe).draw()

    def health(self, engine: Engine) -> EngineHealth:
        """The engine's breaker, recent latencies and errors."""
        record = self._record(engine)
        open_s = record.breaker.open_s
        return EngineHealth(
            engine=engine.id,
            state=record.breaker.state,
            open_until=time.time() + open_s if open_s else None,
            cause=record.breaker.cause,
            latencies_s=record.latencies,
            drawn=record.drawn,
            failed=sum(record.reasons.values()),
            reasons=tuple(sorted(record.reasons.items(), key=lambda item: -item[1])),
            last_error=record.last_error,
            last_error_at=record.last_error_at,
            in_flight=record.limiter.in_flight,
            waiting=record.limiter.waiting,
            limit=record.limiter.limit,
        )

    def _record(self, engine: Engine) -> _Record:
        if engine.id not in self._records:
            can = engine.capabilities
            limiter = RateLimiter(can.max_parallel, can.per_minute, self.rules.minute_s, self.clock)
            breaker = CircuitBreaker(self.rules.breaker, self.clock)
            self._records.setdefault(engine.id, _Record(limiter, breaker))
        return self._records[engine.id]


class _Run:
    """One view on one engine: its tries and its deadline."""

    def __init__(
        self,
        policy: Policy,
        record: _Record,
        engine: Engine,
        request: DrawRequest,
        callbacks: DrawCallbacks,
        once: bool,
    ) -> None:
        self.rules = policy.rules
        self.clock = policy.clock
        self.record = record
        self.engine = engine
        self.request = request
        self.callbacks = callbacks
        self.guarded = engine.leaves_machine
        self.tries = 1 if once or not self.guarded else MOST_TRIES
        self.sent = 0
        self.given_up = False
        self.deadline: float | None = None

    async def draw(self) -> Picture:
        """Try until there is a picture, a reason not to, or no time left for another pause."""
        while True:
            try:
                return await self._turn()
            except EngineError as exc:
                pause_s = self._pause_s(exc) if self._may_retry(exc) else None
                if pause_s is None or pause_s >= self._left_s:
                    raise
                await self._sleep(pause_s)

    async def _turn(self) -> Picture:
        """Wait for a place, then try once."""
        try:
            async with asyncio.timeout(self._left_s if self.deadline is not None else None):
                await self.record.limiter.enter(self._check)
        except TimeoutError as exc:
            self.given_up = True
            late = EngineTimeout(f"{self.engine.title} gave no picture within {self.rules.timeout_s:g} s.")
            await self._failed(late, 0.0)
            raise late from exc
        except EngineError as exc:
            self.given_up = True
            await self._failed(exc, 0.0)
            raise
        try:
            return await self._try()
        finally:
            self.record.limiter.leave()

    async def _try(self) -> Picture:
        """One request. What it says about the service goes to the breaker before anybody else gets the place."""
        probe = self.record.breaker.begin() if self.guarded else False
        scout = self._scouts()
        start = self.clock()
        narrow = self.record.limiter.limit == 1
        try:
            picture = await self._ask()
        except EngineError as exc:
            if scout:
                self.record.limiter.resume()
            self._learn(exc, start, probe, narrow)
            await self._failed(exc, self.clock() - start)
            raise
        except Exception as exc:  # a bug of ours or of a library ends this attempt, never the set; the log has it whole
            log.exception("%s: %s: an exception that nobody listed", self.engine.id, self.request.angle.id)
            if scout:
                self.record.limiter.resume()
            self.record.breaker.cancel(probe)  # it says nothing about the service
            broken = EngineBroken(
                f"{self.engine.title} did not draw this view: internal error ({type(exc).__name__}). The server's log "
                "has the details.",
                reason=Reason.INTERNAL,
            )
            await self._failed(broken, self.clock() - start)
            raise broken from exc
        except BaseException:
            self.record.breaker.cancel(probe)
            raise
        self.record.breaker.answered(probe)
        if scout:
            self.record.limiter.resume()
        seconds = self.clock() - start
        self.record.note_picture(seconds)
        await self.callbacks.on_attempt(Attempt(self.engine.id, OK, "", seconds, picture.cost_usd))
        return picture

    def _scouts(self) -> bool:
        """Whether this request goes ahead of the others, which wait a moment for what it hears."""
        if not self.guarded or not self.rules.scout_s or self.record.limiter.in_flight > 1:
            return False
        latencies = self.record.latencies
        usual = self.rules.scout_share * median(latencies) if latencies else self.rules.scout_s
        self.record.limiter.hold(min(self.rules.scout_s, usual))
        return True

    async def _ask(self) -> Picture:
        self.sent += 1
        if self.deadline is None:
            self.deadline = self.clock() + self.rules.timeout_s
        if self.sent == 1:
            await self.callbacks.on_start(self.engine.id)
        seconds = self._left_s * (self.rules.first_share if self.sent == 1 and self.tries > 1 else 1.0)
        bound = None if self.engine.capabilities.own_queue else seconds
        try:
            async with asyncio.timeout(bound):
                picture = await self.engine.draw(self.request, self.callbacks.on_partial)
        except TimeoutError as exc:
            raise EngineTimeout(f"{self.engine.title} gave no picture within {seconds:.3g} s.") from exc
        if self.guarded:
            self.record.check_new(self.engine, self.request, picture)
        return picture

    def _learn(self, exc: EngineError, start: float, probe: bool, was_narrow: bool) -> None:
        """What the failure of a request sent at `start` means for those that come after."""
        limiter = self.record.limiter
        retry = self.sent > 1
        if exc.reason is Reason.CONCURRENCY:
            limiter.narrow(1)
            if not was_narrow:  # it was sent beside others: it goes back to the queue as if never sent
                self.deadline = None
        if exc.reason is Reason.RATE_LIMIT:
            # Others in flight have been let in: then it is the pace, not the service.
            retry = start > self.record.limited_at and limiter.in_flight == 1
            self.record.limited_at = self.clock()
            limiter.hold(exc.retry_after_s or self._backoff_s(self.sent))
        elif exc.retry_after_s:
            limiter.hold(exc.retry_after_s)
        if self.guarded and self._tell_breaker(exc, probe, retry):
            log.warning("%s: breaker open for %.0f s: %s", self.engine.id, self.record.breaker.open_s, exc.message)
            limiter.wake()

    def _tell_breaker(self, exc: EngineError, probe: bool, retry: bool) -> bool:
        """Count a failure; `retry`: it was sent after another had failed. True when it opened the breaker."""
        breaker = self.record.breaker
        match exc.reason.scope:
            case Scope.ACCOUNT:
                return breaker.trip(exc.message, breaker.rules.refused_s, probe=probe)
            case Scope.PACE:
                last = not self._may_retry(exc) or self._backoff_s(self.sent) >= self._left_s
                counts = retry and exc.reason is Reason.RATE_LIMIT
                return breaker.slowed(exc.message, probe=probe, counts=counts, in_vain=retry and last)
            case Scope.SERVICE:
                return breaker.failed(exc.message, probe=probe, may_open=retry)
            case Scope.NOT_ASKED:
                breaker.cancel(probe)
                return False
            case _:
                breaker.answered(probe)
                return False

    async def _failed(self, exc: EngineError, seconds: float) -> None:
        self.record.note_failure(exc)
        log.info("%s: %s: %s after %.1f s: %s", self.engine.id, self.request.angle.id, exc.reason, seconds, exc.message)
        await self.callbacks.on_attempt(Attempt(self.engine.id, exc.reason.value, exc.message, seconds, exc.spent_usd))

    def _check(self) -> None:
        """Raise when waiting on makes no sense: the breaker is open, or the service wants a longer pause than there is
        time."""
        if not self.guarded:
            return
        breaker = self.record.breaker
        if refusal := breaker.refusal:
            raise EngineUnavailable(
                f"{self.engine.title} was not asked: {breaker.cause} {refusal}", reason=Reason.BREAKER
            )
        paused = self.record.limiter.paused_s
        if paused > self._left_s:
            raise EngineBusy(
                f"{self.engine.title} wants to be asked again in {paused:.0f} s only, later than this view can wait.",
                reason=Reason.RATE_LIMIT,
            )

    @property
    def _left_s(self) -> float:
        """Seconds until the deadline; all of it before the view was first sent."""
        return self.rules.timeout_s if self.deadline is None else max(0.0, self.deadline - self.clock())

    def _may_retry(self, exc: EngineError) -> bool:
        return not self.given_up and self.sent < min(self.tries, exc.reason.tries)

    def _pause_s(self, exc: EngineError) -> float:
        """As long as the service asked for and a little more; else full jitter below a doubling bound."""
        jitter = random.uniform(0, self._backoff_s(self.sent))
        return jitter if exc.retry_after_s is None else exc.retry_after_s + jitter / 4

    def _backoff_s(self, tries: int) -> float:
        return min(self.rules.most_backoff_s, self.rules.backoff_s * 2.0 ** (tries - 1))

    async def _sleep(self, seconds: float) -> None:
        """A pause that ends early when the breaker opens; the next turn then says so."""
        try:
            await self.record.limiter.sleep(seconds, self._check)
        except EngineError:
            return
