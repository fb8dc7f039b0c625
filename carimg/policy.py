"""One policy for all engines: deadline, retries, limits, breaker, and the watch for repeated pictures."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import random
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from statistics import median

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception

from carimg.breaker import Breaker, BreakerRules, BreakerState
from carimg.engines.base import DrawRequest, Engine, OnPartial
from carimg.errors import BadPicture, EngineBroken, EngineBusy, EngineError, EngineTimeout
from carimg.limits import Gate
from carimg.views import Attempt, Picture

log = logging.getLogger("carimg.policy")

TRIES = {
    "rate-limit": 3,
    "concurrency": 6,
    "busy": 3,
    "network": 3,
    "broken": 3,
    "timeout": 2,
    "answer": 2,
}
"""How often a view is tried when it fails for a reason. Other reasons are final: asking again changes nothing, or what
came has been paid for."""

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
    reasons: tuple[tuple[str, int], ...]
    """How often each reason was met, the most frequent first."""
    last_error: str
    last_error_at: float | None
    in_flight: int
    waiting: int
    limit: int | None
    """Views in flight at most, as declared or as learnt from the service."""


async def _ignore(_: object = None) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Ears:
    """Who wants to know while an engine works on a view."""

    on_start: Callable[[], Awaitable[None]] = _ignore
    """The first try goes out now."""
    on_try: Callable[[Attempt], Awaitable[None]] = _ignore
    """A try ended, well or badly (after a bad one there may be another)."""
    on_partial: OnPartial = _ignore


@dataclass
class _Lane:
    """What is known of one engine."""

    gate: Gate
    breaker: Breaker
    limited_at: float = float("inf")
    """When the service last said 'too many requests'."""
    latencies: tuple[float, ...] = ()
    drawn: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    last_error: str = ""
    last_error_at: float | None = None
    seen: OrderedDict[str, dict[str, str]] = field(default_factory=OrderedDict)
    """Session → SHA-256 of a picture → the angle it was first delivered for."""

    def note_failure(self, exc: EngineError) -> None:
        """Count a failure, unless nothing was asked."""
        if exc.reason == "breaker":
            return
        self.reasons = self.reasons | {exc.reason: self.reasons.get(exc.reason, 0) + 1}
        self.last_error, self.last_error_at = exc.message, time.time()

    def note_picture(self, seconds: float) -> None:
        self.drawn += 1
        self.latencies = (*self.latencies[1 - KEEP_LATENCIES :], seconds)

    def check_new(self, engine: Engine, request: DrawRequest, picture: Picture) -> None:
        """Raise BadPicture when the service has sent these very bytes for another angle of the set."""
        angles = self.seen.setdefault(request.session_id, {})
        self.seen.move_to_end(request.session_id)
        while len(self.seen) > KEEP_SESSIONS:
            self.seen.popitem(last=False)
        first = angles.setdefault(hashlib.sha256(picture.data).hexdigest(), request.angle.id)
        if first != request.angle.id:
            raise BadPicture(
                f"{engine.title} sent the very same picture for '{request.angle.id}' as for '{first}': a stand-in, not "
                "a drawing.",
                reason="duplicate",
                spent_usd=picture.cost_usd,
            )


class Policy:
    """Shared by all sets of a server; lives on one loop. `health` may be read from any thread."""

    def __init__(self, rules: Rules | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self.rules = rules or Rules()
        self.clock = clock
        self._lanes: dict[str, _Lane] = {}

    async def draw(
        self, engine: Engine, request: DrawRequest, ears: Ears | None = None, *, probe: bool = False
    ) -> Picture:
        """Draw one view with one engine. Every try goes to `ears.on_try`; the last one's error is raised.

        `probe` asks now and once, whatever breaker and pauses say: a person wants to know.
        """
        lane = self._lane(engine)
        if probe:
            lane.breaker.close()
            lane.gate.resume()
        return await _Run(self, lane, engine, request, ears or Ears(), once=probe).draw()

    def health(self, engine: Engine) -> EngineHealth:
        """The engine's breaker, recent latencies and errors."""
        lane = self._lane(engine)
        open_s = lane.breaker.open_s
        return EngineHealth(
            engine=engine.id,
            state=lane.breaker.state,
            open_until=time.time() + open_s if open_s else None,
            cause=lane.breaker.cause,
            latencies_s=lane.latencies,
            drawn=lane.drawn,
            failed=sum(lane.reasons.values()),
            reasons=tuple(sorted(lane.reasons.items(), key=lambda item: -item[1])),
            last_error=lane.last_error,
            last_error_at=lane.last_error_at,
            in_flight=lane.gate.in_flight,
            waiting=lane.gate.waiting,
            limit=lane.gate.limit,
        )

    def _lane(self, engine: Engine) -> _Lane:
        if engine.id not in self._lanes:
            can = engine.capabilities
            gate = Gate(can.max_parallel, can.per_minute, self.rules.minute_s, self.clock)
            breaker = Breaker(engine.title, self.rules.breaker, self.clock)
            self._lanes.setdefault(engine.id, _Lane(gate, breaker))
        return self._lanes[engine.id]


