"""What a template may use, and what the built-in prompt tells: the closed list, the main view, the id."""

from __future__ import annotations

import re

import pytest

from carimg.domain.catalog import catalog
from carimg.domain.order import Order
from carimg.errors import TemplateError
from carimg.prompts.template import FILTERS, MAX_PROMPT, MAX_VARIANTS, VARIABLES, check_template, prompt_of
from tests.support.orders import order

IS_MAIN = "{% if is_main %}main{% else %}other{% endif %}"


def test_the_list_of_filters_is_closed() -> None:
    """These seven and no other, neither by name nor by what the environment knows."""
    assert FILTERS == ("lower", "upper", "title", "capitalize", "trim", "default", "truncate")
    with pytest.raises(TemplateError, match="there is no filter 'replace'"):
        check_template("{{ brand | replace('a', 'aaaa') }}")


@pytest.mark.parametrize(
    ("source", "printed"),
    [
        ("{{ 'Renault Clio' | lower }}", "renault clio"),
        ("{{ 'Renault Clio' | upper }}", "RENAULT CLIO"),
        ("{{ 'renault clio' | title }}", "Renault Clio"),
        ("{{ 'renault clio' | capitalize }}", "Renault clio"),
        ("[{{ ' clio ' | trim }}]", "[clio]"),
        ("{{ '' | default('any', true) }}", "any"),
        ("{{ 'Renault Clio of 2019' | truncate(10, true, '', 0) }}", "Renault Cl"),
    ],
)
def test_each_filter_of_the_list_does_what_its_name_says(source: str, printed: str) -> None:
    """None of them was dropped."""
    made = Order.parse(order(template=source))
    assert prompt_of(made, made.angles[0], "1a2b3c4d", "badge") == printed


def test_only_the_first_angle_of_an_order_is_the_main_one() -> None:
    """`is_main` reaches the template as true for it, and as false for all others."""
    made = Order.parse(order(template=IS_MAIN))
    assert [prompt_of(made, angle, "1a2b3c4d", "") for angle in made.angles] == ["main", "other", "other"]


def test_a_redo_keeps_the_main_view_of_its_set() -> None:
    """Drawn again without the front, the side is not the main view because it is the first; drawn again alone, the
    front is still the main view."""
    known = catalog().angles
    made = Order.parse(order(template=IS_MAIN)).changed(main=known["front"])
    side, rear, front = known["side"], known["rear"], known["front"]
    again = made.changed(angles=(side, rear))
    assert [prompt_of(again, angle, "1a2b3c4d", "") for angle in again.angles] == ["other", "other"]
    last = made.changed(angles=(side, front))
    assert [prompt_of(last, angle, "1a2b3c4d", "") for angle in last.angles] == ["other", "main"]


@pytest.mark.parametrize("session_id", ["1a2b3c4d", "1a2b3c4d5e6f", "CAR-1A2B3C4D"])
def test_the_built_in_prompt_shows_the_eight_digits_that_people_see(session_id: str) -> None:
    """Whatever form the id has, the engine is told the one that seeds follow from."""
    made = Order.parse(order())
    told = re.findall(r"Session: (\w+)", prompt_of(made, made.angles[0], session_id, "badge"))
    assert told == ["1a2b3c4d"]


def test_every_variable_of_the_list_can_be_printed() -> None:
    """The names that pages offer are those that templates know."""
    made = Order.parse(order(template=" ".join(f"{name}={{{{ {name} }}}}" for name in VARIABLES)))
    assert prompt_of(made, made.angles[1], "1a2b3c4d5e6f", "silver badge") == (
        "brand=Renault model=Clio year=2019 color=blue body_type=hatchback angle=side angle_id=side yaw=90.0 "
        "elevation=4.0 session_id=1a2b3c4d seed=231225 badge=silver badge paint_hex=#1f4e9e strategy=hints "
        "is_main=False"
    )


def test_the_bounds_of_prompts_are_those_told() -> None:
    """8,000 characters and 64 variants: the manual and the sentences on the pages name these numbers."""
    assert (MAX_PROMPT, MAX_VARIANTS) == (8_000, 64)
    longest = Order.parse(order(template="x" * 8_000))
    assert len(prompt_of(longest, longest.angles[0], "1a2b3c4d", "")) == 8_000
