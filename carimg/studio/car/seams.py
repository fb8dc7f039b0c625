"""Shut lines: dark bands laid on the skin along doors, bonnet, boot lid and bumpers."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from carimg.domain.kinds import BodyKind
from carimg.studio.car.fields import Array, Field, spline
from carimg.studio.car.meshes import Patch, mirrored, ribbon
from carimg.studio.car.surface import Surface

WIDTH, LIFT = 0.0072, 0.0008
"""Metres: a 4 mm gap plus its shadow; high enough to clear the skin's facets."""


def seams(surface: Surface, lamps: Field) -> list[Patch]:
    """Every shut line of both sides; those of the nose keep off the head `lamps` (a field, negative inside)."""
    half = [*_side(surface), *_front(surface, lamps), *_tail(surface)]
    return [*half, *(mirrored(p) for p in (*half, *_filler(surface)))]


def window_strip(surface: Surface) -> dict[str, list[Patch]]:
    """A bright strip along the window sill of the bodies that wear one."""
    b = surface.body
    if b.kind not in BRIGHT:
        return {}
    x = np.linspace(b.doors[0] - 0.03, b.quarter[0] + 0.07, 40)
    z = surface.belt(x) - 0.004
    skin = surface.hits(np.stack([x, np.full(40, b.shoulder + 0.15), z], 1), (0, -1, 0), 0.8)
    strip = ribbon(skin, surface.normals(skin), 0.013, 0.003)
    return {"chrome": [strip, mirrored(strip)]}


BRIGHT = (BodyKind.SEDAN, BodyKind.WAGON, BodyKind.COUPE, BodyKind.CONVERTIBLE, BodyKind.SUV)


def _band(
    surface: Surface, points: list[tuple[float, float]], view: str, off: Field | None = None, step: float = 0.02
) -> list[Patch]:
    """A band through (x, z) points seen from the 'left', (x, y) from 'above' or (y, z) from the 'rear'; it breaks where
    the field `off` is negative and where the skin is missed."""
    u, v = _rounded(np.asarray(points, float), step).T
    b, far = surface.body, np.ones(len(u))
    if view == "left":
        skin = surface.hits(np.stack([u, far * (b.shoulder + 0.15), v], 1), (0, -1, 0), 0.8)
    elif view == "above":
        skin = surface.hits(np.stack([u, v, far * (b.height + 0.1)], 1), (0, 0, -1), 1.6)
    else:
        skin = surface.hits(np.stack([far * (b.tail_x - 0.3), u, v], 1), (1, 0, 0), 1.6)
    good = np.asarray(np.isfinite(skin).all(axis=1))
    if off is not None:
        good[good] = off(skin[good]) > 0.010
    runs = np.split(np.arange(len(u)), np.flatnonzero(np.diff(good.astype(int))) + 1)
    whole = [skin[run] for run in runs if good[run[0]] and len(run) > 2]
    return [ribbon(run, surface.normals(run), WIDTH, LIFT) for run in whole]


def _rounded(points: Array, step: float) -> Array:
    """A B-spline that stays near the polygon: every edge is subdivided first, so that only corners are rounded."""
    fine = [points[0]]
    for a, b in pairwise(points):
        parts = max(int(np.ceil(np.linalg.norm(b - a) / 0.05)), 1)
        fine += [a + (b - a) * i / parts for i in range(1, parts + 1)]
    return _resampled(spline(np.asarray(fine), 4, closed=False), step)


def _resampled(path: Array, step: float) -> Array:
    length = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))])
    at = np.linspace(0.0, length[-1], max(int(np.ceil(length[-1] / step)), 2) + 1)
    return np.stack([np.interp(at, length, path[:, i]) for i in range(path.shape[1])], 1)


def _side(surface: Surface) -> list[Patch]:
    b = surface.body
    front, pillar, rear = b.doors
    low = b.clearance + 0.105 if not b.cladding else b.cladding + 0.012
    sill = float(surface.belt(pillar)) - 0.01
    top = float(surface.belt(front)) - 0.01
    lines = [
        [
            (front - 0.05, top),
            (front + 0.015, top - 0.20),
            (front - 0.005, low + 0.12),
            (front - 0.06, low),
            (pillar, low),
            (pillar, sill),
        ]
    ]
    if rear is not None:
        lines.append(_rear_door(surface, pillar, rear, low))
    if b.kind is BodyKind.VAN:
        z = float(surface.crease(-1.4)) + 0.02
        lines.append([(rear or 0.0, z), (b.tail_x + 0.25, z)])
    if b.kind is BodyKind.PICKUP:  # the gap between cab and load bed
        gap = b.base[0] - 0.035
        lines += [[(x, low), (x, b.deck[1] - 0.02)] for x in (gap - 0.006, gap, gap + 0.006)]
        lines.append([(b.tail_x + 0.085, b.clearance + 0.30), (b.tail_x + 0.085, b.deck[1] - 0.02)])
    lines.append(_bumper_line(surface, -1))
    return [band for points in lines for band in _band(surface, points, "left")]


