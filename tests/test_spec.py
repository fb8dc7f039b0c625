"""Orders, checked once where they enter."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from orders import CLIO, order, order_with_car

from carimg.errors import InputError
from carimg.spec import Strategy, parse_spec


def test_a_good_order_becomes_a_spec() -> None:
    """Texts are tidied, angles looked up, the size read, and the first angle is the main one."""
    spec = parse_spec(order_with_car(brand="  Renault ", model="Clio\n IV"))
    assert (spec.car.brand, spec.car.model, spec.car.year) == ("Renault", "Clio IV", 2019)
    assert [angle.id for angle in spec.angles] == ["front", "side", "rear"]
    assert spec.main_angle.id == "front"
    assert spec.size == (256, 256)
    assert spec.strategy is Strategy.HINTS


def test_a_car_may_be_typed_in_ukrainian() -> None:
    """Body types and angles are found by their Ukrainian names; the colour stays as typed."""
    spec = parse_spec(order(car=CLIO | {"color": "синій", "body_type": "хетчбек"}, angles=["спереду"]))
    assert spec.car.body_type == "hatchback"
    assert spec.car.color == "синій"
    assert spec.angles[0].id == "front"


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
        ({"prompts": {"front": ""}}, "prompts", "1 to 8,000"),
    ],
)
def test_wrong_input_names_its_field_in_one_sentence(changes: dict[str, Any], field: str, words: str) -> None:
    """Each mistake is told apart by field, and says what would be right."""
    with pytest.raises(InputError) as caught:
        parse_spec(order(**changes), known_engines=("studio",))
    assert caught.value.field == field
    assert words in caught.value.message


def test_a_session_id_may_be_typed_as_it_is_shown() -> None:
    """'CAR-1A2B3C4D' and its bare digits are the same id; blank means a new one."""
    assert parse_spec(order(session_id=" CAR-1A2B3C4D ")).session_id == "1a2b3c4d"
    assert parse_spec(order(session_id="1a2b3c4d5e6f")).session_id == "1a2b3c4d5e6f"
    assert parse_spec(order(session_id=" ")).session_id is None
