"""Is each view the angle it claims to be? Judged within the set, since no threshold carries from camera to camera.

A car seen at yaw ψ and elevation ε is about ‖l·sin ψ, w·cos ψ‖ wide and cos ε + κ·‖l·cos ψ, w·sin ψ‖·sin ε high, in
units of its own height, with l = length / height and w = width / height: an orthographic view of a plan with rounded
corners (a superellipse, so ‖·‖ is the norm of the dual exponent) whose roof is shorter than its floor (κ). Those two
numbers are fitted to all other views (Gauss-Newton in logarithms, with a wide prior), so that each view's aspect can
be compared with what the others predict. Three-quarter views also stand lower on the side that is nearer, and red tail
lamps tell the rear from the front and which way a side faces.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from carimg.consistency.limits import Limits

Numbers = NDArray[np.float64]

_PRIOR = np.log(np.array([2.9, 1.4]))  # length / height and width / height (with mirrors) of passenger cars
_PRIOR_SPREAD = np.array([0.25, 0.20])  # of their logarithms
_NOISE = 0.06  # of a measured aspect's logarithm: mask, lens and a camera that is a few degrees off
_ROUND = 1.4  # dual exponent of the plan: 1 is a box, 2 an ellipse
_ROOF = 0.6  # κ; both fit studio cars and photographed ones to 3 % of their aspects, where a box misses by up to 18 %
_ROUNDS = 8
_HEADINGS = (0.0, 38.0, 90.0, 142.0, 180.0, 218.0, 270.0, 322.0)
_QUARTER = 0.6  # |sin 2ψ| from which a view is a three-quarter view
_HUBER = 2.0
_WRONG_COST = 6.0  # of a view that faces the wrong way or shows the wrong end, in squared noise units


@dataclass(frozen=True, slots=True)
class Sight:
    """What one view shows of its angle. Degrees; `aspect` and `tilt` as in `shape.Shape`, `lamps` and `lamp_side` as
    in `lamps.Lamps`, None where the paint is red."""

    angle: str
    yaw: float
    elevation: float
    aspect: float
    tilt: float
    lamps: float | None = None
    lamp_side: float | None = None

    def under(self, yaw: float, elevation: float) -> Sight:
        """The same picture under another angle."""
        return replace(self, yaw=yaw, elevation=elevation)


@dataclass(frozen=True, slots=True)
class AngleFinding:
    """`surprise`: by how many standard deviations the aspect misses what the other views predict, > 0 = too wide for
    its height; 0 when not checked. `excess`: the same as a ratio − 1. `turned`: lower, or with its tail lamps, on the
    wrong side, as a mirrored view is. `wrong_end`: tail lamps in a front view, or none in a rear one. `disordered`:
    angles whose aspect contradicts this one's. `looks_like_yaw`: a heading that would explain it. `swapped_with`: the
    view whose angle it shows."""

    checked: bool = False
    surprise: float = 0.0
    excess: float = 0.0
    turned: bool = False
    wrong_end: bool = False
    disordered: tuple[str, ...] = ()
    looks_like_yaw: float | None = None
    swapped_with: str | None = None


@dataclass(frozen=True, slots=True)
class _Box:
    """The fitted car: logarithms of length / height and width / height, and their covariance."""

    log: Numbers = field(repr=False)
    spread: Numbers = field(repr=False)


def check(sights: Sequence[Sight], limits: Limits) -> list[AngleFinding]:
    """One finding a view, in order. Views from above take no part."""
    level = [i for i, sight in enumerate(sights) if sight.elevation <= limits.most_elevation]
    findings = [AngleFinding() for _ in sights]
    if len(level) < 2:
        return findings
    seen = [sights[i] for i in level]
    swap = _swap(seen, limits) if any(_suspect(seen, i, limits) for i in range(len(seen))) else {}
    told = _relabelled(seen, swap)
    for place, i in enumerate(level):
        findings[i] = _finding(seen, told, place, swap, limits)
    return findings


def misfit(sight: Sight, others: Sequence[Sight], limits: Limits) -> float:
    """How badly a picture fits the angle it claims, given the other views; 0 for views from above."""
    level = [other for other in others if other.elevation <= limits.most_elevation]
    if sight.elevation > limits.most_elevation:
        return 0.0
    return abs(_surprise(sight, level)[0]) + 3.0 * (_turned(sight, limits) + _wrong_end(sight, limits))


def predicted_aspect(yaw: float, elevation: float, length: float, width: float) -> float:
    """Width / height in the picture of a car of `length` and `width` (in heights), from (yaw, elevation) in degrees."""
    return float(np.exp(_predicted(yaw, elevation, np.log(np.array([length, width])))[0]))


def _finding(seen: list[Sight], told: list[Sight], place: int, swap: dict[int, int], limits: Limits) -> AngleFinding:
    """With swapped views put right, `told`, nobody else's surprise is theirs."""
    others = [sight for i, sight in enumerate(told) if i != place]
    sight = seen[place]
    surprise, excess = _surprise(sight, others)
    turned = _turned(sight, limits)
    disordered = tuple(other.angle for other in others if _disordered(sight, other, limits))
    explains = None
    if place not in swap and abs(surprise) > limits.surprise_amber:
        explains = _explaining_heading(sight, others, limits)
    partner = seen[swap[place]].angle if place in swap else None
    wrong_end = _wrong_end(sight, limits)
    return AngleFinding(True, surprise, excess, turned, wrong_end, disordered, explains, partner)


