"""The emblem: a raised initial in a plain ring of our own, never a maker's mark."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from scipy.ndimage import distance_transform_edt, gaussian_filter, map_coordinates, zoom

from carimg.studio.fields import Array, gradient, polygon, project, unit
from carimg.studio.meshes import Patch, disc, join, lathe, march, move, turn

RADIUS = 0.060
"""Of the ring, metres."""

LOOKALIKES = str.maketrans("АВЕЁЗІЇКМНОРСТУХЬЪЙ", "ABEE3IIKMHOPCTYXbbN")
"""Cyrillic capitals whose shape a Latin letter or digit has; Й, Ь and their like have strokes of their own below."""

Strokes = tuple[tuple[tuple[float, float], ...], ...]

STROKES: dict[str, Strokes] = {
    "Б": (((0.9, 1), (0.1, 1), (0.1, 0), (0.7, 0), (0.92, 0.12), (0.92, 0.42), (0.7, 0.55), (0.1, 0.55)),),
    "Г": (((0.85, 1), (0.15, 1), (0.15, 0)),),
    "Ґ": (((0.85, 1.18), (0.85, 1), (0.15, 1), (0.15, 0)),),
    "Д": (((0, -0.16), (0, 0), (1, 0), (1, -0.16)), ((0.14, 0), (0.32, 1), (0.82, 1), (0.82, 0))),
    "Є": (((0.95, 0.85), (0.75, 1), (0.3, 1), (0.05, 0.75), (0.05, 0.25), (0.3, 0), (0.75, 0), (0.95, 0.15)), ((0.05, 0.5), (0.7, 0.5))),
    "Ж": (((0.5, 0), (0.5, 1)), ((0, 1), (0.4, 0.5), (0, 0)), ((1, 1), (0.6, 0.5), (1, 0)), ((0.4, 0.5), (0.6, 0.5))),
    "И": (((0.08, 1), (0.08, 0), (0.92, 1), (0.92, 0)),),
    "Й": (((0.08, 1), (0.08, 0), (0.92, 1), (0.92, 0)), ((0.32, 1.26), (0.42, 1.17), (0.58, 1.17), (0.68, 1.26))),
    "Л": (((0, 0), (0.18, 0.08), (0.34, 1), (0.9, 1), (0.9, 0)),),
    "П": (((0.1, 0), (0.1, 1), (0.9, 1), (0.9, 0)),),
    "Ф": (((0.5, -0.05), (0.5, 1.05)), ((0.5, 0.85), (0.15, 0.8), (0, 0.6), (0, 0.4), (0.15, 0.2), (0.5, 0.15), (0.85, 0.2), (1, 0.4), (1, 0.6), (0.85, 0.8), (0.5, 0.85))),
    "Ц": (((0.1, 1), (0.1, 0), (1, 0), (1, -0.2)), ((0.82, 1), (0.82, 0))),
    "Ч": (((0.1, 1), (0.1, 0.6), (0.3, 0.44), (0.88, 0.44)), ((0.88, 1), (0.88, 0))),
    "Ш": (((0.02, 1), (0.02, 0), (0.98, 0), (0.98, 1)), ((0.5, 1), (0.5, 0))),
    "Щ": (((0.02, 1), (0.02, 0), (1.08, 0), (1.08, -0.2)), ((0.47, 1), (0.47, 0)), ((0.92, 1), (0.92, 0))),
    "Ъ": (((0, 1), (0.25, 1), (0.25, 0), (0.75, 0), (0.95, 0.12), (0.95, 0.42), (0.75, 0.55), (0.25, 0.55)),),
    "Ы": (((0.05, 1), (0.05, 0), (0.45, 0), (0.6, 0.12), (0.6, 0.42), (0.45, 0.55), (0.05, 0.55)), ((0.95, 0), (0.95, 1))),
    "Ь": (((0.15, 1), (0.15, 0), (0.7, 0), (0.92, 0.12), (0.92, 0.42), (0.7, 0.55), (0.15, 0.55)),),
    "Э": (((0.05, 0.85), (0.25, 1), (0.7, 1), (0.95, 0.75), (0.95, 0.25), (0.7, 0), (0.25, 0), (0.05, 0.15)), ((0.95, 0.5), (0.3, 0.5))),
    "Ю": (((0, 1), (0, 0)), ((0, 0.5), (0.35, 0.5)), ((0.5, 1), (0.35, 0.8), (0.35, 0.2), (0.5, 0), (0.85, 0), (1, 0.2), (1, 0.8), (0.85, 1), (0.5, 1))),
    "Я": (((0.88, 0), (0.88, 1), (0.35, 1), (0.12, 0.88), (0.12, 0.6), (0.35, 0.47), (0.88, 0.47)), ((0.5, 0.47), (0.1, 0))),
}  # fmt: skip
"""Letters that the built-in font lacks, as pen strokes in a unit square (x to the right, y up)."""


def emblem(initial: str) -> dict[str, Patch]:
    """Ring ('chrome'), field ('cap') and letter ('emblem') about the origin, facing +x, the letter upright along z.

    Without an initial, or with a character that has no glyph, the letter is a plain bar.
    """
    ring = [(RADIUS, 0.0), (RADIUS, 0.007), (RADIUS - 0.003, 0.010), (RADIUS - 0.007, 0.010), (RADIUS - 0.009, 0.005)]
    to_front = turn("z", -90)
    return {
        "chrome": move(lathe(ring, 40), turn=to_front),
        "cap": move(disc(RADIUS - 0.007, 0.0055, 40), turn=to_front),
        "emblem": move(_letter(initial.strip()[:1].upper()), (0.0055, 0.0, 0.0)),
    }


@lru_cache(maxsize=64)
def _letter(letter: str) -> Patch:
    """Raised 5 mm with a bevel, 62 mm tall at most, seen from +x with y to the viewer's right."""
    half, step = 0.044, 0.0022
    nodes = _glyph_distance(letter, half, step)

    def field(p: Array) -> Array:
        flat = _sampled(nodes, p[:, 1], p[:, 2], half, step)
        top = p[:, 0] - 0.005
        return np.maximum(np.maximum(flat, top), (flat + top) * 0.7071 + 0.0009)

    v, f = march(field, (-0.0022, -half, -half), (0.0072, half, half), (0.0024, step, step))
    v = project(field, v, 1, 4e-4)
    return Patch(v, f, unit(gradient(field, v, 4e-4)))


