"""The studio around the car: a curved backdrop and the lights above it, the same for every view of a set."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from carimg.studio.render.tone import RGB, lab, linear, luminance
from carimg.studio.spec import Floats, Mesh, Paint

SWEEP_FLAT, SWEEP_CURVE, SWEEP_TOP = 104.0, 56.0, 80.0
"""Metres: the floor is flat up to 104 m (so that the camera of the narrowest picture stands on it), the backdrop
curves up over 56 m more and ends 80 m above the floor."""
_TINTS: dict[str, tuple[RGB, RGB]] = {
    "white": ((0.76, 0.76, 0.77), (0.58, 0.59, 0.61)),
    "grey": ((0.40, 0.40, 0.41), (0.22, 0.225, 0.235)),
    "slate": ((0.13, 0.135, 0.145), (0.055, 0.058, 0.065)),
    "sand": ((0.66, 0.58, 0.49), (0.52, 0.42, 0.33)),
    "mist": ((0.50, 0.56, 0.62), (0.25, 0.32, 0.41)),
    "sage": ((0.50, 0.53, 0.47), (0.27, 0.31, 0.25)),
}
"""Albedo of floor and wall."""
_EXPOSURE = 1.12
"""A little more than one, for paint loses light to the shade that the car itself throws."""
_CONTRAST = 34.0
"""CIE76 distance that backdrop and paint must have; the farthest is taken where none has it."""
_MIRROR_BLACK, _BRIGHT = 0.012, 0.6
"""Paint of less luminance shows its surroundings more than itself, so no backdrop of more albedo stands around it."""
_TABLE = (18, 36)
_SKY = (64, 128)


@dataclass(frozen=True, slots=True)
class Strip:
    """A softbox, as a rectangle on the plane z = 1 above the car: centre and half sizes there, soft edge, radiance."""

    center: tuple[float, float]
    half: tuple[float, float]
    radiance: float
    soft: float = 0.10

    def seen(self, direction: Floats) -> Floats:
        """How much of full brightness each unit direction (n, 3) sees, 0 … 1."""
        height = direction[:, 2]
        inside = np.ones(len(direction), np.float32)
        for axis in (0, 1):
            place = direction[:, axis] / np.maximum(height, 1e-3)
            gap = (self.half[axis] - np.abs(place - self.center[axis])) / self.soft + 0.5
            inside *= _smooth(gap)
        return np.where(height > 0.05, inside, 0).astype(np.float32)


@dataclass(frozen=True)
class Studio:
    """Backdrop albedos, the room's radiance at the horizon and at the zenith, the softboxes, how warm the light is.

    All light is scaled so that well-lit surfaces (`_LIT`) shine, on average, with `_EXPOSURE` times their own albedo.
    """

    floor: RGB
    wall: RGB
    room: tuple[float, float]
    strips: tuple[Strip, ...]
    warmth: float = 0.0

    def sky(self, direction: Floats) -> Floats:
        """Radiance (n, 3) of room and softboxes in unit directions (n, 3)."""
        return np.asarray(self._sky(direction) * self._scale, np.float32)

    def albedo(self, place: Floats) -> Floats:
        """Albedo (n, 3) of the backdrop at points (n, 3): the floor's in the middle, the wall's at the rim."""
        share = _smooth((np.hypot(place[:, 0], place[:, 1]) - 4) / 15)[:, None]
        return np.asarray(np.array(self.floor) * (1 - share) + np.array(self.wall) * share, np.float32)

    def irradiance(self, normal: Floats) -> Floats:
        """Irradiance ÷ π (n, 3) that a surface with unit normal (n, 3) gets in the middle of the empty studio."""
        return np.asarray(_looked_up(self._table, normal) * self._scale, np.float32)

    def _sky(self, direction: Floats) -> Floats:
        rise = _smooth(np.maximum(direction[:, 2], 0))
        light = self.room[0] + (self.room[1] - self.room[0]) * rise
        for strip in self.strips:
            light = light + strip.radiance * strip.seen(direction)
        return np.asarray(light[:, None] * np.array([1 + self.warmth, 1, 1 - self.warmth]), np.float32)

    @cached_property
    def _scale(self) -> float:
        return _EXPOSURE / float(_looked_up(self._table, _LIT).mean())

    @cached_property
    def _table(self) -> Floats:
        """Irradiance ÷ π (rows, columns, 3) over the sphere of normals, before scaling."""
        normal = sphere(*_TABLE).reshape(-1, 3)
        direction, solid = _directions()
        above = _rim(direction)[:, None]
        facing = np.maximum(normal @ direction.T, 0) * (solid / np.float32(np.pi))
        light = np.where(above, self._sky(direction), 0)
        for _ in range(3):
            floor = np.array(self.floor) * (facing[0] @ light)
            light = np.where(above, self._sky(direction), self._below(direction, floor))
        return np.asarray(facing @ light.astype(np.float32), np.float32).reshape(*_TABLE, 3)

    def _below(self, direction: Floats, floor: NDArray[np.floating]) -> NDArray[np.floating]:
        """The backdrop's radiance below its rim, roughly: the floor's in the middle, a darker wall around it."""
        share = _smooth(direction[:, 2] * 2.2 + 0.45)[:, None]
        return np.asarray(floor * ((1 - share) + 0.6 * share * np.array(self.wall) / np.array(self.floor)))


def studio(scene: str, paint: Paint) -> Studio:
    """The studio of a set: `scene` (any text) picks it among those whose backdrop contrasts with `paint`."""
    chance = np.random.default_rng(int.from_bytes(hashlib.sha256(scene.encode()).digest()[:8], "big"))
    floor, wall = _contrasting(chance, paint)
    side, lift = float(chance.uniform(0.58, 0.70)), float(chance.uniform(0.85, 1.15))
    shift = float(chance.uniform(-0.15, 0.15))
    strips = (
        Strip((shift, side), (2.6, 0.24), 5.2 * lift),
        Strip((shift, -side), (2.6, 0.24), 5.2 * lift),
        Strip((1.75, 0.0), (0.26, 1.5), 2.8 * lift),
        Strip((-1.75, 0.0), (0.26, 1.5), 2.8 * lift),
    )
    return Studio(floor, wall, (0.62, 0.42), strips, float(chance.uniform(-0.025, 0.03)))


def sweep() -> Mesh:
    """The backdrop: flat floor, quarter-circle, wall, all the way round; normals point inwards."""
    arc = np.linspace(0, np.pi / 2, 20)
    radius = np.concatenate(
        [
            [0.01, 2, 4, 6, 8, 10, 12, 14, 16, 19, 30, 60],
            SWEEP_FLAT + SWEEP_CURVE * np.sin(arc),
            [SWEEP_FLAT + SWEEP_CURVE],
        ]
    )
    height = np.concatenate([np.zeros(12), SWEEP_CURVE * (1 - np.cos(arc)), [SWEEP_TOP]])
    lean = np.concatenate([np.zeros(12), arc, [np.pi / 2]])
    turn = np.linspace(0, 2 * np.pi, 97)[:-1]
    shape = (len(radius), len(turn))
    around = np.stack([np.cos(turn), np.sin(turn)], -1)
    vertices = np.concatenate([radius[:, None, None] * around, np.broadcast_to(height[:, None, None], (*shape, 1))], -1)
    normals = np.concatenate(
        [-np.sin(lean)[:, None, None] * around, np.broadcast_to(np.cos(lean)[:, None, None], (*shape, 1))], -1
    )
    i, j = np.meshgrid(np.arange(shape[0] - 1), np.arange(shape[1]), indexing="ij")
    a, b = i * shape[1] + j, i * shape[1] + (j + 1) % shape[1]
    c, d = a + shape[1], b + shape[1]
    faces = np.concatenate([np.stack([a, c, d], -1).reshape(-1, 3), np.stack([a, d, b], -1).reshape(-1, 3)])
    return Mesh(
        vertices.reshape(-1, 3).astype(np.float32), faces.astype(np.uint32), normals.reshape(-1, 3).astype(np.float32)
    )


def sphere(rows: int, columns: int) -> Floats:
    """Unit directions (rows, columns, 3): polar angle from +z at row centres, azimuth from +x at column starts."""
    polar = (np.arange(rows) + 0.5) / rows * np.pi
    turn = np.arange(columns) / columns * 2 * np.pi
    z = np.broadcast_to(np.cos(polar)[:, None], (rows, columns))
    x, y = np.sin(polar)[:, None] * np.cos(turn), np.sin(polar)[:, None] * np.sin(turn)
    return np.stack([x, y, z], -1).astype(np.float32)


def _looked_up(table: Floats, normal: Floats) -> Floats:
    """A table over the sphere (see `sphere`) at unit vectors (n, 3), bilinear."""
    rows, columns = table.shape[:2]
    row = np.clip(np.arccos(np.clip(normal[:, 2], -1, 1)) / np.pi * rows - 0.5, 0, rows - 1.001)
    column = (np.arctan2(normal[:, 1], normal[:, 0]) / (2 * np.pi) % 1) * columns
    i, j = row.astype(np.intp), column.astype(np.intp) % columns
    v, u, k = (row - i)[:, None], (column - np.floor(column))[:, None], (j + 1) % columns
    above = (1 - u) * table[i, j] + u * table[i, k]
    below = (1 - u) * table[i + 1, j] + u * table[i + 1, k]
    return np.asarray((1 - v) * above + v * below, np.float32)


def _contrasting(chance: np.random.Generator, paint: Paint) -> tuple[RGB, RGB]:
    color = lab(np.array(linear(paint.hex)))
    gaps = {name: _gap(color, tints) for name, tints in _TINTS.items()}
    if float(luminance(np.array(linear(paint.hex)))) < _MIRROR_BLACK:
        gaps = {name: gap for name, gap in gaps.items() if max(_TINTS[name][0]) <= _BRIGHT}
    fit = [name for name, gap in gaps.items() if gap >= _CONTRAST] or [max(gaps, key=lambda name: gaps[name])]
    return _TINTS[fit[int(chance.integers(len(fit)))]]


def _gap(color: NDArray[np.floating], tints: tuple[RGB, RGB]) -> float:
    return min(float(np.linalg.norm(color - lab(np.array(tint)))) for tint in tints)


def _directions() -> tuple[Floats, Floats]:
    """A grid of unit directions (n, 3) and their solid angles (n,) in steradians."""
    rows, columns = _SKY
    direction = sphere(rows, columns)
    polar = (np.arange(rows) + 0.5) / rows * np.pi
    solid = np.broadcast_to((np.sin(polar) * (np.pi / rows) * (2 * np.pi / columns))[:, None], (rows, columns))
    return direction.reshape(-1, 3), solid.ravel().astype(np.float32)


def _rim(direction: Floats) -> NDArray[np.bool_]:
    """Whether a direction from the car passes above the backdrop."""
    return np.asarray(direction[:, 2] > SWEEP_TOP / np.hypot(SWEEP_TOP, SWEEP_FLAT + SWEEP_CURVE))


def _smooth(x: NDArray[np.floating]) -> NDArray[np.floating]:
    x = np.clip(x, 0, 1)
    return np.asarray(x * x * (3 - 2 * x))


_LIT = np.array(
    [(0, 0, 1), (0.5, 0, 0.87), (-0.5, 0, 0.87), (0, 0.94, 0.34), (0, -0.94, 0.34), (0.94, 0, 0.34), (-0.94, 0, 0.34)],
    np.float32,
)
"""The normals that count as well lit: roof, bonnet, boot, and the four sides as far as they lean back."""
