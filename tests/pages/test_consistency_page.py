"""The page Consistency, without a browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from carimg.consistency import Verdict
from carimg.errors import EngineRefused
from carimg.generation import jobs as sets
from carimg.generation.jobs import Jobs
from carimg.ui import session
from tests.pages.conftest import MAIN
from tests.support.car_engine import CarEngine
from tests.support.kit import open_script_jobs
from tests.support.orders import order
from tests.support.script_engine import Act, ScriptEngine

RED = "#a01818"


@pytest.fixture
def engine() -> CarEngine:
    """Draws a blue car, but a red one in the first take of the rear."""
    return CarEngine(planted={"rear": RED})


@pytest.fixture
def drawn(jobs: Jobs) -> str:
    """A finished and examined set of four views, one of which has another paint."""
    return draw(jobs)


def draw(jobs: Jobs, **changes: object) -> str:
    usual = {"angles": ["front", "front_three_quarter", "side", "rear"], "size": "384x256"}
    set_id = jobs.start(jobs.parse(order(**usual | changes)))
    jobs.wait(set_id, 20)
    jobs.report(set_id)
    return set_id


def text_of(at: AppTest) -> str:
    """Everything that the page says, without Markdown's bold."""
    boxes = [*at.success, *at.warning, *at.error, *at.info]
    parts = [*at.markdown, *at.caption, *at.subheader, *at.title, *boxes]
    return "\n".join(str(part.value) for part in parts).replace("**", "")


def page_of(name: str, set_id: str) -> AppTest:
    """A page over whatever jobs there are now."""
    at = AppTest.from_file(MAIN, default_timeout=30)
    at.query_params["set"] = set_id
    at.run()
    if name != "generate":
        at.switch_page(f"../../pages/{name}.py").run()
    assert not at.exception
    return at


def alts_of(at: AppTest) -> list[str]:
    return [image.alt for part in at.image for image in part.proto.imgs]


def html_of(at: AppTest) -> str:
    return "\n".join(str(part.proto.body) for part in at.get("html"))


def test_the_odd_one_out_is_named_with_its_reason(open_page, drawn: str, jobs: Jobs) -> None:
    """One view in another paint: the verdict comes first and names the view, both paints and the distance."""
    at = open_page("consistency", set=drawn)
    (box,) = at.error
    assert box.proto.title == "These views do not match"
    said = box.value.replace("**", "")
    rear = jobs.report(drawn).view("rear")
    assert said.startswith(f"Not one car: Rear is the odd one out. Another paint: `{rear.paint_hex}` where")
    assert f"(ΔE {rear.delta_e_consensus:.1f})" in said
    assert "Odd one out: Rear" in text_of(at)
    assert ":red-badge[:material/close: differs]" in text_of(at)
    assert text_of(at).count("fits]") == 3


def test_redo_draws_only_the_odd_view_and_the_verdict_follows(
    open_page, drawn: str, jobs: Jobs, engine: CarEngine
) -> None:
    """The button under the odd one out draws that view alone, with a new seed; then nothing speaks against one car."""
    before = jobs.snapshot(drawn)
    at = open_page("consistency", set=drawn)
    at.button(key="report_redo").click().run()
    jobs.wait(drawn, 20)
    report = jobs.report(drawn)
    after = jobs.snapshot(drawn)
    assert [asked.angle.id for asked in engine.asked[4:]] == ["rear"]
    assert [old.seed == new.seed for old, new in zip(before.views, after.views, strict=True)] == [True] * 3 + [False]
    assert report.verdict is Verdict.SAME
    at.run()
    assert not at.exception
    assert not at.error
    assert "Nothing measured speaks against one car in all 4 views" in at.success[0].value


def test_paint_is_shown_beside_the_sets_and_the_requested_one(open_page, drawn: str, jobs: Jobs) -> None:
    """Each measured view has swatches of its own paint, the set's and the requested one, with what their distance
    means in words, and its palette."""
    report = jobs.report(drawn)
    shown = html_of(open_page("consistency", set=drawn))
    for view in report.views:
        assert view.paint_hex is not None
        assert f"background:{view.paint_hex}" in shown
        assert f"ΔE {view.delta_e_consensus:.1f}" in shown
    assert shown.count(f"background:{report.consensus_hex}") >= 5
    assert shown.count(f"background:{report.requested_hex}") >= 5
    assert shown.count("another paint") == 1
    assert shown.count("no difference to see") == 3
    assert shown.count("Palette: ") >= 4


def test_masks_are_shown_on_demand(open_page, drawn: str, jobs: Jobs) -> None:
    """A toggle shows what was taken for the car; the pictures are plain before."""
    at = open_page("consistency", set=drawn)
    assert not any("dimmed" in alt for alt in alts_of(at))
    at.toggle(key="report_masks").set_value(True).run()
    assert not at.exception
    assert sum("all but the car dimmed" in alt for alt in alts_of(at)) == 4
    assert "Car found in the picture, confidence 100%" in text_of(at)


def test_strategy_engines_and_seeds_are_told(open_page, jobs: Jobs) -> None:
    """The report says how the car was kept the same, what drew it, and how many views used their seed."""
    shown = text_of(open_page("consistency", set=draw(jobs, strategy="shared-seed")))
    assert "One seed for all views" in shown
    assert "All views are drawn with the main view's seed." in shown
    assert "Script]" in shown
    assert "seeds used in 4 of 4 views" in shown