def _sampled(nodes: Array, y: Array, z: Array, half: float, step: float) -> Array:
    at = np.stack([(y + half) / step, (z + half) / step])
    return np.asarray(map_coordinates(nodes, at, order=1, mode="nearest"))


def _glyph_distance(letter: str, half: float, step: float) -> Array:
    """Signed distance to the glyph, metres, on a (y, z) grid."""
    count = int(round(2 * half / step)) + 1
    grid_y, grid_z = np.meshgrid(np.linspace(-half, half, count), np.linspace(-half, half, count), indexing="ij")
    plain = letter.translate(LOOKALIKES) if letter not in STROKES else letter
    if plain in STROKES:
        return _stroked(STROKES[plain], grid_y, grid_z)
    mask = _drawn(plain) if plain and _has_glyph(plain) else None
    if mask is None:
        return polygon(grid_y, grid_z, [(-0.026, -0.004), (0.026, -0.004), (0.026, 0.004), (-0.026, 0.004)], 0.002)
    pixel = 2 * half / mask.shape[0]
    distance = (distance_transform_edt(~mask) - distance_transform_edt(mask)) * pixel
    smooth = gaussian_filter(distance, 2.0)[::-1].T
    return np.asarray(zoom(smooth, count / mask.shape[0], order=1))


def _stroked(strokes: Strokes, y: Array, z: Array, pen: float = 0.0052) -> Array:
    width, height = 0.046, 0.050
    best = np.full(y.shape, np.inf)
    for stroke in strokes:
        for (x0, y0), (x1, y1) in zip(stroke[:-1], stroke[1:], strict=True):
            a = np.array([(x0 - 0.5) * width, (y0 - 0.52) * height])
            b = np.array([(x1 - 0.5) * width, (y1 - 0.52) * height])
            edge = b - a
            t = np.clip(((y - a[0]) * edge[0] + (z - a[1]) * edge[1]) / (edge @ edge), 0, 1)
            best = np.minimum(best, np.hypot(y - a[0] - t * edge[0], z - a[1] - t * edge[1]))
    return best - pen


def _drawn(letter: str, size: int = 176) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """The glyph, emboldened, centred in a (size, size) mask that is 88 mm wide."""
    font = ImageFont.load_default(size=118)
    image = Image.new("L", (size, size))
    pen = ImageDraw.Draw(image)
    left, top, right, bottom = pen.textbbox((0, 0), letter, font=font, stroke_width=4)
    pen.text(((size - left - right) / 2, (size - top - bottom) / 2), letter, font=font, fill=255, stroke_width=4)
    return np.asarray(image) > 127


def _has_glyph(letter: str) -> bool:
    """Whether the built-in font draws the letter rather than its 'missing' box."""
    if unicodedata.category(letter)[0] not in "LN":
        return False
    font = ImageFont.load_default(size=40)
    return bytes(font.getmask(letter)) != bytes(font.getmask("\uffff"))
