"""Whose money may be spent, and when money is the reason that a view was not drawn."""

from __future__ import annotations

from pathlib import Path

import pytest

from carimg.domain.order import Order
from carimg.domain.view import Attempt, SetState
from carimg.engines.base import DrawCallbacks
from carimg.engines.fallback import FallbackChain, NoEngineDrew
from carimg.engines.prices import Budget
from carimg.engines.retry import Policy, Rules
from carimg.errors import BudgetError, EngineRefused, Reason
from carimg.generation.pipeline import generate
from tests.support.kit import script_context
from tests.support.orders import order
from tests.support.remote import Act, RemoteScript, request

DEAR = {"costs_money": True, "price_usd": 0.5}


def chain_of(*engines: RemoteScript) -> FallbackChain:
    return FallbackChain({engine.id: engine for engine in engines}, 2.0, Policy(Rules(timeout_s=2.0, scout_s=0)))


def refuses(name: str, reason: Reason = Reason.MODERATION) -> RemoteScript:
    return RemoteScript(id=name, otherwise=Act(error=EngineRefused("It will not.", reason=reason)))


@pytest.mark.parametrize(
    ("ordered_usd", "allowed_usd", "drawn"),
    [(1000.0, 0.05, 1), (None, 0.05, 1), (0.05, 1000.0, 1), (0.05, None, 1), (1000.0, 0.09, 2), (None, None, 3)],
)
async def test_a_set_spends_no_more_than_order_and_operator_allow(
    tmp_path: Path, ordered_usd: float | None, allowed_usd: float | None, drawn: int
) -> None:
    """Three views at 4 cents each: the smaller of the two limits holds, however large the other one is."""
    paid = RemoteScript(id="paid", costs_money=True, price_usd=0.04, otherwise=Act(cost_usd=0.04))
    context = script_context(tmp_path, paid, set_budget_usd=allowed_usd)
    made = await generate(Order.parse(order(budget_usd=ordered_usd)), context)
    assert (len(made.drawn), len(paid.asked)) == (drawn, drawn)
    assert made.state is (SetState.DONE if drawn == 3 else SetState.PARTIAL)
    await context.aclose()


async def test_the_days_budget_holds_beside_the_sets() -> None:
    """An order with room enough does not spend more than is left of the day."""
    paid = RemoteScript(id="paid", costs_money=True, price_usd=0.04, otherwise=Act(cost_usd=0.04))
    chain = chain_of(paid)
    chain.day_budget = Budget(0.05, "the day's budget")
    budget = chain.set_budget(Order.parse(order(budget_usd=1000.0)), 500.0)
    await chain.draw(request(0), ("paid",), budget=budget)
    with pytest.raises(BudgetError, match="the day's budget"):
        await chain.draw(request(1), ("paid",), budget=budget)


async def test_nothing_but_money_is_a_matter_of_the_budget() -> None:
    """Where no engine of the chain could be paid, the view failed for its budget; each engine's attempt says so."""
    heard: list[tuple[str, str]] = []

    async def hear(attempt: Attempt) -> None:
        heard.append((attempt.engine, attempt.outcome))

    chain = chain_of(RemoteScript(id="a", **DEAR), RemoteScript(id="b", **DEAR))
    with pytest.raises(BudgetError, match=r"\$0\.500"):
        await chain.draw(request(), ("a", "b"), DrawCallbacks(on_attempt=hear), Budget(0.1))
    assert heard == [("a", "budget"), ("b", "budget")]


@pytest.mark.parametrize("names", [("dear", "other"), ("other", "dear")])
@pytest.mark.parametrize("reason", [Reason.MODERATION, Reason.NETWORK, Reason.INTERNAL])
async def test_an_engine_that_failed_beside_one_too_dear_is_no_matter_of_the_budget(
    names: tuple[str, str], reason: Reason
) -> None:
    """More money would help, and so would the other engine: both attempts are told, in their order."""
    chain = chain_of(RemoteScript(id="dear", **DEAR), refuses("other", reason))
    with pytest.raises(NoEngineDrew) as caught:
        await chain.draw(request(), names, budget=Budget(0.1))
    outcomes = {attempt.engine: attempt.outcome for attempt in caught.value.attempts}
    assert outcomes == {"dear": "budget", "other": reason.value}
    assert tuple(dict.fromkeys(attempt.engine for attempt in caught.value.attempts)) == names


async def test_an_engine_whose_breaker_is_open_beside_one_too_dear_is_no_matter_of_the_budget() -> None:
    """Later it may draw: that is not only money."""
    chain = chain_of(RemoteScript(id="dear", **DEAR), refuses("other", Reason.KEY))
    for outcome in ("key", "breaker"):
        with pytest.raises(NoEngineDrew) as caught:
            await chain.draw(request(), ("dear", "other"), budget=Budget(0.1))
        assert [attempt.outcome for attempt in caught.value.attempts] == ["budget", outcome]


async def test_no_engine_at_all_is_no_matter_of_the_budget() -> None:
    """An empty chain has not been too dear."""
    with pytest.raises(NoEngineDrew, match="page Engines"):
        await chain_of().draw(request(), (), budget=Budget(0.0))
