"""Geometry between two views: a left against a right silhouette, and local features of neighbouring views."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np

from carimg.consistency.limits import Limits
from carimg.consistency.picture import Bools, Bytes

_MOST_FEATURES = 400
_RATIO = 0.8  # Lowe 2004: nearest against second nearest descriptor
_MARGIN = 5  # pixels inside the outline: the backdrop must not be part of a feature


@dataclass(frozen=True, slots=True)
class Features:
    """SIFT descriptors (n, 128) uint8 of the car's inside, strongest first; n may be 0."""

    descriptors: Bytes = field(repr=False)


def features(detail: Bytes, car: Bools) -> Features:
    """`detail` (H, W) uint8 grey, `car` (h, w) bool at any other size of the same frame."""
    height, width = detail.shape
    mask = cv2.resize(car.astype(np.uint8) * 255, (width, height), interpolation=cv2.INTER_NEAREST)
    inner = cv2.erode(mask, np.ones((2 * _MARGIN + 1, 2 * _MARGIN + 1), np.uint8))
    sift = cv2.SIFT.create(_MOST_FEATURES, contrastThreshold=0.03)
    _, found = sift.detectAndCompute(detail, inner)
    if found is None:
        return Features(np.empty((0, 128), dtype=np.uint8))
    return Features(np.clip(found[:_MOST_FEATURES], 0, 255).astype(np.uint8))


def feature_agreement(one: Features, other: Features) -> float | None:
    """Share of the poorer view's features with a mutual, unambiguous partner, 0 … 1; None with too few to tell."""
    a, b = one.descriptors.astype(np.float32), other.descriptors.astype(np.float32)
    if min(len(a), len(b)) < 20:
        return None
    apart = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1)[None, :] - 2 * a @ b.T
    nearest = np.argmin(apart, axis=1)
    mutual = np.argmin(apart, axis=0)[nearest] == np.arange(len(a))
    two = np.sqrt(np.maximum(np.partition(apart, 1, axis=1)[:, :2], 0))
    return float((mutual & (two[:, 0] < _RATIO * two[:, 1])).sum() / min(len(a), len(b)))


def turn(one: float, other: float) -> float:
    """Degrees between two yaws, 0 … 180."""
    return abs((one - other + 180) % 360 - 180)


def is_left_right(one: tuple[float, float], other: tuple[float, float], limits: Limits) -> bool:
    """Whether two (yaw, elevation) in degrees are each other's mirror image about the car's long axis."""
    if abs(one[1] - other[1]) > limits.pair_elevation or max(one[1], other[1]) > limits.most_elevation:
        return False
    off_axis = min(turn(one[0], 0), turn(one[0], 180))
    return off_axis > 2 * limits.pair_yaw and turn(one[0], -other[0]) <= limits.pair_yaw


def is_near(one: tuple[float, float], other: tuple[float, float], limits: Limits) -> bool:
    """Whether two (yaw, elevation) in degrees are near enough for one feature to look alike from both."""
    if abs(one[1] - other[1]) > limits.near_elevation or max(one[1], other[1]) > limits.most_elevation:
        return False
    return turn(one[0], other[0]) <= limits.near_angle
