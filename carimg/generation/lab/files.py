"""A grid of the prompt lab as files: a table for spreadsheets, one labelled picture."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from carimg.consistency import Report
from carimg.domain.view import View
from carimg.errors import StoreError
from carimg.export import grid_sheet
from carimg.export.archive import csv_cell
from carimg.generation.lab.run import Cell, GridSnapshot
from carimg.generation.live import Snapshot

COLUMNS = (
    "row", "column", "repeat", "angle", "state", "seed", "seed_honoured", "engine", "model", "width", "height",
    "seconds", "work_s", "cost_usd", "prompt", "prompt_en", "error", "strategy", "verdict", "report", "session_id",
    "set_id",
)  # fmt: skip


Reports = Callable[[Snapshot], Report | None]
"""The report of a set with more than one picture, where one is known."""


@dataclass(frozen=True, slots=True)
class Names:
    """What rows, columns and angles are called on the files, in the reader's language; `repeat` names a number."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    angle: Callable[[str], str]
    repeat: Callable[[int], str]


def grid_csv(grid: GridSnapshot, names: Names, reports: Reports) -> bytes:
    """One line a picture: UTF-8 with a byte order mark, so that spreadsheets read Ukrainian; no cell starts a formula.
    Seconds and US dollars; `work_s` leaves waiting out. `verdict` and `report` are about the picture's whole set."""
    out = io.StringIO()
    lines = csv.writer(out, lineterminator="\r\n")
    lines.writerow(COLUMNS)
    for row, line in enumerate(grid.cells):
        for column, cell in enumerate(line):
            for repeat, run in enumerate(cell.runs):
                for angle, view in zip(cell.shown, cell.views[repeat], strict=True):
                    values = (names.rows[row], names.columns[column], repeat + 1, angle, *_facts(run, view, reports))
                    lines.writerow([csv_cell(value) for value in values])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def grid_picture(
    grid: GridSnapshot,
    names: Names,
    read: Callable[[str], bytes],
    captions: Callable[[View], str],
    verdicts: Callable[[Snapshot], str],
    title: str,
) -> bytes:
    """The grid as one PNG: a row a repeat, a column an angle where cells have several. `read` gives the bytes of a
    picture by its hash, `captions` the line under it, `verdicts` what is said of a whole set ('' = nothing), which
    stands under its first picture. Raises StoreError, InputError for more than 144 pictures."""
    rows, columns = grid.grid.shape
    repeats = range(grid.grid.repeats)
    shown = [grid.cell(0, column).shown for column in range(columns)]
    row_names = [
        _joined(names.rows[row], names.repeat(repeat + 1) if len(repeats) > 1 else "")
        for row in range(rows)
        for repeat in repeats
    ]
    column_names = [
        _joined(names.columns[column], names.angle(angle) if len(angles) > 1 else "")
        for column, angles in enumerate(shown)
        for angle in angles
    ]
    lines = [
        [place for column in range(columns) for place in _places(grid.cell(row, column), repeat, captions, verdicts)]
        for row in range(rows)
        for repeat in repeats
    ]
    pictures = [[_bytes(view, read) for view, _ in line] for line in lines]
    texts = [[text for _, text in line] for line in lines]
    return grid_sheet(row_names, column_names, pictures, title=title, captions=texts)


def _places(
    cell: Cell, repeat: int, captions: Callable[[View], str], verdicts: Callable[[Snapshot], str]
) -> list[tuple[View | None, str]]:
    """The views of one set of a cell, each with the text under it."""
    run = cell.runs[repeat]
    verdict = verdicts(run) if run else ""
    places = []
    for number, view in enumerate(cell.views[repeat]):
        lines = (captions(view) if view else "", verdict if number == 0 else "")
        places.append((view, "\n".join(line for line in lines if line)))
    return places


def _facts(run: Snapshot | None, view: View | None, reports: Reports) -> Sequence[object]:
    if run is None or view is None:
        return ("",) * 18
    report = reports(run)
    return (
        view.state.value,
        view.seed,
        view.seed_honoured if view.drawn else "",
        view.engine,
        view.model,
        view.width or "",
        view.height or "",
        round(view.seconds, 3),
        round(view.work_s, 3),
        round(view.cost_usd, 6),
        view.prompt.prompt if view.prompt else "",
        (view.prompt.prompt_en or "") if view.prompt else "",
        view.error,
        run.order.strategy.value,
        report.verdict.value if report else "",
        report.sentence.text if report else "",
        run.session_id,
        run.set_id,
    )


def _bytes(view: View | None, read: Callable[[str], bytes]) -> bytes | None:
    if view is None or not view.sha256:
        return None
    try:
        return read(view.sha256)
    except StoreError:  # one picture that is gone leaves its place empty
        return None


def _joined(name: str, more: str) -> str:
    return " · ".join(part for part in (name, more) if part)
