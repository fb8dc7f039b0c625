"""Running sets."""

from __future__ import annotations

from pathlib import Path

import pytest

from carimg.domain.view import SetState
from carimg.errors import EngineRefused, InputError, StoreError, TemplateError
from tests.support.kit import open_script_jobs
from tests.support.orders import order
from tests.support.script_engine import Act, ScriptEngine
from tests.support.waiting import until_set


def test_a_set_runs_behind_its_id(tmp_path: Path) -> None:
    """start returns at once; the snapshot fills view by view; the end says done with pictures in the store."""
    engine = ScriptEngine(by_angle={"front": Act(0.05)}, otherwise=Act(0.5))
    with open_script_jobs(tmp_path, engine) as jobs:
        set_id = jobs.start(jobs.parse(order()))
        assert jobs.snapshot(set_id).drawn == ()
        early = until_set(jobs, set_id, lambda now: len(now.drawn) == 1)
        assert early.state is SetState.RUNNING
        assert early.live
        late = jobs.wait(set_id, 10)
        assert late.state is SetState.DONE
        assert not late.live
        for view in late.views:
            assert jobs.store.read_picture(view.sha256, "original").startswith(b"\x89PNG")
        assert late.one_after_another_s > late.seconds
        assert any("🚀" in line.text for line in late.log)


def test_cancel_stops_what_is_open_and_keeps_what_is_there(tmp_path: Path) -> None:
    """One view done, two cancelled; the store agrees; drawing the rest draws only those two."""
    engine = ScriptEngine(by_angle={"front": Act(0.0)}, otherwise=Act(30))
    with open_script_jobs(
        tmp_path,
        engine,
    ) as jobs:
        set_id = jobs.start(jobs.parse(order()))
        until_set(jobs, set_id, lambda now: now.drawn)
        jobs.cancel(set_id)
        ended = jobs.wait(set_id, 10)
        assert ended.state is SetState.CANCELLED
        assert [view.state.value for view in ended.views] == ["done", "cancelled", "cancelled"]
        assert jobs.store.load_set(set_id).state is SetState.CANCELLED
        engine.otherwise = Act(0.0)
        engine.asked.clear()
        jobs.draw_rest(set_id)
        assert jobs.wait(set_id, 10).state is SetState.DONE
        assert sorted(request.angle.id for request in engine.asked) == ["rear", "side"]


def test_a_view_drawn_again_keeps_its_seed_unless_given_another(tmp_path: Path) -> None:
    """Redo asks for one view with the same seed; with a seed of one's own, that one; the other views stay."""
    engine = ScriptEngine()
    with open_script_jobs(tmp_path, engine) as jobs:
        set_id = jobs.start(jobs.parse(order()))
        before = jobs.wait(set_id, 10)
        engine.asked.clear()
        jobs.redo(set_id, ["side"])
        jobs.wait(set_id, 10)
        jobs.redo(set_id, ["side"], seeds={"side": 4242}, prompts={"side": "a plain red car"})
        after = jobs.wait(set_id, 10)
        assert [request.seed for request in engine.asked] == [before.views[1].seed, 4242]
        assert engine.asked[1].prompt == "a plain red car"
        assert after.views[0].sha256 == before.views[0].sha256
        assert after.views[1].take == 3
        assert after.state is SetState.DONE
        jobs.choose_take(set_id, "side", 1)
        assert jobs.snapshot(set_id).views[1].sha256 == before.views[1].sha256
        with pytest.raises(StoreError, match="no take 9"):
            jobs.choose_take(set_id, "side", 9)


def test_a_finished_set_is_found_again_by_another_process(tmp_path: Path) -> None:
    """New jobs on the same folder show the same set, by its id and by its displayed session id."""
    with open_script_jobs(tmp_path, ScriptEngine()) as jobs:
        set_id = jobs.start(jobs.parse(order(session_id="CAR-0badcafe")))
        first = jobs.wait(set_id, 10)
    with open_script_jobs(tmp_path, ScriptEngine()) as jobs:
        again = jobs.snapshot(set_id)
        assert jobs.snapshot("CAR-0badcafe").set_id == set_id
        assert [view.sha256 for view in again.views] == [view.sha256 for view in first.views]
        assert [view.prompt.prompt for view in again.views if view.prompt] == [
            view.prompt.prompt for view in first.views if view.prompt
        ]


def test_failures_are_told_in_words(tmp_path: Path) -> None:
    """A view that no engine drew ends failed, with its reason in snapshot and store; the set is partial."""
    engine = ScriptEngine(by_angle={"side": Act(error=EngineRefused("It will not draw this."))})
    with open_script_jobs(tmp_path, engine) as jobs:
        ended = jobs.wait(jobs.start(jobs.parse(order())), 10)
        assert ended.state is SetState.PARTIAL
        assert "It will not draw this." in ended.views[1].error
        assert "It will not draw this." in jobs.store.load_set(ended.set_id).views[1].error


def test_wrong_calls_get_a_sentence(tmp_path: Path) -> None:
    """Unknown sets, unknown angles, wrong templates and unknown engines are told apart."""
    with open_script_jobs(tmp_path, ScriptEngine()) as jobs:
        with pytest.raises(StoreError, match="There is no such set"):
            jobs.snapshot("nothing")
        with pytest.raises(InputError, match="choose script"):
            jobs.parse(order(engines=["studio"]))
        with pytest.raises(TemplateError, match="nonsense"):
            jobs.start(jobs.parse(order(template="{{ nonsense }}")))
        set_id = jobs.start(jobs.parse(order()))
        jobs.wait(set_id, 10)
        with pytest.raises(InputError, match="no view 'top'"):
            jobs.redo(set_id, ["top"])
        with pytest.raises(InputError, match="there already"):
            jobs.draw_rest(set_id)


def test_a_redo_that_leaves_another_view_undrawn_is_not_done(tmp_path: Path) -> None:
    """Front and side failed; the side is drawn again: the set is partial still."""
    engine = ScriptEngine(acts=[Act(error=EngineRefused("No."))] * 2)
    with open_script_jobs(tmp_path, engine) as jobs:
        set_id = jobs.start(jobs.parse(order()))
        assert jobs.wait(set_id, 10).state is SetState.PARTIAL
        jobs.redo(set_id, ["side"])
        assert jobs.wait(set_id, 10).state is SetState.PARTIAL
        jobs.draw_rest(set_id)
        assert jobs.wait(set_id, 10).state is SetState.DONE


def test_a_redo_is_checked_before_anything_is_drawn(tmp_path: Path) -> None:
    """Seeds, prompts and angles out of their bounds are refused, and the set stays as it is."""
    engine = ScriptEngine()
    with open_script_jobs(tmp_path, engine) as jobs:
        set_id = jobs.start(jobs.parse(order()))
        jobs.wait(set_id, 10)
        for angles, seeds, prompts, field in (
            (["front"], {"front": -1}, {}, "seeds"),
            (["front"], {"\ud800": 1}, {}, "seeds"),
            (["front"], {}, {"front": "x" * 8_001}, "prompts"),
            (["front"] * 2, {}, {}, "angles"),
            (["top"], {}, {}, "angles"),
        ):
            with pytest.raises(InputError) as caught:
                jobs.redo(set_id, angles, seeds=seeds, prompts=prompts)
            assert caught.value.field == field
        assert jobs.snapshot(set_id).state is SetState.DONE
        assert len(engine.asked) == 3
