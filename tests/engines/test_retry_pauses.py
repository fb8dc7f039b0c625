"""How long the policy waits, what it counts, and how much it remembers: minutes of it, on a clock that jumps."""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass, field
from itertools import pairwise

import pytest

from carimg.circuit import BreakerRules, BreakerState
from carimg.domain.view import Attempt, Picture
from carimg.engines.base import DrawCallbacks, DrawRequest, OnPartial
from carimg.engines.retry import KEEP_LATENCIES, KEEP_SESSIONS, EngineHealth, Policy, Rules
from carimg.errors import BadPicture, EngineBroken, EngineBusy, EngineError, EngineRefused, EngineUnavailable, Reason
from tests.support.remote import Act, RemoteScript, request
from tests.support.virtual_time import clock, in_virtual_time


@dataclass
class Timed(RemoteScript):
    """Keeps when it was asked, in seconds since the loop began, and sends the same bytes for every angle."""

    times: list[float] = field(default_factory=list)

    async def draw(self, request: DrawRequest, on_partial: OnPartial | None = None) -> Picture:
        self.asked.append(request)
        self.times.append(clock())
        act = self._queue.pop(0) if self._queue else self.otherwise
        await asyncio.sleep(act.seconds)
        if act.error:
            raise act.error
        return Picture(b"the same bytes", "image/png", 1, 1, engine=self.id, model="", seed_honoured=True)

    @property
    def pauses(self) -> list[float]:
        return [later - earlier for earlier, later in pairwise(self.times)]


def pauses_of(exc: EngineError, tries: int, rules: Rules, seed: int) -> list[float]:
    """The pauses before the second … last try of a view that fails so often, with the dice of `seed`."""
    engine = Timed(acts=[Act(error=exc)] * (tries - 1))
    random.seed(seed)
    in_virtual_time(Policy(rules, clock).draw(engine, request()))
    assert len(engine.asked) == tries
    return engine.pauses


def test_pauses_are_drawn_below_a_bound_that_doubles_up_to_its_cap() -> None:
    """0.5, 1, 2 and then 3 s for ever: neither 0.5, 1, 1.5, 2 nor 0.5, 1, 2, 4, and each pause is anywhere below."""
    rules = Rules(scout_s=0, backoff_s=0.5, most_backoff_s=3.0)
    bounds = [0.5, 1.0, 2.0, 3.0, 3.0]
    one_at_a_time = EngineBusy("One at a time.", reason=Reason.CONCURRENCY)
    every = [pauses_of(one_at_a_time, 6, rules, seed) for seed in range(40)]
    for bound, pauses in zip(bounds, zip(*every, strict=True), strict=True):
        assert 0.9 * bound < max(pauses) <= bound + 1e-3
        assert min(pauses) < 0.1 * bound
    random.seed(3)
    assert every[3] == pytest.approx([random.uniform(0, bound) for bound in bounds], abs=1e-3)


def test_a_pause_that_was_asked_for_is_kept_and_a_little_more() -> None:
    """The service says 10 s: nobody comes back before, nor all at that very moment, nor more than a quarter of the
    bound later."""
    busy = EngineBusy("Full.", reason=Reason.BUSY, retry_after_s=10.0)
    rules = Rules(scout_s=0, backoff_s=4.0)
    over = [pauses_of(busy, 2, rules, seed)[0] - 10.0 for seed in range(40)]
    assert all(0 < more <= 1.0 + 1e-3 for more in over)
    assert max(over) > 0.9 and min(over) < 0.1
    random.seed(7)
    assert over[7] == pytest.approx(random.uniform(0, 4.0) / 4, abs=1e-3)


def test_a_pause_longer_than_the_view_has_is_not_waited_for() -> None:
    """Half a minute is left, a minute is asked for: the failure stands at once."""
    engine = Timed(otherwise=Act(error=EngineBusy("Full.", reason=Reason.BUSY, retry_after_s=60.0)))
    heard: list[str] = []

    async def hear(attempt: Attempt) -> None:
        heard.append(attempt.outcome)

    async def draw() -> float:
        with pytest.raises(EngineBusy, match="Full"):
            policy = Policy(Rules(timeout_s=30.0, scout_s=0), clock)
            await policy.draw(engine, request(), DrawCallbacks(on_attempt=hear))
        return clock()

    assert in_virtual_time(draw()) == 0.0
    assert heard == ["busy"]


