"""What follows from a set's views, wherever it is shown."""

from __future__ import annotations

from dataclasses import replace

import pytest

from carimg.domain.order import Order
from carimg.domain.set_record import SetRecord, outcome_of
from carimg.domain.view import Attempt, SetState, View, ViewState
from tests.support.stores import SESSION, done, failed, order_of


def record(*views: View, **changes: object) -> SetRecord:
    ordered = order_of(angles=["front", "side", "rear", "top"], **changes)
    return SetRecord("0a1b2c", SESSION, ordered, SetState.DONE, 1_795_575_787.0, 3.0, views)


def drawn(angle: str, engine: str = "studio", **changes: object) -> View:
    return done(order_of(angles=["front", "side", "rear", "top"]), angle, engine=engine, **changes)


def test_engines_are_named_once_in_order_of_appearance() -> None:
    """The order of the views, not of the alphabet; one that only failed drew nothing."""
    made = record(drawn("front", "studio"), drawn("side", "openai"), failed(order_of(), "rear"), drawn("top", "studio"))
    assert made.engines == ("studio", "openai")
    assert record(failed(order_of(), "front")).engines == ()


@pytest.mark.parametrize(
    ("other", "mixed"),
    [
        ({"engine": "studio", "model": "studio-1"}, False),
        ({"engine": "openai", "model": "studio-1"}, True),
        ({"engine": "studio", "model": "studio-2"}, True),
    ],
)
def test_another_engine_or_another_model_makes_a_set_mixed(other: dict[str, str], mixed: bool) -> None:
    """Two models of one engine draw two cars as well."""
    assert record(drawn("front"), drawn("side", **other)).mixed is mixed


def test_a_view_that_was_not_drawn_mixes_nothing() -> None:
    """Its engine drew no picture that could differ."""
    lost = replace(failed(order_of(), "side"), engine="openai", model="gpt-image-2")
    assert not record(drawn("front"), lost).mixed
    assert not record(drawn("front")).mixed and not record().mixed


def test_the_cost_is_that_of_all_attempts_of_the_views_shown() -> None:
    """Failed attempts were paid for too; `spent_usd` is told by the store and is not added."""
    twice = drawn("front", cost_usd=0.04)
    twice = replace(twice, attempts=(Attempt("openai", "damaged", "Broken.", 1.0, 0.02), *twice.attempts))
    made = record(twice, drawn("side", cost_usd=0.01), failed(order_of(), "rear", cost_usd=0.005))
    assert made.cost_usd == pytest.approx(0.075)
    assert replace(made, spent_usd=1.0).cost_usd == pytest.approx(0.075)


def test_drawn_and_missing_share_the_angles_out() -> None:
    """Both in the order of the views: what waits, failed or was cancelled is missing."""
    waits, gone = View("side"), View("top", ViewState.CANCELLED)
    made = record(drawn("front"), waits, failed(order_of(), "rear"), gone)
    assert made.angles == ("front", "side", "rear", "top")
    assert [view.angle for view in made.drawn] == ["front"]
    assert made.missing == ("side", "rear", "top")
    assert made.view("rear") is made.views[2] and made.view("yaw_010") is None


def test_the_time_one_after_another_is_the_work_of_what_was_drawn() -> None:
    """Work, not waiting, and nothing for views without a picture: 0.4 s each."""
    made = record(drawn("front"), drawn("side"), failed(order_of(), "rear"))
    assert made.one_after_another_s == pytest.approx(0.8)


def test_a_recalled_order_fixes_session_and_seeds() -> None:
    """The seeds of the chosen takes win over those ordered; an angle that was never planned keeps the order's."""
    made = record(drawn("front", seed=7), View("side", seed=8), View("top"), seeds={"front": 1, "rear": 3, "top": 4})
    assert made.recalled["session_id"] == SESSION
    assert made.recalled["seeds"] == {"front": 7, "side": 8, "rear": 3, "top": 4}
    again = Order.parse(made.recalled)
    assert (again.session_id, again.car, again.angles) == (SESSION, made.car, made.order.angles)
    assert [again.seed(SESSION, angle) for angle in again.angles[:2]] == [7, 8]
    rest = {name for name, value in made.order.to_json().items() if made.recalled[name] != value}
    assert rest == {"session_id", "seeds"}


def test_the_id_that_people_see() -> None:
    """Eight of the twelve digits."""
    assert record().display_id == "CAR-1a2b3c4d"


@pytest.mark.parametrize(
    ("states", "outcome"),
    [
        ((ViewState.DONE, ViewState.DONE), SetState.DONE),
        ((ViewState.DONE, ViewState.FAILED), SetState.PARTIAL),
        ((ViewState.CANCELLED, ViewState.DONE), SetState.PARTIAL),
        ((ViewState.DONE, ViewState.WAITING), SetState.PARTIAL),
        ((ViewState.FAILED, ViewState.FAILED), SetState.FAILED),
        ((ViewState.CANCELLED, ViewState.WAITING), SetState.FAILED),
    ],
)
def test_a_set_has_ended_as_its_views_say(states: tuple[ViewState, ...], outcome: SetState) -> None:
    """All drawn: done. Some: partial. None: failed."""
    assert outcome_of(tuple(View(f"yaw_{n:03d}", state) for n, state in enumerate(states))) is outcome
