"""Picture bytes that others sent, decoded: the one place that does it. What cannot be used is a PictureError."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import io
import json
import math
import struct
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from PIL import Image, ImageOps, ImageStat

from carimg.errors import BadPicture, CarimgError, CatalogError, Reason

FORMATS = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp"}
"""The formats that are opened, and no other: Pillow knows dozens, with a decoder to attack in each."""
SUFFIXES = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp"}
"""How files of a MIME type end."""
MAX_BYTES = 32 * 2**20
MAX_PIXELS = 40_000_000
"""More than any service draws (8.3 million); less than what makes a decoder run out of memory."""
MIN_EDGE = 64
"""Pixels: below are tracking dots and icons."""
MAX_ASPECT_DRIFT = 1.2
"""Delivered width:height against asked width:height; services round sizes by a few per cent."""
REFERENCE_EDGE = 1024
REFERENCE_QUALITY = 90

_PLACEHOLDERS = Path(__file__).with_name("placeholders.json")
_BROKEN = (OSError, ValueError, SyntaxError, EOFError, TypeError, IndexError, KeyError, OverflowError, MemoryError,
           RecursionError, NotImplementedError, struct.error)  # fmt: skip
"""What Pillow's decoders raise on bytes that are damaged or forged."""


class PictureError(CarimgError):
    """Bytes that are no usable picture. The message is a clause that goes on after 'sent' or 'is': 'a damaged picture:
    it breaks off or does not decode'; `reason` is one of the reasons for bad pictures."""

    def __init__(self, clause: str, reason: Reason) -> None:
        super().__init__(clause)
        self.reason = reason


def decoded(
    data: bytes, *, max_bytes: int = MAX_BYTES, max_pixels: int = MAX_PIXELS, min_edge: int = 1, draft_edge: int = 0
) -> Image.Image:
    """The picture in some bytes, every pixel decoded. `image.format` is 'PNG', 'JPEG' or 'WEBP'.

    With `draft_edge` a large JPEG may be decoded at an eighth to a half of its size, its edges at least `draft_edge`
    where they were. Raises PictureError.
    """
    if len(data) > max_bytes:
        raise PictureError(
            f"a picture of {len(data) / 2**20:.0f} MB; {max_bytes // 2**20} MB is the limit", Reason.TOO_BIG
        )
    image = header(data)
    width, height = image.size
    if width * height > max_pixels:
        raise PictureError(f"a picture of {width}x{height} pixels, too many to open safely", Reason.TOO_BIG)
    if min(width, height) < min_edge:
        raise PictureError(f"a picture of only {width}x{height} pixels", Reason.TOO_SMALL)
    try:
        with _large_is_our_business():
            if draft_edge:
                image.draft("RGB", (draft_edge, draft_edge))
            image.load()
    except (*_BROKEN, Image.DecompressionBombError) as exc:
        raise PictureError("a damaged picture: it breaks off or does not decode", Reason.DAMAGED) from exc
    return image


def header(data: bytes) -> Image.Image:
    """The picture with its header read and nothing decoded: format and size. Raises PictureError."""
    try:
        with _large_is_our_business():
            return Image.open(io.BytesIO(data), formats=tuple(FORMATS))
    except Image.DecompressionBombError as exc:
        raise PictureError("a picture with too many pixels to open safely", Reason.TOO_BIG) from exc
    except _BROKEN as exc:
        clause = f"{_kind(data)} where a PNG, JPEG or WebP picture was due"
        raise PictureError(clause, Reason.NOT_A_PICTURE) from exc


def on_white(image: Image.Image) -> Image.Image:
    """RGB, what is transparent on white."""
    if not image.has_transparency_data:
        return image.convert("RGB")
    rgba = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba).convert("RGB")


def mime_of(image: Image.Image) -> str:
    """The MIME type of what `decoded` or `header` returned. Pillow calls a JPEG with a second picture inside 'MPO'."""
    return FORMATS.get(str(image.format), "image/jpeg")


@dataclass(frozen=True, slots=True)
class CheckedPicture:
    """A picture that decodes: encoded bytes, MIME type, width and height in pixels, and where it was found ('' where
    that is no matter)."""

    data: bytes = field(repr=False)
    mime: str
    width: int
    height: int
    url: str = ""

    def facts(self, asked: tuple[int, int]) -> tuple[tuple[str, str], ...]:
        """What to keep when a service drew another size than the one ordered."""
        if (self.width, self.height) == asked:
            return ()
        return (("asked size", f"{asked[0]}x{asked[1]}"), ("delivered size", f"{self.width}x{self.height}"))


