"""What leaves the house, and the way back."""

from __future__ import annotations

import csv
import io
import json
import random
import re
import struct
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from orders import CLIO, order
from PIL import Image
from stores import FORMATS, SESSION, done, failed, image_bytes, spec_of

from carimg.errors import InputError, StoreError
from carimg.export import (
    archive,
    contact_sheet,
    grid_sheet,
    manifest,
    picture_file_name,
    picture_with_parameters,
    recall,
)
from carimg.export.archive import csv_cell
from carimg.export.containers import exif_block, jpeg_with_exif
from carimg.export.file_names import slug
from carimg.export.lettering import cut, font, wrap
from carimg.spec import parse_spec
from carimg.store import Store, StoredSet, StoredView, open_store, order_of
from carimg.views import SetState

MIMES = {"front": "image/png", "side": "image/jpeg", "rear": "image/webp"}


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Store]:
    store = open_store("", tmp_path)
    yield store
    store.close()


@pytest.fixture
def mixed(shelf: Store) -> StoredSet:
    """Four views: PNG, JPEG and WebP by two engines, and one that failed."""
    spec = spec_of(angles=[*MIMES, "top"])
    set_id = shelf.create_set(spec, SESSION, owner="me", now=1_795_575_787.0)
    for number, (angle, mime) in enumerate(MIMES.items()):
        engine = "openai" if angle == "rear" else "studio"
        view = done(spec, angle, mime=mime, engine=engine, seed=100 + number, cost_usd=0.02, size=(300, 200))
        shelf.save_view(set_id, view)
    shelf.save_view(set_id, failed(spec, "top", seed=103))
    shelf.finish_set(set_id, SetState.PARTIAL, 3.0)
    return shelf.load_set(set_id)


def with_car(stored: StoredSet, **changes: object) -> StoredSet:
    return replace(stored, order=stored.order | {"car": CLIO | changes})


def test_the_manifest_is_the_contracts_answer(mixed: StoredSet) -> None:
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
    set_id = shelf.create_set(spec_of(), SESSION, owner="me")
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
def test_file_names_are_safe_and_telling(mixed: StoredSet, car: dict[str, str], name: str) -> None:
    """Car, angle and seed in ASCII, whatever was typed."""
    assert picture_file_name(with_car(mixed, **car), mixed.views[0]) == name


def test_the_archive_holds_the_whole_set(shelf: Store, mixed: StoredSet) -> None:
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
    assert lines[0]["prompt"] == mixed.views[0].prompt
    assert lines[3]["error"] == "Nobody drew it."


@pytest.mark.parametrize("text", ["=1+1", "+380", "-2", "@SUM(A1)", "\tx", "\r=1", "＝1"])
def test_no_csv_cell_starts_a_formula(text: str) -> None:
    """Text that a spreadsheet would calculate gets an apostrophe; numbers and other text stay."""
    assert csv_cell(text) == f"'{text}"
    assert csv_cell(-2.5) == -2.5
    assert csv_cell("2019 Renault = blue") == "2019 Renault = blue"


@pytest.mark.parametrize(
    ("count", "columns"), [(1, 1), (2, 2), (3, 3), (4, 2), (5, 3), (6, 3), (8, 4), (12, 4), (24, 6), (36, 6), (72, 6)]
)
def test_a_sheet_has_the_shape_its_count_asks_for(mixed: StoredSet, shelf: Store, count: int, columns: int) -> None:
    """1 to 72 views are laid out in full rows as far as that goes; the size in pixels follows from the columns."""
    views = tuple(mixed.views[number % 4] for number in range(count))
    with Image.open(io.BytesIO(contact_sheet(replace(mixed, views=views), shelf.read_picture))) as sheet:
        width = 620 if columns <= 3 else 440
        assert sheet.format == "PNG"
        assert sheet.width == 112 + columns * (width + 24) - 24


def test_a_sheet_shows_each_picture_in_its_cell(shelf: Store) -> None:
    """The pixels in the middle of the cells are those of the pictures, in the order of the angles."""
    spec = spec_of()
    set_id = shelf.create_set(spec, SESSION, owner="me")
    for angle, color in (("front", "#ff0000"), ("side", "#00ff00"), ("rear", "#0000ff")):
        shelf.save_view(set_id, done(spec, angle, color=color, size=(300, 200)))
    with Image.open(io.BytesIO(contact_sheet(shelf.load_set(set_id), shelf.read_picture, "uk"))) as sheet:
        middles = [sheet.getpixel((56 + 310 + column * 644, 56 + 120 + 206)) for column in range(3)]
    assert middles == [(255, 0, 0), (0, 255, 0), (0, 0, 255)]


