"""Pictures that loopback services send: good ones, and every kind of bad one."""

from __future__ import annotations

import hashlib
import io
import struct
import zlib
from functools import lru_cache

from PIL import Image

PLACEHOLDER_SIZE = (512, 512)


@lru_cache(maxsize=256)
def picture(size: tuple[int, int], key: str, mime: str = "PNG") -> bytes:
    """A two-colour picture of (width, height) whose pixels follow from `key`."""
    digest = hashlib.sha256(key.encode()).digest()
    small = Image.new("RGB", (4, 3))
    small.putdata([tuple(digest[(3 * i + c) % 32] for c in range(3)) for i in range(12)])
    buffer = io.BytesIO()
    image = small.resize(size, Image.Resampling.BOX)
    image.save(buffer, mime, **({"compress_level": 1} if mime == "PNG" else {}))
    return buffer.getvalue()


def tiny() -> bytes:
    """1×1 pixel."""
    return picture((1, 1), "tiny")


def plain(size: tuple[int, int]) -> bytes:
    """One single colour."""
    buffer = io.BytesIO()
    Image.new("RGB", size, (0, 0, 0)).save(buffer, "PNG")
    return buffer.getvalue()


def truncated(size: tuple[int, int]) -> bytes:
    """The first two thirds of a good picture."""
    data = picture(size, "truncated")
    return data[: len(data) * 2 // 3]


def bomb(edge: int = 60_000) -> bytes:
    """A few kilobytes that claim to be edge × edge pixels."""
    header = struct.pack(">IIBBBBB", edge, edge, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", header)
        + _chunk(b"IDAT", zlib.compress(b"\0" * 9999))
        + _chunk(b"IEND", b"")
    )


def placeholder() -> bytes:
    """The picture a service sends when it will not draw."""
    return picture(PLACEHOLDER_SIZE, "rate limit placeholder", "JPEG")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
