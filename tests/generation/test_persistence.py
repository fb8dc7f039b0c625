"""What a running set keeps in the store, and what becomes of it when the store fails."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from carimg.domain.view import Picture, SetState, View, ViewState
from carimg.engines.base import DrawRequest, OnPartial
from carimg.errors import StoreError
from carimg.generation.background import Background
from carimg.generation.jobs import Jobs
from carimg.store import Store, open_store
from tests.support.kit import open_script_jobs, quiet_settings, script_context
from tests.support.orders import order
from tests.support.script_engine import Act, ScriptEngine
from tests.support.waiting import until_set, wait_until


class Gated(ScriptEngine):
    """Draws the front at once, the other views when the gate opens."""

    def __init__(self, gate: threading.Event) -> None:
        super().__init__()
        self.gate = gate

    async def draw(self, request: DrawRequest, on_partial: OnPartial | None = None) -> Picture:
        if request.angle.id != "front":
            await asyncio.to_thread(self.gate.wait, 20)
        return await super().draw(request, on_partial)


def test_a_view_is_in_the_store_before_the_page_hears_of_it(tmp_path: Path) -> None:
    """At the first snapshot that shows a view as done, the store has its picture."""
    with open_script_jobs(tmp_path, ScriptEngine(by_angle={"front": Act(0.0)}, otherwise=Act(1.0))) as jobs:
        set_id = jobs.start(jobs.parse(order()))
        until_set(jobs, set_id, lambda now: now.drawn)
        stored = jobs.store.load_set(set_id)
        front = next(view for view in stored.views if view.angle == "front")
        assert front.state is ViewState.DONE
        assert front.sha256


class FailingStore(Store):
    """A store that keeps nothing while it is `down`, and says why."""

    down: Exception | None = None

    def save_view(self, set_id: str, view: View, *, now: float | None = None) -> View:
        if self.down:
            raise self.down
        return super().save_view(set_id, view, now=now)

    def finish_set(self, set_id: str, state: SetState, seconds: float, *, now: float | None = None) -> None:
        if self.down:
            raise self.down
        super().finish_set(set_id, state, seconds, now=now)


@contextmanager
def jobs_on_a_failing_store(folder: Path, engine: ScriptEngine) -> Iterator[tuple[Jobs, FailingStore]]:
    loop, kept = Background(), open_store("", folder)
    store = FailingStore(kept.database, kept.files)
    jobs = Jobs(loop, script_context(folder, engine), store, quiet_settings(folder), heartbeat_s=0.1)
    try:
        yield jobs, store
    finally:
        jobs.close()
        loop.close()


@pytest.mark.parametrize(
    ("error", "words"), [(StoreError("The disk is full."), "The disk is full."), (KeyError("x"), "internal error")]
)
def test_a_set_ends_whatever_the_store_says(tmp_path: Path, error: Exception, words: str) -> None:
    """The store fails when the second view comes: the first stays, the others say what happened, the set ends with the
    store's own sentence and without a task; once the store is back it is told, and the rest can be drawn."""
    gate = threading.Event()
    with jobs_on_a_failing_store(tmp_path, Gated(gate)) as (jobs, store):
        set_id = jobs.start(jobs.parse(order()))
        until_set(jobs, set_id, lambda now: len(now.drawn) == 1)
        store.down = error
        gate.set()
        ended = jobs.wait(set_id, 10)
        assert (ended.state, ended.live) == (SetState.PARTIAL, False)
        assert [view.state for view in ended.views] == [ViewState.DONE, ViewState.FAILED, ViewState.FAILED]
        assert all(words in view.error and view.attempts[-1].outcome == "ok" for view in ended.views[1:])
        assert words in ended.trouble
        assert not jobs.runs_task(set_id)
        jobs.cancel(set_id)
        assert jobs.wait(set_id, 5).state is SetState.PARTIAL
        store.down = None
        wait_until(lambda: jobs.store.load_set(set_id).state is SetState.PARTIAL)  # told at the next heartbeat
        jobs.draw_rest(set_id)
        mended = jobs.wait(set_id, 10)
        assert (mended.state, mended.trouble, len(mended.drawn)) == (SetState.DONE, "", 3)
        assert jobs.store.load_set(set_id).state is SetState.DONE


def test_a_set_that_is_cancelled_while_the_store_fails_ends_too(tmp_path: Path) -> None:
    """Cancel ends it in memory, with the store's sentence."""
    gate = threading.Event()
    with jobs_on_a_failing_store(tmp_path, Gated(gate)) as (jobs, store):
        set_id = jobs.start(jobs.parse(order()))
        until_set(jobs, set_id, lambda now: len(now.drawn) == 1)
        store.down = StoreError("The database is gone.")
        jobs.cancel(set_id)
        ended = jobs.wait(set_id, 10)
        gate.set()
        assert (ended.state, ended.live, ended.trouble) == (SetState.CANCELLED, False, "The database is gone.")
        assert not jobs.runs_task(set_id)