def test_a_sheet_says_in_both_languages_what_it_shows(shelf: Store, mixed: StoredSet) -> None:
    """The same set gives two different sheets of one size."""
    sheets = [contact_sheet(mixed, shelf.read_picture, lang) for lang in ("en", "uk")]
    opened = [Image.open(io.BytesIO(data)) for data in sheets]
    assert opened[0].size == opened[1].size
    assert sheets[0] != sheets[1]


def test_the_typeface_has_every_letter_it_needs() -> None:
    """Ukrainian and accented Latin letters are drawn as themselves, not as boxes."""
    missing = bytes(font(24).getmask("\uffff"))
    for letter in "абвгґдеєжзиіїйклмнопрстуфхцчшщьюяАБВГҐДЕЄЖЗИІЇЙКЛМНОПРСТУФХЦЧШЩЬЮЯ'’·…—×ŠšČčŽžÉéÜüß№":
        for weight in ("Regular", "Semibold"):
            assert bytes(font(24, weight).getmask(letter)) != missing, letter


def test_text_is_cut_and_wrapped_to_its_width() -> None:
    """No line is wider than asked, no line too many, an ellipsis where something is left out."""
    text = "a prompt that says a lot more about the car than its place on the sheet has room for " * 3
    assert cut("short", font(24), 300) == "short"
    assert cut(text, font(24), 300).endswith("…")
    lines = wrap(text, font(24), 300, 3)
    assert len(lines) == 3
    assert lines[-1].endswith("…")
    assert all(font(24).getlength(line) <= 300 for line in [*lines, cut("w" * 500, font(24), 300)])
    assert wrap("two words", font(24), 300, 3) == ["two words"]


def test_a_lost_picture_stops_the_sheet_with_a_sentence(mixed: StoredSet) -> None:
    """What cannot be read raises StoreError, not Pillow's exception."""
    with pytest.raises(StoreError, match="cannot be read"):
        contact_sheet(mixed, lambda _: b"not a picture")


def test_a_grid_has_named_rows_and_columns() -> None:
    """Cells lie under their columns; a missing picture leaves a place; captions and a title make room."""
    red, blue = image_bytes(color="#ff0000", size=(300, 200)), image_bytes(color="#0000ff", size=(300, 200))
    plain = grid_sheet(["one", "two"], ["front", "side"], [[red, None], [None, blue]])
    with Image.open(io.BytesIO(plain)) as sheet:
        x, y = 56 + 250 + 24 + 230, 56 + 92 + 14 + 153
        assert sheet.getpixel((x, y)) == (255, 0, 0)
        assert sheet.getpixel((x + 484, y + 14 + 307 + 24)) == (0, 0, 255)
        size = sheet.size
    full = grid_sheet(["one", "two"], ["a", "b"], [[red, None], [None, blue]], title="Lab", captions=[["x", ""]] * 2)
    with Image.open(io.BytesIO(full)) as sheet:
        assert sheet.size == (size[0], size[1] + 66 + 2 * 38)


@pytest.mark.parametrize(
    ("rows", "columns", "cells"), [(2, 1, [[None]]), (1, 2, [[None]]), (0, 0, []), (145, 1, [[None]] * 145)]
)
def test_a_grid_of_a_wrong_shape_is_refused(rows: int, columns: int, cells: list[list[bytes | None]]) -> None:
    """Rows and columns have to fit the cells, at most 144 of them."""
    with pytest.raises(InputError):
        grid_sheet(["r"] * rows, ["c"] * columns, cells)


def pixels(data: bytes) -> bytes:
    with Image.open(io.BytesIO(data)) as image:
        return image.convert("RGBA").tobytes()


def parameters_in(data: bytes) -> str:
    """As other tools read them."""
    with Image.open(io.BytesIO(data)) as image:
        if image.format == "PNG":
            return str(image.info["parameters"])
        comment = image.getexif().get_ifd(0x8769)[0x9286]
    assert comment.startswith(b"UNICODE\0")
    return bytes(comment[8:]).decode("utf-16-be")