def test_breaker_refusals_are_no_failures() -> None:
    """Of five views one is asked and hears 'no key'. The other four are passed over: the engine has failed once, and
    its last error is that one's."""
    engine = Timed(otherwise=Act(error=EngineRefused("No key.", reason=Reason.KEY)))
    policy = Policy(Rules(scout_s=0), clock)
    heard: list[Attempt] = []

    async def hear(attempt: Attempt) -> None:
        heard.append(attempt)

    async def draw() -> None:
        for number in range(5):
            with pytest.raises(EngineError):
                await policy.draw(engine, request(number), DrawCallbacks(on_attempt=hear))

    in_virtual_time(draw())
    health = in_virtual_time(_read(policy, engine))
    assert (health.failed, health.reasons, health.last_error) == (1, ((Reason.KEY, 1),), "No key.")
    assert [attempt.outcome for attempt in heard] == ["key", "breaker", "breaker", "breaker", "breaker"]
    assert [attempt.failed for attempt in heard] == [True, False, False, False, False]


@pytest.mark.parametrize("reason", [Reason.NO_REFERENCES, Reason.UNAVAILABLE])
async def test_an_engine_that_was_only_passed_over_has_not_failed_and_says_nothing_of_its_service(
    reason: Reason,
) -> None:
    """What an engine refuses without asking is not counted on the page Engines, and does not close an open breaker."""
    engine = RemoteScript(
        acts=[Act(error=EngineRefused("No key.", reason=Reason.KEY)), Act(error=EngineUnavailable("x.", reason=reason))]
    )
    now = [0.0]
    policy = Policy(Rules(scout_s=0, breaker=BreakerRules(refused_s=60.0)), lambda: now[0])
    for _ in range(2):
        with pytest.raises(EngineError):
            await policy.draw(engine, request())
        now[0] += 61.0
    health = policy.health(engine)
    assert health.reasons == ((Reason.KEY, 1),) and health.failed == 1
    assert health.state is BreakerState.HALF_OPEN
    await policy.draw(engine, request())
    assert policy.health(engine).state is BreakerState.CLOSED


async def _read(policy: Policy, engine: RemoteScript) -> EngineHealth:
    return policy.health(engine)


@pytest.mark.parametrize("ending", ["cancelled", "a bug"])
def test_a_probe_that_says_nothing_about_the_service_gives_its_turn_back(ending: str) -> None:
    """The view that tries whether the service is back is called off, or ends in a bug: the next one may try."""
    bug = Act(error=ZeroDivisionError()) if ending == "a bug" else Act(seconds=50)
    engine = Timed(acts=[Act(error=EngineRefused("No key.", reason=Reason.KEY)), bug])
    policy = Policy(Rules(scout_s=0, breaker=BreakerRules(refused_s=300.0)), clock)

    async def draw() -> None:
        with pytest.raises(EngineRefused):
            await policy.draw(engine, request(0))
        await asyncio.sleep(301)
        probe = asyncio.ensure_future(policy.draw(engine, request(1)))
        await asyncio.sleep(1)
        if ending == "cancelled":
            with pytest.raises(EngineUnavailable, match="tried again right now"):
                await policy.draw(engine, request(2))
            probe.cancel()
        [result] = await asyncio.gather(probe, return_exceptions=True)
        assert isinstance(result, asyncio.CancelledError if ending == "cancelled" else EngineBroken)
        assert policy.health(engine).state is BreakerState.HALF_OPEN
        assert await policy.draw(engine, request(3))
        assert policy.health(engine).state is BreakerState.CLOSED

    in_virtual_time(draw())
    assert len(engine.asked) == 3


def test_a_failed_probe_opens_the_breaker_for_twice_as_long() -> None:
    """One failure is enough where the service was known to fail, and the pause doubles."""
    down = Act(error=EngineBroken("Down.", reason=Reason.NETWORK))
    engine = Timed(otherwise=down)
    rules = Rules(scout_s=0, backoff_s=0.01, breaker=BreakerRules(after=2, open_s=15.0))
    policy = Policy(rules, clock)

    async def draw() -> list[float]:
        pauses = []
        for number in range(3):
            with pytest.raises(EngineError):
                await policy.draw(engine, request(number))
            open_until = policy.health(engine).open_until
            assert open_until is not None
            pauses.append(open_until - time.time())
            await asyncio.sleep(pauses[-1] + 0.1)
        return pauses

    assert in_virtual_time(draw()) == pytest.approx([15.0, 30.0, 60.0], abs=0.5)