def test_left_and_right_are_compared(open_page, jobs: Jobs) -> None:
    """A left and a right view are held against each other; a set without such a pair says what it would take."""
    pair = draw(jobs, angles=["front", "side", "side_right"])
    single = draw(jobs, angles=["front", "side"])
    shown = text_of(open_page("consistency", set=pair))
    assert "Side and Side, right: the mirrored outlines overlap by" in shown
    assert "at most 45° apart" in text_of(open_page("consistency", set=single))


def test_views_without_a_picture_are_named(open_page, jobs: Jobs, engine: CarEngine) -> None:
    """A view that no engine drew is not part of the report, and the page says so."""
    engine.by_angle = {"side": Act(error=EngineRefused("Not today."))}
    shown = text_of(open_page("consistency", set=draw(jobs)))
    assert "Left out, as there is no picture: Side" in shown
    assert "seeds used in 3 of 3 views" in shown


def test_blind_spots_are_told(open_page, drawn: str) -> None:
    """The report says what it cannot see, and that a hint is not a guarantee."""
    at = open_page("consistency", set=drawn)
    (spots,) = [one for one in at.expander if one.label == "What this report cannot see"]
    assert "A hint is not a guarantee." in spots.markdown[0].value


def test_ukrainian(open_page, drawn: str, jobs: Jobs) -> None:
    """Everything is said in Ukrainian too, with decimal commas."""
    at = open_page("consistency", locale="uk-UA", set=drawn)
    shown = text_of(at)
    rear = jobs.report(drawn).view("rear")
    assert f"Це не одне авто: вирізняється вид Ззаду. Інша фарба: `{rear.paint_hex}`" in shown
    assert f"(ΔE {rear.delta_e_consensus:.1f})".replace(".", ",") in shown
    assert "Odd" not in shown
    assert "інша фарба" in html_of(at)


def test_a_set_of_before_is_examined_when_its_report_is_opened(tmp_path: Path, monkeypatch, jobs: Jobs) -> None:
    """A server that just started knows no report: the board says so, the page examines the set, then the board has
    it."""
    drawn = draw(jobs)
    with open_script_jobs(tmp_path, CarEngine()) as later:
        monkeypatch.setattr(sets, "shared", lambda: later)
        session.jobs.clear()
        assert "Not checked yet" in text_of(page_of("generate", drawn))
        assert "Rear is the odd one out" in text_of(page_of("consistency", drawn))
        assert "Rear is the odd one out" in text_of(page_of("generate", drawn))


def test_the_board_has_the_verdict_in_one_line(open_page, drawn: str) -> None:
    """Generate shows the verdict with a colour, a sign and words, and a button to the whole report."""
    at = open_page(set=drawn)
    assert ":red[:material/cancel:] Not one car: Rear is the odd one out." in text_of(at)
    at.button(key="board_report").click().run()
    assert not at.exception
    assert "Odd one out: Rear" in text_of(at)


def test_an_empty_page_says_what_to_do(open_page) -> None:
    """Without a set there is a sentence and a way to draw one; an unknown set gets a sentence."""
    assert "No set is open." in text_of(open_page("consistency"))
    assert "There is no such set" in text_of(open_page("consistency", set="nowhere"))


def test_what_cannot_be_measured_is_no_score(tmp_path: Path, monkeypatch, jobs: Jobs) -> None:
    """Pictures without a car: the verdict reads 'not measurable' in a box without a colour, each view says why, and no
    paint, angle or confidence is shown."""
    with open_script_jobs(tmp_path / "cards", ScriptEngine()) as cards:
        monkeypatch.setattr(sets, "shared", lambda: cards)
        session.jobs.clear()
        at = page_of("consistency", draw(cards))
    assert not [*at.success, *at.warning, *at.error]
    shown = text_of(at)
    assert ":gray[:material/visibility_off:] No verdict" in shown
    assert "Not measurable: only 0 of 4 views can be measured." in shown
    assert shown.count("Nothing was measured here") == 4
    assert shown.count("nothing is on it") + shown.count("not a car") >= 4
    assert "confidence" not in shown
    assert "ΔE" not in shown + html_of(at)


def test_judges_are_offered_only_where_they_are_set_up(open_page, drawn: str) -> None:
    """Without judges in the settings the page does not mention them."""
    at = open_page("consistency", set=drawn)
    assert "Second opinions" not in text_of(at)
    assert "report_judges" not in [button.key for button in at.button]


def test_a_judge_is_asked_on_demand_and_reported_apart(tmp_path: Path, monkeypatch, jobs: Jobs) -> None:
    """With a judge in the settings there is a button; what the judge says stands below and leaves the verdict alone."""
    engine = CarEngine(planted={"rear": RED})
    with open_script_jobs(tmp_path / "judged", engine, onnx_judge=tmp_path / "none.onnx") as judged:
        monkeypatch.setattr(sets, "shared", lambda: judged)
        session.jobs.clear()
        at = page_of("consistency", draw(judged))
        assert "The judge gave no answer" not in text_of(at)
        at.button(key="report_judges").click().run()
    assert not at.exception
    assert "The judge gave no answer: CARIMG" in text_of(at).replace("\\", "")
    assert "Rear is the odd one out" in at.error[0].value.replace("**", "")
