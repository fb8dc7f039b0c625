"""The emblem: a raised initial in a plain ring of our own, never a maker's mark."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from itertools import pairwise

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from scipy.ndimage import distance_transform_edt, gaussian_filter, map_coordinates, zoom

from carimg.studio.car.fields import Array, gradient, polygon, project, unit
from carimg.studio.car.meshes import Patch, disc, lathe, march, move, turn

RADIUS = 0.060
"""Of the ring, metres."""

LOOKALIKES = str.maketrans("АВЕЁЗІЇКМНОРСТУХЬЪЙ", "ABEE3IIKMHOPCTYXbbN")
"""Cyrillic capitals whose shape a Latin letter or digit has; Й, Ь and their like have strokes of their own below."""

STROKES = {
    "Б": "90,100 10,100 10,0 70,0 92,12 92,42 70,55 10,55",
    "Г": "85,100 15,100 15,0",
    "Ґ": "85,118 85,100 15,100 15,0",
    "Д": "0,-16 0,0 100,0 100,-16 / 14,0 32,100 82,100 82,0",
    "Є": "95,85 75,100 30,100 5,75 5,25 30,0 75,0 95,15 / 5,50 70,50",
    "Ж": "50,0 50,100 / 0,100 40,50 0,0 / 100,100 60,50 100,0 / 40,50 60,50",
    "И": "8,100 8,0 92,100 92,0",
    "Й": "8,100 8,0 92,100 92,0 / 32,126 42,117 58,117 68,126",
    "Л": "0,0 18,8 34,100 90,100 90,0",
    "П": "10,0 10,100 90,100 90,0",
    "Ф": "50,-5 50,105 / 50,85 15,80 0,60 0,40 15,20 50,15 85,20 100,40 100,60 85,80 50,85",
    "Ц": "10,100 10,0 100,0 100,-20 / 82,100 82,0",
    "Ч": "10,100 10,60 30,44 88,44 / 88,100 88,0",
    "Ш": "2,100 2,0 98,0 98,100 / 50,100 50,0",
    "Щ": "2,100 2,0 108,0 108,-20 / 47,100 47,0 / 92,100 92,0",
    "Ъ": "0,100 25,100 25,0 75,0 95,12 95,42 75,55 25,55",
    "Ы": "5,100 5,0 45,0 60,12 60,42 45,55 5,55 / 95,0 95,100",
    "Ь": "15,100 15,0 70,0 92,12 92,42 70,55 15,55",
    "Э": "5,85 25,100 70,100 95,75 95,25 70,0 25,0 5,15 / 95,50 30,50",
    "Ю": "0,100 0,0 / 0,50 35,50 / 50,100 35,80 35,20 50,0 85,0 100,20 100,80 85,100 50,100",
    "Я": "88,0 88,100 35,100 12,88 12,60 35,47 88,47 / 50,47 10,0",
}
"""Letters the built-in font lacks, as pen strokes 'x,y x,y … / x,y …' in a square of 100 (x to the right, y up)."""


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
    count = round(2 * half / step) + 1
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


def _stroked(strokes: str, y: Array, z: Array, pen: float = 0.0052) -> Array:
    width, height = 0.046, 0.050
    best = np.full(y.shape, np.inf)
    for stroke in strokes.split(" / "):
        corners = [np.array([float(c) for c in corner.split(",")]) / 100 for corner in stroke.split()]
        for start, end in pairwise((corner - (0.5, 0.52)) * (width, height) for corner in corners):
            edge = end - start
            t = np.clip(((y - start[0]) * edge[0] + (z - start[1]) * edge[1]) / (edge @ edge), 0, 1)
            best = np.minimum(best, np.hypot(y - start[0] - t * edge[0], z - start[1] - t * edge[1]))
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