def _suspect(seen: list[Sight], place: int, limits: Limits) -> bool:
    others = [sight for i, sight in enumerate(seen) if i != place]
    wrong = abs(_surprise(seen[place], others)[0]) > 0.7 * limits.surprise_amber
    wrong = wrong or _turned(seen[place], limits) or _wrong_end(seen[place], limits)
    return wrong or any(_disordered(seen[place], other, limits) for other in others)


def _surprise(sight: Sight, others: Sequence[Sight]) -> tuple[float, float]:
    box = _fit(others)
    expected, slope = _log_aspect(sight, box.log)
    miss = float(np.log(sight.aspect) - expected)
    return miss / float(np.sqrt(_NOISE**2 + slope @ box.spread @ slope)), float(np.expm1(miss))


def _fit(sights: Sequence[Sight]) -> _Box:
    """The box that the views' aspects speak for; outliers are held down by Huber weights."""
    prior = np.diag(_PRIOR_SPREAD**-2)
    log, precision = _PRIOR.copy(), prior
    for _ in range(_ROUNDS if sights else 0):
        pairs = [_log_aspect(sight, log) for sight in sights]
        miss = np.array([np.log(sight.aspect) - expected for sight, (expected, _) in zip(sights, pairs, strict=True)])
        slopes = np.array([slope for _, slope in pairs])
        weight = np.minimum(1.0, _HUBER * _NOISE / np.maximum(np.abs(miss), 1e-6)) / _NOISE**2
        precision = prior + slopes.T @ (slopes * weight[:, None])
        step = np.linalg.solve(precision, slopes.T @ (weight * miss) + prior @ (_PRIOR - log))
        log = log + np.clip(step, -0.3, 0.3)
    return _Box(log, np.linalg.inv(precision))


def _log_aspect(sight: Sight, log: Numbers) -> tuple[float, Numbers]:
    """Logarithm of the predicted aspect and its slope in the two logarithms."""
    return _predicted(sight.yaw, sight.elevation, log)


def _predicted(yaw: float, elevation: float, log: Numbers) -> tuple[float, Numbers]:
    sine, cosine = abs(np.sin(np.radians(yaw))), abs(np.cos(np.radians(yaw)))
    lift = np.radians(max(0.0, elevation))
    size = np.exp(log)
    wide, wide_slope = _rounded(size * np.array([sine, cosine]))
    deep, deep_slope = _rounded(size * np.array([cosine, sine]))
    rise = _ROOF * deep * np.sin(lift)
    high = np.cos(lift) + rise
    return float(np.log(wide / high)), np.asarray(wide_slope - deep_slope * rise / high)