def _rear_door(surface: Surface, pillar: float, rear: float, low: float) -> list[tuple[float, float]]:
    """Along the sill, up round the wheel arch, to the sill of the window."""
    b = surface.body
    sill = float(surface.belt(rear)) - 0.01
    radius = b.arch + 0.075
    axle, z0 = b.axles[1], b.tyre
    arc = []
    for t in np.radians(np.linspace(-30, 80, 12)):
        x, z = axle + radius * np.cos(t), z0 + radius * np.sin(t)
        if low < z < sill - 0.12 and x > rear - 0.02:
            arc.append((float(x), float(z)))
    foot = axle + float(np.sqrt(max(radius**2 - (low - z0) ** 2, 0.01)))
    last = arc[-1] if arc else (rear, low)
    return [
        (pillar, low),
        (min(foot, pillar - 0.3) if arc else rear, low),
        *arc,
        (min(rear, last[0]), sill - 0.06),
        (rear - 0.03, sill),
    ]


def _bumper_line(surface: Surface, sign: int) -> list[tuple[float, float]]:
    """From the wheel arch to the lamp: where bumper and wing meet."""
    b = surface.body
    end = b.nose_x if sign > 0 else b.tail_x
    axle = b.axles[0] if sign > 0 else b.axles[1]
    z = b.tyre + 0.62 * b.arch
    x = axle + sign * b.arch * 0.80
    if sign > 0:
        return [(x, z), (x + 0.07, z + 0.02), (end - 0.42, b.nose - 0.075)]
    return [(x, z), (x - 0.07, z + 0.02), (end + 0.31, b.tail - 0.10)]


def _filler(surface: Surface) -> list[Patch]:
    """The fuel or charging flap on the rear wing."""
    b = surface.body
    x = b.axles[1] - 0.16
    z = max(float(surface.crease(x)) - 0.085, b.tyre + b.arch + 0.10)
    w, h = 0.075, 0.072
    flap = [(x, z + h), (x + w, z + h), (x + w, z - h), (x - w, z - h), (x - w, z + h), (x, z + h)]
    return _band(surface, flap, "left", step=0.012)


def _front(surface: Surface, lamps: Field) -> list[Patch]:
    """The bonnet's outline, and where the bumper meets the wings."""
    b = surface.body
    k = b.shoulder / 0.91
    nose, cowl = b.nose_x - 0.085, b.cowl[0] + 0.06
    edge = [(nose, 0.0), (nose - 0.012, 0.30 * k), (nose - 0.075, 0.56 * k), (nose - 0.20, 0.68 * k)]
    bonnet = _band(surface, [*edge, (nose - 0.36, 0.725 * k), (cowl, 0.745 * k)], "above", lamps)
    return bonnet + _band(surface, _bumper_line(surface, +1), "left", lamps)


def _tail(surface: Surface) -> list[Patch]:
    """Boot lid or tailgate."""
    b = surface.body
    k, low = b.shoulder / 0.91, b.clearance + 0.33
    if b.kind is BodyKind.PICKUP:
        return _band(surface, [(0.0, low - 0.03), (0.70 * k, low - 0.03), (0.70 * k, b.deck[1] - 0.015)], "rear")
    if not b.notch:
        gate = [(0.0, low), (0.56 * k, low), (0.66 * k, b.tail - 0.12), (0.70 * k, b.tail + 0.02)]
        return _band(surface, [*gate, (0.665 * k, b.base[1] + 0.02)], "rear")
    low = b.tail - 0.125
    lid = [(0.0, low), (0.46 * k, low), (0.56 * k, b.tail - 0.01), (0.62 * k, b.deck[1] - 0.03)]
    edge = [(b.tail_x + 0.13, 0.625 * k), (b.base[0] + 0.10, 0.66 * k)]
    return _band(surface, lid, "rear") + _band(surface, edge, "above")