class _Run:
    """One view on one engine: its tries and its deadline."""

    def __init__(
        self, policy: Policy, lane: _Lane, engine: Engine, request: DrawRequest, ears: Ears, once: bool
    ) -> None:
        self.rules = policy.rules
        self.clock = policy.clock
        self.lane = lane
        self.engine = engine
        self.request = request
        self.ears = ears
        self.guarded = engine.leaves_machine
        self.tries = 1 if once or not self.guarded else max(TRIES.values())
        self.sent = 0
        self.given_up = False
        self.deadline: float | None = None

    async def draw(self) -> Picture:
        retrying = AsyncRetrying(
            retry=retry_if_exception(self._may_retry),
            wait=self._pause_s,
            stop=self._too_late,
            sleep=self._sleep,
            reraise=True,
        )
        async for attempt in retrying:
            with attempt:
                return await self._turn()
        raise AssertionError("a retry loop ends by return or raise")

    async def _turn(self) -> Picture:
        """Wait for a place, then try once."""
        try:
            async with asyncio.timeout(self._left_s if self.deadline is not None else None):
                await self.lane.gate.enter(self._check)
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
            self.lane.gate.leave()

    async def _try(self) -> Picture:
        """One request. What it says about the service goes to the breaker before anybody else gets the place."""
        probe = self.lane.breaker.begin() if self.guarded else False
        scout = self._scouts()
        start = self.clock()
        narrow = self.lane.gate.limit == 1
        try:
            picture = await self._ask()
        except EngineError as exc:
            if scout:
                self.lane.gate.resume()
            self._learn(exc, start, probe, narrow)
            await self._failed(exc, self.clock() - start)
            raise
        except Exception as exc:  # a bug of ours or of a library ends this attempt, never the set; the log has it whole
            log.exception("%s: %s: an exception that nobody listed", self.engine.id, self.request.angle.id)
            if scout:
                self.lane.gate.resume()
            self.lane.breaker.cancel(probe)  # it says nothing about the service
            broken = EngineBroken(
                f"{self.engine.title} did not draw this view: internal error ({type(exc).__name__}). The server's log "
                "has the details.",
                reason="internal",
            )
            await self._failed(broken, self.clock() - start)
            raise broken from exc
        except BaseException:
            self.lane.breaker.cancel(probe)
            raise
        self.lane.breaker.worked(probe)
        if scout:
            self.lane.gate.resume()
        seconds = self.clock() - start
        self.lane.note_picture(seconds)
        await self.ears.on_try(Attempt(self.engine.id, "ok", "", seconds, picture.cost_usd))
        return picture

    def _scouts(self) -> bool:
        """Whether this request goes ahead of the others, which wait a moment for what it hears."""
        if not self.guarded or not self.rules.scout_s or self.lane.gate.in_flight > 1:
            return False
        latencies = self.lane.latencies
        usual = self.rules.scout_share * median(latencies) if latencies else self.rules.scout_s
        self.lane.gate.hold(min(self.rules.scout_s, usual))
        return True

    async def _ask(self) -> Picture:
        self.sent += 1
        if self.deadline is None:
            self.deadline = self.clock() + self.rules.timeout_s
        if self.sent == 1:
            await self.ears.on_start()
        seconds = self._left_s * (self.rules.first_share if self.sent == 1 and self.tries > 1 else 1.0)
        bound = None if self.engine.capabilities.own_queue else seconds
        try:
            async with asyncio.timeout(bound):
                picture = await self.engine.draw(self.request, self.ears.on_partial)
        except TimeoutError as exc:
            raise EngineTimeout(f"{self.engine.title} gave no picture within {seconds:.3g} s.") from exc
        if self.guarded:
            self.lane.check_new(self.engine, self.request, picture)
        return picture

    def _learn(self, exc: EngineError, start: float, probe: bool, was_narrow: bool) -> None:
        """What the failure of a request sent at `start` means for those that come after."""
        gate = self.lane.gate
        retry = self.sent > 1
        if exc.reason == "concurrency":
            gate.narrow(1)
            if not was_narrow:  # it was sent beside others: it goes back to the queue as if never sent
                self.deadline = None
        if exc.reason == "rate-limit":
            # Others in flight have been let in: then it is the pace, not the service.
            retry = start > self.lane.limited_at and gate.in_flight == 1
            self.lane.limited_at = self.clock()
            gate.hold(exc.retry_after_s or self._backoff_s(self.sent))
        elif exc.retry_after_s:
            gate.hold(exc.retry_after_s)
        last = not self._may_retry(exc) or self._backoff_s(self.sent) >= self._left_s
        if self.guarded and self.lane.breaker.failed(exc, probe, retry, last):
            log.warning("%s: breaker open for %.0f s: %s", self.engine.id, self.lane.breaker.open_s, exc.message)
            gate.wake()

    async def _failed(self, exc: EngineError, seconds: float) -> None:
        self.lane.note_failure(exc)
        log.info("%s: %s: %s after %.1f s: %s", self.engine.id, self.request.angle.id, exc.reason, seconds, exc.message)
        await self.ears.on_try(Attempt(self.engine.id, exc.reason, exc.message, seconds, exc.spent_usd))

    def _check(self) -> None:
        """Raise when waiting on makes no sense: the breaker is open, or the service wants a longer pause than there is
        time."""
        if not self.guarded:
            return
        self.lane.breaker.check()
        paused = self.lane.gate.paused_s
        if paused > self._left_s:
            raise EngineBusy(
                f"{self.engine.title} wants to be asked again in {paused:.0f} s only, later than this view can wait.",
                reason="rate-limit",
            )

    @property
    def _left_s(self) -> float:
        """Seconds until the deadline; all of it before the view was first sent."""
        return self.rules.timeout_s if self.deadline is None else max(0.0, self.deadline - self.clock())

    def _may_retry(self, exc: BaseException) -> bool:
        if self.given_up or not isinstance(exc, EngineError):
            return False
        return self.sent < min(self.tries, TRIES.get(exc.reason, 1))

    def _pause_s(self, state: RetryCallState) -> float:
        """As long as the service asked for and a little more; else full jitter below a doubling bound."""
        exc = state.outcome.exception() if state.outcome else None
        jitter = random.uniform(0, self._backoff_s(state.attempt_number))
        asked = exc.retry_after_s if isinstance(exc, EngineError) else None
        return jitter if asked is None else asked + jitter / 4

    def _backoff_s(self, tries: int) -> float:
        return min(self.rules.most_backoff_s, self.rules.backoff_s * 2.0 ** (tries - 1))

    def _too_late(self, state: RetryCallState) -> bool:
        return state.upcoming_sleep >= self._left_s

    async def _sleep(self, seconds: float) -> None:
        """A pause that ends early when the breaker opens; the next turn then says so."""
        try:
            await self.lane.gate.sleep(seconds, self._check)
        except EngineError:
            return