def _rounded(parts: Numbers) -> tuple[float, Numbers]:
    """The norm of (2,) `parts`, and the slope of its logarithm in theirs."""
    powers = parts**_ROUND
    return float(powers.sum() ** (1 / _ROUND)), powers / powers.sum()


def _sideness(yaw: float) -> float:
    return float(abs(np.sin(np.radians(yaw))))


def _disordered(one: Sight, other: Sight, limits: Limits) -> bool:
    """Front or rear is narrower than three-quarter, three-quarter narrower than side."""
    gap = _sideness(one.yaw) - _sideness(other.yaw)
    if abs(gap) < limits.order_gap:
        return False
    narrow, wide = (other, one) if gap > 0 else (one, other)
    return narrow.aspect > wide.aspect * limits.order_slack


def _turned(sight: Sight, limits: Limits) -> bool:
    """At 38° and 218° the car's left part in the picture is nearer and stands lower, at 142° and 322° its right. From
    the car's left (yaw below 180°) its tail lamps are at the picture's right."""
    lean, left = float(np.sin(np.radians(2 * sight.yaw))), float(np.sin(np.radians(sight.yaw)))
    if abs(lean) >= _QUARTER and sight.tilt * np.sign(lean) < -limits.tilt:
        return True
    if sight.lamps is None or sight.lamp_side is None or sight.lamps < limits.lamps_least or abs(left) < _QUARTER:
        return False
    return bool(sight.lamp_side * np.sign(left) < -limits.lamps_side)


def _wrong_end(sight: Sight, limits: Limits) -> bool:
    facing = float(np.cos(np.radians(sight.yaw)))
    if sight.lamps is None or abs(facing) < _QUARTER:
        return False
    return sight.lamps > limits.lamps_most if facing > 0 else sight.lamps < limits.lamps_least


def _explaining_heading(sight: Sight, others: Sequence[Sight], limits: Limits) -> float | None:
    """The heading, clearly another one, at which the other views would predict this aspect and lean."""
    best: tuple[float, float] | None = None
    for yaw in _HEADINGS:
        moved = sight.under(yaw, sight.elevation)
        if abs(_sideness(yaw) - _sideness(sight.yaw)) < limits.order_gap:
            continue
        if _turned(moved, limits) or _wrong_end(moved, limits):
            continue
        miss = abs(_surprise(moved, others)[0])
        if miss < limits.surprise_amber / 2 and (best is None or miss < best[0]):
            best = (miss, yaw)
    return best[1] if best else None


def _swap(seen: list[Sight], limits: Limits) -> dict[int, int]:
    """The one exchange of two angles that makes the set plausible, as {i: j, j: i}; empty when none does."""
    before = _cost(seen, limits)
    best, pair = before, None
    for i, j in combinations(range(len(seen)), 2):
        cost = _cost(_relabelled(seen, {i: j, j: i}), limits)
        if cost < best:
            best, pair = cost, (i, j)
    if pair is None or best > limits.swap_left * before or before - best < limits.swap_gain:
        return {}
    return {pair[0]: pair[1], pair[1]: pair[0]}


def _relabelled(seen: list[Sight], swap: dict[int, int]) -> list[Sight]:
    """Each view under the angle of the one it is swapped with."""
    return [sight.under(seen[swap.get(i, i)].yaw, seen[swap.get(i, i)].elevation) for i, sight in enumerate(seen)]


def _cost(seen: Sequence[Sight], limits: Limits) -> float:
    box = _fit(seen)
    miss = np.array([(np.log(sight.aspect) - _log_aspect(sight, box.log)[0]) / _NOISE for sight in seen])
    soft = np.where(np.abs(miss) <= _HUBER, miss**2, 2 * _HUBER * np.abs(miss) - _HUBER**2)
    wrong = sum(_turned(sight, limits) + _wrong_end(sight, limits) for sight in seen)
    return float(soft.sum()) + _WRONG_COST * wrong
