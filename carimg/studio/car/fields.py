"""Scalar fields: smooth booleans, spline outlines as signed distances, polygons, projection onto a field's zero set.

A field is negative inside, positive outside, in metres. Points are (n, 3) float64 arrays.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.ndimage import map_coordinates, spline_filter
from scipy.spatial import cKDTree

Array = NDArray[np.float64]
Field = Callable[[Array], Array]
Path = Sequence[tuple[float, float]]


def smax(a: ArrayLike, b: ArrayLike, k: float | Array) -> Array:
    """Maximum rounded over a band of width `k` (cubic smooth maximum, twice differentiable)."""
    a, b = np.asarray(a, float), np.asarray(b, float)
    h = np.maximum(k - np.abs(a - b), 0.0) / k
    return np.asarray(np.maximum(a, b) + h * h * h * (k / 6.0))


def smin(a: ArrayLike, b: ArrayLike, k: float) -> Array:
    """Minimum rounded over a band of width `k`."""
    return -smax(-np.asarray(a, float), -np.asarray(b, float), k)


def ramp(x: ArrayLike, start: float | Array, end: float | Array) -> Array:
    """Smoothstep: 0 at `start`, 1 at `end` (which may be the smaller one)."""
    t = np.clip((np.asarray(x, float) - start) / (end - start), 0.0, 1.0)
    return np.asarray(t * t * (3.0 - 2.0 * t))


def bump(x: ArrayLike, centre: float, width: float) -> Array:
    """Gaussian of height 1."""
    return np.asarray(np.exp(-(((np.asarray(x, float) - centre) / width) ** 2)))


def spline(points: ArrayLike, steps: int, closed: bool = True) -> Array:
    """Uniform cubic B-spline of a control polygon (m, d) as (m·steps, d) points; open ones reach their ends."""
    p = np.asarray(points, float)
    if not closed:
        p = np.vstack([2 * p[0] - p[1], p, 2 * p[-1] - p[-2]])
    quads = np.stack([np.roll(p, -i, 0) for i in range(4)])
    if not closed:
        quads = quads[:, : len(p) - 3]
    t = np.arange(steps) / steps
    weights = np.stack([(1 - t) ** 3, 3 * t**3 - 6 * t**2 + 4, -3 * t**3 + 3 * t**2 + 3 * t + 1, t**3]) / 6.0
    curve = np.einsum("ws,wmd->msd", weights, quads).reshape(-1, p.shape[1])
    return curve if closed else np.vstack([curve, p[-2]])


class Outline:
    """Signed distance to a closed B-spline in the plane, sampled on a grid and read back by interpolation."""

    def __init__(self, points: ArrayLike, step: float = 0.025, pad: float = 0.35) -> None:
        curve = spline(points, 400)
        self.curve = curve
        self.low = curve.min(0) - pad
        self.step = step
        shape = np.ceil((curve.max(0) + pad - self.low) / step).astype(int) + 1
        axes = [self.low[i] + step * np.arange(shape[i]) for i in (0, 1)]
        nodes = np.stack(np.meshgrid(*axes, indexing="ij"), -1).reshape(-1, 2)
        self._linear = _signed_distance(nodes, curve).reshape(shape)
        self._cubic = spline_filter(self._linear)

    def __call__(self, u: ArrayLike, v: ArrayLike, order: int = 3) -> Array:
        """Distance at (u, v); order 1 is quick, order 3 is smooth enough for normals."""
        at = np.stack(np.broadcast_arrays(u, v))
        at = (at - self.low.reshape(2, *[1] * (at.ndim - 1))) / self.step
        nodes = self._cubic if order == 3 else self._linear
        return np.asarray(map_coordinates(nodes, at, order=order, mode="nearest", prefilter=False))


def _signed_distance(nodes: Array, curve: Array) -> Array:
    tangent = np.roll(curve, -1, 0) - np.roll(curve, 1, 0)
    area = np.sum(curve[:, 0] * np.roll(curve[:, 1], -1) - curve[:, 1] * np.roll(curve[:, 0], -1))
    normal = np.stack([tangent[:, 1], -tangent[:, 0]], 1) * np.sign(area)
    normal /= np.linalg.norm(normal, axis=1)[:, None] + 1e-12
    distance, nearest = cKDTree(curve).query(nodes)
    across = np.einsum("ij,ij->i", nodes - curve[nearest], normal[nearest])
    return np.asarray(np.where(distance < 0.005, across, np.sign(across) * distance))


def polygon(u: ArrayLike, v: ArrayLike, points: ArrayLike, radius: float = 0.0) -> Array:
    """Exact signed distance to a simple polygon (any winding), grown by `radius` so that outer corners are round."""
    p = np.stack([np.asarray(u, float), np.asarray(v, float)], -1)
    corners = np.asarray(points, float)
    best = np.full(p.shape[:-1], np.inf)
    inside = np.zeros(p.shape[:-1], bool)
    for a, b in zip(corners, np.roll(corners, -1, 0), strict=True):
        edge, rel = b - a, p - a
        t = np.clip((rel @ edge) / (edge @ edge + 1e-18), 0.0, 1.0)
        best = np.minimum(best, ((rel - t[..., None] * edge) ** 2).sum(-1))
        spans = (a[1] > p[..., 1]) != (b[1] > p[..., 1])
        if edge[1] != 0.0:
            inside ^= spans & (rel[..., 0] < rel[..., 1] * edge[0] / edge[1])
    return np.asarray(np.where(inside, -1.0, 1.0) * np.sqrt(best) - radius)


def gradient(field: Field, points: Array, step: float = 2e-3) -> Array:
    """Central differences (n, 3); the offset points go through the field in one call."""
    offsets = np.concatenate([np.eye(3), -np.eye(3)]) * step
    values = field((points[None] + offsets[:, None]).reshape(-1, 3)).reshape(6, -1)
    return np.asarray((values[:3] - values[3:]).T / (2 * step))


def project(field: Field, points: Array, rounds: int = 2, step: float = 2e-3) -> Array:
    """Points moved onto the zero set by Newton steps along the gradient (at most 30 mm each)."""
    for _ in range(rounds):
        g = gradient(field, points, step)
        move = field(points) / np.maximum((g * g).sum(1), 0.1)
        points = points - np.clip(move, -0.03, 0.03)[:, None] * g
    return points


def unit(vectors: Array) -> Array:
    """Rows divided by their lengths."""
    return np.asarray(vectors / (np.linalg.norm(vectors, axis=-1, keepdims=True) + 1e-12))
