"""One name for one file, whether it comes from a page, over REST or out of the archive."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from carimg.domain.set_record import SetRecord
from carimg.export import archive, grid_file_name, picture_file_name, set_file_name
from carimg.export.file_names import MAX_PART
from carimg.store import Store
from tests.support.kit import open_script_jobs, serving
from tests.support.orders import order
from tests.support.script_engine import ScriptEngine


def with_car(made: SetRecord, **changes: object) -> SetRecord:
    return replace(made, order=made.order.changed(car=replace(made.car, **changes)))


def name_in(answer: httpx.Response) -> str:
    found = re.search(r'filename="([^"]+)"', answer.headers["content-disposition"])
    assert found
    return found[1]


def test_rest_and_archive_name_files_as_the_pages_do(tmp_path: Path) -> None:
    """The pages' buttons take `picture_file_name` and `set_file_name`; the routes and the ZIP say the same."""
    with open_script_jobs(tmp_path, ScriptEngine()) as jobs, serving(jobs) as url:
        set_id = jobs.start(jobs.parse(order(session_id="1a2b3c4d5e6f", seeds={"front": 7})))
        jobs.wait(set_id, 20)
        shown, kept = jobs.snapshot(set_id), jobs.store.load_set(set_id)
        pictures = [picture_file_name(shown, view) for view in shown.views]
        assert pictures[0] == "renault-clio-2019_front_seed-7.png"
        assert [picture_file_name(kept, view) for view in kept.views] == pictures
        asked = [httpx.get(f"{url}/api/pictures/{set_id}/{view.angle}.png") for view in kept.views]
        assert [name_in(answer) for answer in asked] == pictures
        packed = httpx.get(f"{url}/api/sets/{set_id}/archive.zip")
        sheet = httpx.get(f"{url}/api/sets/{set_id}/contact-sheet.png")
        assert name_in(packed) == set_file_name(shown, "zip") == "renault-clio-2019_car-1a2b3c4d.zip"
        assert name_in(sheet) == set_file_name(shown, "png")
        with zipfile.ZipFile(io.BytesIO(packed.content)) as files:
            assert files.namelist()[:3] == pictures


@pytest.mark.parametrize(
    ("brand", "model", "name"),
    [
        ("Renault", "Clio", "renault-clio-2019_front_seed-100.png"),
        ("Рено", "Кліо", "renault-klio-2019_front_seed-100.png"),
        ("Škoda", "Ščučinščyna", "skoda-scucinscyna-2019_front_seed-100.png"),
        ("../../etc", "pass wd\\..\\x:*?", "etc-pass-wd-x-2019_front_seed-100.png"),
        ("🚗", "汽车", "2019_front_seed-100.png"),
        ("a" * 60, "b", f"{'a' * 48}-b-2019_front_seed-100.png"),
    ],
)
def test_names_are_safe_and_telling_in_the_archive_too(
    shelf: Store, mixed: SetRecord, brand: str, model: str, name: str
) -> None:
    """Car, angle and seed in ASCII, whatever was typed, at most 48 letters a part."""
    made = with_car(mixed, brand=brand, model=model)
    assert MAX_PART == 48
    assert picture_file_name(made, made.views[0]) == name
    with zipfile.ZipFile(io.BytesIO(archive(made, shelf.read_picture))) as packed:
        assert packed.namelist()[0] == name


def test_a_name_ends_as_its_file_is_made(mixed: SetRecord) -> None:
    """The original's ending, or that of the format it is saved in; without a seed none is told; underscores of an
    angle's id stay."""
    assert [picture_file_name(mixed, view)[-4:] for view in mixed.views[:3]] == [".png", ".jpg", "webp"]
    assert picture_file_name(mixed, mixed.views[1], "webp") == "renault-clio-2019_side_seed-101.webp"
    turned = replace(mixed.views[0], angle="rear_three_quarter", seed=None)
    assert picture_file_name(mixed, turned) == "renault-clio-2019_rear_three_quarter.png"
    assert picture_file_name(mixed, replace(turned, angle="…")) == "renault-clio-2019_view.png"
    assert grid_file_name(mixed.car, "0A1B2C", "csv") == "renault-clio-2019_lab-0a1b2c.csv"
