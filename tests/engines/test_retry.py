"""Deadlines, retries, limits and the breaker, on scripted engines and a real clock."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

import pytest

from carimg.circuit import BreakerRules, BreakerState
from carimg.domain.view import Attempt, Picture
from carimg.engines.base import Capabilities, DrawCallbacks, DrawRequest, OnPartial
from carimg.engines.limiter import RateLimiter
from carimg.engines.retry import Policy, Rules
from carimg.errors import (
    BadPicture,
    EngineBroken,
    EngineBusy,
    EngineError,
    EngineRefused,
    EngineTimeout,
    EngineUnavailable,
    Reason,
)
from tests.support.remote import Act, RemoteScript, request
from tests.support.script_engine import ScriptEngine
from tests.support.waiting import until

QUICK = Rules(
    timeout_s=2.0,
    scout_s=0,
    backoff_s=0.02,
    most_backoff_s=0.05,
    minute_s=0.3,
    breaker=BreakerRules(after=3, open_s=0.2, most_s=0.4, refused_s=0.3),
)


class Heard:
    """Keeps the attempts it hears of."""

    def __init__(self) -> None:
        self.attempts: list[Attempt] = []
        self.starts = 0

    @property
    def outcomes(self) -> list[str]:
        return [attempt.outcome for attempt in self.attempts]

    @property
    def callbacks(self) -> DrawCallbacks:
        async def start(_: str) -> None:
            self.starts += 1

        async def ended(attempt: Attempt) -> None:
            self.attempts.append(attempt)

        return DrawCallbacks(start, ended)


def fails(exc: EngineError) -> Act:
    return Act(error=exc)


async def all_of(policy: Policy, engine: ScriptEngine, count: int) -> list[Picture | BaseException]:
    """Draw `count` angles at once."""
    calls = (policy.draw(engine, request(number)) for number in range(count))
    return await asyncio.gather(*calls, return_exceptions=True)


async def test_a_passing_failure_is_retried_and_every_try_is_kept() -> None:
    """Two breakdowns, then a picture: three attempts, one start."""
    engine = RemoteScript(acts=[fails(EngineBroken("down.")), fails(EngineBusy("full.", reason=Reason.BUSY))])
    heard = Heard()
    await Policy(QUICK).draw(engine, request(), heard.callbacks)
    assert heard.outcomes == ["broken", "busy", "ok"]
    assert heard.starts == 1


@pytest.mark.parametrize(
    "exc",
    [
        EngineRefused("no.", reason=Reason.MODERATION),
        EngineRefused("no.", reason=Reason.KEY),
        EngineBusy("no.", reason=Reason.QUOTA),
        BadPicture("no.", reason=Reason.DAMAGED),
        EngineUnavailable("no."),
    ],
    ids=lambda exc: exc.reason,
)
async def test_what_a_retry_cannot_mend_is_not_retried(exc: EngineError) -> None:
    """Refusals, used-up quotas and pictures that were paid for are final."""
    engine = RemoteScript(otherwise=fails(exc))
    with pytest.raises(type(exc)):
        await Policy(QUICK).draw(engine, request())
    assert len(engine.asked) == 1


async def test_local_engines_are_asked_once() -> None:
    """What fails on this machine fails again: no retry, no breaker."""
    engine = ScriptEngine(otherwise=fails(EngineBroken("crash.")))
    policy = Policy(QUICK)
    for _ in range(8):
        with pytest.raises(EngineBroken):
            await policy.draw(engine, request())
    assert len(engine.asked) == 8
    assert policy.health(engine).state is BreakerState.CLOSED


async def test_an_engine_with_a_queue_of_its_own_bounds_its_work_itself() -> None:
    """A view that waits in the engine's own queue longer than the deadline is drawn all the same."""
    engine = ScriptEngine(otherwise=Act(0.3), facts=Capabilities(takes_seed=True, own_queue=True))
    assert await Policy(replace(QUICK, timeout_s=0.1)).draw(engine, request())


