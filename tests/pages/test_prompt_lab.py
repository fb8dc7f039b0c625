"""The page Prompt lab, without a browser: the template editor and the grid."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from carimg.errors import EngineRefused
from carimg.generation.jobs import Jobs
from carimg.generation.lab import run as lab
from carimg.generation.lab.grid import MAX_PICTURES, MAX_REPEATS, MAX_RUNS
from carimg.prompts.template import built_in, hint_names
from carimg.ui.i18n import LANGUAGES, texts
from tests.pages.conftest import choice_of
from tests.support.script_engine import Act, ScriptEngine
from tests.support.waiting import wait_until


@pytest.fixture
def open_lab(open_page: Callable[..., AppTest]) -> Callable[..., AppTest]:
    """Open the page twice: where a test switches pages, fields have their values from the second run on."""
    return lambda **how: open_page("prompt_lab", **how).run()


def text_of(at: AppTest) -> str:
    parts = [*at.markdown, *at.caption, *at.subheader, *at.warning, *at.code, *at.info, *at.error]
    return "\n".join(str(part.value) for part in parts).replace("\\", "")


def typed(at: AppTest, source: str) -> AppTest:
    at.session_state["template_source"] = source
    at.run()
    assert not at.exception
    return at


def field(at: AppTest) -> dict[str, Any]:
    """What the page gives to the template's field, whose browser side does not run here."""
    (one,) = (one for one in at.get("bidi_component") if one.key == "template_source_field")
    return dict(json.loads(one.proto.json))


def on_grid(at: AppTest) -> AppTest:
    at.session_state["lab_view"] = "grid"
    at.run()
    assert not at.exception
    return at


def run_grid(at: AppTest, jobs: Jobs) -> AppTest:
    at.button(key="lab_go").click().run()
    assert not at.exception
    wait_until(lambda: not lab.snapshot(jobs, at.session_state["lab"]).changing)
    at.run()
    assert not at.exception
    return at


def test_the_editor_starts_from_the_built_in_prompt(open_lab) -> None:
    """The built-in template stands in the editor; every picked angle is previewed; variables and hints are named."""
    at = open_lab()
    assert field(at)["text"] == built_in().template
    shown = text_of(at)
    for angle in ("front", "side", "rear"):
        assert f"2019 Renault Clio hatchback, blue, {angle} view." in shown
    assert "`paint_hex`" in shown
    assert [toggle.key for toggle in at.toggle if toggle.key.startswith("template_hint_")] == [
        f"template_hint_{name}" for name in hint_names()
    ]


def test_the_preview_follows_and_marks_what_is_new(open_lab) -> None:
    """A changed template is previewed at once for every angle, the words of its own marked."""
    at = typed(open_lab(), "{{ year }} {{ brand }} {{ model }} at night, {{ angle }} view.")
    shown = text_of(at)
    assert "2019 Renault Clio :blue-background[at night,] rear view." in shown
    assert "CONSISTENCY" not in shown


def test_a_hint_that_is_off_leaves_the_preview(open_lab) -> None:
    """Switching a hint block off takes its sentence out of every preview."""
    at = open_lab()
    assert text_of(at).count("CONSISTENCY:") == 3
    at.toggle(key="template_hint_consistency").set_value(False).run()
    assert "CONSISTENCY:" not in text_of(at)


@pytest.mark.parametrize(
    ("source", "sentence", "line"),
    [
        ("{{ brand }}\n{{ speed }}", "Line 2: there is no variable “speed”", 2),
        ("{{ brand if is_main else speed }}", "Line 1: there is no variable “speed”", 1),
        ("a\nb\n{% for x in brand %}{% endfor %}", "Line 3: loops cannot be used", 3),
        ("{{ brand.__class__ }}", "Line 1: attributes cannot be used", 1),
        ("{{ brand", "Line 1: something begins here that is not closed", 1),
        ("\n{{ a b }}", "Line 2: this cannot be read at “b”.", 2),
        ("{{ brand | truncate(1) }}", "Line 1: this cannot be filled in", 1),
        ("{a|b}{a|b}{a|b}{a|b}{a|b}{a|b}{a|b}", "Too many choices: at most 64 prompts", 0),
        (" ", "The prompt is empty", 0),
    ],
)
def test_wrong_templates_get_a_sentence_and_lose_nothing(source: str, sentence: str, line: int, open_lab) -> None:
    """One sentence with the line at the editor; the text stays, and the preview stays at what was last right."""
    at = typed(open_lab(), source)
    shown = field(at)
    assert sentence in shown["wrong"]
    assert (shown["line"], shown["text"]) == (line, source)
    assert "This template cannot be used yet" in text_of(at)
    assert "2019 Renault Clio hatchback, blue, side view." in text_of(at)
    assert "Renault only" in text_of(typed(at, "{{ brand }} only")).replace(":blue-background[only]", "only")
    assert field(at)["wrong"] == ""


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("{{ brand }}\n{{ speed }}", "Рядок 2: змінної «speed» немає"),
        ("{{ brand }}\n{% for x in brand %}{% endfor %}", "Рядок 2: цикли у шаблоні промпту не можна використовувати."),
        ("{{ brand", "Рядок 1: тут починається те, що не закрито"),
        ("{{ $ }}", "Рядок 1: це не вдається прочитати біля «$»."),
        ("{% endif %}", "Рядок 1: тег «endif» тут стояти не може"),
        ("{{ brand is new }}", "Рядок 1: перевірки «new» немає."),
    ],
)
def test_the_sentence_is_said_in_ukrainian(source: str, sentence: str, open_lab) -> None:
    """Errors of a template are translated too."""
    assert sentence in field(typed(open_lab(locale="uk-UA"), source))["wrong"]


