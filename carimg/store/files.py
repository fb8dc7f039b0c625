"""Picture files, each under the sha256 of its bytes, in place only when complete."""

from __future__ import annotations

import hashlib
import io
import os
import re
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from PIL import Image

from carimg.domain.view import Picture, Reference
from carimg.errors import StoreError
from carimg.images import SUFFIXES, PictureError, decoded, on_white

Kind = Literal["original", "page", "thumb", "mask", "photo"]

MAX_KEPT = 178_956_970
"""Bytes and pixels of a picture that is kept: an engine's own limits are lower; Pillow opens no larger ones."""
PAGE_EDGE = 1400
"""Longest edge of the picture a page shows, in pixels: Streamlit downscales and re-encodes what is wider than 1460."""
THUMB_EDGE = 320
PAGE_QUALITY, THUMB_QUALITY = 88, 80

_SUFFIXES: dict[Kind, tuple[str, ...]] = {
    "original": (".png", ".jpg", ".webp"),
    "page": (".jpg",),
    "thumb": (".jpg",),
    "mask": (".png",),
    "photo": (".jpg", ".png"),
}
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class KeptFile:
    """Bytes with their name; `data` stays at hand so that the file can be written again if a clean-up was quicker."""

    sha256: str
    kind: Kind
    suffix: str
    data: bytes


@dataclass(frozen=True, slots=True)
class KeptPicture:
    """The files of one picture; a mask is None where the engine gave none."""

    original: KeptFile
    page: KeptFile
    thumb: KeptFile
    car_mask: KeptFile | None
    paint_mask: KeptFile | None

    @property
    def files(self) -> tuple[KeptFile, ...]:
        every = (self.original, self.page, self.thumb, self.car_mask, self.paint_mask)
        return tuple(file for file in every if file is not None)

    @property
    def hashes(self) -> dict[str, Any]:
        """The fields of a view that name these files."""
        return {
            "sha256": self.original.sha256,
            "page_sha256": self.page.sha256,
            "thumb_sha256": self.thumb.sha256,
            "car_mask_sha256": self.car_mask.sha256 if self.car_mask else "",
            "paint_mask_sha256": self.paint_mask.sha256 if self.paint_mask else "",
        }


def prepare(picture: Picture) -> KeptPicture:
    """Everything that is kept of a picture: the original as it is, a JPEG for pages (longest edge at most 1400 px), a
    thumbnail (320 px), the masks. Raises StoreError when the bytes are no picture."""
    try:
        rgb = on_white(decoded(picture.data, max_bytes=MAX_KEPT, max_pixels=MAX_KEPT))
    except PictureError as exc:
        raise StoreError(f"The picture from {picture.engine} cannot be read, so it was not kept.") from exc
    if picture.mime not in SUFFIXES:
        raise StoreError(f"A picture of type '{picture.mime}' cannot be kept; PNG, JPEG and WebP can.")
    return KeptPicture(
        original=_named("original", picture.data, f".{SUFFIXES[picture.mime]}"),
        page=_named("page", _jpeg(rgb, PAGE_EDGE, PAGE_QUALITY), ".jpg"),
        thumb=_named("thumb", _jpeg(rgb, THUMB_EDGE, THUMB_QUALITY), ".jpg"),
        car_mask=_named("mask", picture.car_mask, ".png") if picture.car_mask else None,
        paint_mask=_named("mask", picture.paint_mask, ".png") if picture.paint_mask else None,
    )


def prepare_photos(references: Iterable[Reference]) -> tuple[KeptFile, ...]:
    """The reference photos of a view, in their order. They were checked and re-encoded when they were fetched."""
    return tuple(_named("photo", item.data, f".{SUFFIXES[item.mime]}") for item in references)


class PictureFiles:
    """The folder `pictures/<kind>/<first two digits>/<sha256>.<suffix>`; several servers may share it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def keep(self, files: Iterable[KeptFile]) -> None:
        """Write what is not there yet; on return the files are on the disk. Raises StoreError."""
        for file in files:
            path = self._path(file)
            if not path.exists():
                _write(path, file.data)

    def find(self, sha256: str, kind: Kind) -> Path | None:
        """Where a file is, by the hash of its own bytes; None when it is not there."""
        if not _SHA256.fullmatch(sha256):
            return None
        places = (self._place(sha256, kind, suffix) for suffix in _SUFFIXES[kind])
        return next((path for path in places if path.exists()), None)

    def every(self, sha256: str) -> list[Path]:
        """All files with this hash, of whatever kind."""
        found = (self.find(sha256, kind) for kind in _SUFFIXES)
        return [path for path in found if path is not None]

    def move_aside(self, path: Path) -> Path:
        """Hide a file under another name beside it; returns that. One that is gone already is no error."""
        hidden = path.with_name(f".{path.name}.{secrets.token_hex(6)}.aside")
        with disk_errors("Removing a picture"), suppress(FileNotFoundError):
            path.rename(hidden)
        return hidden

    def settle(self, path: Path, hidden: Path, *, keep: bool) -> None:
        """Bring a hidden file back, or remove it for good."""
        with disk_errors("Removing a picture"), suppress(FileNotFoundError):
            if keep:
                hidden.replace(path)
            else:
                hidden.unlink()

    def _path(self, file: KeptFile) -> Path:
        return self._place(file.sha256, file.kind, file.suffix)

    def _place(self, sha256: str, kind: Kind, suffix: str) -> Path:
        return self.folder / kind / sha256[:2] / f"{sha256}{suffix}"


@contextmanager
def disk_errors(doing: str) -> Iterator[None]:
    """The system's file errors as StoreError."""
    try:
        yield
    except OSError as exc:
        reason = exc.strerror or "input/output error"
        raise StoreError(f"{doing} failed: {reason}. Check CARIMG_DATA_DIR: free space and permissions.") from exc


def _write(path: Path, data: bytes) -> None:
    """Complete or not at all, also when the power goes: written aside, flushed to the disk, then renamed."""
    with disk_errors("Keeping a picture"):
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = path.with_name(f".{path.stem[:12]}.{secrets.token_hex(6)}.part")
        try:
            with aside.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            aside.replace(path)
        except BaseException:
            aside.unlink(missing_ok=True)
            raise
        _flush_folder(path.parent)


def _flush_folder(folder: Path) -> None:
    if os.name != "posix":  # only POSIX lets a folder be opened and flushed
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _named(kind: Kind, data: bytes, suffix: str) -> KeptFile:
    return KeptFile(hashlib.sha256(data).hexdigest(), kind, suffix, data)


def _jpeg(rgb: Image.Image, edge: int, quality: int) -> bytes:
    smaller = rgb.copy()
    smaller.thumbnail((edge, edge), Image.Resampling.LANCZOS, reducing_gap=3.0)
    out = io.BytesIO()
    smaller.save(out, "JPEG", quality=quality, optimize=True, progressive=True)
    return out.getvalue()
