"""The prompt lab at work: a grid's runs are ordinary sets, one a cell and repeat; nothing here draws.

`start` begins them; `look` shows how far they are, from any server and at any time.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from carimg.board import Snapshot, ViewProgress
from carimg.consistency.paint import delta_e
from carimg.errors import CarimgError, StoreError
from carimg.grid import Grid, from_json, to_json
from carimg.jobs import Jobs
from carimg.views import ViewState

PAUSE_S = 0.25


def start(jobs: Jobs, grid: Grid) -> str:
    """Begin all runs of a grid; returns the grid's id. The engines' own limits say how many are drawn at once.

    Raises StoreError; what was begun by then goes on and is in the history.
    """
    lab_id = jobs.store.create_lab(to_json(grid))
    for position, run in enumerate(grid.runs):
        jobs.store.add_lab_run(lab_id, position, jobs.start(run.spec))
    return lab_id


def start_missing(jobs: Jobs, lab_id: str) -> None:
    """Begin what is not there: runs that never began or were deleted, and the views that sets lack. Raises StoreError,
    InputError."""
    now = look(jobs, lab_id)
    for position, (run, snapshot) in enumerate(zip(now.grid.runs, now.snapshots, strict=True)):
        if snapshot is None:
            jobs.store.add_lab_run(lab_id, position, jobs.start(run.spec))
        elif not snapshot.live and len(snapshot.done) < len(snapshot.views):
            jobs.draw_rest(snapshot.set_id)


def cancel(jobs: Jobs, lab_id: str, row: int | None = None, column: int | None = None) -> None:
    """Stop what has not been drawn yet: the whole grid, or one cell of it. Raises StoreError."""
    stored = jobs.store.load_lab(lab_id)
    for position, run in enumerate(_grid_of(stored.plan).runs):
        if row in (None, run.row) and column in (None, run.column) and position in stored.set_ids:
            jobs.cancel(stored.set_ids[position])


@dataclass(frozen=True, slots=True)
class Spread:
    """Lowest, middle (arithmetic mean) and highest of some numbers."""

    low: float
    mean: float
    high: float


def spread(numbers: Sequence[float]) -> Spread | None:
    return Spread(min(numbers), sum(numbers) / len(numbers), max(numbers)) if numbers else None


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: its runs in the order of the repeats, None for one that never began or was deleted."""

    row: int
    column: int
    shown: tuple[str, ...]
    runs: tuple[Snapshot | None, ...]

    @property
    def views(self) -> tuple[tuple[ViewProgress | None, ...], ...]:
        """The shown views, one tuple a repeat, None where there is no set."""
        return tuple(tuple(_view(run, angle) for angle in self.shown) for run in self.runs)

    @property
    def done(self) -> tuple[ViewProgress, ...]:
        every = [view for views in self.views for view in views]
        return tuple(view for view in every if view is not None and view.state is ViewState.DONE)

    @property
    def live(self) -> bool:
        return any(run.live for run in self.runs if run)

    @property
    def cost_usd(self) -> float:
        return sum(run.cost_usd for run in self.runs if run)

    @property
    def seconds(self) -> Spread | None:
        """Seconds of work in the pictures that are there, waiting left out."""
        return spread([view.work_s for view in self.done])


@dataclass(frozen=True, slots=True)
class Look:
    """A grid at one moment. `snapshots` has one entry a run, in the grid's order."""

    lab_id: str
    created_at: float
    grid: Grid
    snapshots: tuple[Snapshot | None, ...]

    def cell(self, row: int, column: int) -> Cell:
        """A cell by row and column, from 0."""
        place = (row, column)
        mine = [
            (run, now)
            for run, now in zip(self.grid.runs, self.snapshots, strict=True)
            if (run.row, run.column) == place
        ]
        return Cell(row, column, mine[0][0].shown, tuple(now for _, now in mine))

    @property
    def cells(self) -> tuple[tuple[Cell, ...], ...]:
        rows, columns = self.grid.shape
        return tuple(tuple(self.cell(row, column) for column in range(columns)) for row in range(rows))

    @property
    def live(self) -> bool:
        return any(now.live for now in self.snapshots if now)

    @property
    def changing(self) -> bool:
        """Whether anything about it may still change by itself."""
        return any(now.changing for now in self.snapshots if now)

    @property
    def version(self) -> int:
        """Grows with every change while it runs."""
        return sum(now.version for now in self.snapshots if now)

    @property
    def done(self) -> int:
        """Pictures that are there, of `grid.pictures`."""
        return sum(len(now.done) for now in self.snapshots if now)

    @property
    def complete(self) -> bool:
        return self.done == self.grid.pictures

    @property
    def cost_usd(self) -> float:
        return sum(now.cost_usd for now in self.snapshots if now)


def look(jobs: Jobs, lab_id: str) -> Look:
    """A grid as it is now. Raises StoreError when there is none, InputError when its plan cannot be read any more."""
    stored = jobs.store.load_lab(lab_id)
    grid = _grid_of(stored.plan)
    found = [_snapshot(jobs, stored.set_ids.get(position)) for position in range(len(grid.runs))]
    return Look(lab_id, stored.created_at, grid, tuple(found))


async def changes(jobs: Jobs, lab_id: str) -> AsyncIterator[int]:
    """The versions of a grid as it changes, on any loop; ends when nothing more will change. Raises StoreError."""
    stored = await asyncio.to_thread(jobs.store.load_lab, lab_id)
    versions: dict[str, int] = {}
    changed = asyncio.Event()

    async def listen(set_id: str) -> None:
        async for version in jobs.changes(set_id):
            versions[set_id] = version
            changed.set()

    listeners = [asyncio.create_task(listen(set_id)) for set_id in stored.set_ids.values()]
    everything = asyncio.gather(*listeners)
    everything.add_done_callback(lambda _: changed.set())
    try:
        while not everything.done():
            await changed.wait()
            changed.clear()
            yield sum(versions.values())
            await asyncio.sleep(PAUSE_S)  # many sets at once change more often than a page can be drawn
    finally:
        everything.cancel()


def paint_spread(jobs: Jobs, cell: Cell) -> float | None:
    """How far the paint of one angle moves between the repeats of a cell: the largest ΔE2000 (kL = 2) of any two, over
    all its angles. None while fewer than two pictures of an angle have been examined. Raises StoreError."""
    apart: list[float] = []
    stored = [jobs.store.load_set(run.set_id) for run in cell.runs if run]
    for angle in cell.shown:
        views = [view for one in stored if (view := one.view(angle)) and view.drawn]
        found = [evidence.paint.lab for view in views if (evidence := jobs.reports.evidence(view)) and evidence.paint]
        apart += [float(delta_e(one, other)) for one, other in combinations(found, 2)]
    return max(apart) if apart else None


def _grid_of(data: Mapping[str, Any]) -> Grid:
    try:
        return from_json(data)
    except (CarimgError, KeyError, TypeError, ValueError) as exc:
        raise StoreError("The plan of this grid cannot be read any more; its sets are in the history.") from exc


def _snapshot(jobs: Jobs, set_id: str | None) -> Snapshot | None:
    if set_id is None:
        return None
    try:
        return jobs.snapshot(set_id)
    except StoreError:
        return None


def _view(run: Snapshot | None, angle: str) -> ViewProgress | None:
    return next((view for view in run.views if view.angle == angle), None) if run else None
