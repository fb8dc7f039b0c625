"""A grid as files."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from carimg.errors import EngineRefused
from carimg.generation.jobs import Jobs
from carimg.generation.lab import run as lab
from carimg.generation.lab.files import COLUMNS, Names, grid_csv, grid_picture
from carimg.generation.lab.grid import Axis, AxisKind, Value, plan
from carimg.generation.lab.run import GridSnapshot
from tests.support.kit import open_script_jobs
from tests.support.orders import order
from tests.support.script_engine import Act, ScriptEngine
from tests.support.waiting import wait_until

NAMES = Names(("=1+1", "ніч"), ("a", "b"), str.title, "repeat {}".format)


@pytest.fixture
def jobs(tmp_path: Path) -> Iterator[Jobs]:
    refused = Act(error=EngineRefused('=HYPERLINK("x")'))
    with open_script_jobs(tmp_path, ScriptEngine(by_angle={"rear": refused})) as jobs:
        yield jobs


def drawn(jobs: Jobs, repeats: int = 1, columns: Axis | None = None) -> GridSnapshot:
    rows = Axis(AxisKind.PROMPTS, (Value("", "=1+1"), Value("@{{ brand }}", "ніч")))
    grid = plan(jobs.parse(order(angles=["front", "rear"])), rows, columns, repeats)
    lab_id = lab.start(jobs, grid)
    return ended(jobs, lab_id)


def ended(jobs: Jobs, lab_id: str) -> GridSnapshot:
    wait_until(lambda: not lab.snapshot(jobs, lab_id).live)
    return lab.snapshot(jobs, lab_id)


def table(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))


def test_the_table_has_a_line_a_picture(jobs: Jobs) -> None:
    """Each line names row, column, repeat and angle, with the facts of its picture; failed ones say why."""
    now = drawn(jobs, repeats=2)
    lines = table(grid_csv(now, NAMES, jobs.reports.known))
    assert tuple(lines[0]) == COLUMNS
    assert [(line["repeat"], line["angle"]) for line in lines] == [
        ("1", "front"),
        ("1", "rear"),
        ("2", "front"),
        ("2", "rear"),
    ] * 2
    front = now.cell(1, 0).views[1][0]
    assert front is not None
    assert lines[6]["row"] == "ніч"
    assert int(lines[6]["seed"]) == front.seed
    assert lines[6]["set_id"] == now.snapshots[3].set_id  # type: ignore[union-attr]
    assert {line["state"] for line in lines if line["angle"] == "rear"} == {"failed"}


def test_the_table_says_strategy_and_verdict(jobs: Jobs) -> None:
    """A line tells the strategy of its set and, once the set is examined, what the report says of it."""
    rows = Axis(AxisKind.STRATEGIES, (Value("hints"), Value("shared-seed")))
    grid = plan(jobs.parse(order(angles=["front", "side"])), rows)
    lab_id = lab.start(jobs, grid)
    for snapshot in ended(jobs, lab_id).snapshots:
        assert snapshot is not None
        jobs.report(snapshot.set_id)
    lines = table(grid_csv(ended(jobs, lab_id), NAMES, jobs.reports.known))
    assert [line["strategy"] for line in lines] == ["hints", "hints", "shared-seed", "shared-seed"]
    assert {line["verdict"] for line in lines} == {"not-measurable"}
    assert lines[0]["report"].startswith("Not measurable: only 0 of 2 views")


def test_no_cell_starts_a_formula(jobs: Jobs) -> None:
    """Names, prompts and errors that a spreadsheet would run get an apostrophe in front."""
    lines = table(grid_csv(drawn(jobs), NAMES, jobs.reports.known))
    assert lines[0]["row"] == "'=1+1"
    assert lines[2]["prompt"] == "'@Renault"
    assert all(value[:1] not in ("=", "+", "-", "@") for line in lines for value in line.values())


def test_one_labelled_picture(jobs: Jobs) -> None:
    """Every repeat is a row and every angle a column of its own; a picture that failed leaves its place empty; what is
    said of a set stands under its pictures."""
    now = drawn(jobs, repeats=2)
    asked: list[str] = []

    def read(sha256: str) -> bytes:
        asked.append(sha256)
        return jobs.store.read_picture(sha256)

    data = grid_picture(now, NAMES, read, lambda view: f"seed {view.seed}", lambda _: "", "Clio")
    with Image.open(io.BytesIO(data)) as image:
        assert image.format == "PNG"
        assert image.width > image.height / 2 > 300
        plain_height = image.height
    assert len(asked) == 4
    data = grid_picture(now, NAMES, read, lambda view: f"seed {view.seed}", lambda run: "one car", "Clio")
    with Image.open(io.BytesIO(data)) as image:
        assert image.height == plain_height + 4 * 30  # a line more under each row's pictures


def test_a_deleted_set_leaves_an_empty_place(jobs: Jobs) -> None:
    """Both files can be made when a set of the grid is gone."""
    columns = Axis(AxisKind.ANGLES, (Value("front"), Value("side")))
    now = drawn(jobs, columns=columns)
    look = GridSnapshot(now.lab_id, now.created_at, now.grid, (None, *now.snapshots[1:]))
    assert table(grid_csv(look, NAMES, jobs.reports.known))[0]["state"] == ""
    assert grid_picture(look, NAMES, jobs.store.read_picture, lambda _: "", lambda _: "", "").startswith(b"\x89PNG")
