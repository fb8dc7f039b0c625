"""The price table and budgets."""

from __future__ import annotations

import re

import pytest

from carimg.engines.prices import Budget, Usage, prices
from carimg.errors import BudgetError


def test_the_table_says_its_date_and_source() -> None:
    """A price without its day is worth nothing."""
    assert re.fullmatch(r"20\d\d-\d\d-\d\d", prices().as_of)
    assert "check your account" in prices().source


@pytest.mark.parametrize(
    ("model", "usd"),
    [("gpt-image-1-mini", 0.01125), ("gpt-image-1.5", 0.041), ("gpt-image-2", 0.039), ("gpt-image-2.6-flare", 0.039)],
)
def test_actual_prices_follow_from_tokens(model: str, usd: float) -> None:
    """1,000 text and 500 image tokens in, 1,000 image tokens out, at each family's rates."""
    usage = Usage(text_in=1000, image_in=500, image_out=1000)
    assert prices().openai_actual(model, usage) == pytest.approx(usd)


def test_dated_snapshots_cost_what_their_family_costs() -> None:
    """'gpt-image-1.5-2026-01-01' is priced as gpt-image-1.5, an unknown model by the default."""
    usage = Usage(image_out=1_000_000)
    assert prices().openai_actual("gpt-image-1.5-2026-01-01", usage) == 32
    assert prices().openai_actual("gpt-image-9-nova", usage) == 30


def test_estimates_rise_with_quality_size_and_previews() -> None:
    """Each of the three makes a picture dearer; 'auto' is taken for 'high'."""
    table = prices()
    low, medium, high = (table.openai_estimate("gpt-image-2", q, (1024, 1024)) for q in ("low", "medium", "high"))
    assert low < medium < high == table.openai_estimate("gpt-image-2", "auto", (1024, 1024))
    assert table.openai_estimate("gpt-image-2", "low", (2048, 1024)) > 1.7 * low
    assert table.openai_estimate("gpt-image-2", "low", (1024, 1024), previews=2) == pytest.approx(low + 0.006)
    assert table.pollinations_estimate("flux") == 0.002
    assert table.pollinations_estimate("something new") == 0.05


def test_what_is_reserved_cannot_be_reserved_twice() -> None:
    """Reservations count at once, settling frees what was not spent; both budgets of a pair move together."""
    day = Budget(1.0, "the day's budget")
    one, two = Budget(0.5, above=day), Budget(None, above=day)
    one.reserve(0.4)
    with pytest.raises(BudgetError, match=r"\$0\.100 left"):
        one.reserve(0.2)
    two.reserve(0.6)
    with pytest.raises(BudgetError, match="the day's budget"):
        one.reserve(0.05)
    two.settle(0.6, 0.1)
    assert day.left_usd == pytest.approx(0.5) and two.left_usd is None
    one.settle(0.4, 0.3)
    assert (one.spent_usd, day.spent_usd) == pytest.approx((0.3, 0.4))
