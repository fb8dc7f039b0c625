"""Wheels: a lathed tyre and rim, five spoke designs, brake disc and caliper. One wheel is built and set four times."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from carimg.studio.car.bodies import Body
from carimg.studio.car.fields import Array, spline
from carimg.studio.car.meshes import Patch, disc, grid, join, lathe, loft, move, turn

TYRE_WIDTH = 0.225
AROUND = 64


def rim_radius(body: Body) -> float:
    """Metres; older cars have higher sidewalls."""
    return body.tyre * (0.665 + 0.075 * body.era)


def wheels(body: Body, design: int) -> dict[str, list[Patch]]:
    """Four wheels by material, each on the ground under its arch, with its housing."""
    parts: dict[str, list[Patch]] = {}
    one = wheel(body, design)
    track = body.shoulder - TYRE_WIDTH / 2 - 0.018
    for x in body.axles:
        for side in (1.0, -1.0):
            for material, patch in one.items():
                parts.setdefault(material, []).append(move(patch, (x, side * track, body.tyre), scale=(1, side, 1)))
        parts.setdefault("dark", []).extend(_housing(body, x))
    return parts


def wheel(body: Body, design: int) -> dict[str, Patch]:
    """One wheel about the origin, outer face towards +y."""
    rim, half = rim_radius(body), TYRE_WIDTH / 2
    spokes = SPOKES[design % len(SPOKES)]
    barrel = [(rim - 0.010, -half), (rim - 0.030, -half + 0.02), (rim - 0.036, 0.0), (rim - 0.026, half - 0.045)]
    lip = [
        (rim - 0.022, half - 0.022),
        (rim - 0.010, half - 0.006),
        (rim - 0.002, half - 0.002),
        (rim + 0.004, half - 0.010),
    ]
    inside = lathe(spline([*barrel, *lip], 2, closed=False), AROUND)
    hub = half - 0.050
    return {
        "tyre": lathe(_tyre_profile(body, rim, half), AROUND),
        "rim": join([Patch(inside.v, inside.f, -inside.n), *spokes(rim, half)]),
        "dark": join([lathe([(rim - 0.03, -0.055), (0.03, -0.055)], 36), *_bolts(hub)]),
        "disc": lathe(
            [(rim * 0.74, -0.028), (rim * 0.74, -0.012), (rim * 0.42, -0.012), (rim * 0.38, 0.0), (0.02, 0.0)], 40
        ),
        "caliper": lathe(
            [(rim * 0.83, -0.03), (rim * 0.83, 0.014), (rim * 0.55, 0.014), (rim * 0.55, -0.03)], 8, 1.1, 2.0
        ),
        "cap": move(disc(0.030, 0.006, 24), (0, hub + 0.006, 0)),
    }


def _tyre_profile(body: Body, rim: float, half: float) -> Array:
    r = body.tyre
    side = (r - rim) * 0.45
    outer = [
        (r - 0.006, half - 0.022),
        (r - 0.030, half - 0.001),
        (rim + side, half + 0.004),
        (rim + 0.012, half - 0.001),
        (rim - 0.004, half - 0.008),
    ]
    shoulder = spline([(r, half - 0.040), *outer], 2, closed=False)
    groove = [
        (r, half - 0.060),
        (r, 0.034),
        (r - 0.008, 0.033),
        (r - 0.008, 0.026),
        (r, 0.025),
        (r, -0.025),
        (r - 0.008, -0.026),
        (r - 0.008, -0.033),
        (r, -0.034),
    ]
    left = shoulder[::-1] * np.array([1.0, -1.0])
    return np.vstack([left, groove[::-1], shoulder])


def _bolts(hub: float) -> list[Patch]:
    angles = np.arange(5) * 2 * np.pi / 5 + 0.63
    return [move(disc(0.0085, 0.008, 8), (0.052 * np.sin(t), hub - 0.004, 0.052 * np.cos(t))) for t in angles]


def _housing(body: Body, x: float) -> list[Patch]:
    """Liner and inner wall of both wheel openings of an axle."""
    t = np.linspace(-0.12 * np.pi, 1.12 * np.pi, 40)
    radius, outer, inner = body.arch + 0.014, body.shoulder - 0.064, 0.44
    ring = np.stack([x + radius * np.cos(t), 0 * t, body.tyre + radius * np.sin(t)], 1)
    left = np.array([0.0, 1.0, 0.0])
    hub = np.tile([x, inner, body.tyre], (len(t), 1))
    half = [
        _facing(grid(np.stack([ring + outer * left, ring + inner * left])), (x, inner, body.tyre)),
        _facing(grid(np.stack([ring + inner * left, hub])), (x, 2.0, body.tyre)),
    ]
    return [*half, *(move(p, scale=(1, -1, 1)) for p in half)]


def _facing(patch: Patch, point: tuple[float, float, float]) -> Patch:
    """The patch with every normal turned towards a point."""
    towards = np.einsum("ij,ij->i", patch.n, np.asarray(point) - patch.v)
    return Patch(patch.v, patch.f, patch.n * np.where(towards < 0, -1.0, 1.0)[:, None])


def _face(rim: float, half: float, r: Array) -> Array:
    """y of the spokes' outer face at a radius: dished towards the hub."""
    return np.asarray(half - 0.014 - 0.036 * (1 - np.clip(r / rim, 0, 1)) ** 1.4)


