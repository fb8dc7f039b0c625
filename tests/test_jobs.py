"""Running sets."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from kit import open_script_jobs, quiet_settings, script_tools
from orders import order
from script_engine import Act, ScriptEngine

from carimg.board import Snapshot
from carimg.engines.base import DrawRequest, OnPartial
from carimg.errors import EngineRefused, InputError, StoreError, TemplateError
from carimg.jobs import Jobs, open_jobs
from carimg.runtime import Runtime
from carimg.store import Store, StoredView, open_store
from carimg.views import Picture, SetState, View, ViewState

ROOT = Path(__file__).resolve().parent.parent


def until(jobs: Jobs, set_id: str, wanted, seconds: float = 5.0) -> Snapshot:
    """Poll, as a page does, until `wanted(snapshot)`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        snapshot = jobs.snapshot(set_id)
        if wanted(snapshot):
            return snapshot
        time.sleep(0.01)
    raise AssertionError(f"not within {seconds} s: {jobs.snapshot(set_id)}")


def test_a_set_runs_behind_its_id(tmp_path: Path) -> None:
    """start returns at once; the snapshot fills view by view; the end says done with pictures in the store."""
    engine = ScriptEngine(by_angle={"front": Act(0.05)}, otherwise=Act(0.5))
    with open_script_jobs(tmp_path, engine) as jobs:
        set_id = jobs.start(jobs.parse(order()))
        assert jobs.snapshot(set_id).done == ()
        early = until(jobs, set_id, lambda now: len(now.done) == 1)
        assert early.state is SetState.RUNNING
        assert early.live
        late = jobs.wait(set_id, 10)
        assert late.state is SetState.DONE
        assert not late.live
        for view in late.views:
            assert jobs.store.read_picture(view.sha256, "original").startswith(b"\x89PNG")
        assert late.one_after_another_s > late.seconds
        assert any("🚀" in line.text for line in late.log)


def test_a_view_is_in_the_store_before_the_page_hears_of_it(tmp_path: Path) -> None:
    """At the first snapshot that shows a view as done, the store has its picture."""
    with open_script_jobs(tmp_path, ScriptEngine(by_angle={"front": Act(0.0)}, otherwise=Act(1.0))) as jobs:
        set_id = jobs.start(jobs.parse(order()))
        until(jobs, set_id, lambda now: now.done)
        stored = jobs.store.load_set(set_id)
        front = next(view for view in stored.views if view.angle == "front")
        assert front.state is ViewState.DONE
        assert front.sha256


def test_previews_reach_the_board(tmp_path: Path) -> None:
    """While a view is drawn its preview is in the snapshot; it is gone when the picture is there."""
    with open_script_jobs(tmp_path, ScriptEngine(otherwise=Act(0.6, partials=1))) as jobs:
        set_id = jobs.start(jobs.parse(order(angles=["front"])))
        seen = until(jobs, set_id, lambda now: now.views[0].partial)
        assert seen.views[0].state is ViewState.DRAWING
        assert jobs.wait(set_id, 10).views[0].partial is None


def test_cancel_stops_what_is_open_and_keeps_what_is_there(tmp_path: Path) -> None:
    """One view done, two cancelled; the store agrees; drawing the rest draws only those two."""
    engine = ScriptEngine(by_angle={"front": Act(0.0)}, otherwise=Act(30))
    with open_script_jobs(
        tmp_path,
        engine,
    ) as jobs:
        set_id = jobs.start(jobs.parse(order()))
        until(jobs, set_id, lambda now: now.done)
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


def test_a_killed_server_comes_back_with_the_views_it_had(tmp_path: Path) -> None:
    """kill -9 in mid-set: the next server marks the set interrupted at once, has the finished view, and draws only
    the rest."""
    command = [sys.executable, str(Path(__file__).with_name("killed_server.py")), str(tmp_path)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), str(ROOT)])}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        set_id = process.stdout.readline().strip()
        process.kill()
    engine = ScriptEngine()
    settings = quiet_settings(tmp_path, engines="studio")
    runtime = Runtime()
    jobs = open_jobs(settings, runtime)
    jobs.tools.ladder.engines = {"script": engine}
    try:
        back = jobs.snapshot(set_id)
        assert back.state is SetState.INTERRUPTED
        assert [view.state.value for view in back.views] == ["done", "cancelled", "cancelled"]
        jobs.draw_rest(set_id)
        assert jobs.wait(set_id, 20).state is SetState.DONE
        assert sorted(request.angle.id for request in engine.asked) == ["rear", "side"]
    finally:
        jobs.close()
        runtime.close()


