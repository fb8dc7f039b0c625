"""The page Compare, without a browser."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from carimg.generation.jobs import Jobs
from tests.support.orders import order, order_with_car


def drawn(jobs: Jobs, wanted: dict[str, object]) -> str:
    set_id = jobs.start(jobs.parse(wanted))
    jobs.wait(set_id, 20)
    return set_id


def shown(at: AppTest) -> str:
    return "\n".join(str(part.value) for part in [*at.markdown, *at.caption]).replace("\\", "")


def test_two_sets_are_compared(open_page, jobs: Jobs) -> None:
    """What differs stands in the table, and the words that differ are marked in both prompts."""
    blue = drawn(jobs, order())
    drawn(jobs, order_with_car(color="red"))
    at = open_page("compare", set=blue)
    text = shown(at)
    assert "| Colour | blue | red |" in text
    assert ":orange-background[blue," in text
    assert ":blue-background[red," in text
    assert "Engine: Script" in text


def test_the_sides_can_be_swapped(open_page, jobs: Jobs) -> None:
    """Swap puts the right picture on the left."""
    blue = drawn(jobs, order())
    drawn(jobs, order_with_car(color="red"))
    at = open_page("compare", set=blue)
    at.button(key="compare_swap").click().run()
    assert not at.exception
    assert "| Colour | red | blue |" in shown(at)


def test_remix_fills_the_form(open_page, jobs: Jobs) -> None:
    """Remix takes everything but session id and seeds to the form."""
    red = drawn(jobs, order_with_car(color="red", model="Megane") | {"session_id": "CAR-1a2b3c4d"})
    at = open_page("compare", set=red)
    at.button(key="compare_remix").click().run()
    assert not at.exception
    assert at.session_state["form_model"] == "Megane"
    assert at.session_state["form_session"] == ""
    assert "seeds" not in at.session_state["form_extra"]
