"""The fallback chain: who is asked, what is kept, what it may cost."""

from __future__ import annotations

import asyncio

import pytest

from carimg.circuit import BreakerRules, BreakerState
from carimg.domain.order import Order
from carimg.domain.view import Attempt
from carimg.engines.base import Capabilities, DrawCallbacks
from carimg.engines.fallback import FallbackChain, NoEngineDrew
from carimg.engines.prices import DAY_S, Budget
from carimg.engines.retry import Policy, Rules
from carimg.errors import BudgetError, EngineBroken, EngineRefused, EngineTimeout, InputError, Reason
from tests.support.orders import order
from tests.support.remote import Act, RemoteScript, request
from tests.support.waiting import until


def chain_of(*engines: RemoteScript, timeout_s: float = 2.0, day: Budget | None = None) -> FallbackChain:
    rules = Rules(timeout_s=timeout_s, backoff_s=0.01, most_backoff_s=0.02)
    return FallbackChain({engine.id: engine for engine in engines}, timeout_s, Policy(rules), day)


async def test_the_next_engine_draws_what_the_first_cannot() -> None:
    """Every try of both engines is kept, in order, with reason and cost; each engine starts once."""
    first = RemoteScript(id="first", otherwise=Act(error=EngineBroken("First is down.", spent_usd=0.01)))
    second = RemoteScript(id="second", otherwise=Act(cost_usd=0.02))
    started: list[str] = []
    heard: list[Attempt] = []

    async def engine(name: str) -> None:
        started.append(name)

    async def attempt(ended: Attempt) -> None:
        heard.append(ended)

    drawn = await chain_of(first, second).draw(request(), ("first", "second"), DrawCallbacks(engine, attempt))
    assert drawn.picture.engine == "second"
    assert [(a.engine, a.outcome) for a in drawn.attempts] == [("first", "broken")] * 3 + [("second", "ok")]
    assert sum(a.cost_usd for a in drawn.attempts) == pytest.approx(0.05)
    assert started == ["first", "second"] and tuple(heard) == drawn.attempts


async def test_when_nobody_draws_each_engine_has_one_sentence() -> None:
    """The error carries every attempt, its text each engine's last word."""
    engines = [RemoteScript(id=name, otherwise=Act(error=EngineRefused(f"{name} will not."))) for name in ("a", "b")]
    with pytest.raises(NoEngineDrew) as caught:
        await chain_of(*engines).draw(request(), ("a", "b"))
    assert str(caught.value) == "No engine drew this view: a will not. b will not."
    assert len(caught.value.attempts) == 2
    with pytest.raises(NoEngineDrew, match="page Engines"):
        await chain_of(*engines).draw(request(), ())


async def test_the_plan_says_who_is_passed_over_and_why() -> None:
    """Engines without what they need, and paid ones where only free ones may draw, are named with the reason."""
    keyless = RemoteScript(id="keyless", lacks="Keyless needs a key.")
    paid = RemoteScript(id="paid", title="Paid", costs_money=True)
    free = RemoteScript(id="free")
    tried, skipped = chain_of(keyless, paid, free).plan(Order.parse(order(free_only=True)))
    assert tried == ("free",)
    assert [(s.engine, s.outcome) for s in skipped] == [("keyless", "unavailable"), ("paid", "unavailable")]
    with pytest.raises(InputError, match="'other' is not set up"):
        chain_of(free).plan(Order.parse(order(engines=["other"])))


async def test_a_budget_stops_before_it_is_passed() -> None:
    """Three pictures at 4 cents fit into 13; of six views asked for at once, three are drawn and three say why not."""
    paid = RemoteScript(id="paid", costs_money=True, price_usd=0.04, otherwise=Act(seconds=0.02, cost_usd=0.04))
    chain = chain_of(paid)
    budget = chain.set_budget(Order.parse(order(budget_usd=0.13)))
    calls = (chain.draw(request(number), ("paid",), budget=budget) for number in range(6))
    results = await asyncio.gather(*calls, return_exceptions=True)
    assert sum(isinstance(result, BudgetError) for result in results) == 3
    assert budget.spent_usd == pytest.approx(0.12) and len(paid.asked) == 3
    assert "the set's budget of $0.13" in str(results[-1])


async def test_a_cheaper_engine_draws_when_the_dear_one_does_not_fit() -> None:
    """An engine that does not fit into the budget is passed over with an attempt that says so."""
    dear = RemoteScript(id="dear", costs_money=True, price_usd=0.5)
    free = RemoteScript(id="free")
    chain = chain_of(dear, free)
    drawn = await chain.draw(request(), ("dear", "free"), budget=Budget(0.1))
    assert [a.outcome for a in drawn.attempts] == ["budget", "ok"]
    assert not dear.asked


async def test_the_days_budget_holds_for_all_sets_and_starts_anew() -> None:
    """Two sets share the day's money; tomorrow there is new."""
    now = [1_790_000_000.0]
    day = Budget(0.10, "the day's budget", period_s=DAY_S, clock=lambda: now[0])
    paid = RemoteScript(id="paid", costs_money=True, price_usd=0.06, otherwise=Act(cost_usd=0.06))
    chain = chain_of(paid, day=day)
    wanted = Order.parse(order())
    await chain.draw(request(0), ("paid",), budget=chain.set_budget(wanted))
    with pytest.raises(BudgetError, match="the day's budget"):
        await chain.draw(request(1), ("paid",), budget=chain.set_budget(wanted))
    now[0] += DAY_S
    await chain.draw(request(2), ("paid",))
    assert day.spent_usd == pytest.approx(0.06)


