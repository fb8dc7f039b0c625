"""The camera: looks at the car from a yaw and an elevation, from as far away as makes the car fill the frame."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import cos, radians, sin, tan

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull

from carimg.errors import InputError
from carimg.studio.spec import Camera, Floats, Model

FIELD_OF_VIEW = 24.0
"""Degrees over the picture's longer edge: a long lens, as car photographers use."""
FILL = (0.86, 0.74)
"""The share of the frame's width and height that the car takes at most."""
HEADROOM = 0.03
"""How far the car sits below the middle, as a share of the frame's height."""
MIN_EDGE, MAX_EDGE = 256, 2048
_STEPS = 24

Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class View:
    """A placed camera. `eye` in metres; `ahead`, `right`, `up` unit vectors; `spread` the tangents of half the field of
    view, across and up; `size` (width, height) in pixels."""

    eye: Vector
    ahead: Vector
    right: Vector
    up: Vector
    spread: tuple[float, float]
    size: tuple[int, int] = field(default=(768, 512))

    def rays(self, x: NDArray[np.floating], y: NDArray[np.floating]) -> tuple[Floats, Floats]:
        """Origins and unit directions (n, 3) of rays through picture points `x`, `y` (n,), pixels from the upper left
        corner."""
        across = (2 * x / self.size[0] - 1) * self.spread[0]
        above = (1 - 2 * y / self.size[1]) * self.spread[1]
        slope = self.ahead + across[:, None] * self.right + above[:, None] * self.up
        direction = slope / np.linalg.norm(slope, axis=1, keepdims=True)
        return np.broadcast_to(self.eye.astype(np.float32), slope.shape), direction.astype(np.float32)

    def scaled(self, size: tuple[int, int]) -> View:
        """The same camera with another number of pixels."""
        return View(self.eye, self.ahead, self.right, self.up, _spread(size), size)


def outline(model: Model) -> Vector:
    """The corners (n, 3) of the car's convex hull: all that framing needs."""
    points = np.concatenate([mesh.vertices[::3] for mesh in model.values()]).astype(float)
    return np.asarray(points[ConvexHull(points).vertices])


def check_size(size: tuple[int, int]) -> None:
    """Raises InputError unless both edges are 256 … 2048 px."""
    if not all(MIN_EDGE <= edge <= MAX_EDGE for edge in size):
        raise InputError(
            "size", f"The studio draws pictures of {MIN_EDGE} to {MAX_EDGE} pixels an edge, not {size[0]}×{size[1]}."
        )


def place(camera: Camera, size: tuple[int, int], hull: Vector) -> View:
    """The view from `camera` that the car with the hull `hull` (n, 3) fills.

    Raises InputError for an elevation outside 0 … 90 degrees.
    """
    if not 0 <= camera.elevation <= 90:
        raise InputError("elevation", f"A camera's elevation is 0 to 90 degrees, not {camera.elevation:g}.")
    yaw, elevation = radians(camera.yaw), radians(camera.elevation)
    back = np.array([cos(elevation) * cos(yaw), cos(elevation) * sin(yaw), sin(elevation)])
    right = np.array([-sin(yaw), cos(yaw), 0.0])
    up = np.cross(back, right)
    spread = _spread(size)
    target, distance = _framed(hull, back, right, up, spread)
    return View(target + distance * back, -back, right, up, spread, size)


def _spread(size: tuple[int, int]) -> tuple[float, float]:
    long = tan(radians(FIELD_OF_VIEW / 2))
    return long * min(1, size[0] / size[1]), long * min(1, size[1] / size[0])


def _framed(hull: Vector, back: Vector, right: Vector, up: Vector, spread: tuple[float, float]) -> tuple[Vector, float]:
    """Target and distance by fixed-point steps: centre the projected hull, then scale it to the frame."""
    target = (hull.max(0) + hull.min(0)) / 2
    distance = 10.0
    for _ in range(_STEPS):
        away = distance - (hull - target) @ back
        x, y = (hull - target) @ right / away, (hull - target) @ up / away
        target = target + distance * (right * (x.max() + x.min()) / 2 + up * (y.max() + y.min()) / 2)
        distance *= max(np.ptp(x) / 2 / (spread[0] * FILL[0]), np.ptp(y) / 2 / (spread[1] * FILL[1]))
        distance = max(distance, float(((hull - target) @ back).max()) + 1.0)
    return target + up * (HEADROOM * 2 * distance * spread[1]), float(distance)
