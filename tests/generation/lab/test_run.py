"""Grids of the prompt lab, drawn by script engines."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw

from carimg.domain.view import Picture, SetState
from carimg.engines.base import DrawRequest, OnPartial
from carimg.errors import EngineRefused, StoreError
from carimg.generation.jobs import Jobs
from carimg.generation.lab import run as lab
from carimg.generation.lab.grid import Axis, AxisKind, Grid, Value, plan
from carimg.generation.lab.run import GridSnapshot, snapshot
from tests.support.car_engine import CarEngine
from tests.support.kit import open_script_jobs
from tests.support.orders import order
from tests.support.script_engine import Act, ScriptEngine
from tests.support.waiting import wait_until


def axis(kind: str, *values: str) -> Axis:
    return Axis(AxisKind(kind), tuple(Value(value) for value in values))


@pytest.fixture
def engine() -> ScriptEngine:
    return ScriptEngine()


@pytest.fixture
def jobs(tmp_path: Path, engine: ScriptEngine) -> Iterator[Jobs]:
    with open_script_jobs(tmp_path, engine, ScriptEngine(id="second", title="Second")) as jobs:
        policy = jobs._context.chain.policy
        policy.rules = replace(policy.rules, timeout_s=60.0)  # a busy machine must not end what a test will cancel
        yield jobs


def grid(jobs: Jobs, rows: Axis, columns: Axis | None = None, repeats: int = 1, **changes: Any) -> Grid:
    return plan(jobs.parse(order(session_id="1a2b3c4d") | changes), rows, columns, repeats)


def until(jobs: Jobs, lab_id: str, so: Callable[[GridSnapshot], bool] = lambda now: not now.live) -> GridSnapshot:
    seen: list[GridSnapshot] = []

    def holds() -> bool:
        seen[:] = [snapshot(jobs, lab_id)]
        return so(seen[0])

    wait_until(holds)
    return seen[0]


def test_every_cell_is_an_ordinary_set(jobs: Jobs, engine: ScriptEngine) -> None:
    """Two prompts against two angles are four sets in the history, tagged, with one session and the prompts asked for;
    the grid shows them in their places."""
    rows = axis("prompts", "", "{{ brand }} at night, {{ angle }}")
    lab_id = lab.start(jobs, grid(jobs, rows, axis("angles", "front", "side")))
    now = until(jobs, lab_id)
    assert (now.done, now.complete, now.cost_usd) == (4, True, 0.0)
    assert jobs.store.history(tag="lab").total == 4
    (view,) = now.cell(1, 1).done
    assert view.prompt is not None
    assert view.prompt.prompt == "Renault at night, side"
    assert {request.session_id for request in engine.asked} == {"1a2b3c4d"}
    assert len({request.seed for request in engine.asked}) == 2


def test_engines_draw_their_own_cells(jobs: Jobs) -> None:
    """A cell of an engine is drawn by that engine alone: it does not fall back to another."""
    lab_id = lab.start(jobs, grid(jobs, axis("engines", "script", "second")))
    now = until(jobs, lab_id)
    assert [snapshot.engines for snapshot in now.snapshots if snapshot] == [("script",), ("second",)]


def test_a_cell_can_be_cancelled_alone(jobs: Jobs, engine: ScriptEngine) -> None:
    """Cancelling one cell leaves the others; cancelling the grid stops the rest; what was drawn stays."""
    engine.by_angle = {"front": Act(0.0), "side": Act(20.0), "rear": Act(20.0)}
    lab_id = lab.start(jobs, grid(jobs, axis("engines", "script"), axis("angles", "front", "side", "rear")))
    until(jobs, lab_id, lambda now: now.done == 1)
    lab.cancel(jobs, lab_id, 0, 1)
    now = until(jobs, lab_id, lambda now: not now.cell(0, 1).live)
    assert now.cell(0, 2).live
    lab.cancel(jobs, lab_id)
    now = until(jobs, lab_id)
    states = [snapshot.state for snapshot in now.snapshots if snapshot]
    assert states == [SetState.DONE, SetState.CANCELLED, SetState.CANCELLED]


def test_few_sets_are_drawn_at_once_and_the_rest_wait(jobs: Jobs, engine: ScriptEngine) -> None:
    """A large grid begins a few sets and the next ones as these end; a waiting cell can be called off before it began,
    and the rest of the grid too."""
    engine.otherwise = Act(20.0)
    rows = axis("prompts", *(f"{{{{ brand }}}} {number}" for number in range(12)))
    lab_id = lab.start(jobs, grid(jobs, rows, angles=["front"]))
    now = until(jobs, lab_id, lambda now: engine.in_flight == lab.MAX_PARALLEL)
    assert now.live
    assert now.cell(11, 0).waiting
    assert not now.cell(0, 0).waiting
    lab.cancel(jobs, lab_id, 11, 0)
    now = snapshot(jobs, lab_id)
    assert not now.cell(11, 0).live
    assert now.cell(10, 0).waiting
    lab.cancel(jobs, lab_id)
    now = until(jobs, lab_id)
    assert engine.most_in_flight == lab.MAX_PARALLEL
    assert jobs.store.history().total == lab.MAX_PARALLEL
    engine.otherwise = Act(0.0)
    lab.start_missing(jobs, lab_id)
    assert until(jobs, lab_id).done == 12


def test_what_is_missing_is_drawn_later(jobs: Jobs, engine: ScriptEngine) -> None:
    """A view that failed and a set that was deleted are drawn again in their places; the rest stays as it is."""
    engine.by_angle = {"side": Act(error=EngineRefused("Not today."))}
    lab_id = lab.start(jobs, grid(jobs, axis("engines", "script"), axis("angles", "front", "side", "rear")))
    before = until(jobs, lab_id)
    assert (before.done, before.complete) == (2, False)
    assert before.snapshots[2] is not None
    engine.by_angle = {}
    lab.start_missing(jobs, lab_id)
    now = until(jobs, lab_id)
    assert now.complete
    assert now.cell(0, 0).done == before.cell(0, 0).done


def test_a_grid_is_there_after_a_restart(tmp_path: Path) -> None:
    """Another server on the same data shows the same grid; a deleted set is an empty cell, and can be drawn anew."""
    with open_script_jobs(tmp_path, ScriptEngine()) as jobs:
        lab_id = lab.start(jobs, grid(jobs, axis("hints", "all", "none"), axis("angles", "front", "side")))
        before = until(jobs, lab_id)
    with open_script_jobs(tmp_path, ScriptEngine()) as jobs:
        now = snapshot(jobs, lab_id)
        assert now.grid == before.grid
        assert now.cell(1, 1).done[0].sha256 == before.cell(1, 1).done[0].sha256
        assert now.snapshots[3] is not None
        jobs.store.delete_set(now.snapshots[3].set_id)
        assert snapshot(jobs, lab_id).cell(1, 1).views == ((None,),)
        lab.start_missing(jobs, lab_id)
        assert until(jobs, lab_id).complete


def test_repeats_show_their_spread(jobs: Jobs, engine: ScriptEngine) -> None:
    """Three repeats of a cell have three seeds; time and cost are over all of them, waiting left out."""
    engine.otherwise = Act(0.05, cost_usd=0.02)
    lab_id = lab.start(jobs, grid(jobs, axis("engines", "script"), repeats=3, angles=["front"]))
    now = until(jobs, lab_id)
    cell = now.cell(0, 0)
    assert len({view.seed for view in cell.done}) == 3
    assert cell.seconds is not None
    assert 0.05 <= cell.seconds.low <= cell.seconds.mean <= cell.seconds.high < 5
    assert now.cost_usd == cell.cost_usd == pytest.approx(0.06)


def test_the_estimate_counts_every_picture(tmp_path: Path) -> None:
    """The price of a grid before it runs is that of all its pictures."""

    class Paid(ScriptEngine):
        def estimate_usd(self, size: tuple[int, int]) -> float:
            return 0.04

    with open_script_jobs(tmp_path, Paid()) as jobs:
        planned = grid(jobs, axis("sizes", "256x256", "300x300"), repeats=2)
        estimated = sum(jobs.engines.estimate_usd(run.order) for run in planned.runs)
        assert estimated == pytest.approx(0.04 * 2 * 2 * 3)


def test_an_unknown_grid_gets_a_sentence(jobs: Jobs) -> None:
    """A link to a grid that is not there says so; one whose plan makes no sense any more points to the history."""
    with pytest.raises(StoreError, match="no such grid"):
        snapshot(jobs, "nowhere")
    with pytest.raises(StoreError, match="its sets are in the history"):
        snapshot(jobs, jobs.store.create_lab({"base": {}}))


def test_every_change_of_a_grid_is_heard(jobs: Jobs, engine: ScriptEngine) -> None:
    """The versions of a grid grow with each of its sets, up to the one that its last look shows, and then end."""
    engine.by_angle = {"side": Act(0.2)}
    lab_id = lab.start(jobs, grid(jobs, axis("engines", "script", "second"), axis("angles", "front", "side")))

    async def heard() -> list[int]:
        return [version async for version in lab.changes(jobs, lab_id)]

    versions = asyncio.run(asyncio.wait_for(heard(), 20))
    assert versions == sorted(versions)
    assert len(versions) > 2
    assert snapshot(jobs, lab_id).version >= versions[-1] > versions[0]
    assert not snapshot(jobs, lab_id).changing


def test_paint_between_repeats(tmp_path: Path) -> None:
    """Repeats whose cars have two blues are as far apart as these; one picture alone has nothing to be compared to."""

    class Painter(ScriptEngine):
        async def draw(self, request: DrawRequest, on_partial: OnPartial | None = None) -> Picture:
            drawn = await super().draw(request, on_partial)
            image = Image.new("RGB", request.size, "#dddddd")
            mask = Image.new("L", request.size, 0)
            box = (request.size[0] // 5, request.size[1] // 4, request.size[0] * 4 // 5, request.size[1] * 3 // 4)
            ImageDraw.Draw(image).rectangle(box, "#1f4e9e" if len(self.asked) % 2 else "#4a86e0")
            ImageDraw.Draw(mask).rectangle(box, 255)
            png, flat = io.BytesIO(), io.BytesIO()
            image.save(png, "PNG")
            mask.save(flat, "PNG")
            return replace(drawn, data=png.getvalue(), car_mask=flat.getvalue(), paint_mask=flat.getvalue())

    with open_script_jobs(tmp_path, Painter()) as jobs:
        lab_id = lab.start(jobs, grid(jobs, axis("engines", "script"), repeats=2, angles=["side"]))
        cell = until(jobs, lab_id, lambda now: not now.changing).cell(0, 0)
        apart = lab.paint_spread(jobs, cell)
        assert apart is not None
        assert 5 < apart < 40
        assert lab.unexamined(jobs, snapshot(jobs, lab_id)) == ()
        assert lab.paint_spread(jobs, replace(cell, runs=cell.runs[:1])) is None


def test_pictures_of_before_a_restart_can_be_compared_again(tmp_path: Path) -> None:
    """A new server has examined nothing: it names the sets whose pictures are worth a look, and after that compares."""
    with open_script_jobs(tmp_path, CarEngine()) as jobs:
        lab_id = lab.start(jobs, grid(jobs, axis("engines", "script"), repeats=2, angles=["side"]))
        before = lab.paint_spread(jobs, until(jobs, lab_id, lambda now: not now.changing).cell(0, 0))
    with open_script_jobs(tmp_path, CarEngine()) as jobs:
        now = snapshot(jobs, lab_id)
        missing = lab.unexamined(jobs, now)
        assert lab.paint_spread(jobs, now.cell(0, 0)) is None
        assert len(missing) == 2
        for set_id in missing:
            jobs.report(set_id)
        assert lab.paint_spread(jobs, now.cell(0, 0)) == before is not None
        assert lab.unexamined(jobs, now) == ()


def test_strategies_in_sum(jobs: Jobs) -> None:
    """A row's pictures, its cost and seconds, and the reports of its sets; columns likewise."""
    lab_id = lab.start(
        jobs, grid(jobs, axis("strategies", "hints", "shared-seed"), repeats=2, angles=["front", "side"])
    )
    now = until(jobs, lab_id, lambda now: not now.changing)
    lines = lab.in_sum(jobs, now, columns=False)
    assert [(line.done, line.pictures, line.cost_usd, len(line.reports)) for line in lines] == [(4, 4, 0.0, 2)] * 2
    assert all(line.seconds and line.wall_s and line.wall_s.high >= line.seconds.low for line in lines)
    (whole,) = lab.in_sum(jobs, now, columns=True)
    assert whole.done == 8
    assert {report.verdict for report in whole.reports} == {"not-measurable"}
