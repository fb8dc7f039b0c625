"""Metadata in picture files, put in beside the pixels without encoding them again.

PNG: text chunks (W3C PNG, 11.3.3). JPEG: one APP1 segment with EXIF. WebP: one EXIF chunk (RFC 9649). EXIF itself is a
little TIFF with a UserComment (0x9286) and a private tag.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

from carimg.errors import InputError

PRIVATE_TAG = 0xE1CA
"""EXIF tag of carimg's own JSON, zlib-compressed: in the range that TIFF leaves to everybody, used by no known tool."""
MAX_SEGMENT = 65_533
_PNG = b"\x89PNG\r\n\x1a\n"
_USER_COMMENT = 0x9286
_EXIF_POINTER = 0x8769
_UNDEFINED, _LONG = 7, 4


def png_with_texts(png: bytes, texts: dict[str, str]) -> bytes:
    """The PNG with these text chunks, in place of those of the same names: Latin-1 as tEXt, which every tool reads,
    other text as iTXt."""
    chunks = [chunk for chunk in _png_chunks(png) if _text_key(chunk) not in texts]
    added = [_text_chunk(key, value) for key, value in texts.items()]
    return _PNG + b"".join([chunks[0], *added, *chunks[1:]])


def jpeg_with_exif(jpeg: bytes, exif: bytes) -> bytes:
    """The JPEG with this EXIF, in place of any other. Raises InputError when it does not fit (64 KB)."""
    payload = b"Exif\0\0" + exif
    if len(payload) > MAX_SEGMENT:
        raise InputError("format", "The prompt is too long to be kept inside a JPEG; download PNG or WebP.")
    start, kept = 2, []
    while jpeg[start : start + 1] == b"\xff" and jpeg[start + 1] != 0xDA:
        length = 2 + int.from_bytes(jpeg[start + 2 : start + 4], "big")
        segment = jpeg[start : start + length]
        if not (segment[1] == 0xE1 and segment[4:10] == b"Exif\0\0"):
            kept.append(segment)
        start += length
    jfif = 1 if kept and kept[0][1] == 0xE0 else 0
    app1 = b"\xff\xe1" + struct.pack(">H", len(payload) + 2) + payload
    return b"".join([jpeg[:2], *kept[:jfif], app1, *kept[jfif:], jpeg[start:]])


def webp_with_exif(webp: bytes, exif: bytes, size: tuple[int, int]) -> bytes:
    """The WebP with this EXIF, in place of any other; `size` is (width, height)."""
    chunks = [(name, body) for name, body in _riff_chunks(webp) if name != b"EXIF"]
    if chunks[0][0] == b"VP8X":
        head = chunks.pop(0)[1]
        flags = head[0] | 0x08
    else:
        name, body = chunks[0]
        flags = 0x08 | (0x10 if name == b"VP8L" and body[4] & 0x10 else 0)
        head = bytes(4) + (size[0] - 1).to_bytes(3, "little") + (size[1] - 1).to_bytes(3, "little")
    listed = [(b"VP8X", bytes([flags]) + head[1:]), *chunks, (b"EXIF", exif)]
    packed = b"".join(name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2) for name, body in listed)
    return b"RIFF" + struct.pack("<I", len(packed) + 4) + b"WEBP" + packed


def exif_block(comment: str, private: bytes) -> bytes:
    """A big-endian TIFF with one EXIF directory: UserComment in UTF-16, like AUTOMATIC1111's, and the private tag."""
    user_comment = b"UNICODE\0" + comment.encode("utf-16-be", "replace")
    entries = ((_USER_COMMENT, user_comment), (PRIVATE_TAG, private))
    exif_at = 8 + 2 + 12 + 4
    data_at = exif_at + 2 + 12 * len(entries) + 4
    table, data = b"", b""
    for tag, value in entries:
        table += struct.pack(">HHII", tag, _UNDEFINED, len(value), data_at + len(data))
        data += value + b"\0" * (len(value) % 2)
    first = struct.pack(">2sHIH", b"MM", 42, 8, 1) + struct.pack(">HHII", _EXIF_POINTER, _LONG, 1, exif_at) + bytes(4)
    return first + struct.pack(">H", len(entries)) + table + bytes(4) + data


def _png_chunks(png: bytes) -> Iterator[bytes]:
    at = len(_PNG)
    while at + 12 <= len(png):
        end = at + 12 + int.from_bytes(png[at : at + 4], "big")
        yield png[at:end]
        at = end


def _text_key(chunk: bytes) -> str:
    if chunk[4:8] not in (b"tEXt", b"iTXt", b"zTXt"):
        return ""
    return chunk[8:-4].partition(b"\0")[0].decode("latin-1")


def _text_chunk(key: str, value: str) -> bytes:
    try:
        kind, body = b"tEXt", key.encode("latin-1") + b"\0" + value.encode("latin-1")
    except UnicodeEncodeError:
        kind, body = b"iTXt", key.encode("latin-1") + b"\0\0\0\0\0" + value.encode()
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _riff_chunks(webp: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 12
    while at + 8 <= len(webp):
        length = int.from_bytes(webp[at + 4 : at + 8], "little")
        yield webp[at : at + 4], webp[at + 8 : at + 8 + length]
        at += 8 + length + length % 2
