"""Prompts from templates."""

from __future__ import annotations

import pytest
from jinja2.defaults import DEFAULT_FILTERS

from carimg.domain.car import Car
from carimg.domain.catalog import catalog
from carimg.domain.order import Order
from carimg.errors import TemplateError
from carimg.prompts.template import (
    PromptContext,
    built_in,
    check_template,
    expand_variants,
    hint_names,
    prompt_of,
    render_prompt,
    variant_names,
)
from tests.support.orders import order

CLIO = Car("Renault", "Clio", 2019, "blue", "hatchback")


def context(angle: str = "front", **changes: object) -> PromptContext:
    found = catalog().angle(angle)
    assert found is not None
    facts: dict[str, object] = {"session_id": "1a2b3c4d", "seed": 7, "badge": "silver diamond badge"} | changes
    return PromptContext(CLIO, found, **facts)  # type: ignore[arg-type]


def test_the_built_in_prompt_says_what_the_contract_asks_for() -> None:
    """Car, view, session, seed, badge and the closing sentences stand in the prompt, in this order."""
    assert render_prompt(context()).startswith(
        "2019 Renault Clio hatchback, blue, front view. "
        "CONSISTENCY: Same vehicle across all angles (Session: 1a2b3c4d, Seed: 7). "
        "silver diamond badge on front grille, clearly visible. "
        "Photorealistic automotive photography, authentic Renault design. "
        "Same exact vehicle from different angle, identical color and details."
    )


@pytest.mark.parametrize("name", ["consistency", "badge_hint", "photography", "same_car", "backdrop"])
def test_each_hint_can_be_switched_off_alone(name: str) -> None:
    """Switching one hint off removes its sentence and nothing else."""
    whole = render_prompt(context())
    shorter = render_prompt(context(), hints_off=frozenset({name}))
    assert name in hint_names()
    assert len(shorter) < len(whole)
    assert set(shorter.split()) <= set(whole.split())


def test_a_strategy_brings_its_own_reference_block() -> None:
    """Studio-guided prompts name Image 1 and the paint; the main view of an anchored set names no image."""
    assert "#1f4e9e" in render_prompt(context(strategy="studio-guided", paint_hex="#1f4e9e"))
    assert "Image 1" in render_prompt(context(strategy="anchored"))
    assert "Image 1" not in render_prompt(context(strategy="anchored", is_main=True))


@pytest.mark.parametrize(
    ("source", "line", "words"),
    [
        ("a\n{{ nonsense }}", 2, "no variable 'nonsense'"),
        ("a {{ brand ", 1, "Line 1"),
        ("{% for x in brand %}{{ x }}{% endfor %}", 1, "loops"),
        ("x\n\n{{ brand.__class__ }}", 3, "attributes"),
        ("{{ brand['x'] }}", 1, "attributes"),
        ("{{ range(9) }}", 1, "function calls"),
        ("{% set x = 1 %}", 1, "assignments"),
        ("{% include 'x' %}", 1, "includes"),
        ("{{ 9 ** 9 ** 9 }}", 1, "pow"),
        ("{{ 'a' * 999999999 }}", 1, "mul"),
        ("{{ brand | pprint }}", 1, "filter"),
    ],
)
def test_what_a_prompt_has_no_use_for_is_refused_with_its_line(source: str, line: int, words: str) -> None:
    """Unknown variables, syntax errors, loops, calls, attributes and arithmetic end in one sentence with the line."""
    with pytest.raises(TemplateError, match=words) as caught:
        render_prompt(context(), source)
    assert caught.value.line == line


def test_a_template_may_branch_and_filter() -> None:
    """`if` and the listed filters work."""
    source = "{% if angle_id == 'front' %}{{ brand | upper }}{% else %}other{% endif %}"
    check_template(source)
    assert render_prompt(context(), source) == "RENAULT"
    assert render_prompt(context("rear"), source) == "other"


def test_empty_and_endless_prompts_are_refused() -> None:
    """A prompt prints something, and at most 8,000 characters of it."""
    with pytest.raises(TemplateError, match="empty"):
        render_prompt(context(), "  \n")
    with pytest.raises(TemplateError, match="8,000"):
        render_prompt(context(), "x" * 8_001)


