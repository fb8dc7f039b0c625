"""Bytes → a small picture that can be measured; nothing here raises for bytes that are no picture."""

from __future__ import annotations

import io
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from carimg.images import PictureError, decoded

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]

WORK_EDGE = 320
"""Pixels: the longer edge at which masks, paint and silhouettes are measured."""
DETAIL_EDGE = 512
"""Pixels: the longer edge at which local features are looked for."""
MAX_BYTES = 64 * 1024 * 1024
MAX_PIXELS = 64_000_000
MIN_EDGE = 64

_NEUTRAL = 198  # sRGB grey put behind transparent pixels
_ALPHA_SHARE = 0.03  # of the frame that must be clear, and must be solid, for alpha to be a mask


@dataclass(frozen=True, slots=True)
class Frame:
    """A decoded picture: `rgb` (h, w, 3) uint8 sRGB, longer edge at most WORK_EDGE; `lab` (h, w, 3) float32 CIE Lab
    (D65); `detail` (H, W) uint8 grey, longer edge at most DETAIL_EDGE; `alpha` (h, w) bool, where the file itself cuts
    something out."""

    width: int
    height: int
    rgb: Bytes = field(repr=False)
    lab: Floats = field(repr=False)
    detail: Bytes = field(repr=False)
    alpha: Bools | None = field(default=None, repr=False)


def decode(data: bytes) -> Frame | None:
    """The picture in `data` (PNG, JPEG or WebP), or None when there is none: broken, too small or too large."""
    image = _open(data, "RGBA")
    if image is None:
        return None
    rgba = np.asarray(image)
    alpha = rgba[..., 3:].astype(np.float32) / 255
    full = (rgba[..., :3] * alpha + _NEUTRAL * (1 - alpha) + 0.5).astype(np.uint8)
    rgb = shrink(full, WORK_EDGE)
    return Frame(
        width=image.width,
        height=image.height,
        rgb=rgb,
        lab=to_lab(rgb),
        detail=shrink(cv2.cvtColor(full, cv2.COLOR_RGB2GRAY).astype(np.uint8), DETAIL_EDGE),
        alpha=_solid(rgba[..., 3]),
    )


def decode_mask(data: bytes, size: tuple[int, int]) -> Bools | None:
    """An 8-bit mask picture as (h, w) bool at `size` (width, height) pixels, or None when it cannot be read."""
    image = _open(data, "L", least=1)
    if image is None:
        return None
    return cv2.resize(np.asarray(image), size, interpolation=cv2.INTER_AREA) >= 128


def encode_mask(mask: Bools) -> bytes:
    """(h, w) bool → 8-bit PNG, 255 where True."""
    out = io.BytesIO()
    Image.fromarray(mask.astype(np.uint8) * 255).save(out, "PNG")
    return out.getvalue()


def shrink(pixels: Bytes, edge: int) -> Bytes:
    """`pixels` with its longer edge at most `edge`, averaged over areas; smaller ones stay as they are."""
    height, width = pixels.shape[:2]
    scale = edge / max(height, width)
    if scale >= 1:
        return np.ascontiguousarray(pixels)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA).astype(np.uint8)


def to_lab(rgb: Bytes) -> Floats:
    """(…, 3) uint8 sRGB → float32 CIE Lab, D65: L 0 … 100."""
    flat = np.ascontiguousarray(rgb.reshape(1, -1, 3), dtype=np.float32) / 255
    return cv2.cvtColor(flat, cv2.COLOR_RGB2Lab).reshape(rgb.shape).astype(np.float32)


def to_hex(lab: NDArray[np.floating]) -> str:
    """(3,) CIE Lab → '#rrggbb', clipped into sRGB."""
    rgb = cv2.cvtColor(np.asarray(lab, dtype=np.float32).reshape(1, 1, 3), cv2.COLOR_Lab2RGB).reshape(3)
    red, green, blue = (int(value) for value in np.clip(rgb * 255 + 0.5, 0, 255))
    return f"#{red:02x}{green:02x}{blue:02x}"


def from_hex(text: str) -> Floats:
    """'#rrggbb' → (3,) CIE Lab. Raises ValueError for any other text."""
    digits = text.strip().removeprefix("#")
    if len(digits) != 6:
        raise ValueError(f"{text!r} is not a colour like #1a2b3c")
    return to_lab(np.frombuffer(bytes.fromhex(digits), dtype=np.uint8))


def _open(data: bytes, mode: str, least: int = MIN_EDGE) -> Image.Image | None:
    try:
        return decoded(data, max_bytes=MAX_BYTES, max_pixels=MAX_PIXELS, min_edge=least).convert(mode)
    except (PictureError, ValueError, OSError):  # the last two: a mode that cannot be converted
        return None


def _solid(alpha: Bytes) -> Bools | None:
    """Where the file itself cuts the car out: (h, w) bool at the working size."""
    small = shrink(np.ascontiguousarray(alpha), WORK_EDGE)
    clear, solid = float((small < 16).mean()), float((small > 239).mean())
    return small > 239 if min(clear, solid) >= _ALPHA_SHARE else None
