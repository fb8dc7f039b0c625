"""Contact sheets: many pictures as one, with a header, aligned cells and labels."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from PIL import Image, ImageDraw, ImageOps

from carimg.domain.catalog import catalog
from carimg.domain.set_record import SetRecord
from carimg.domain.view import View
from carimg.errors import InputError, StoreError
from carimg.export.lettering import cut, font, wrap
from carimg.images import PictureError, decoded, on_white
from carimg.texts import LANGUAGES, Texts, texts

PAPER, CARD, INK, SOFT, FAINT, WARN = "#f3f4f6", "#ffffff", "#16181d", "#5f6672", "#e3e6ea", "#9a5b00"
MARGIN, GAP, RADIUS = 56, 24, 14
MAX_CELLS = 144


@dataclass(frozen=True, slots=True)
class Cell:
    """A picture (None: there is none, `second` says why) with two lines of text, the first in two parts."""

    picture: Image.Image | None
    first: str
    right: str = ""
    second: str = ""


def contact_sheet(record: SetRecord, read: Callable[[str], bytes], lang: str = "en") -> bytes:
    """All views of a set on one sheet, a PNG: the car, its id and date on top; each picture with angle, seed, engine.

    `read` gives the bytes of a picture by its hash (`Store.read_picture`). `lang` is 'en' or 'uk'. Raises StoreError.
    """
    t = texts(lang if lang in LANGUAGES else "en")
    columns = _columns(len(record.views))
    width = 620 if columns <= 3 else 440
    cells = [_view_cell(t, view, read) for view in record.views]
    pictures = [cell.picture for cell in cells if cell.picture is not None]
    ratio = max((picture.height / picture.width for picture in pictures), default=2 / 3)
    card = (width, round(width * min(ratio, 1.5)))
    rows = -(-len(cells) // columns)
    notice = t("sheet.mixed") if record.mixed else ""
    top = MARGIN + 120 + (34 if notice else 0)
    size = (2 * MARGIN + columns * (width + GAP) - GAP, top + rows * (card[1] + 86 + GAP) - GAP + MARGIN)
    sheet = Image.new("RGB", size, PAPER)
    draw = ImageDraw.Draw(sheet)
    _header(t, draw, record, size[0], notice)
    for index, cell in enumerate(cells):
        x = MARGIN + (index % columns) * (width + GAP)
        y = top + (index // columns) * (card[1] + 86 + GAP)
        _card(sheet, draw, cell, (x, y), card, t("sheet.failed"))
    return _png(sheet)


def grid_sheet(
    rows: Sequence[str],
    columns: Sequence[str],
    cells: Sequence[Sequence[bytes | None]],
    *,
    title: str = "",
    captions: Sequence[Sequence[str]] | None = None,
) -> bytes:
    """A grid with named rows and columns, a PNG. `cells[row][column]` is an encoded picture or None; `captions` has the
    same shape, the lines below each picture. Raises InputError for a wrong shape or more than 144 cells, StoreError."""
    if len(cells) != len(rows) or any(len(line) != len(columns) for line in cells):
        raise InputError("cells", "A grid needs one line of cells a row and one cell a column.")
    if not 1 <= len(rows) * len(columns) <= MAX_CELLS:
        raise InputError("cells", f"A grid has 1 to {MAX_CELLS} cells.")
    width = 460 if len(columns) <= 4 else 320
    pictures = [[_open(data, width) if data else None for data in line] for line in cells]
    known = [picture for line in pictures for picture in line if picture is not None]
    height = round(width * min(1.5, max((p.height / p.width for p in known), default=2 / 3)))
    aside, strip = 250, 92
    below = 8 + 30 * max((text.count("\n") + 1 for line in captions for text in line), default=0) if captions else 0
    top = MARGIN + (66 if title else 0)
    sheet_size = (
        2 * MARGIN + aside + len(columns) * (width + GAP),
        top + strip + len(rows) * (14 + height + below + GAP) - GAP + MARGIN,
    )
    sheet = Image.new("RGB", sheet_size, PAPER)
    draw = ImageDraw.Draw(sheet)
    if title:
        face = font(38, "Semibold")
        draw.text((MARGIN, MARGIN), cut(title, face, sheet_size[0] - 2 * MARGIN), INK, face, anchor="lt")
    for number, name in enumerate(columns):
        x = MARGIN + aside + GAP + number * (width + GAP)
        _lines(draw, wrap(name, font(24, "Semibold"), width, 2), (x, top + strip - 12), 24, upwards=True)
    for number, name in enumerate(rows):
        y = top + strip + number * (14 + height + below + GAP)
        draw.line((MARGIN, y, sheet_size[0] - MARGIN, y), FAINT, 2)
        _lines(draw, wrap(name, font(24, "Semibold"), aside, max(1, height // 32)), (MARGIN, y + 14), 24)
        for column, picture in enumerate(pictures[number]):
            place = (MARGIN + aside + GAP + column * (width + GAP), y + 14)
            _place(sheet, picture, place, (width, height), "—")
            if captions:
                face = font(20)
                for step, text in enumerate(captions[number][column].split("\n")):
                    at = (place[0], place[1] + height + 8 + 30 * step)
                    draw.text(at, cut(text, face, width), SOFT, face, anchor="lt")
    return _png(sheet)


def _columns(count: int) -> int:
    """Columns that leave the fewest empty places in a sheet that is wider than high."""
    if count <= 3:
        return max(1, count)
    wide = range(3, 5) if count <= 12 else range(4, 7)
    return 2 if count == 4 else min(wide, key=lambda columns: (-count % columns, -columns))


def _view_cell(t: Texts, view: View, read: Callable[[str], bytes]) -> Cell:
    angle = catalog().angle(view.angle)
    title = view.angle if angle is None else t.name(angle)
    if not view.drawn:
        return Cell(None, title, second=view.error)
    seed = t("sheet.seed" if view.seed_honoured else "sheet.seed_free", seed=view.seed)
    model = view.model if view.model != view.engine else ""
    parts = [view.engine, model, t("sheet.simulated") if view.simulated else ""]
    return Cell(_open(read(view.sha256), 620), title, seed, " · ".join(part for part in parts if part))


def _header(t: Texts, draw: ImageDraw.ImageDraw, record: SetRecord, width: int, notice: str) -> None:
    car, y = record.car, MARGIN
    draw.rounded_rectangle((MARGIN, y + 4, MARGIN + 12, y + 84), 6, catalog().color(car.color).hex)
    x = MARGIN + 36
    face = font(46, "Semibold")
    identity = font(30, "Semibold")
    right = width - MARGIN
    draw.text((right, y + 40), record.display_id, SOFT, identity, anchor="rs")
    room = right - x - identity.getlength(record.display_id) - 40
    draw.text((x, y + 40), cut(car.title, face, room), INK, face, anchor="ls")
    body = catalog().body(car.body_type)
    body_name = car.body_type if body is None else t.name(body).lower()
    count = t("sheet.views", done=len(record.drawn), n=len(record.views))
    when = datetime.fromtimestamp(record.created_at, UTC).strftime("%Y-%m-%d %H:%M UTC")
    facts = " · ".join((car.color, body_name, count, when))
    draw.text((x, y + 80), cut(facts, font(26), right - x), SOFT, font(26), anchor="ls")
    if notice:
        draw.text((x, y + 118), cut(notice, font(24), right - x), WARN, font(24, "Semibold"), anchor="ls")


def _card(
    sheet: Image.Image, draw: ImageDraw.ImageDraw, cell: Cell, at: tuple[int, int], size: tuple[int, int], failed: str
) -> None:
    (x, y), (width, height) = at, size
    draw.rounded_rectangle((x, y, x + width - 1, y + height + 86), RADIUS, CARD)
    _place(sheet, cell.picture, at, size, failed, rounded=(True, True, False, False))
    pad, right, bold, plain = 20, x + width - 20, font(26, "Semibold"), font(22)
    draw.text((right, y + height + 36), cell.right, SOFT, plain, anchor="rs")
    room = width - 2 * pad - plain.getlength(cell.right) - 16
    draw.text((x + pad, y + height + 36), cut(cell.first, bold, room), INK, bold, anchor="ls")
    draw.text((x + pad, y + height + 68), cut(cell.second, plain, width - 2 * pad), SOFT, plain, anchor="ls")


def _place(
    sheet: Image.Image,
    picture: Image.Image | None,
    at: tuple[int, int],
    size: tuple[int, int],
    missing: str,
    rounded: tuple[bool, bool, bool, bool] = (True, True, True, True),
) -> None:
    """A picture, whole and in the middle of its box; without one, a word. `rounded` names the corners of the box, from
    the upper left one clockwise."""
    box = Image.new("RGB", size, FAINT)
    if picture is None:
        ImageDraw.Draw(box).text((size[0] / 2, size[1] / 2), missing, SOFT, font(26), anchor="mm")
    else:
        fitted = ImageOps.contain(picture, size, Image.Resampling.LANCZOS)
        box.paste(fitted, ((size[0] - fitted.width) // 2, (size[1] - fitted.height) // 2))
    twice = (size[0] * 2, size[1] * 2)
    mask = Image.new("L", twice, 0)
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, twice[0] - 1, twice[1] - 1), RADIUS * 2, 255, corners=rounded)
    sheet.paste(box, at, mask.resize(size, Image.Resampling.BOX))


def _lines(
    draw: ImageDraw.ImageDraw, lines: list[str], at: tuple[int, int], size: int, *, upwards: bool = False
) -> None:
    """Lines of text below a point, or above it."""
    x, y = at
    step = round(size * 1.3)
    first = y - step * len(lines) if upwards else y
    for number, line in enumerate(lines):
        draw.text((x, first + number * step), line, INK, font(size, "Semibold"), anchor="la")


def _open(data: bytes, width: int) -> Image.Image:
    """An encoded picture as RGB, not much larger than it will be shown."""
    try:
        picture = on_white(decoded(data, draft_edge=width * 2))
    except PictureError as exc:
        raise StoreError("A picture of this sheet cannot be read.") from exc
    picture.thumbnail((width * 2, width * 2), Image.Resampling.LANCZOS, reducing_gap=2.0)
    return picture


def _png(sheet: Image.Image) -> bytes:
    out = io.BytesIO()
    sheet.save(out, "PNG", compress_level=6)
    return out.getvalue()