async def test_retry_after_is_obeyed_when_there_is_time() -> None:
    """The service asks for 0.3 s: nobody asks before."""
    engine = RemoteScript(acts=[fails(EngineBusy("slow down.", reason=Reason.RATE_LIMIT, retry_after_s=0.3))])
    start = time.monotonic()
    await Policy(QUICK).draw(engine, request())
    assert time.monotonic() - start >= 0.3


async def test_retry_after_beyond_the_deadline_fails_at_once_for_all() -> None:
    """The service asks for a minute, the view has two seconds: it fails now, and the others do not ask at all."""
    engine = RemoteScript(
        acts=[fails(EngineBusy("slow down.", reason=Reason.RATE_LIMIT, retry_after_s=60))],
        facts=Capabilities(takes_seed=True, max_parallel=1),
    )
    start = time.monotonic()
    results = await all_of(Policy(QUICK), engine, 5)
    assert time.monotonic() - start < QUICK.timeout_s
    assert [result.reason for result in results if isinstance(result, EngineBusy)] == ["rate-limit"] * 5
    assert len(engine.asked) == 1


async def test_the_deadline_counts_all_tries_together() -> None:
    """An engine that hangs is asked twice at most, and the view ends at its deadline."""
    engine = RemoteScript(otherwise=Act(seconds=60))
    heard = Heard()
    start = time.monotonic()
    with pytest.raises(EngineTimeout):
        await Policy(replace(QUICK, timeout_s=0.5)).draw(engine, request(), heard.callbacks)
    assert 0.45 < time.monotonic() - start < 10
    assert heard.outcomes == ["timeout", "timeout"]


async def test_after_a_time_out_the_identical_request_follows() -> None:
    """The same request, seed included, goes out again and is drawn."""
    engine = RemoteScript(acts=[Act(seconds=60)])
    heard = Heard()
    await Policy(replace(QUICK, timeout_s=0.5)).draw(engine, request(), heard.callbacks)
    assert heard.outcomes == ["timeout", "ok"]
    assert engine.asked[0] == engine.asked[1]


async def test_waiting_for_ones_turn_does_not_eat_the_deadline() -> None:
    """Twelve views of 0.1 s, one at a time, all get drawn though the deadline is one second."""
    engine = RemoteScript(otherwise=Act(seconds=0.1), facts=Capabilities(takes_seed=True, max_parallel=1))
    results = await all_of(Policy(replace(QUICK, timeout_s=1.0)), engine, 12)
    assert all(isinstance(result, Picture) for result in results)
    assert engine.most_in_flight == 1


async def test_pictures_a_minute_are_not_passed() -> None:
    """Four a 'minute' of 0.3 s: nine views take two further windows."""
    engine = RemoteScript(facts=Capabilities(takes_seed=True, per_minute=4))
    start = time.monotonic()
    results = await all_of(Policy(QUICK), engine, 9)
    assert all(isinstance(result, Picture) for result in results)
    assert time.monotonic() - start >= 0.6


class OneAtATime(RemoteScript):
    """Refuses a second view in flight, as an unpaid account's service does."""

    async def draw(self, request: DrawRequest, on_partial: OnPartial | None = None) -> Picture:
        if self.in_flight:
            self.asked.append(request)
            raise EngineBusy("one at a time.", reason=Reason.CONCURRENCY)
        return await super().draw(request, on_partial)


async def test_one_in_flight_is_learnt_from_the_service() -> None:
    """After the first refusals for concurrency the views go one by one, and all are drawn."""
    engine = OneAtATime(otherwise=Act(seconds=0.15))
    policy = Policy(replace(QUICK, timeout_s=1.0))
    results = await all_of(policy, engine, 8)
    assert [result for result in results if not isinstance(result, Picture)] == []
    assert policy.health(engine).limit == 1
    assert len(engine.asked) <= 8 + 7


