"""Shut lines: dark bands laid on the skin along doors, bonnet, boot lid and bumpers."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from carimg.studio.fields import Array, spline
from carimg.studio.meshes import Patch, mirrored, ribbon
from carimg.studio.spec import BodyKind
from carimg.studio.surface import Surface

WIDTH, LIFT = 0.0058, 0.0008
"""Metres: a 4 mm gap plus its shadow; high enough to clear the skin's facets."""


def seams(surface: Surface) -> list[Patch]:
    """Every shut line of both sides."""
    half = [*_side(surface), *_bonnet(surface), *_tail(surface)]
    flap = _filler(surface)
    right = [*half, *([] if flap is None else [flap])]
    return [*half, *(mirrored(p) for p in right)]


def window_strip(surface: Surface) -> dict[str, list[Patch]]:
    """A bright strip along the window sill of the bodies that wear one."""
    b = surface.body
    if b.kind not in BRIGHT:
        return {}
    x = np.linspace(b.doors[0] - 0.03, b.quarter[0] + 0.02, 40)
    z = surface.belt(x) - 0.004
    skin = surface.hits(np.stack([x, np.full(40, b.shoulder + 0.15), z], 1), (0, -1, 0), 0.8)
    strip = ribbon(skin, surface.normals(skin), 0.013, 0.003)
    return {"chrome": [strip, mirrored(strip)]}


BRIGHT = (BodyKind.SEDAN, BodyKind.WAGON, BodyKind.COUPE, BodyKind.CONVERTIBLE, BodyKind.SUV)


def _line(
    surface: Surface, points: list[tuple[float, float]], axis: str, round_: bool = True, step: float = 0.02
) -> Patch | None:
    """A band through (x, z) points seen from the left, (x, y) from above, (y, z) from front or rear ('+x', '-x')."""
    path = _rounded(np.asarray(points, float), step) if round_ else _resampled(np.asarray(points, float), step)
    u, v = path.T
    b = surface.body
    if axis == "y":
        skin = surface.hits(np.stack([u, np.full(len(u), b.shoulder + 0.15), v], 1), (0, -1, 0), 0.8)
    elif axis == "z":
        skin = surface.hits(np.stack([u, v, np.full(len(u), b.height + 0.1)], 1), (0, 0, -1), 1.6)
    else:
        sign = 1.0 if axis == "+x" else -1.0
        start = b.nose_x + 0.3 if sign > 0 else b.tail_x - 0.3
        skin = surface.hits(np.stack([np.full(len(u), start), u, v], 1), (-sign, 0, 0), 1.6)
    skin = skin[np.isfinite(skin).all(1)]
    if len(skin) < 3:
        return None
    return ribbon(skin, surface.normals(skin), WIDTH, LIFT)


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
        lines.append([(gap, low), (gap, b.deck[1] - 0.02)])
    lines.append(_bumper_line(surface, +1))
    lines.append(_bumper_line(surface, -1))
    found = [_line(surface, points, "y") for points in lines]
    return [p for p in found if p is not None]


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
    return [(x, z), (x - 0.07, z + 0.02), (end + 0.34, b.tail - 0.12)]


def _filler(surface: Surface) -> Patch | None:
    """The fuel or charging flap on the rear wing."""
    b = surface.body
    x = b.axles[1] - 0.16
    z = float(surface.crease(x)) - 0.085
    if z - 0.08 < b.tyre + b.arch + 0.02:
        z = b.tyre + b.arch + 0.105
    w, h = 0.075, 0.072
    return _line(
        surface,
        [(x, z + h), (x + w, z + h), (x + w, z - h), (x - w, z - h), (x - w, z + h), (x, z + h)],
        "y",
        step=0.012,
    )


def _bonnet(surface: Surface) -> list[Patch]:
    b = surface.body
    k = b.shoulder / 0.91
    nose, cowl = b.nose_x - 0.085, b.cowl[0] + 0.06
    points = [
        (nose, 0.0),
        (nose - 0.012, 0.30 * k),
        (nose - 0.075, 0.56 * k),
        (nose - 0.20, 0.68 * k),
        (nose - 0.36, 0.725 * k),
        (cowl, 0.745 * k),
    ]
    line = _line(surface, points, "z")
    return [] if line is None else [line]


def _tail(surface: Surface) -> list[Patch]:
    b = surface.body
    k = b.shoulder / 0.91
    if b.kind is BodyKind.PICKUP:
        low, high = b.clearance + 0.30, b.deck[1] - 0.015
        lines = [_line(surface, [(0.0, low), (0.70 * k, low), (0.70 * k, high)], "-x")]
    elif b.notch:
        low, rim = b.tail - 0.125, b.base[1]
        lines = [
            _line(surface, [(0.0, low), (0.46 * k, low), (0.56 * k, b.tail - 0.01), (0.62 * k, b.deck[1] - 0.03)], "-x")
        ]
        start = b.tail_x + 0.13
        lines.append(_line(surface, [(start, 0.625 * k), (b.base[0] + 0.10, 0.66 * k)], "z"))
        del rim
    else:
        low = b.clearance + 0.33
        side = 0.70 * k
        top = b.base[1] + 0.02
        lines = [
            _line(
                surface,
                [(0.0, low), (0.56 * k, low), (0.66 * k, b.tail - 0.12), (side, b.tail + 0.02), (0.665 * k, top)],
                "-x",
            )
        ]
    return [p for p in lines if p is not None]