def check(
    data: bytes,
    title: str,
    sent: tuple[int, int],
    *,
    cost_usd: float = 0.0,
    placeholders: Mapping[str, str] | None = None,
) -> CheckedPicture:
    """A delivered picture: no known placeholder, within the limits, decodes, has the shape and more than one colour.

    `title` names the service in messages, `sent` is the (width, height) the service was asked for, `cost_usd` what the
    bytes cost even if they are no use. Blocking. Raises BadPicture.
    """
    try:
        return _check(data, sent, known_placeholders() if placeholders is None else placeholders)
    except PictureError as exc:
        raise BadPicture(f"{title} sent {exc}.", reason=exc.reason, spent_usd=cost_usd) from exc
    except _WrongShape as exc:
        asked = f"{sent[0]}x{sent[1]}"
        raise BadPicture(
            f"{title} was asked for {asked} pixels and sent {exc}: another shape altogether.",
            reason=Reason.WRONG_SHAPE,
            spent_usd=cost_usd,
        ) from exc


async def checked(data: bytes, title: str, sent: tuple[int, int], *, cost_usd: float = 0.0) -> CheckedPicture:
    """`check`, off the loop."""
    return await asyncio.to_thread(check, data, title, sent, cost_usd=cost_usd)


def reference_picture(data: bytes, url: str = "") -> CheckedPicture:
    """A found picture, encoded again so that no foreign byte is handed on: upright, edges at most 1024 px, no metadata,
    JPEG, or PNG where it has transparency. Blocking. Raises PictureError."""
    image = decoded(data, min_edge=MIN_EDGE, draft_edge=REFERENCE_EDGE)
    try:
        upright = ImageOps.exif_transpose(image)
        clear = upright.has_transparency_data
        plain = upright.convert("RGBA" if clear else "RGB")
        plain.thumbnail((REFERENCE_EDGE, REFERENCE_EDGE), Image.Resampling.LANCZOS)
    except _BROKEN as exc:
        raise PictureError("a damaged picture: it breaks off or does not decode", Reason.DAMAGED) from exc
    fresh = Image.new(plain.mode, plain.size)
    fresh.paste(plain)
    out = io.BytesIO()
    if clear:
        fresh.save(out, "PNG")
    else:
        fresh.save(out, "JPEG", quality=REFERENCE_QUALITY)
    return CheckedPicture(out.getvalue(), "image/png" if clear else "image/jpeg", *fresh.size, url)


def from_base64(text: object, title: str, *, cost_usd: float = 0.0) -> bytes:
    """Strictly decoded base64 (a leading 'data:…,' is cut off). Raises BadPicture."""
    try:
        if not isinstance(text, str) or not text:
            raise ValueError("no text")
        return base64.b64decode(text.partition(",")[2] if text.startswith("data:") else text, validate=True)
    except (ValueError, binascii.Error) as exc:
        raise BadPicture(
            f"{title} sent a picture that is not valid base64.", reason=Reason.NOT_A_PICTURE, spent_usd=cost_usd
        ) from exc


def is_preview(data: bytes) -> bool:
    """Whether bytes may be shown as a preview: a picture of a known kind and bounded size (only its header is read)."""
    try:
        width, height = header(data).size
    except PictureError:
        return False
    return len(data) <= MAX_BYTES and width * height <= MAX_PIXELS


@cache
def known_placeholders() -> Mapping[str, str]:
    """MD5 (hex) of pictures that services send instead of a drawing → what they are. Raises CatalogError when the list
    cannot be read."""
    try:
        return {str(entry["md5"]).lower(): entry["meaning"] for entry in json.loads(_PLACEHOLDERS.read_text("utf-8"))}
    except (OSError, ValueError, TypeError, KeyError) as exc:
        raise CatalogError(f"placeholders.json: cannot be read: {exc}") from exc


class _WrongShape(Exception):
    """Width and height of a picture that has another shape than was asked for."""


def _check(data: bytes, sent: tuple[int, int], placeholders: Mapping[str, str]) -> CheckedPicture:
    what = placeholders.get(hashlib.md5(data, usedforsecurity=False).hexdigest())
    if what:
        raise PictureError(f"a placeholder instead of a picture ({what})", Reason.PLACEHOLDER)
    image = decoded(data, min_edge=MIN_EDGE)
    width, height = image.size
    if abs(math.log(width / height / (sent[0] / sent[1]))) > math.log(MAX_ASPECT_DRIFT):
        raise _WrongShape(f"{width}x{height}")
    spread = ImageStat.Stat(image.convert("RGB").reduce(8)).extrema
    if all(high - low < 4 for low, high in spread):
        raise PictureError("a picture of one single colour", Reason.BLANK)
    return CheckedPicture(data, mime_of(image), width, height)


def _large_is_our_business() -> warnings.catch_warnings[None]:
    """Pillow warns of large pictures; here they are refused by a limit of our own."""
    return warnings.catch_warnings(action="ignore", category=Image.DecompressionBombWarning)


def _kind(data: bytes) -> str:
    start = data[:256].lstrip().lower()
    if not start:
        return "nothing"
    if start.startswith((b"<!doctype", b"<html")):
        return "a web page"
    if start.startswith((b"{", b"[")):
        return "JSON"
    return "other data"
