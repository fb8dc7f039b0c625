"""A data folder that carimg 0.1.0 wrote opens with everything in it, and its exports are recalled.

`tests/data/carimg-0.1.zip` was made by 0.1.0: `data/` its database and pictures, `answers/` what its REST routes said
of them, `exports/` files that it handed out.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from carimg.domain.view import SetState
from carimg.export import recall
from carimg.generation.jobs import Jobs
from carimg.generation.lab import run as lab
from tests.support.kit import open_script_jobs, serving
from tests.support.script_engine import ScriptEngine

ARCHIVE = Path(__file__).parent / "data" / "carimg-0.1.zip"
ENDED = ("takes", "shared", "mixed")
"""Sets that had ended when 0.1.0 stopped; 'killed' was still being drawn."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with zipfile.ZipFile(ARCHIVE) as packed:
        packed.extractall(tmp_path)
    return tmp_path


@pytest.fixture
def ids(folder: Path) -> dict[str, str]:
    return dict(_answer(folder, "ids"))


@pytest.fixture
def jobs(folder: Path) -> Iterator[Jobs]:
    with open_script_jobs(folder / "data", ScriptEngine(id="openai"), ScriptEngine(id="studio")) as jobs:
        yield jobs


def test_rest_answers_as_before(jobs: Jobs, folder: Path, ids: dict[str, str]) -> None:
    """Sets with takes, photos, two engines, a failed view and money spent: each manifest, each report, the history."""
    with serving(jobs) as url, httpx.Client(base_url=f"{url}/api") as client:
        for name in ENDED:
            assert client.get(f"/sets/{ids[name]}").json() == _answer(folder, name)
        assert client.get(f"/sets/{ids['mixed']}/report").json() == _answer(folder, "mixed-report")
        now, before = client.get("/sets").json(), _answer(folder, "history")
        for listed in (now, before):
            for item in listed["sets"]:
                item.pop("state")
        assert now == before


def test_a_set_that_was_being_drawn_is_interrupted_and_can_be_drawn_on(jobs: Jobs, ids: dict[str, str]) -> None:
    """The picture it had stays; the rest is drawn, with the seed it would have had."""
    jobs.store.mark_interrupted(2e9, 20.0)
    before = jobs.snapshot(ids["killed"])
    assert before.state is SetState.INTERRUPTED
    assert [view.angle for view in before.drawn] == ["front"]
    jobs.draw_rest(ids["killed"])
    after = jobs.wait(ids["killed"], 30)
    assert after.state is SetState.DONE
    assert after.views[0] == before.views[0]
    assert after.views[1].seed == before.views[1].seed is not None


def test_takes_can_be_chosen_and_added(jobs: Jobs, ids: dict[str, str]) -> None:
    """Two takes of the side, the first one chosen; a third is drawn with the chosen one's seed."""
    assert [(take.take, take.seed, take.chosen) for take in jobs.store.takes(ids["takes"], "side")] == [
        (1, 77, True),
        (2, 4242, False),
    ]
    jobs.redo(ids["takes"], ["side"])
    side = jobs.wait(ids["takes"], 30).view("side")
    assert side is not None and (side.take, side.seed) == (3, 77)


def test_photos_templates_tags_and_grids_are_there(jobs: Jobs, ids: dict[str, str]) -> None:
    """Everything beside the pictures comes along too."""
    store = jobs.store
    front = store.load_set(ids["mixed"]).views[0]
    (photo,) = store.photos(front)
    assert photo.source_url == "https://example.org/clio.jpg" and photo.data.startswith(b"\xff\xd8")
    assert [(one.name, one.version) for one in store.templates()] == [("Night", 2), ("Night", 1)]
    assert dict(store.tags()) == {"demo": 1, "lab": 4, "Київ": 1}
    assert store.load_set(ids["takes"]).favourite
    grid = lab.snapshot(jobs, ids["lab"])
    assert (grid.grid.shape, grid.done, grid.complete) == ((2, 2), 4, True)
    assert [item.set_id for item in store.history("київ октавія").items] == []
    assert [item.set_id for item in store.history("київ octavia").items] == [ids["takes"]]


def test_every_picture_opens(jobs: Jobs, ids: dict[str, str]) -> None:
    """Original, page, thumbnail and mask of every view, and the archive's members by their names."""
    for name in ENDED:
        for view in jobs.store.load_set(ids[name]).drawn:
            for sha256, kind in ((view.sha256, "original"), (view.page_sha256, "page"), (view.thumb_sha256, "thumb")):
                assert jobs.store.read_picture(sha256, kind)  # type: ignore[arg-type]
            if view.car_mask_sha256:
                assert jobs.store.read_picture(view.car_mask_sha256, "mask")


def test_the_archive_has_the_members_it_had(jobs: Jobs, folder: Path, ids: dict[str, str]) -> None:
    """Who unpacks archives by name finds the same names."""
    with serving(jobs) as url:
        data = httpx.get(f"{url}/api/sets/{ids['mixed']}/archive.zip").content
    assert sorted(zipfile.ZipFile(io.BytesIO(data)).namelist()) == _answer(folder, "archive")


@pytest.mark.parametrize("name", ["manifest.json", "view.jpg", "view.png", "view.webp"])
def test_files_that_0_1_handed_out_are_recalled(folder: Path, name: str) -> None:
    """A picture or a manifest of before gives the same order as it gave then."""
    assert recall((folder / "exports" / name).read_bytes()) == _answer(folder, "recall")[name]


def _answer(folder: Path, name: str) -> Any:
    return json.loads((folder / "answers" / f"{name}.json").read_text("utf-8"))