def test_a_view_without_a_prompt_is_refused() -> None:
    """A prompt of one's own goes out word for word; one of blanks is refused before anything is drawn."""
    wanted = Order.parse(order(prompts={"front": " A red car\n at dusk ", "side": " \n"}))
    front, side, _ = wanted.angles
    assert prompt_of(wanted, front, "0" * 8, "") == " A red car\n at dusk "
    with pytest.raises(TemplateError, match="prompt of a view is empty"):
        prompt_of(wanted, side, "0" * 8, "")


def test_choices_multiply_into_variants() -> None:
    """Each `{a|b}` is expanded; variables in double braces are left alone."""
    assert expand_variants("a {red|blue} car at {dawn|noon} {{ brand | lower }}") == [
        "a red car at dawn {{ brand | lower }}",
        "a red car at noon {{ brand | lower }}",
        "a blue car at dawn {{ brand | lower }}",
        "a blue car at noon {{ brand | lower }}",
    ]
    assert expand_variants(built_in().template) == [built_in().template]


def test_too_many_variants_are_refused_before_they_are_made() -> None:
    """Seven choices of three are 2,187 prompts: one sentence instead."""
    with pytest.raises(TemplateError, match="make 2187 prompts"):
        expand_variants("{a|b|c}" * 7)


def test_variants_are_told_apart_by_their_choices() -> None:
    """Each variant is named by what was chosen in it, in the order of the sources; without choices there is no name."""
    source = "{{ brand }} {on a road|in a studio}, {sunny|}"
    assert variant_names(source) == ["on a road · sunny", "on a road · –", "in a studio · sunny", "in a studio · –"]
    assert len(expand_variants(source)) == 4
    assert variant_names("{{ brand }}") == [""]


@pytest.mark.parametrize(
    ("source", "line", "reason", "about"),
    [
        ("{{ brand }}\n{{ speed }}", 2, "unknown", "speed"),
        ("a\n{% for x in y %}{% endfor %}", 2, "refused", "loops"),
        ("{{ brand.__class__ }}", 1, "refused", "attributes"),
        ("{{ brand|pprint }}", 1, "filter", "pprint"),
        ("\n\n{{ brand", 3, "unclosed", ""),
        ("{# brand", 1, "unclosed", ""),
        ("{{ a b }}", 1, "syntax", "b"),
        ("{{ }}", 1, "syntax", "}}"),
        ("x\n{% endif %}", 2, "tag", "endif"),
        ("{{ brand is new }}", 1, "test", "new"),
        ("\n{{ brand | truncate(1) }}", 2, "filling", ""),
        ("\n{{ year is divisibleby 0 }}", 2, "filling", ""),
        ("\n{% if brand is new %}{% endif %}", 2, "filling", ""),
        ("{{ brand }}\n{{ bran }}", 2, "unknown", "bran"),
        ("{{ " + "(" * 3000 + "brand" + ")" * 3000 + " }}", 0, "nested", ""),
        ("{% if brand %}" * 120 + "x" + "{% endif %}" * 120, 0, "nested", ""),
        (" ", 0, "empty", ""),
    ],
)
def test_errors_carry_a_code_for_other_languages(source: str, line: int, reason: str, about: str) -> None:
    """Every error of a template has its line, a stable reason and the word it is about."""
    with pytest.raises(TemplateError) as caught:
        render_prompt(context(), source)
    assert (caught.value.line, caught.value.reason) == (line, reason)
    assert about in caught.value.about


ALLOWED_FILTERS = {"lower", "upper", "title", "capitalize", "trim", "default", "truncate"}


@pytest.mark.parametrize("name", sorted({*DEFAULT_FILTERS} - ALLOWED_FILTERS))
def test_every_other_filter_is_refused(name: str) -> None:
    """The list of filters is closed: `replace`, `center` or `format` could make a short template a huge prompt."""
    with pytest.raises(TemplateError, match=f"there is no filter '{name}'") as caught:
        check_template(f"{{{{ brand | {name} }}}}")
    assert caught.value.reason == "filter"


def test_the_allowed_filters_work() -> None:
    """Each of the closed list does what its name says."""
    wanted = Order.parse(order())
    for name in sorted(ALLOWED_FILTERS):
        template = f"{{{{ brand | {name} }}}} {{{{ model }}}}"
        assert "clio" in prompt_of(wanted.changed(template=template), wanted.angles[0], "1a2b3c4d", "badge").lower()