def _spoke(
    rim: float,
    half: float,
    width: tuple[float, float],
    skew: tuple[float, float],
    depth: float = 0.034,
    lean: float = 0.0,
) -> Patch:
    """One spoke along +z: `width` at hub and rim, `skew` sideways at hub and rim, all in metres; `lean` bends it."""
    t = np.linspace(0.0, 1.0, 8)
    r = 0.045 + t * (rim - 0.012 - 0.045)
    w = (width[0] + (width[1] - width[0]) * t + 0.012 * (1 - t) ** 3) / 2
    x = skew[0] + (skew[1] - skew[0]) * t + lean * np.sin(np.pi * t * 0.5) ** 2
    face = _face(rim, half, r)
    section = np.array(
        [
            (-1.0, -0.45),
            (-0.98, -0.10),
            (-0.82, 0.0),
            (0.0, 0.04),
            (0.82, 0.0),
            (0.98, -0.10),
            (1.0, -0.45),
            (0.6, -1.0),
            (-0.6, -1.0),
        ]
    )
    points = np.empty((len(t), len(section), 3))
    points[..., 0] = x[:, None] + w[:, None] * section[:, 0]
    points[..., 1] = face[:, None] + depth * section[:, 1]
    points[..., 2] = np.sqrt(np.maximum(r[:, None] ** 2 - points[..., 0] ** 2 * 0.9, 1e-5))
    return loft(points)


def _around(patches: list[Patch], count: int) -> list[Patch]:
    return [move(p, turn=turn("y", 360.0 * i / count)) for i in range(count) for p in patches]


def _hub(rim: float, half: float, radius: float = 0.066) -> Patch:
    y = half - 0.050
    return lathe(
        [
            (radius, y - 0.03),
            (radius, y - 0.004),
            (radius - 0.006, y + 0.001),
            (radius * 0.6, y + 0.003),
            (0.001, y + 0.003),
        ],
        36,
    )


def _five(rim: float, half: float) -> list[Patch]:
    return [_hub(rim, half), *_around([_spoke(rim, half, (0.058, 0.066), (0.0, 0.0), 0.040)], 5)]


def _twin(rim: float, half: float) -> list[Patch]:
    left = _spoke(rim, half, (0.026, 0.023), (0.016, 0.046))
    right = _spoke(rim, half, (0.026, 0.023), (-0.016, -0.046))
    return [_hub(rim, half), *_around([left, right], 5)]


def _multi(rim: float, half: float) -> list[Patch]:
    return [_hub(rim, half, 0.060), *_around([_spoke(rim, half, (0.020, 0.019), (0.0, 0.0), 0.030)], 15)]


def _turbine(rim: float, half: float) -> list[Patch]:
    return [_hub(rim, half), *_around([_spoke(rim, half, (0.030, 0.046), (-0.010, 0.030), 0.032, lean=0.045)], 9)]


def _dish(rim: float, half: float) -> list[Patch]:
    """Five broad paddles that nearly close the wheel."""
    paddle = _spoke(rim, half, (0.072, 0.80 * rim), (0.0, 0.0), 0.026)
    return [_hub(rim, half, 0.070), *_around([paddle], 5)]


SPOKES: tuple[Callable[[float, float], list[Patch]], ...] = (_five, _twin, _multi, _turbine, _dish)
"""Designs by number: five spokes, five twins, fifteen thin, turbine, paddles."""
