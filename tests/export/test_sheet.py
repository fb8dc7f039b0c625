"""Contact sheets and grids as one labelled picture."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import pytest
from PIL import Image, ImageDraw

from carimg.domain.set_record import SetRecord
from carimg.errors import InputError, StoreError
from carimg.export import contact_sheet, grid_sheet
from carimg.export.lettering import cut, font, wrap
from carimg.store import Store
from tests.support.stores import SESSION, done, image_bytes, order_of


@pytest.mark.parametrize(
    ("count", "columns"), [(1, 1), (2, 2), (3, 3), (4, 2), (5, 3), (6, 3), (8, 4), (12, 4), (24, 6), (36, 6), (72, 6)]
)
def test_a_sheet_has_the_shape_its_count_asks_for(mixed: SetRecord, shelf: Store, count: int, columns: int) -> None:
    """1 to 72 views are laid out in full rows as far as that goes; the size in pixels follows from the columns."""
    views = tuple(mixed.views[number % 4] for number in range(count))
    with Image.open(io.BytesIO(contact_sheet(replace(mixed, views=views), shelf.read_picture))) as sheet:
        width = 620 if columns <= 3 else 440
        assert sheet.format == "PNG"
        assert sheet.width == 112 + columns * (width + 24) - 24


def test_a_sheet_shows_each_picture_in_its_cell(shelf: Store) -> None:
    """The pixels in the middle of the cells are those of the pictures, in the order of the angles."""
    order = order_of()
    set_id = shelf.create_set(order, SESSION, owner="me")
    for angle, color in (("front", "#ff0000"), ("side", "#00ff00"), ("rear", "#0000ff")):
        shelf.save_view(set_id, done(order, angle, color=color, size=(300, 200)))
    with Image.open(io.BytesIO(contact_sheet(shelf.load_set(set_id), shelf.read_picture, "uk"))) as sheet:
        middles = [sheet.getpixel((56 + 310 + column * 644, 56 + 120 + 206)) for column in range(3)]
    assert middles == [(255, 0, 0), (0, 255, 0), (0, 0, 255)]


def test_a_sheet_says_in_both_languages_what_it_shows(shelf: Store, mixed: SetRecord) -> None:
    """The same set gives two different sheets of one size."""
    sheets = [contact_sheet(mixed, shelf.read_picture, lang) for lang in ("en", "uk")]
    opened = [Image.open(io.BytesIO(data)) for data in sheets]
    assert opened[0].size == opened[1].size
    assert sheets[0] != sheets[1]


@pytest.mark.parametrize(
    ("lang", "told"),
    [
        ("en", ("3 of 4 views", "seed 100", "seed 101 not used", "3D render", "Not drawn", "Drawn by several engines")),
        (
            "uk",
            ("3 з 4 видів", "зерно 100", "зерно 101 не враховано", "3D-рендер", "Не намальовано", "кількома рушіями"),
        ),
        ("de", ("3 of 4 views", "seed 100", "seed 101 not used", "3D render", "Not drawn", "Drawn by several engines")),
    ],
)
def test_a_sheet_is_lettered_in_its_language(
    mixed: SetRecord, shelf: Store, monkeypatch: pytest.MonkeyPatch, lang: str, told: tuple[str, ...]
) -> None:
    """What is drawn, whether seeds counted, what is missing; English for a language that there is not."""
    lettered: list[str] = []
    draw = ImageDraw.ImageDraw.text

    def recorded(self: ImageDraw.ImageDraw, xy: tuple[float, float], text: str, *args: Any, **more: Any) -> None:
        lettered.append(text)
        draw(self, xy, text, *args, **more)

    monkeypatch.setattr(ImageDraw.ImageDraw, "text", recorded)
    views = tuple(replace(view, seed_honoured=view.angle != "side") for view in mixed.views)
    contact_sheet(replace(mixed, views=views), shelf.read_picture, lang)
    assert not [part for part in told if not any(part in text for text in lettered)]
    assert sum(told[3] in text for text in lettered) == 2  # the engine of the third is no renderer
    whole = replace(mixed, views=views[:1])
    lettered.clear()
    contact_sheet(whole, shelf.read_picture, lang)
    assert not [part for part in told[2::2] if any(part in text for text in lettered)]
    assert not any(told[5] in text for text in lettered)


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


def test_a_lost_picture_stops_the_sheet_with_a_sentence(mixed: SetRecord) -> None:
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