@pytest.mark.parametrize("reason", [Reason.KEY, Reason.NETWORK, Reason.MODERATION, Reason.RATE_LIMIT])
def test_a_probe_that_failed_is_over(reason: Reason) -> None:
    """For whatever reason: when its time has come, the next view may try."""
    bad = EngineRefused("No.", reason=reason)
    engine = Timed(acts=[Act(error=EngineRefused("No key.", reason=Reason.KEY)), Act(error=bad)])
    policy = Policy(Rules(scout_s=0, timeout_s=5.0, breaker=BreakerRules(refused_s=300.0)), clock)

    async def draw() -> Picture:
        for _ in range(2):
            await asyncio.gather(policy.draw(engine, request()), return_exceptions=True)
            await asyncio.sleep(301)
        return await policy.draw(engine, request())

    assert in_virtual_time(draw())


def test_a_picture_that_was_under_way_does_not_close_the_breaker() -> None:
    """It was sent before another view heard 'no key', and is drawn; those that come after are not asked."""
    engine = Timed(acts=[Act(seconds=50), Act(seconds=1, error=EngineRefused("No key.", reason=Reason.KEY))])
    policy = Policy(Rules(scout_s=0), clock)

    async def draw() -> None:
        drawn, refused = await asyncio.gather(
            policy.draw(engine, request(0)), policy.draw(engine, request(1)), return_exceptions=True
        )
        assert isinstance(drawn, Picture) and isinstance(refused, EngineRefused)
        assert policy.health(engine).state is BreakerState.OPEN
        with pytest.raises(EngineUnavailable, match="No key"):
            await policy.draw(engine, request(2))

    in_virtual_time(draw())


def test_a_repeated_picture_is_known_for_512_sessions() -> None:
    """The bytes of a set are remembered while 511 others are drawn, and forgotten with the 512th: the memory of a
    server that runs for months has an end."""
    assert KEEP_SESSIONS == 512

    async def draw(others: int) -> Picture:
        policy, engine = Policy(Rules(scout_s=0), clock), Timed()
        await policy.draw(engine, request(0, session_id="first"))
        for number in range(others):
            await policy.draw(engine, request(0, session_id=f"other {number}"))
        return await policy.draw(engine, request(1, session_id="first"))

    with pytest.raises(BadPicture, match="very same picture"):
        in_virtual_time(draw(511))
    assert in_virtual_time(draw(512))


def test_the_last_twenty_latencies_are_kept() -> None:
    """Twenty-five views that took 1 … 25 s: the page shows the last twenty, the oldest first."""
    assert KEEP_LATENCIES == 20
    policy, engine = Policy(Rules(scout_s=0), clock), Timed(acts=[Act(seconds=n) for n in range(1, 26)])

    async def draw() -> tuple[float, ...]:
        kept: tuple[float, ...] = ()
        for number in range(25):
            await policy.draw(engine, request(0, session_id=f"set {number}"))
            kept = policy.health(engine).latencies_s
            assert len(kept) == min(number + 1, 20)
        return kept

    assert in_virtual_time(draw()) == pytest.approx(list(range(6, 26)), abs=1e-2)
    assert in_virtual_time(_read(policy, engine)).drawn == 25


def test_a_first_try_leaves_time_for_a_second() -> None:
    """A service that hangs gets three fifths of the deadline for the first try and the rest for an identical one."""
    engine = Timed(otherwise=Act(seconds=1000.0))

    async def draw() -> float:
        with pytest.raises(EngineError, match="no picture within"):
            await Policy(Rules(timeout_s=100.0, scout_s=0), clock).draw(engine, request())
        return clock()

    random.seed(1)
    assert in_virtual_time(draw()) == pytest.approx(100.0, abs=0.1)
    assert engine.pauses == pytest.approx([60.0], abs=0.6)
