"""Is what a service delivered a picture? Foreign bytes become a checked picture here, or a BadPicture that says why."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import io
import json
import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from PIL import Image, ImageStat, UnidentifiedImageError

from carimg.errors import BadPicture

MAX_BYTES = 32 * 2**20
MAX_PIXELS = 40_000_000
"""More than any service draws (8.3 million); less than what makes a decoder run out of memory."""
MIN_EDGE = 64
MAX_ASPECT_DRIFT = 1.2
"""Delivered width:height against asked width:height; services round sizes by a few per cent."""

_FORMATS = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp"}
_PLACEHOLDERS = Path(__file__).parent.parent / "data" / "placeholders.json"


@dataclass(frozen=True, slots=True)
class Checked:
    """A picture that decodes: encoded bytes, MIME type, width and height in pixels."""

    data: bytes = field(repr=False)
    mime: str
    width: int
    height: int

    def facts(self, asked: tuple[int, int]) -> tuple[tuple[str, str], ...]:
        """What to keep when the service drew another size than the one ordered."""
        if (self.width, self.height) == asked:
            return ()
        return (("asked size", f"{asked[0]}x{asked[1]}"), ("delivered size", f"{self.width}x{self.height}"))


@cache
def known_placeholders() -> Mapping[str, str]:
    """MD5 (hex) of pictures that services send instead of a drawing → what they are."""
    return {entry["md5"]: entry["meaning"] for entry in json.loads(_PLACEHOLDERS.read_text("utf-8"))}


async def checked(
    data: bytes,
    title: str,
    sent: tuple[int, int],
    *,
    cost_usd: float = 0.0,
    placeholders: Mapping[str, str] | None = None,
) -> Checked:
    """`check`, off the loop."""
    return await asyncio.to_thread(check, data, title, sent, cost_usd=cost_usd, placeholders=placeholders)


def check(
    data: bytes,
    title: str,
    sent: tuple[int, int],
    *,
    cost_usd: float = 0.0,
    placeholders: Mapping[str, str] | None = None,
) -> Checked:
    """Check delivered bytes: magic bytes, known placeholder, pixel limit, a full decode, shape, more than one colour.

    `title` names the service in messages, `sent` is the (width, height) the service was asked for, `cost_usd` what the
    bytes cost even if they are no use. Raises BadPicture.
    """
    try:
        return _check(data, title, sent, known_placeholders() if placeholders is None else placeholders)
    except BadPicture as exc:
        exc.spent_usd = cost_usd
        raise


def _check(data: bytes, title: str, sent: tuple[int, int], placeholders: Mapping[str, str]) -> Checked:
    what = placeholders.get(hashlib.md5(data, usedforsecurity=False).hexdigest())
    if what:
        raise BadPicture(f"{title} sent a placeholder instead of a picture ({what}).", reason="placeholder")
    if len(data) > MAX_BYTES:
        raise BadPicture(f"{title} sent a picture of {len(data) / 2**20:.0f} MB; 32 MB is the limit.", reason="too-big")
    image = _open(data, title)
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise BadPicture(
            f"{title} sent a picture of {width}x{height} pixels, too many to open safely.", reason="too-big"
        )
    if min(width, height) < MIN_EDGE:
        raise BadPicture(f"{title} sent a picture of only {width}x{height} pixels.", reason="too-small")
    asked = sent[0] / sent[1]
    if abs(math.log(width / height / asked)) > math.log(MAX_ASPECT_DRIFT):
        raise BadPicture(
            f"{title} was asked for {sent[0]}x{sent[1]} pixels and sent {width}x{height}: another shape altogether.",
            reason="wrong-shape",
        )
    _decode(image, title)
    return Checked(data, _FORMATS[str(image.format)], width, height)


def _open(data: bytes, title: str) -> Image.Image:
    """The header only; Pillow's own bomb warning is raised as the limit it is."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            return Image.open(io.BytesIO(data), formats=tuple(_FORMATS))
    except Image.DecompressionBombError as exc:
        raise BadPicture(f"{title} sent a picture with too many pixels to open safely.", reason="too-big") from exc
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as exc:
        raise BadPicture(
            f"{title} sent {_kind(data)} where a PNG, JPEG or WebP picture was due.", reason="not-a-picture"
        ) from exc


def _decode(image: Image.Image, title: str) -> None:
    """Decode every pixel, so that a damaged file is found now and not on the page."""
    try:
        image.load()
    except (OSError, ValueError, SyntaxError, EOFError) as exc:
        raise BadPicture(
            f"{title} sent a damaged picture: it breaks off or does not decode.", reason="damaged"
        ) from exc
    spread = ImageStat.Stat(image.convert("RGB").reduce(8)).extrema
    if all(high - low < 4 for low, high in spread):
        raise BadPicture(f"{title} sent a picture of one single colour.", reason="blank")


def _kind(data: bytes) -> str:
    start = data[:256].lstrip().lower()
    if not start:
        return "nothing"
    if start.startswith((b"<!doctype", b"<html")):
        return "a web page"
    if start.startswith((b"{", b"[")):
        return "JSON"
    return "other data"


def from_base64(text: object, title: str, *, cost_usd: float = 0.0) -> bytes:
    """Strictly decoded base64 (a leading 'data:…,' is cut off). Raises BadPicture."""
    try:
        if not isinstance(text, str) or not text:
            raise ValueError("no text")
        return base64.b64decode(text.partition(",")[2] if text.startswith("data:") else text, validate=True)
    except (ValueError, binascii.Error) as exc:
        raise BadPicture(
            f"{title} sent a picture that is not valid base64.", reason="not-a-picture", spent_usd=cost_usd
        ) from exc


def is_preview(data: bytes) -> bool:
    """Whether bytes may be shown as a preview: a picture of a known kind and bounded size (only its header is read)."""
    try:
        width, height = _open(data, "").size
    except BadPicture:
        return False
    return len(data) <= MAX_BYTES and width * height <= MAX_PIXELS