@pytest.mark.parametrize("reason", [Reason.QUOTA, Reason.KEY, Reason.BALANCE, Reason.MODEL])
async def test_a_reason_that_holds_for_all_is_asked_once(reason: Reason) -> None:
    """One view hears 'quota used up'; the others are told so without asking, with when it is tried again."""
    engine = RemoteScript(
        otherwise=fails(EngineRefused("OpenAI: nothing left.", reason=reason)),
        facts=Capabilities(takes_seed=True, max_parallel=1),
    )
    results = await all_of(Policy(QUICK), engine, 6)
    assert [getattr(result, "reason", "") for result in results] == [reason] + ["breaker"] * 5
    assert "nothing left." in str(results[-1]) and "asked again in" in str(results[-1])
    assert len(engine.asked) == 1


async def test_the_breaker_opens_after_failures_in_a_row_and_closes_again() -> None:
    """Closed → open → half-open → closed, with the cause readable all the while."""
    engine = RemoteScript(otherwise=fails(EngineBroken("down.", reason=Reason.NETWORK)))
    policy = Policy(QUICK)
    await all_of(policy, engine, 4)
    health = policy.health(engine)
    assert health.state is BreakerState.OPEN and health.cause == "down."
    assert health.open_until is not None and 0 < health.open_until - time.time() <= 0.4
    assert dict(health.reasons)["network"] == len(engine.asked)
    asked = len(engine.asked)
    with pytest.raises(EngineUnavailable, match="down"):
        await policy.draw(engine, request(5))
    assert len(engine.asked) == asked
    await until(lambda: policy.health(engine).state is BreakerState.HALF_OPEN)
    engine.otherwise = Act()
    await policy.draw(engine, request(6))
    health = policy.health(engine)
    assert health.state is BreakerState.CLOSED and health.drawn == 1 and len(health.latencies_s) == 1


async def test_a_refusal_that_holds_for_all_is_heard_once_though_all_start_together() -> None:
    """Six views at once on an engine that was not asked lately: one goes ahead, hears 'quota', and nobody else asks."""
    quota = EngineBusy("nothing left.", reason=Reason.QUOTA)
    engine = RemoteScript(otherwise=Act(seconds=0.05, error=quota))
    results = await all_of(Policy(replace(QUICK, scout_s=0.5)), engine, 6)
    assert [getattr(result, "reason", "") for result in results] == ["quota"] + ["breaker"] * 5
    assert len(engine.asked) == 1


async def test_the_view_that_goes_ahead_holds_the_others_for_a_moment_only() -> None:
    """The others follow after `scout_s`; once the usual latency is known, after a small share of it."""
    engine = RemoteScript(otherwise=Act(seconds=0.6))
    policy = Policy(replace(QUICK, scout_s=0.55))
    start = time.monotonic()
    await all_of(policy, engine, 3)
    first = time.monotonic() - start
    start = time.monotonic()
    await all_of(policy, engine, 3)
    assert first >= 1.1 > time.monotonic() - start


async def test_half_open_lets_one_view_through() -> None:
    """While one view tries whether the service is back, the others are told so at once."""
    engine = RemoteScript(otherwise=fails(EngineRefused("no key.", reason=Reason.KEY)))
    policy = Policy(QUICK)
    await all_of(policy, engine, 1)
    await until(lambda: policy.health(engine).state is BreakerState.HALF_OPEN)
    engine.otherwise = Act(seconds=0.1)
    results = await all_of(policy, engine, 4)
    assert sum(isinstance(result, Picture) for result in results) == 1
    assert "tried again right now" in str(results[-1])
    assert all(isinstance(result, Picture) for result in await all_of(policy, engine, 4))


async def test_one_burst_of_failures_does_not_open_the_breaker() -> None:
    """Six views fail once at the same moment: their retries still go out."""
    blip = fails(EngineBroken("blip."))
    engine = RemoteScript(acts=[blip] * 6)
    results = await all_of(Policy(QUICK), engine, 6)
    assert all(isinstance(result, Picture) for result in results)


