"""The way back: from a picture, a manifest or an archive that carimg made to the order that repeats it."""

from __future__ import annotations

import io
import json
import struct
import zipfile
import zlib
from typing import Any

from carimg.domain.order import Order
from carimg.errors import InputError
from carimg.export.containers import PRIVATE_TAG
from carimg.images import PictureError, header

MAX_FILE = 256 * 1024 * 1024
MAX_JSON = 4 * 1024 * 1024
_EXIF = 0x8769
_BROKEN = (OSError, ValueError, SyntaxError, KeyError, IndexError, TypeError, OverflowError, EOFError, MemoryError,
           RecursionError, NotImplementedError, struct.error, zlib.error, zipfile.BadZipFile,
           PictureError)  # fmt: skip
"""What Pillow, json and zipfile raise on files that somebody broke or forged."""


def recall(data: bytes) -> dict[str, Any]:
    """The order inside a file: a PNG, JPEG or WebP with parameters, a manifest.json, or a set's ZIP.

    It is checked like every kept order, so `Order.parse` takes it; its session id and seeds repeat the set. No pixel is
    decoded, and not more than 4 MB of text. Raises InputError in one sentence.
    """
    if len(data) > MAX_FILE:
        raise InputError("file", f"The file is larger than {MAX_FILE // 2**20} MB; carimg makes none of that size.")
    try:
        text = _text_in(data)
        facts = None if text is None else json.loads(text)
    except _BROKEN as exc:
        raise InputError("file", "The file is damaged: what it says about itself cannot be read.") from exc
    if not isinstance(facts, dict) or not isinstance(facts.get("order"), dict):
        raise InputError("file", "There is no carimg order in this file; choose a picture, ZIP or manifest from here.")
    try:
        return Order.kept(facts["order"]).to_json()
    except RecursionError as exc:
        raise InputError("file", "The file is damaged: what it says about itself cannot be read.") from exc


def _text_in(data: bytes) -> str | None:
    """The JSON text in a file; None when it has none."""
    if data.startswith(b"PK"):
        return _from_zip(data)
    if data.startswith((b"\x89PNG", b"\xff\xd8", b"RIFF")):
        return _from_picture(data)
    if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") and len(data) <= MAX_JSON:
        return data.decode("utf-8-sig")
    return None


def _from_zip(data: bytes) -> str | None:
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        if "manifest.json" not in packed.namelist():
            return None
        with packed.open("manifest.json") as member:
            return _bounded(member.read(MAX_JSON + 1)).decode("utf-8-sig")


def _from_picture(data: bytes) -> str | None:
    with header(data) as picture:
        text = picture.info.get("carimg") if picture.format == "PNG" else None
        if isinstance(text, str):
            return _bounded(text.encode()).decode()
        packed = picture.getexif().get_ifd(_EXIF).get(PRIVATE_TAG)
    if not isinstance(packed, bytes):
        return None
    return _bounded(zlib.decompressobj().decompress(packed, MAX_JSON + 1)).decode()


def _bounded(data: bytes) -> bytes:
    if len(data) > MAX_JSON:
        raise ValueError("too much text")
    return data