class FailingStore(Store):
    """A store that keeps nothing while it is `down`, and says why."""

    down: Exception | None = None

    def save_view(self, set_id: str, view: View, *, now: float | None = None) -> StoredView:
        if self.down:
            raise self.down
        return super().save_view(set_id, view, now=now)

    def finish_set(self, set_id: str, state: SetState, seconds: float, *, now: float | None = None) -> None:
        if self.down:
            raise self.down
        super().finish_set(set_id, state, seconds, now=now)


@contextmanager
def jobs_on_a_failing_store(folder: Path, engine: ScriptEngine) -> Iterator[tuple[Jobs, FailingStore]]:
    runtime, kept = Runtime(), open_store("", folder)
    store = FailingStore(kept.database, kept.files)
    jobs = Jobs(runtime, script_tools(folder, engine), store, quiet_settings(folder), heartbeat_s=0.1)
    try:
        yield jobs, store
    finally:
        jobs.close()
        runtime.close()


@pytest.mark.parametrize(
    ("error", "words"), [(StoreError("The disk is full."), "The disk is full."), (KeyError("x"), "internal error")]
)
def test_a_set_ends_whatever_the_store_says(tmp_path: Path, error: Exception, words: str) -> None:
    """The store fails when the second view comes: the first stays, the others say what happened, the set ends with the
    store's own sentence and without a task; once the store is back it is told, and the rest can be drawn."""
    gate = threading.Event()
    with jobs_on_a_failing_store(tmp_path, Gated(gate)) as (jobs, store):
        set_id = jobs.start(jobs.parse(order()))
        until(jobs, set_id, lambda now: len(now.done) == 1)
        store.down = error
        gate.set()
        ended = jobs.wait(set_id, 10)
        assert (ended.state, ended.live) == (SetState.PARTIAL, False)
        assert [view.state for view in ended.views] == [ViewState.DONE, ViewState.FAILED, ViewState.FAILED]
        assert all(words in view.error and view.attempts[-1].outcome == "ok" for view in ended.views[1:])
        assert words in ended.trouble
        assert not jobs.attends(set_id)
        jobs.cancel(set_id)
        assert jobs.wait(set_id, 5).state is SetState.PARTIAL
        store.down = None
        until_stored(jobs, set_id, SetState.PARTIAL)
        jobs.draw_rest(set_id)
        mended = jobs.wait(set_id, 10)
        assert (mended.state, mended.trouble, len(mended.done)) == (SetState.DONE, "", 3)
        assert jobs.store.load_set(set_id).state is SetState.DONE


def test_a_set_that_is_cancelled_while_the_store_fails_ends_too(tmp_path: Path) -> None:
    """Cancel ends it in memory, with the store's sentence."""
    gate = threading.Event()
    with jobs_on_a_failing_store(tmp_path, Gated(gate)) as (jobs, store):
        set_id = jobs.start(jobs.parse(order()))
        until(jobs, set_id, lambda now: len(now.done) == 1)
        store.down = StoreError("The database is gone.")
        jobs.cancel(set_id)
        ended = jobs.wait(set_id, 10)
        gate.set()
        assert (ended.state, ended.live, ended.trouble) == (SetState.CANCELLED, False, "The database is gone.")
        assert not jobs.attends(set_id)


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


class Gated(ScriptEngine):
    """Draws the front at once, the other views when the gate opens."""

    def __init__(self, gate: threading.Event) -> None:
        super().__init__()
        self.gate = gate

    async def draw(self, request: DrawRequest, on_partial: OnPartial | None = None) -> Picture:
        if request.angle.id != "front":
            await asyncio.to_thread(self.gate.wait, 20)
        return await super().draw(request, on_partial)


def until_stored(jobs: Jobs, set_id: str, state: SetState) -> None:
    """Wait until the store has heard how a set ended: at the next heartbeat."""
    deadline = time.monotonic() + 30
    while jobs.store.load_set(set_id).state is not state:
        assert time.monotonic() < deadline, jobs.store.load_set(set_id).state
        time.sleep(0.05)
