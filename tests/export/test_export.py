"""What leaves the house: the manifest, file names, the archive."""

from __future__ import annotations

import csv
import io
import json
import random
import re
import zipfile
from dataclasses import replace

import pytest
from PIL import Image

from carimg.domain.car import Car
from carimg.domain.set_record import SetRecord
from carimg.domain.view import SetState
from carimg.export import archive, manifest, picture_file_name
from carimg.export.archive import csv_cell
from carimg.export.file_names import slug
from carimg.store import Store
from tests.support.orders import CLIO
from tests.support.stores import SESSION, order_of


def with_car(stored: SetRecord, **changes: object) -> SetRecord:
    return replace(stored, order=stored.order.changed(car=Car(**(CLIO | changes))))


def test_the_manifest_is_the_contracts_answer(mixed: SetRecord) -> None:
    """All fields of the REST contract, the first angle main, and what else is known; plain JSON."""
    answer = manifest(mixed, "https://cars.example/")
    assert json.loads(json.dumps(answer)) == answer
    assert (answer["success"], answer["session_id"], answer["total_generated"]) == (True, "CAR-1a2b3c4d", 3)
    assert answer["debug"]["requested_angles"] == ["front", "side", "rear", "top"]
    assert answer["debug"]["generated_count"] == 3
    assert answer["debug"]["failed_angles"] == ["top"]
    front, side, rear = answer["images"]
    assert front["url"] == f"https://cars.example/api/pictures/{mixed.set_id}/front.png"
    assert [image["isMain"] for image in answer["images"]] == [True, False, False]
    assert (side["angle"], side["seed"], side["session_id"]) == ("side", 101, "CAR-1a2b3c4d")
    assert (rear["engine"], rear["model"], rear["seed_honoured"]) == ("openai", "openai-1", True)
    assert (rear["width"], rear["height"], rear["cost_usd"]) == (300, 200, 0.02)
    assert front["prompt"].startswith("2019 Renault Clio hatchback, blue, front view.")
    assert answer["failed"][0]["attempts"][0]["outcome"] == "moderation"
    assert answer["mixed"] is True
    assert answer["created_at"] == "2026-11-25T03:03:07Z"


def test_a_set_without_pictures_is_no_success(shelf: Store) -> None:
    """Nothing drawn: success is false, no image is listed, every view says why."""
    set_id = shelf.create_set(order_of(), SESSION, owner="me")
    shelf.finish_set(set_id, SetState.FAILED, 1.0)
    answer = manifest(shelf.load_set(set_id))
    assert (answer["success"], answer["images"], answer["total_generated"]) == (False, [], 0)
    assert [view["angle"] for view in answer["failed"]] == ["front", "side", "rear"]


@pytest.mark.parametrize(
    ("car", "name"),
    [
        ({}, "renault-clio-2019_front_seed-100.png"),
        ({"brand": "Рено", "model": "Кліо"}, "renault-klio-2019_front_seed-100.png"),
        ({"brand": "Škoda", "model": "Ščučinščyna"}, "skoda-scucinscyna-2019_front_seed-100.png"),
        ({"brand": "../../etc", "model": "pass wd\\..\\x:*?"}, "etc-pass-wd-x-2019_front_seed-100.png"),
        ({"brand": "🚗", "model": "汽车"}, "2019_front_seed-100.png"),
        ({"brand": "a" * 60, "model": "b"}, f"{'a' * 48}-b-2019_front_seed-100.png"),
    ],
)
def test_file_names_are_safe_and_telling(mixed: SetRecord, car: dict[str, str], name: str) -> None:
    """Car, angle and seed in ASCII, whatever was typed."""
    assert picture_file_name(with_car(mixed, **car), mixed.views[0]) == name


def test_the_archive_holds_the_whole_set(shelf: Store, mixed: SetRecord) -> None:
    """Pictures byte for byte under telling names, manifest, prompts, sheet; the same bytes every time."""
    data = archive(mixed, shelf.read_picture, extra={"notes.txt": b"hello"})
    assert data == archive(mixed, shelf.read_picture, extra={"notes.txt": b"hello"})
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        assert packed.testzip() is None
        assert packed.namelist() == [
            "renault-clio-2019_front_seed-100.png",
            "renault-clio-2019_side_seed-101.jpg",
            "renault-clio-2019_rear_seed-102.webp",
            "manifest.json",
            "prompts.csv",
            "contact-sheet.png",
            "notes.txt",
        ]
        facts = json.loads(packed.read("manifest.json"))
        for image in facts["images"]:
            view = mixed.view(image["angle"])
            assert view and packed.read(image["file"]) == shelf.read_picture(view.sha256)
        lines = list(csv.DictReader(io.StringIO(packed.read("prompts.csv").decode("utf-8-sig"))))
        with Image.open(io.BytesIO(packed.read("contact-sheet.png"))) as sheet:
            sheet.load()
    assert [line["angle"] for line in lines] == ["front", "side", "rear", "top"]
    assert mixed.views[0].prompt and lines[0]["prompt"] == mixed.views[0].prompt.prompt
    assert lines[3]["error"] == "Nobody drew it."


@pytest.mark.parametrize("text", ["=1+1", "+380", "-2", "@SUM(A1)", "\tx", "\r=1", "＝1"])
def test_no_csv_cell_starts_a_formula(text: str) -> None:
    """Text that a spreadsheet would calculate gets an apostrophe; numbers and other text stay."""
    assert csv_cell(text) == f"'{text}"
    assert csv_cell(-2.5) == -2.5
    assert csv_cell("2019 Renault = blue") == "2019 Renault = blue"


def test_slugs_never_leave_their_folder() -> None:
    """No text of any kind gives a slug with a dot, a slash or a blank."""
    chance = random.Random(7)
    letters = [*range(32, 127), *range(0x400, 0x460), *([0x2E, 0x2F, 0x5C, 0xFF0F] * 20)]
    for _ in range(2000):
        text = "".join(chr(chance.choice(letters)) for _ in range(chance.randrange(0, 40)))
        assert re.fullmatch(r"([a-z0-9]([a-z0-9_-]{0,46}[a-z0-9])?)?", slug(text, keep="_")), text


def test_a_stored_set_tells_its_car(mixed: SetRecord) -> None:
    """A set and one of its views are all that exports need: the set knows car and displayed id."""
    assert (str(mixed.car), mixed.display_id) == ("Renault Clio 2019, blue, hatchback", "CAR-1a2b3c4d")
