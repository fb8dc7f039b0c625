"""Is this a picture of its own at all: placeholders, copies, mirrored copies.

Copies are found by a perceptual hash (pHash: the signs of a small picture's low cosine frequencies) and confirmed on a
thumbnail, since the front and the rear of one car hash alike.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import md5

import cv2
import numpy as np

from carimg.consistency.picture import Bytes, Frame
from carimg.images import known_placeholders

_THUMB = 48
_FLAT_SPREAD = 6.0  # grey levels: a picture that varies less shows nothing
_CARD_GROUND = 0.6  # of the frame in one colour
_CARD_LEVELS = 6  # grey levels that count as that colour
_CARD_SOLID = 0.02  # of the frame: a car is a solid blob, writing is not
_CARD_STROKE = 0.035  # of the shorter edge: what is thinner is writing


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """`phash` (and that of the mirrored picture) as 63-bit numbers; `thumb` (48, 48, 3) uint8."""

    md5: str
    phash: int
    phash_mirrored: int
    thumb: Bytes = field(repr=False)


def fingerprint(data: bytes, frame: Frame) -> Fingerprint:
    grey = cv2.cvtColor(frame.rgb, cv2.COLOR_RGB2GRAY).astype(np.uint8)
    flipped = np.ascontiguousarray(grey[:, ::-1])
    thumb = cv2.resize(frame.rgb, (_THUMB, _THUMB), interpolation=cv2.INTER_AREA).astype(np.uint8)
    return Fingerprint(md5(data, usedforsecurity=False).hexdigest(), phash(grey), phash(flipped), thumb)


def phash(grey: Bytes) -> int:
    """63 bits of (h, w) uint8: which of the 8 × 8 lowest cosine frequencies but the mean exceed their median."""
    small = cv2.resize(grey, (32, 32), interpolation=cv2.INTER_AREA).astype(np.float32)
    low = cv2.dct(small)[:8, :8].ravel()[1:]
    return _bits(low > np.median(low))


def is_copy(one: Fingerprint, other: Fingerprint, bits: int, levels: float, mirrored: bool = False) -> bool:
    """Whether `one` is `other` (or `other` mirrored left to right): pHash at most `bits` apart and thumbnails at most
    `levels` on average."""
    hashed = other.phash_mirrored if mirrored else other.phash
    if (one.phash ^ hashed).bit_count() > bits:
        return False
    return thumb_gap(one, other, mirrored) <= levels


def thumb_gap(one: Fingerprint, other: Fingerprint, mirrored: bool = False) -> float:
    """Mean level difference 0 … 255 of the thumbnails at the best shift of up to two of their pixels, overall
    brightness taken out: a copy that was cropped, re-encoded or brightened a little stays near 0."""
    a = one.thumb.astype(np.float32)
    b = (other.thumb[:, ::-1] if mirrored else other.thumb).astype(np.float32)
    inner = a[2:-2, 2:-2]
    gaps = []
    for y in range(5):
        for x in range(5):
            change = inner - b[y : y + inner.shape[0], x : x + inner.shape[1]]
            gaps.append(float(np.abs(change - change.mean()).mean()))
    return min(gaps)


def placeholder(print_: Fingerprint, frame: Frame) -> str | None:
    """Why this is no picture of anything: 'known', 'uniform' or 'card' (a plain ground with writing); None if it is."""
    if print_.md5 in known_placeholders():
        return "known"
    grey = cv2.cvtColor(frame.rgb, cv2.COLOR_RGB2GRAY)
    if float(grey.std()) < _FLAT_SPREAD:
        return "uniform"
    return "card" if _is_card(frame.rgb) else None


def _is_card(rgb: Bytes) -> bool:
    """One flat colour with only thin marks on it."""
    pixels = rgb.reshape(-1, 3)
    codes = (pixels.astype(np.int32) // 8) @ np.array([1, 32, 1024])
    ground = pixels[codes == np.bincount(codes).argmax()].mean(axis=0)
    marks = np.abs(rgb.astype(np.float32) - ground).max(axis=-1) > _CARD_LEVELS
    if marks.mean() > 1 - _CARD_GROUND:
        return False
    stroke = max(3, round(_CARD_STROKE * min(rgb.shape[:2])))
    solid = cv2.morphologyEx(marks.astype(np.uint8), cv2.MORPH_OPEN, np.ones((stroke, stroke), np.uint8))
    return float(solid.mean()) < _CARD_SOLID


def _bits(flags: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> int:
    return int.from_bytes(np.packbits(flags).tobytes(), "big")