def test_choices_say_how_many_prompts_they_make(open_lab) -> None:
    """`{a|b}` twice makes four prompts; the page says so and previews the chosen one."""
    at = typed(open_lab(), "{{ brand }} {by day|at night}, {{ angle }}, {sharp|soft}")
    assert "4 prompts from the choices" in text_of(at)
    choice_of(at, "template_variant").set_value(3).run()
    assert "at night, front, soft" in text_of(at).replace(":blue-background[", "").replace("]", "")


def test_versions_are_kept_and_recalled(open_lab, jobs: Jobs) -> None:
    """A template is kept under a name, version by version; taking one up again loses no unsaved text."""
    at = typed(open_lab(), "{{ brand }} at night")
    at.text_input(key="template_name").set_value("Night shot").run()
    at.button(key="template_save").click().run()
    typed(at, "{{ brand }} at midnight")
    at.button(key="template_save").click().run()
    assert [(one.name, one.version) for one in jobs.store.templates()] == [("Night shot", 2), ("Night shot", 1)]
    typed(at, "{{ brand }}, not kept yet")
    choice_of(at, "template_saved").set_value(("Night shot", 1)).run()
    assert field(at)["text"] == "{{ brand }} at night"
    at.button(key="template_undo").click().run()
    assert field(at)["text"] == "{{ brand }}, not kept yet"


def test_one_click_runs_prompts_against_angles(open_lab, jobs: Jobs, engine: ScriptEngine) -> None:
    """The built-in prompt and the edited one meet the picked angles: six pictures with three seeds, named and done;
    the words that differ are marked; the address carries the grid."""
    at = on_grid(typed(open_lab(), "{{ brand }} at night, {{ angle }} view. {{ consistency }}"))
    assert "2 × 3 cells, 6 sets · free · one new session id for all cells" in text_of(at)
    run_grid(at, jobs)
    shown = text_of(at)
    assert "6 of 6 pictures" in shown
    assert "**Built-in prompt**" in shown
    assert "**In the editor**" in shown
    assert "Renault :blue-background[at night,] front view." in shown
    assert len(engine.asked) == 6
    assert len({request.seed for request in engine.asked}) == 3
    assert len({request.session_id for request in engine.asked}) == 1
    assert at.query_params["lab"] == at.session_state["lab"]


def test_a_grid_opens_from_its_address(open_lab, jobs: Jobs) -> None:
    """A refresh or a colleague finds the grid by `?lab=`; an unknown one gets a sentence."""
    at = run_grid(on_grid(open_lab()), jobs)
    again = open_lab(lab=at.session_state["lab"])
    if "lab" not in again.session_state:  # a page switch in the test drops the address
        again.query_params["lab"] = at.session_state["lab"]
        again.run()
    assert "3 of 3 pictures" in text_of(on_grid(again))
    again.session_state["lab"] = "nowhere"
    again.query_params["lab"] = "nowhere"
    assert "There is no such grid" in text_of(again.run())


@pytest.mark.parametrize(
    ("rows", "columns", "values", "sentence"),
    [
        ("angles", "angles", {}, "Rows and columns must stand for different things."),
        ("engines", "angles", {"lab_rows_engines": []}, "Choose at least one value"),
        ("sizes", "angles", {"lab_rows_sizes": ["9x9"]}, "each edge 256 to 2048 pixels"),
    ],
)
def test_wrong_grids_get_a_sentence(rows: str, columns: str, values: dict, sentence: str, open_lab, jobs: Jobs) -> None:
    """What cannot be run is said in a sentence before anything starts, and the button waits."""
    at = on_grid(open_lab())
    at.session_state["lab_rows"], at.session_state["lab_columns"] = rows, columns
    for key, value in values.items():
        at.session_state[key] = value
    at.run()
    assert sentence in text_of(at)
    assert at.button(key="lab_go").disabled
    assert jobs.store.history().total == 0


def test_repeats_show_their_spread(open_lab, jobs: Jobs, engine: ScriptEngine) -> None:
    """Two repeats a cell: the cell says how many are there, how long they took and what they cost."""
    engine.otherwise = Act(0.02, cost_usd=0.01)
    at = on_grid(open_lab())
    at.session_state["lab_rows"], at.session_state["lab_columns"] = "engines", "none"
    at.session_state["form_angles"] = ["front"]
    at.session_state["lab_repeats"] = 2
    run_grid(at.run(), jobs)
    shown = text_of(at)
    assert "2 of 2 · Script · " in shown
    assert "$0.020" in shown


def test_failed_cells_say_why_and_are_drawn_later(open_lab, jobs: Jobs, engine: ScriptEngine) -> None:
    """A cell that failed shows the reason; one button draws what is missing."""
    engine.by_angle = {"rear": Act(error=EngineRefused("Moderation refused it."))}
    at = run_grid(on_grid(open_lab()), jobs)
    assert "Moderation refused it." in text_of(at)
    assert "2 of 3 pictures" in text_of(at)
    engine.by_angle = {}
    at.button(key="lab_missing").click().run()
    wait_until(lambda: lab.snapshot(jobs, at.session_state["lab"]).complete)
    assert "3 of 3 pictures" in text_of(at.run())


@pytest.mark.parametrize("language", LANGUAGES)
def test_limits_are_said_as_they_are(language: str) -> None:
    """The numbers in the sentences are the limits of the core."""
    t = texts(language)
    assert str(MAX_RUNS) in t("wrong.grid_runs")
    assert str(MAX_PICTURES) in t("wrong.grid_pictures")
    assert str(MAX_REPEATS) in t("wrong.repeats")
