"""The page Generate, without a browser."""

from __future__ import annotations

import re

import pytest
from streamlit.testing.v1 import AppTest

from carimg.domain.view import SetState
from carimg.errors import EngineRefused
from carimg.generation.jobs import Jobs
from tests.support.orders import order
from tests.support.script_engine import Act, ScriptEngine
from tests.support.waiting import wait_until


def press_generate(at: AppTest) -> AppTest:
    at.button(key="form_go").click().run()
    assert not at.exception
    return at


def finished(at: AppTest, jobs: Jobs) -> AppTest:
    """Wait for the open set and its report, then show the page again."""
    jobs.wait(at.session_state["set"], 20)
    wait_until(lambda: not jobs.snapshot(at.session_state["set"]).changing)
    at.run()
    assert not at.exception
    return at


def text_of(at: AppTest) -> str:
    parts = [*at.markdown, *at.caption, *at.subheader, *at.title, *at.warning, *at.code]
    return "\n".join(str(part.value) for part in parts)


def test_one_click_draws_the_clio(open_page, jobs: Jobs) -> None:
    """The form is filled in: one click orders a Renault Clio 2019, blue, hatchback, from front, side and rear."""
    at = finished(press_generate(open_page()), jobs)
    snapshot = jobs.snapshot(at.session_state["set"])
    assert str(snapshot.order.car) == "Renault Clio 2019, blue, hatchback"
    assert [view.angle for view in snapshot.views] == ["front", "side", "rear"]
    assert "3 views in" in text_of(at)
    assert at.query_params["set"] == snapshot.set_id


def test_a_card_tells_seed_engine_and_prompt(open_page, jobs: Jobs) -> None:
    """Each view shows its seed, its engine, whether the seed was used, and its whole prompt."""
    at = finished(press_generate(open_page()), jobs)
    shown = text_of(at)
    for view in jobs.snapshot(at.session_state["set"]).views:
        assert f"seed {view.seed}" in shown
        assert view.prompt is not None
        assert view.prompt.prompt in [code.value for code in at.code]
    assert shown.count("seed used") == 3


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("form_year", 1066, "The year must be a whole number from 1886 to next year."),
        ("form_model", "", "Type a model of 1 to 60 letters, for example Clio."),
        ("form_session", "nonsense", "A session id looks like CAR-1a2b3c4d"),
        ("form_angles", [], "Pick at least one angle."),
    ],
)
def test_wrong_input_starts_nothing(key: str, value: object, sentence: str, open_page, jobs: Jobs) -> None:
    """One sentence says what is wrong; nothing is started and what was typed stays."""
    at = open_page()
    at.session_state[key] = value
    press_generate(at.run())
    assert sentence in "\n".join(part.value for part in at.markdown).replace("\\", "")
    assert "set" not in at.session_state
    assert jobs.store.history().total == 0
    assert at.session_state[key] == value


def test_a_double_click_starts_one_set(open_page, jobs: Jobs) -> None:
    """The same order twice within a moment is one order."""
    at = press_generate(open_page())
    press_generate(at)
    assert jobs.store.history().total == 1


def test_a_set_opens_from_its_address(open_page, jobs: Jobs) -> None:
    """`?set=` opens a set by its id or by the id that people see."""
    set_id = jobs.start(jobs.parse(order()))
    jobs.wait(set_id, 20)
    display = jobs.store.load_set(set_id).display_id
    assert "3 views in" in text_of(open_page(set=set_id))
    assert "3 views in" in text_of(open_page(set=display))


def test_an_unknown_set_gets_a_sentence(open_page) -> None:
    """A link to a set that is not there says so."""
    assert "There is no such set" in text_of(open_page(set="nowhere"))


def test_failed_views_say_why(open_page, jobs: Jobs, engine: ScriptEngine) -> None:
    """A view that no engine drew shows the engine's reason; the rest can be drawn again and then is there."""
    engine.by_angle = {"rear": Act(error=EngineRefused("Moderation refused it."))}
    at = finished(press_generate(open_page()), jobs)
    assert "Moderation refused it" in text_of(at).replace("\\", "")
    engine.by_angle = {}
    at.button(key="board_rest").click().run()
    finished(at, jobs)
    assert jobs.snapshot(at.session_state["set"]).state is SetState.DONE


def test_a_new_seed_makes_a_new_take(open_page, jobs: Jobs) -> None:
    """'New seed' draws one view again and leaves the others alone."""
    at = finished(press_generate(open_page()), jobs)
    before = {view.angle: view for view in jobs.snapshot(at.session_state["set"]).views}
    at.button(key="new_side").click().run()
    finished(at, jobs)
    after = {view.angle: view for view in jobs.snapshot(at.session_state["set"]).views}
    assert after["side"].seed != before["side"].seed
    assert after["side"].take == 2
    assert after["front"] == before["front"]


def test_an_edited_prompt_is_drawn(open_page, jobs: Jobs, engine: ScriptEngine) -> None:
    """The prompt of one view can be changed and drawn."""
    at = finished(press_generate(open_page()), jobs)
    box = next(box for box in at.text_area if "_rear_" in box.key)
    box.set_value("A blue car in the rain, seen from behind.").run()
    at.button(key="edit_rear").click().run()
    finished(at, jobs)
    assert engine.asked[-1].prompt == "A blue car in the rain, seen from behind."


def test_ukrainian_counts(open_page, jobs: Jobs) -> None:
    """Plural forms and decimal commas follow the language."""
    at = finished(press_generate(open_page(locale="uk-UA")), jobs)
    shown = text_of(at)
    assert re.search(r"3 види за \d+,\d с", shown)
    assert "3 види, Script, безкоштовно" in shown


@pytest.mark.parametrize(
    ("locale", "title"), [("en-US", "The store cannot be reached"), ("uk-UA", "Сховище недоступне")]
)
def test_the_board_says_what_the_store_said(open_page, jobs: Jobs, locale: str, title: str) -> None:
    """What was not kept is told with the store's own sentence, until the set is drawn again."""
    set_id = jobs.start(jobs.parse(order()))
    jobs.wait(set_id, 20)
    jobs._live[set_id].warn("Keeping a picture failed: no space left on [the disk](http://evil.example).")
    jobs._live[set_id].warn("The database did not do what was asked.")
    (error,) = open_page(set=set_id, locale=locale).error
    assert title in error.proto.title
    assert error.value == r"Keeping a picture failed\: no space left on \[the disk\]\(http\://evil.example\)."
    jobs.redo(set_id, ["front"])
    jobs.wait(set_id, 20)
    assert not open_page(set=set_id, locale=locale).error