@pytest.mark.parametrize("angle", list(MIMES))
@pytest.mark.parametrize("format", ["png", "jpeg", "webp"])
def test_a_picture_carries_its_parameters(shelf: Store, mixed: StoredSet, angle: str, format: str) -> None:
    """Every original in every format: prompt and parameters in AUTOMATIC1111's form, and the way back; in the
    original's own format the pixels stay."""
    view = mixed.view(angle)
    assert view
    data = shelf.read_picture(view.sha256)
    made = picture_with_parameters(data, view.mime, view, format)
    with Image.open(io.BytesIO(made)) as image:
        image.load()
        assert (image.format, image.size) == (format.upper(), (300, 200))
    prompt, _, line = parameters_in(made).rpartition("\n")
    fields = {
        name.strip(): value for name, value in re.findall(r'\s*(\w[\w \-/]+):\s*("(?:\\.|[^\\"])+"|[^,]*)(?:,|$)', line)
    }
    assert prompt == view.prompt
    assert (fields["Seed"], fields["Size"], fields["Model"]) == (str(view.seed), "300x200", view.model)
    assert json.loads(fields["Car"]) == "Renault Clio 2019, blue, hatchback"
    assert recall(made) == parse_and_back(mixed.order | {"session_id": SESSION, "seeds": {angle: view.seed}})
    if FORMATS[view.mime] == format.upper():
        assert pixels(made) == pixels(data)


def parse_and_back(given: dict[str, object]) -> dict[str, object]:
    return order_of(parse_spec(given))


def test_parameters_replace_older_ones(shelf: Store, mixed: StoredSet) -> None:
    """Putting parameters into a picture that has some leaves one set of them."""
    for angle, format in (("front", "png"), ("side", "jpeg"), ("rear", "webp")):
        view = mixed.view(angle)
        assert view
        once = picture_with_parameters(shelf.read_picture(view.sha256), view.mime, view, format)
        other = replace(view, seed=777)
        twice = picture_with_parameters(once, view.mime, other, format)
        assert "Seed: 777" in parameters_in(twice)
        assert abs(len(twice) - len(once)) < 16


def test_ukrainian_prompts_are_kept_in_every_format(shelf: Store, mixed: StoredSet) -> None:
    """Text beyond Latin-1 survives in PNG, JPEG and WebP."""
    view = replace(mixed.views[0], prompt="Рено Кліо, ґанок: 2019 🚗")
    data = shelf.read_picture(view.sha256)
    for format in ("png", "jpeg", "webp"):
        made = picture_with_parameters(data, "image/png", view, format)
        assert parameters_in(made).startswith(view.prompt), format


def test_the_english_prompt_is_what_other_tools_read(shelf: Store, mixed: StoredSet) -> None:
    """`parameters` holds the prompt that went out, which is the translation."""
    view = replace(mixed.views[0], prompt="синє авто", prompt_en="blue car")
    assert parameters_in(picture_with_parameters(shelf.read_picture(view.sha256), view.mime, view, "png")).startswith(
        "blue car\n"
    )


def test_the_user_comment_has_the_type_that_exif_asks_for() -> None:
    """Tag 0x9286 is of type UNDEFINED (7), so that readers take its first 8 bytes as the character code."""
    block = exif_block("comment", b"private")
    at = struct.unpack(">I", block[18:22])[0]
    assert struct.unpack(">HHH", block[at : at + 6]) == (2, 0x9286, 7)


@pytest.mark.parametrize("mode", ["RGBA", "RGB"])
@pytest.mark.parametrize("lossless", [True, False])
def test_webp_keeps_what_it_has(mixed: StoredSet, mode: str, lossless: bool) -> None:
    """Lossless or not, with an alpha channel or without: pixels and transparency stay."""
    out = io.BytesIO()
    Image.open(io.BytesIO(image_bytes(mode=mode, size=(300, 200)))).save(out, "WEBP", lossless=lossless)
    made = picture_with_parameters(out.getvalue(), "image/webp", mixed.views[0], "webp")
    assert pixels(made) == pixels(out.getvalue())
    with Image.open(io.BytesIO(made)) as image:
        assert image.mode == mode


def test_a_transparent_picture_becomes_a_jpeg_on_white(mixed: StoredSet) -> None:
    """JPEG has no alpha channel: what shines through is white."""
    made = picture_with_parameters(image_bytes(mode="RGBA", size=(300, 200)), "image/png", mixed.views[0], "jpeg")
    with Image.open(io.BytesIO(made)) as image:
        assert min(image.getpixel((0, 0))) > 250


def test_what_does_not_fit_into_a_jpeg_gets_a_sentence() -> None:
    """EXIF in a JPEG ends at 64 KB: more is refused with what to do instead."""
    with pytest.raises(InputError, match="download PNG or WebP"):
        jpeg_with_exif(image_bytes("image/jpeg"), bytes(70_000))