async def test_a_rate_limit_that_retries_do_not_mend_stops_the_set_soon() -> None:
    """Twelve views on a service that limits the rate without saying for how long: two slower retries prove it."""
    engine = RemoteScript(otherwise=fails(EngineBusy("slow down.", reason=Reason.RATE_LIMIT)))
    policy = Policy(replace(QUICK, scout_s=0.1, backoff_s=0.1, most_backoff_s=0.2))
    results = await all_of(policy, engine, 12)
    assert {getattr(result, "reason", "") for result in results} <= {"rate-limit", "breaker"}
    assert policy.health(engine).state is BreakerState.OPEN
    assert len(engine.asked) < 12


async def test_a_cancelled_view_leaves_its_place() -> None:
    """Cancelling gives the place to the next, and a cancelled try of the breaker does not block it for ever."""
    engine = RemoteScript(acts=[Act(seconds=60)], facts=Capabilities(takes_seed=True, max_parallel=1))
    policy = Policy(QUICK)
    hanging = asyncio.ensure_future(policy.draw(engine, request(0)))
    await until(lambda: engine.in_flight == 1)
    waiting = asyncio.ensure_future(policy.draw(engine, request(1)))
    gone = asyncio.ensure_future(policy.draw(engine, request(2)))
    await until(lambda: policy.health(engine).waiting == 2)
    gone.cancel()
    hanging.cancel()
    assert isinstance(await waiting, Picture)
    with pytest.raises(asyncio.CancelledError):
        await hanging
    health = policy.health(engine)
    assert (health.in_flight, health.waiting) == (0, 0)


async def test_the_same_bytes_for_two_angles_are_no_picture() -> None:
    """The second angle of a set that gets the first one's bytes fails; a redo of the same angle does not."""

    class Same(RemoteScript):
        async def draw(self, asked: DrawRequest, on_partial: OnPartial | None = None) -> Picture:
            return await super().draw(request(0), on_partial)

    engine, policy = Same(otherwise=Act(cost_usd=0.02)), Policy(QUICK)
    await policy.draw(engine, request(0))
    await policy.draw(engine, request(0))
    with pytest.raises(BadPicture, match="'yaw_010' as for 'yaw_000'") as caught:
        await policy.draw(engine, request(1))
    assert caught.value.reason == "duplicate" and caught.value.spent_usd == 0.02
    await policy.draw(engine, request(1, session_id="f" * 12))


async def test_a_person_may_ask_an_engine_whose_breaker_is_open() -> None:
    """The test button asks once, whatever the breaker says."""
    engine = RemoteScript(acts=[fails(EngineRefused("no.", reason=Reason.KEY)), fails(EngineBroken("still down."))])
    policy = Policy(QUICK)
    await all_of(policy, engine, 1)
    assert policy.health(engine).state is BreakerState.OPEN
    with pytest.raises(EngineBroken):
        await policy.draw(engine, request(), probe=True)
    assert isinstance(await policy.draw(engine, request(), probe=True), Picture)


async def test_a_learnt_limit_is_tried_again_after_a_while() -> None:
    """'One at a time' holds for some minutes; then the service may have changed its mind."""
    now = [0.0]
    limiter = RateLimiter(limit=4, clock=lambda: now[0])
    limiter.narrow(1, seconds=600)
    assert limiter.limit == 1
    now[0] = 601
    assert limiter.limit == 4


async def test_the_limiter_keeps_the_order_of_arrival() -> None:
    """First come, first served, also when a place becomes free while others arrive."""
    limiter = RateLimiter(limit=1)
    served: list[int] = []

    async def one(number: int) -> None:
        await limiter.enter(lambda: None)
        served.append(number)
        await asyncio.sleep(0)
        limiter.leave()

    await asyncio.gather(*(one(number) for number in range(6)))
    assert served == list(range(6))
    assert limiter.in_flight == limiter.waiting == 0