async def test_a_picture_given_up_on_counts_in_the_budget() -> None:
    """After a time-out the service may bill the picture all the same: the budget assumes it, the attempts do not."""
    paid = RemoteScript(
        id="paid", costs_money=True, price_usd=0.04, acts=[Act(seconds=9)], otherwise=Act(cost_usd=0.03)
    )
    budget = Budget(1.0)
    drawn = await chain_of(paid, timeout_s=0.3).draw(request(), ("paid",), budget=budget)
    assert budget.spent_usd == pytest.approx(0.07)
    assert sum(a.cost_usd for a in drawn.attempts) == pytest.approx(0.03)


async def test_a_failed_view_gives_its_reservation_back() -> None:
    """What was set aside for a view that failed, or was cancelled, is free again."""
    paid = RemoteScript(id="paid", costs_money=True, price_usd=0.04, acts=[Act(error=EngineRefused("no."))])
    chain, budget = chain_of(paid), Budget(0.05)
    with pytest.raises(NoEngineDrew):
        await chain.draw(request(), ("paid",), budget=budget)
    paid.otherwise = Act(seconds=60)
    task = asyncio.ensure_future(chain.draw(request(), ("paid",), budget=budget))
    await until(lambda: paid.in_flight == 1)
    assert budget.left_usd == pytest.approx(0.01)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert budget.left_usd == pytest.approx(0.05)


async def test_a_set_is_priced_before_it_is_drawn() -> None:
    """The estimate is the first usable engine's price times the views."""
    paid = RemoteScript(id="paid", costs_money=True, price_usd=0.04)
    assert chain_of(paid).estimate_usd(Order.parse(order())) == pytest.approx(0.12)
    assert chain_of(RemoteScript(id="x", lacks="no key.")).estimate_usd(Order.parse(order())) == 0


async def test_health_lists_every_engine_and_the_test_button_asks_one() -> None:
    """The page 'Engines' reads states and numbers by engine; a test asks once and says what went wrong."""
    bad = RemoteScript(id="bad", otherwise=Act(error=EngineTimeout("Bad is slow.")))
    good = RemoteScript(id="good", facts=Capabilities(takes_seed=True, max_parallel=2))
    chain = chain_of(bad, good)
    with pytest.raises(NoEngineDrew, match="Bad is slow") as caught:
        await chain.test("bad", request())
    assert len(caught.value.attempts) == 1
    assert (await chain.test("good", request())).attempts[0].outcome == "ok"
    health = chain.health()
    assert list(health) == ["bad", "good"]
    assert health["bad"].reasons == (("timeout", 1),) and health["bad"].last_error == "Bad is slow."
    assert health["good"].drawn == 1 and health["good"].limit == 2


async def test_an_exception_that_nobody_listed_ends_the_attempt_and_the_next_engine_is_asked(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A bug in one engine is that attempt's reason, said in words and logged whole; it is not tried a second time, and
    the breaker stays closed, since it says nothing about the service."""
    buggy = RemoteScript(id="buggy", title="Buggy", otherwise=Act(error=ZeroDivisionError("by a library")))
    well = RemoteScript(id="well")
    chain = chain_of(buggy, well)
    drawn = await chain.draw(request(), ("buggy", "well"))
    assert drawn.picture.engine == "well"
    assert [(a.engine, a.outcome) for a in drawn.attempts] == [("buggy", "internal"), ("well", "ok")]
    assert "internal error (ZeroDivisionError)" in drawn.attempts[0].message
    assert "by a library" not in drawn.attempts[0].message
    assert "ZeroDivisionError: by a library" in caplog.text
    health = chain.health()["buggy"]
    assert (health.state, health.in_flight, dict(health.reasons)) == (BreakerState.CLOSED, 0, {"internal": 1})


async def test_an_exception_that_nobody_listed_leaves_the_next_view_its_turn() -> None:
    """The probe of an open breaker that ends in a bug is given back: another one may go out."""
    engine = RemoteScript(
        id="one", acts=[*[Act(error=EngineRefused("No key.", reason=Reason.KEY))], Act(error=KeyError("x"))]
    )
    now = [0.0]
    rules = Rules(timeout_s=2.0, breaker=BreakerRules(refused_s=60.0))
    chain = FallbackChain({"one": engine}, 2.0, Policy(rules, clock=lambda: now[0]))
    for _ in range(2):
        with pytest.raises(NoEngineDrew):
            await chain.draw(request(), ("one",))
        now[0] += 61.0
    assert (await chain.draw(request(), ("one",))).picture.engine == "one"


@pytest.mark.parametrize(
    ("asked_usd", "operator_usd", "limit_usd"),
    [(None, None, None), (None, 0.5, 0.5), (0.2, None, 0.2), (0.2, 0.5, 0.2), (1000.0, 0.5, 0.5), (0.0, 0.5, 0.0)],
)
def test_no_order_raises_what_the_operator_allows(
    asked_usd: float | None, operator_usd: float | None, limit_usd: float | None
) -> None:
    """The smaller of the order's limit and the operator's holds; one that is not set limits nothing."""
    budget = chain_of().set_budget(Order.parse(order(budget_usd=asked_usd)), operator_usd)
    assert budget.limit_usd == limit_usd