def test_bytes_that_are_no_picture_get_a_sentence(mixed: StoredSet) -> None:
    """Converting what is no picture raises StoreError."""
    with pytest.raises(StoreError, match="cannot be read"):
        picture_with_parameters(b"nonsense", "image/png", mixed.views[0], "webp")


def test_manifest_and_archive_recall_the_whole_set(shelf: Store, mixed: StoredSet) -> None:
    """manifest.json and the ZIP give the order with session id and all seeds, ready for parse_spec."""
    expected = parse_and_back(mixed.recalled)
    text = json.dumps(manifest(mixed), ensure_ascii=False, indent=2)
    assert recall(text.encode()) == expected
    assert recall(text.encode("utf-8-sig")) == expected
    assert recall(archive(mixed, shelf.read_picture)) == expected
    assert parse_spec(expected).seeds == {"front": 100, "side": 101, "rear": 102, "top": 103}


def packed_manifest(data: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("manifest.json", data)
    return out.getvalue()


FOREIGN = {
    "nothing": b"",
    "text": "привіт".encode(),
    "foreign picture": image_bytes(),
    "foreign jpeg": image_bytes("image/jpeg"),
    "foreign webp": image_bytes("image/webp"),
    "foreign json": b'{"order": 5}',
    "a list": b"[]",
    "no json": b'{"order": ',
    "deep json": b'{"order":' * 200_000,
    "not utf-8": b'{"order": "\xff\xfe"}',
    "long json": b'{"order": "' + b"x" * 5_000_000 + b'"}',
    "zip without manifest": b"PK\x05\x06" + bytes(18),
    "broken zip": b"PK\x03\x04" + bytes(50),
    "zip bomb": packed_manifest(b" " * 50_000_000),
    "exif bomb": jpeg_with_exif(image_bytes("image/jpeg"), exif_block("", zlib.compress(b" " * 20_000_000, 9))),
    "exif rubbish": jpeg_with_exif(image_bytes("image/jpeg"), exif_block("", b"rubbish")),
    "wrong order": json.dumps({"order": order(angles=["nowhere"])}).encode(),
    "unknown field": json.dumps({"order": order(surprise=1)}).encode(),
}


@pytest.mark.parametrize("name", list(FOREIGN))
def test_foreign_files_are_refused_in_one_sentence(name: str) -> None:
    """Whatever is no order of ours raises InputError with a short sentence, quickly and with bounded memory."""
    with pytest.raises(InputError) as caught:
        recall(FOREIGN[name])
    assert 10 < len(caught.value.message) < 400


def test_a_picture_too_large_to_be_true_is_refused(mixed: StoredSet) -> None:
    """A PNG that claims 100,000 × 100,000 pixels is not decoded."""
    header = struct.pack(">II5B", 100_000, 100_000, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + header
    png = image_bytes()[:8] + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk)) + image_bytes()[33:]
    with pytest.raises(InputError, match="damaged"):
        recall(png)


@pytest.mark.parametrize("format", ["png", "jpeg", "webp"])
def test_damaged_pictures_never_raise_anything_else(shelf: Store, mixed: StoredSet, format: str) -> None:
    """300 pictures with flipped and missing bytes: recall gives an order or InputError."""
    view = mixed.views[0]
    good = picture_with_parameters(shelf.read_picture(view.sha256), view.mime, view, format)
    chance = random.Random(5)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns of damaged EXIF
        for _ in range(300):
            bad = bytearray(good[: chance.randrange(8, len(good))] if chance.random() < 0.4 else good)
            for _ in range(chance.randrange(1, 12)):
                bad[chance.randrange(len(bad))] = chance.randrange(256)
            try:
                parse_spec(recall(bytes(bad)))
            except InputError as exc:
                assert exc.message


def test_slugs_never_leave_their_folder() -> None:
    """No text of any kind gives a slug with a dot, a slash or a blank."""
    chance = random.Random(7)
    letters = [*range(32, 127), *range(0x400, 0x460), *([0x2E, 0x2F, 0x5C, 0xFF0F] * 20)]
    for _ in range(2000):
        text = "".join(chr(chance.choice(letters)) for _ in range(chance.randrange(0, 40)))
        assert re.fullmatch(r"([a-z0-9]([a-z0-9_-]{0,46}[a-z0-9])?)?", slug(text, keep="_")), text


def test_a_stored_view_tells_its_car(mixed: StoredSet) -> None:
    """A view alone knows its car and displayed id: exports need nothing else."""
    view: StoredView = mixed.views[0]
    assert (str(view.car), view.display_id) == ("Renault Clio 2019, blue, hatchback", "CAR-1a2b3c4d")
