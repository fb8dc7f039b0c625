"""Reports of sets: examined once, concluded once, growing with the views."""

from __future__ import annotations

import time
from pathlib import Path

from carimg.consistency import Verdict
from carimg.generation.jobs import Jobs
from tests.support.car_engine import CarEngine
from tests.support.kit import open_script_jobs
from tests.support.orders import order
from tests.support.script_engine import Act
from tests.support.waiting import wait_until

RED = "#a01818"
FOUR = ["front", "front_three_quarter", "side", "rear"]


def drawn(jobs: Jobs, angles: list[str] | None = None) -> str:
    set_id = jobs.start(jobs.parse(order(angles=angles or FOUR, size="384x256", engines=["script"])))
    jobs.wait(set_id, 20)
    return set_id


def until_still(jobs: Jobs, set_id: str) -> None:
    wait_until(lambda: not jobs.snapshot(set_id).changing)


def test_a_set_that_ended_has_its_whole_report(tmp_path: Path) -> None:
    """Without anybody asking, the board ends with the report over all views, the same as asking for it."""
    with open_script_jobs(tmp_path, CarEngine(planted={"rear": RED})) as jobs:
        set_id = drawn(jobs)
        until_still(jobs, set_id)
        report = jobs.snapshot(set_id).report
        assert report is not None
        assert (report.verdict, report.odd_one_out) == (Verdict.DIFFERENT, "rear")
        assert report == jobs.report(set_id)


def test_a_report_grows_with_the_views(tmp_path: Path) -> None:
    """While one view is still being drawn, the report is about the others, and never shrinks."""
    engine = CarEngine(by_angle={"rear": Act(2.5)})
    with open_script_jobs(tmp_path, engine) as jobs:
        set_id = jobs.start(jobs.parse(order(angles=FOUR, size="384x256", engines=["script"])))
        sizes = []
        deadline = time.monotonic() + 30
        while jobs.snapshot(set_id).changing and time.monotonic() < deadline:
            report = jobs.snapshot(set_id).report
            sizes.append(len(report.views) if report else 0)
            time.sleep(0.02)
        final = jobs.snapshot(set_id).report
        assert final is not None and len(final.views) == 4
        assert sizes == sorted(sizes)
        assert 3 in sizes


def test_a_view_drawn_again_changes_the_report(tmp_path: Path) -> None:
    """Only the new take is examined; the verdict is about the takes that are shown."""
    with open_script_jobs(tmp_path, CarEngine(planted={"rear": RED})) as jobs:
        set_id = drawn(jobs)
        assert jobs.report(set_id).odd_one_out == "rear"
        jobs.redo(set_id, ["rear"])
        jobs.wait(set_id, 20)
        until_still(jobs, set_id)
        report = jobs.snapshot(set_id).report
        assert report is not None and report.verdict is Verdict.SAME
        assert report == jobs.report(set_id)


def test_a_stored_set_is_examined_step_by_step(tmp_path: Path) -> None:
    """On a server that just started nothing is known; examining tells how far it is, and then everything is known."""
    with open_script_jobs(tmp_path, CarEngine(planted={"rear": RED})) as jobs:
        set_id = drawn(jobs)
        before = jobs.report(set_id)
    with open_script_jobs(tmp_path, CarEngine()) as later:
        stored = later.store.load_set(set_id)
        assert later.reports.so_far(stored).missing == 4
        assert later.reports.evidence(stored.drawn[0]) is None
        assert list(later.reports.step_by_step(stored)) == [1, 2, 3, 4]
        progress = later.reports.so_far(stored)
        assert (progress.missing, progress.report) == (0, before)
        assert later.reports.so_far(stored).report is progress.report
