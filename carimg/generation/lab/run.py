"""The prompt lab at work: a grid's runs are ordinary sets, one a cell and repeat; nothing here draws.

`start` begins them; `snapshot` shows how far they are, from any server and at any time.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from carimg.consistency import Report
from carimg.consistency.paint import delta_e
from carimg.domain.view import View
from carimg.errors import CarimgError, InputError, StoreError
from carimg.generation.jobs import Jobs
from carimg.generation.lab.grid import Grid, Run, from_json, to_json
from carimg.generation.live import Snapshot
from carimg.store import StoredLab

log = logging.getLogger("carimg.generation.lab")

MAX_PARALLEL = 8
"""Sets of one grid that are drawn at the same time; the next begins when one ends."""
PAUSE_S = 0.25


def start(jobs: Jobs, grid: Grid) -> str:
    """Keep a grid and begin its runs, a few at a time; returns its id at once. Raises StoreError."""
    lab_id = jobs.store.create_lab(to_json(grid))
    jobs.run_task(lab_id, _begin(jobs, lab_id, [(number, run, None) for number, run in enumerate(grid.runs)]))
    return lab_id


def start_missing(jobs: Jobs, lab_id: str) -> None:
    """Begin what is not there: runs that never began or were deleted, and the views that sets lack. Raises StoreError.

    Does nothing while the grid is being drawn."""
    now = snapshot(jobs, lab_id)
    if now.live:
        return
    missing: list[tuple[int, Run, str | None]] = []
    for position, (run, drawn) in enumerate(zip(now.grid.runs, now.snapshots, strict=True)):
        if drawn is None or drawn.missing:
            missing.append((position, run, drawn.set_id if drawn else None))
    jobs.store.clear_lab_runs(lab_id, [position for position, _, set_id in missing if set_id is None])
    jobs.run_task(lab_id, _begin(jobs, lab_id, missing))


def cancel(jobs: Jobs, lab_id: str, row: int | None = None, column: int | None = None) -> None:
    """Stop what has not been drawn yet: the whole grid, or one cell of it. Raises StoreError."""
    if row is None and column is None:
        jobs.cancel(lab_id)
    stored = jobs.store.load_lab(lab_id)
    for position, run in enumerate(_grid_of(stored.plan).runs):
        if row not in (None, run.row) or column not in (None, run.column):
            continue
        set_id = stored.set_ids.get(position)
        if not set_id and jobs.runs_task(lab_id):
            set_id = jobs.store.skip_lab_run(lab_id, position)  # it may have begun since the grid was read
        if set_id:
            jobs.cancel(set_id)


async def _begin(jobs: Jobs, lab_id: str, runs: Sequence[tuple[int, Run, str | None]]) -> None:
    """Begin runs in turn; (position, run, id of a set that lacks views or None for a new one)."""
    drawing: set[asyncio.Task[Snapshot]] = set()
    try:
        for position, run, set_id in runs:
            begun = await _unless_cancelled(jobs, lab_id, position, run, set_id)
            if begun:
                drawing.add(asyncio.create_task(jobs.finished(begun)))
            if len(drawing) >= MAX_PARALLEL:
                _, drawing = await asyncio.wait(drawing, return_when=asyncio.FIRST_COMPLETED)
    except CarimgError as exc:
        log.warning("grid %s: %s", lab_id, exc)
    finally:
        for task in drawing:
            task.cancel()


async def _unless_cancelled(jobs: Jobs, lab_id: str, position: int, run: Run, set_id: str | None) -> str | None:
    """Begin one run; when the grid is cancelled meanwhile, the set that just began is cancelled too."""
    work = asyncio.ensure_future(asyncio.to_thread(_begin_one, jobs, lab_id, position, run, set_id))
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        if begun := await work:
            jobs.cancel(begun)
        raise


def _begin_one(jobs: Jobs, lab_id: str, position: int, run: Run, set_id: str | None) -> str | None:
    """The set that began; None when the run was called off or nothing is missing."""
    if set_id is not None:
        try:
            jobs.draw_rest(set_id)
        except InputError:  # somebody else has had it drawn
            return None
        return set_id
    if position in jobs.store.load_lab(lab_id).set_ids:
        return None
    set_id = jobs.start(run.order)
    if not jobs.store.add_lab_run(lab_id, position, set_id):
        jobs.cancel(set_id)
    return set_id


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
    """One cell: its runs in the order of the repeats, None for one that has not begun or was deleted. `waiting` = some
    are still to begin."""

    row: int
    column: int
    shown: tuple[str, ...]
    runs: tuple[Snapshot | None, ...]
    waiting: bool = False

    @property
    def views(self) -> tuple[tuple[View | None, ...], ...]:
        """The shown views, one tuple a repeat, None where there is no set."""
        return tuple(tuple(_view(run, angle) for angle in self.shown) for run in self.runs)

    @property
    def done(self) -> tuple[View, ...]:
        every = [view for views in self.views for view in views]
        return tuple(view for view in every if view is not None and view.drawn)

    @property
    def live(self) -> bool:
        return self.waiting or any(run.live for run in self.runs if run)

    @property
    def cost_usd(self) -> float:
        return sum(run.cost_usd for run in self.runs if run)

    @property
    def seconds(self) -> Spread | None:
        """Seconds of work in the pictures that are there, waiting left out."""
        return spread([view.work_s for view in self.done])


@dataclass(frozen=True, slots=True)
class GridSnapshot:
    """A grid at one moment. `snapshots` has one entry a run, in the grid's order; `waiting` are the positions of those
    that are still to begin, `begun` counts the others."""

    lab_id: str
    created_at: float
    grid: Grid
    snapshots: tuple[Snapshot | None, ...]
    waiting: frozenset[int] = frozenset()
    begun: int = 0
    beginning: bool = False
    """Work on it is still being handed out."""

    def cell(self, row: int, column: int) -> Cell:
        """A cell by row and column, from 0."""
        mine = [number for number, run in enumerate(self.grid.runs) if (run.row, run.column) == (row, column)]
        snapshots = tuple(self.snapshots[number] for number in mine)
        return Cell(row, column, self.grid.runs[mine[0]].shown, snapshots, not self.waiting.isdisjoint(mine))

    @property
    def cells(self) -> tuple[tuple[Cell, ...], ...]:
        rows, columns = self.grid.shape
        return tuple(tuple(self.cell(row, column) for column in range(columns)) for row in range(rows))

    @property
    def live(self) -> bool:
        return self.beginning or any(now.live for now in self.snapshots if now)

    @property
    def changing(self) -> bool:
        """Whether anything about it may still change by itself."""
        return self.beginning or any(now.changing for now in self.snapshots if now)

    @property
    def version(self) -> int:
        """Grows with every change while it runs."""
        return self.begun + sum(now.version for now in self.snapshots if now)

    @property
    def done(self) -> int:
        """Pictures that are there, of `grid.pictures`."""
        return sum(len(now.drawn) for now in self.snapshots if now)

    @property
    def complete(self) -> bool:
        return self.done == self.grid.pictures

    @property
    def cost_usd(self) -> float:
        return sum(now.cost_usd for now in self.snapshots if now)


def snapshot(jobs: Jobs, lab_id: str) -> GridSnapshot:
    """A grid as it is now. Raises StoreError when there is none, or its plan cannot be read any more."""
    beginning = jobs.runs_task(lab_id)
    stored = jobs.store.load_lab(lab_id)
    grid = _grid_of(stored.plan)
    found = [_snapshot(jobs, stored.set_ids.get(position)) for position in range(len(grid.runs))]
    waiting = frozenset(range(len(grid.runs))).difference(stored.set_ids) if beginning else frozenset()
    return GridSnapshot(lab_id, stored.created_at, grid, tuple(found), waiting, len(_sets_of(stored)), beginning)


async def changes(jobs: Jobs, lab_id: str) -> AsyncIterator[int]:
    """The versions of a grid as it changes, on any loop; ends when nothing more will change. Raises StoreError."""
    versions: dict[str, int] = {}
    heard: dict[str, asyncio.Task[None]] = {}
    changed = asyncio.Event()

    async def listen(set_id: str) -> None:
        async for version in jobs.changes(set_id):
            versions[set_id] = version
            changed.set()

    was_beginning = True
    try:
        while True:
            changed.clear()
            beginning = jobs.runs_task(lab_id)
            set_ids = _sets_of(await asyncio.to_thread(jobs.store.load_lab, lab_id))
            for set_id in set_ids:
                if set_id not in heard or (was_beginning and heard[set_id].done()):  # it may be drawn on
                    heard[set_id] = asyncio.create_task(listen(set_id))
            was_beginning = beginning
            yield len(set_ids) + sum(versions.get(set_id, 0) for set_id in set_ids)
            if not beginning and all(heard[set_id].done() for set_id in set_ids):
                return
            await asyncio.sleep(PAUSE_S)  # many sets at once change more often than a page can be drawn
            await _either(changed, [task for task in heard.values() if not task.done()], beginning)
    finally:
        for task in heard.values():
            task.cancel()


async def _either(changed: asyncio.Event, listeners: Sequence[asyncio.Task[None]], beginning: bool) -> None:
    """Wait for a change, for a listener's end or, while sets are still to begin, a moment at most."""
    waiting = asyncio.create_task(changed.wait())
    timeout_s = PAUSE_S if beginning else None
    await asyncio.wait([waiting, *listeners], timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()


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


def unexamined(jobs: Jobs, now: GridSnapshot) -> tuple[str, ...]:
    """Ids of the sets that have ended and have pictures which nobody has looked at since the server started, where
    something can be compared: within a set or between the repeats of a cell. Raises StoreError."""
    found = []
    for cell in (cell for cells in now.cells for cell in cells):
        ended = [run for run in cell.runs if run and run.drawn and not run.changing]
        for run in ended:
            if len(run.drawn) + len(ended) > 2 and jobs.reports.missing(jobs.store.load_set(run.set_id)):
                found.append(run.set_id)
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Line:
    """A row or a column in sum. `reports` has one entry a set whose report is known."""

    done: int
    pictures: int
    cost_usd: float
    seconds: Spread | None
    """Of work in a picture, waiting left out."""
    wall_s: Spread | None
    """From a set's order to its last picture."""
    reports: tuple[Report, ...] = ()


def in_sum(jobs: Jobs, now: GridSnapshot, *, columns: bool) -> tuple[Line, ...]:
    """What each row (or column) of a grid took, cost, and shows by its reports."""
    cells = zip(*now.cells, strict=True) if columns else now.cells
    return tuple(_line(jobs, tuple(line)) for line in cells)


def _line(jobs: Jobs, cells: Sequence[Cell]) -> Line:
    runs = [run for cell in cells for run in cell.runs if run]
    done = [view for cell in cells for view in cell.done]
    known = [jobs.reports.known(run) for run in runs if len(run.drawn) > 1 and not run.changing]
    return Line(
        done=len(done),
        pictures=sum(len(cell.shown) * len(cell.runs) for cell in cells),
        cost_usd=sum(run.cost_usd for run in runs),
        seconds=spread([view.work_s for view in done]),
        wall_s=spread([run.seconds for run in runs if run.drawn and not run.changing]),
        reports=tuple(report for report in known if report),
    )


def _grid_of(data: Mapping[str, Any]) -> Grid:
    try:
        return from_json(data)
    except (CarimgError, KeyError, TypeError, ValueError) as exc:
        raise StoreError("The plan of this grid cannot be read any more; its sets are in the history.") from exc


def _sets_of(stored: StoredLab) -> list[str]:
    return [set_id for set_id in stored.set_ids.values() if set_id]


def _snapshot(jobs: Jobs, set_id: str | None) -> Snapshot | None:
    if not set_id:
        return None
    try:
        return jobs.snapshot(set_id)
    except StoreError:
        return None


def _view(run: Snapshot | None, angle: str) -> View | None:
    return next((view for view in run.views if view.angle == angle), None) if run else None
