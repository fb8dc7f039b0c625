"""A car's silhouette as a few numbers and a small normalised picture."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np

from carimg.consistency.picture import Bools

GRID = (96, 48)
"""(width, height) of a normalised silhouette: the car's box, stretched to it."""
_THIN = 0.08  # of the silhouette's longest row or column: mirrors, aerials and shadow tips are shorter


@dataclass(frozen=True, slots=True)
class Shape:
    """`aspect` = width / height of the car's box; `symmetry` 0 … 1, overlap with its own mirror image; `tilt` = how
    much lower the car stands at the picture's left than at its right, as a share of its height (so > 0 where its left
    part is nearer); `grid` (48, 96) bool, the silhouette stretched to its box."""

    aspect: float
    symmetry: float
    tilt: float
    box: tuple[int, int, int, int]
    """(left, top, right, bottom) pixels at the working size, right and bottom exclusive."""
    grid: Bools = field(repr=False)


def measure(car: Bools) -> Shape | None:
    """(h, w) bool → its shape; None for an empty mask."""
    if not car.any():
        return None
    columns, rows = _trunk(car.sum(axis=0)), _trunk(car.sum(axis=1))
    body = car[rows[0] : rows[1], columns[0] : columns[1]]
    grid = cv2.resize(body.astype(np.float32), GRID, interpolation=cv2.INTER_AREA) >= 0.5
    mirrored = grid[:, ::-1]
    return Shape(
        aspect=(columns[1] - columns[0]) / (rows[1] - rows[0]),
        symmetry=float((grid & mirrored).sum() / max(1, (grid | mirrored).sum())),
        tilt=_tilt(grid),
        box=(columns[0], rows[0], columns[1], rows[1]),
        grid=np.asarray(grid, dtype=np.bool_),
    )


def overlap(one: Shape, other: Shape, mirrored: bool = False) -> float:
    """Intersection over union, 0 … 1, of two silhouettes that keep their own proportions: same width, both on the
    ground."""
    a, b = one.grid, other.grid[:, ::-1] if mirrored else other.grid
    heights = [GRID[0] / one.aspect, GRID[0] / other.aspect]
    tall = int(np.ceil(max(heights)))
    first, second = (_stand(grid, round(height), tall) for grid, height in zip((a, b), heights, strict=True))
    return float((first & second).sum() / max(1, (first | second).sum()))


def _trunk(counts: np.ndarray[tuple[int], np.dtype[np.int_]]) -> tuple[int, int]:
    """First and last index + 1 where the silhouette is more than thin."""
    thick = np.flatnonzero(counts > _THIN * counts.max())
    return int(thick[0]), int(thick[-1]) + 1


def _tilt(grid: Bools) -> float:
    """From the lowest pixel of each column, left against right, the rounded ends left out."""
    height, width = grid.shape
    lowest = np.where(grid.any(axis=0), height - np.argmax(grid[::-1], axis=0), 0) / height
    edge, third = round(0.06 * width), width // 3
    left = np.quantile(lowest[edge : third + edge], 0.8)
    right = np.quantile(lowest[width - third - edge : width - edge], 0.8)
    return float(left - right)


def _stand(grid: Bools, height: int, tall: int) -> Bools:
    sized = cv2.resize(grid.astype(np.uint8), (GRID[0], max(1, height)), interpolation=cv2.INTER_NEAREST) > 0
    return np.pad(sized, ((tall - sized.shape[0], 0), (0, 0)))
