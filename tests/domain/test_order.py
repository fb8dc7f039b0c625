"""Orders, checked once where they enter."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from carimg.domain.order import Order, Redo, Strategy
from carimg.errors import InputError
from tests.support.orders import CLIO, order, order_with_car


def test_a_good_order_becomes_a_spec() -> None:
    """Texts are tidied, angles looked up, the size read, and the first angle is the main one."""
    wanted = Order.parse(order_with_car(brand="  Renault ", model="Clio\n IV"))
    assert (wanted.car.brand, wanted.car.model, wanted.car.year) == ("Renault", "Clio IV", 2019)
    assert [angle.id for angle in wanted.angles] == ["front", "side", "rear"]
    assert wanted.main_angle.id == "front"
    assert wanted.size == (256, 256)
    assert wanted.strategy is Strategy.HINTS


def test_a_car_may_be_typed_in_ukrainian() -> None:
    """Body types and angles are found by their Ukrainian names; the colour stays as typed."""
    wanted = Order.parse(order(car=CLIO | {"color": "синій", "body_type": "хетчбек"}, angles=["спереду"]))
    assert wanted.car.body_type == "hatchback"
    assert wanted.car.color == "синій"
    assert wanted.angles[0].id == "front"


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"car": CLIO | {"brand": " "}}, "brand", "1 to 60 letters"),
        ({"car": CLIO | {"brand": "x" * 61}}, "brand", "1 to 60 letters"),
        ({"car": CLIO | {"model": "\u0000"}}, "model", "1 to 60 letters"),
        ({"car": CLIO | {"year": 1885}}, "year", "between 1886"),
        ({"car": CLIO | {"year": date.today().year + 2}}, "year", "between 1886"),
        ({"car": CLIO | {"year": "soon"}}, "year", "whole number"),
        ({"car": CLIO | {"color": ""}}, "color", "Type a colour"),
        ({"car": CLIO | {"body_type": "spaceship"}}, "body_type", "hatchback"),
        ({"car": {name: CLIO[name] for name in CLIO if name != "year"}}, "year", "missing"),
        ({"car": CLIO | {"wings": 2}}, "wings", "no field 'wings'"),
        ({"angles": []}, "angles", "at least one"),
        ({"angles": ["front", "front"]}, "angles", "twice"),
        ({"angles": ["underneath"]}, "angles", "not known"),
        ({"angles": [f"yaw_{n:03d}" for n in range(73)]}, "angles", "at most 72"),
        ({"size": "huge"}, "size", "WIDTHxHEIGHT"),
        ({"size": "255x512"}, "size", "256 to 2048"),
        ({"size": (512, 4096)}, "size", "256 to 2048"),
        ({"session_id": "../../etc"}, "session_id", "looks like CAR-"),
        ({"engines": ["warp"]}, "engines", "choose studio"),
        ({"seeds": {"front": 1_000_000}}, "seeds", "0 to 999999"),
        ({"strategy": "luck"}, "strategy", "studio-guided"),
        ({"budget_usd": -1}, "budget_usd", "dollars"),
        ({"budget_usd": float("inf")}, "budget_usd", "finite"),
        ({"budget_usd": float("nan")}, "budget_usd", "finite"),
        ({"prompts": {"front": ""}}, "prompts", "1 to 8,000"),
        ({"seeds": {"underneath": 5}}, "seeds", "known angles"),
        ({"seeds": {"\ud800": 5}}, "seeds", "known angles"),
        ({"prompts": {"\ud800": "a car"}}, "prompts", "known angles"),
    ],
)
def test_wrong_input_names_its_field_in_one_sentence(changes: dict[str, Any], field: str, words: str) -> None:
    """Each mistake is told apart by field, and says what would be right."""
    with pytest.raises(InputError) as caught:
        Order.parse(order(**changes), known_engines=("studio",))
    assert caught.value.field == field
    assert words in caught.value.message


def test_a_session_id_may_be_typed_as_it_is_shown() -> None:
    """'CAR-1A2B3C4D' and its bare digits are the same id; blank means a new one."""
    assert Order.parse(order(session_id=" CAR-1A2B3C4D ")).session_id == "1a2b3c4d"
    assert Order.parse(order(session_id="1a2b3c4d5e6f")).session_id == "1a2b3c4d5e6f"
    assert Order.parse(order(session_id=" ")).session_id is None


MARKS = "a" + "\u0301\u0323" * 10_000
"""Joining accents takes time that grows with the square of their number."""
MANY = 100_000


def padded(name: str) -> str:
    """A name that would do, had it not been typed so long: it tells whether anybody has read it."""
    return name + " " * 300


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"car": CLIO | {"brand": padded("Renault")}}, "brand"),
        ({"car": CLIO | {"model": padded("Clio")}}, "model"),
        ({"car": CLIO | {"color": padded("blue")}}, "color"),
        ({"car": CLIO | {"body_type": padded("hatchback")}}, "body_type"),
        ({"car": CLIO | {"brand": MARKS}}, "brand"),
        ({"angles": [padded("front")]}, "angles"),
        ({"angles": [MARKS]}, "angles"),
        ({"angles": ["front"] * MANY}, "angles"),
        ({"session_id": padded("1a2b3c4d")}, "session_id"),
        ({"size": padded("768x512")}, "size"),
        ({"engines": [padded("studio")]}, "engines"),
        ({"engines": ["studio"] * MANY}, "engines"),
        ({"hints_off": [padded("badge")]}, "hints_off"),
        ({"hints_off": ["badge"] * MANY}, "hints_off"),
        ({"template": "x" * 20_001}, "template"),
        ({"seeds": {padded("front"): 5}}, "seeds"),
        ({"seeds": {padded("yaw_120"): 5}}, "seeds"),
        ({"seeds": {MARKS: 5}}, "seeds"),
        ({"seeds": {f"yaw_{n % 360:03d}_el_{n // 360:02d}": 5 for n in range(73)}}, "seeds"),
        ({"prompts": {padded("front"): "a car"}}, "prompts"),
        ({"prompts": {"front": "x" * 8_001}}, "prompts"),
    ],
)
def test_what_is_far_too_long_is_refused_unread(changes: dict[str, Any], field: str) -> None:
    """Thousands of accents, hundreds of blanks, a hundred thousand names: the raw length decides, before any
    work; the sentence repeats none of it."""
    with pytest.raises(InputError) as caught:
        Order.parse(order(**changes))
    assert caught.value.field == field
    assert len(caught.value.message) < 300


def test_names_as_long_as_people_type_them_are_read() -> None:
    """60 letters are a name, also where each comes with its accent apart."""
    assert Order.parse(order_with_car(model="e\u0301" * 60)).car.model == "é" * 60


def test_seeds_and_prompts_may_name_an_angle_in_any_way() -> None:
    """By title, in Ukrainian, or as a camera spelt out: the order keeps the id."""
    wanted = Order.parse(order(seeds={"Front": 5, "yaw_120": 6}, prompts={"спереду": "a car"}))
    assert wanted.seeds == {"front": 5, "yaw_120": 6}
    assert wanted.prompts == {"front": "a car"}


def test_what_is_drawn_again_is_checked_alike() -> None:
    """Angles, seeds and prompts of a redo are bounded like those of an order."""
    assert Redo.checked({"angles": ["Front"], "seeds": {"front": 7}, "prompts": {}}).seeds == {"front": 7}
    for angles, seeds, prompts, field in (
        ([padded("front")], {}, {}, "angles"),
        (["front"] * 2, {}, {}, "angles"),
        ([], {}, {}, "angles"),
        (["front"], {"front": 1_000_000}, {}, "seeds"),
        (["front"], {padded("front"): 1}, {}, "seeds"),
        (["front"], {}, {"front": "x" * 8_001}, "prompts"),
    ):
        with pytest.raises(InputError) as caught:
            Redo.checked({"angles": angles, "seeds": seeds, "prompts": prompts})
        assert caught.value.field == field


def test_an_order_of_an_earlier_version_is_still_read() -> None:
    """Seeds of unknown angles and an endless budget were accepted once: such a set opens all the same."""
    kept = Order.kept(order(seeds={"underneath": 5, "front": 6}, prompts={"above": "x"}, budget_usd=float("inf")))
    assert kept.seeds == {"front": 6}
    assert kept.prompts == {}
    assert kept.budget_usd is None
