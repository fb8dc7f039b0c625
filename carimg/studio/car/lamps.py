"""Head and tail lamps: five designs each as outlines on the skin, with light guides, modules and signals inside.

Outlines live in wrapped coordinates: u = |y| + 0.75 · (distance behind the bumper's face), v = height above the lamp's
anchor, so that a lamp runs round the car's corner.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from carimg.domain.kinds import BodyKind
from carimg.studio.car.fields import Array, Field, polygon
from carimg.studio.car.meshes import Patch, box, lathe, move, turn
from carimg.studio.car.shell import Region
from carimg.studio.car.surface import Surface

Path = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Lamp:
    """`outlines` in (u, v); `guide` picks the glowing line: where the band inside the outline counts, in (u, v);
    `modules` are (u, v, radius) of the projectors; `corner` is the radius of the outline's corners;
    a `smoked` lamp is black within its line."""

    outlines: tuple[Path, ...]
    guide: Callable[[Array, Array], Array]
    modules: tuple[tuple[float, float, float], ...] = ()
    corner: float = 0.012
    inset: float = 0.016
    smoked: bool = False


def _everywhere(u: Array, v: Array) -> Array:
    return np.full(np.shape(u), -1.0)


GUIDE = 0.0055
"""Half the width of the glowing line, metres."""

HEAD: tuple[Lamp, ...] = (
    Lamp(  # swept wedge, light along the lower edge
        (((0.60, -0.080), (1.00, -0.072), (1.31, 0.052), (1.10, 0.060), (0.60, 0.000)),),
        lambda u, v: v + 0.052 - 0.10 * np.maximum(u - 0.98, 0) - 0.03 * (u - 0.6),
        ((0.68, -0.032, 0.036), (0.80, -0.027, 0.036), (0.93, -0.020, 0.030)),
    ),
    Lamp(  # pebble with a ring of light
        (((0.66, -0.075), (0.80, -0.100), (0.98, -0.085), (1.12, -0.010), (1.10, 0.045), (0.90, 0.048), (0.68, 0.0)),),
        _everywhere,
        ((0.76, -0.036, 0.040), (0.90, -0.024, 0.040)),
        corner=0.024,
    ),
    Lamp(  # upright rectangle, light in an upper bracket
        (((0.61, -0.095), (1.06, -0.090), (1.13, 0.040), (0.61, 0.012)),),
        lambda u, v: np.minimum(u - 0.655, 0.08 * (u - 0.61) - v - 0.012),
        ((0.72, -0.045, 0.040), (0.87, -0.042, 0.040)),
    ),
    Lamp(  # a thin blade above, the projectors in a pod below
        (
            ((0.58, -0.022), (1.00, -0.010), (1.32, 0.042), (1.30, 0.060), (0.58, 0.002)),
            ((0.70, -0.200), (0.92, -0.190), (0.95, -0.105), (0.73, -0.110)),
        ),
        lambda u, v: -(v + 0.06),
        ((0.775, -0.155, 0.030), (0.865, -0.150, 0.030)),
        inset=0.012,
    ),
    Lamp(  # hook: a blade with a barb
        (
            (
                (0.58, -0.060), (0.78, -0.062), (0.84, -0.125), (0.95, -0.140), (1.00, -0.050), (1.31, 0.045),
                (1.10, 0.058), (0.58, 0.000),
            ),
        ),
        lambda u, v: v + 0.052 - 0.06 * np.maximum(u - 0.95, 0),
        ((0.69, -0.028, 0.029), (0.81, -0.030, 0.031), (0.92, -0.035, 0.031)),
    ),
)  # fmt: skip

TAIL: tuple[Lamp, ...] = (
    Lamp(  # swept wedge
        (((0.38, -0.026), (1.04, -0.058), (1.24, 0.060), (1.00, 0.078), (0.38, 0.046)),),
        _everywhere,
        smoked=True,
    ),
    Lamp(  # pebble
        (((0.62, -0.055), (0.86, -0.085), (1.06, -0.060), (1.18, 0.050), (0.98, 0.082), (0.68, 0.060)),),
        _everywhere,
        corner=0.030,
    ),
    Lamp(  # rectangle
        (((0.52, -0.070), (1.04, -0.080), (1.16, 0.056), (0.52, 0.070)),),
        lambda u, v: np.abs(v) - 0.2,
    ),
    Lamp(  # a bar from side to side
        (((-1.0, 0.004), (0.70, 0.004), (1.00, -0.050), (1.18, -0.030), (1.26, 0.056), (0.70, 0.050), (-1.0, 0.046)),),
        lambda u, v: np.abs(v - 0.026) - 0.014,
        inset=0.018,
    ),
    Lamp(  # hook
        (((0.50, 0.006), (0.84, 0.000), (0.88, -0.110), (1.06, -0.105), (1.22, 0.062), (0.50, 0.066)),),
        _everywhere,
        smoked=True,
    ),
)  # fmt: skip

TALL_TAIL: tuple[Lamp, ...] = (
    Lamp((((0.78, -0.20), (1.00, -0.20), (1.02, 0.17), (0.83, 0.17)),), _everywhere, smoked=True),
    Lamp((((0.80, -0.16), (0.98, -0.17), (1.02, 0.14), (0.84, 0.15)),), _everywhere, corner=0.035),
    Lamp((((0.76, -0.13), (1.03, -0.13), (1.05, 0.12), (0.80, 0.12)),), _everywhere),
    Lamp(
        (
            ((0.80, 0.02), (1.00, 0.02), (1.02, 0.20), (0.84, 0.20)),
            ((0.78, -0.18), (0.99, -0.18), (1.00, -0.02), (0.79, -0.02)),
        ),
        _everywhere,
    ),
    Lamp((((0.70, -0.20), (0.98, -0.20), (1.02, 0.18), (0.86, 0.18), (0.84, -0.10), (0.70, -0.11)),), _everywhere),
)  # fmt: skip


def lamp_regions(surface: Surface, design: int) -> list[Region]:
    """Black gap, lens, glowing line and signal, front and rear."""
    b = surface.body
    front = ((b.nose_x - 0.8, -1.0, 0.3), (9.0, 9.0, b.nose + 0.25))
    rear = ((-9.0, -1.0, 0.3), (b.tail_x + 0.8, 9.0, 9.0))
    head, tail = HEAD[design % len(HEAD)], _tail(surface, design)
    at_nose, at_tail = partial(head_coordinates, surface), partial(tail_coordinates, surface)
    return [
        *_lamp(head, at_nose, front, "lamp_front", "led"),
        Region("signal", lambda p: 1.12 - at_nose(p)[0], *front, on=("led",)),
        *_lamp(tail, at_tail, rear, "lamp_rear", "led_rear"),
    ]


Box = tuple[tuple[float, float, float], tuple[float, float, float]]
Coordinates = Callable[[Array], tuple[Array, Array]]


def _lamp(lamp: Lamp, where: Coordinates, box_: Box, lens: str, glow: str) -> list[Region]:
    """The glowing line is thinner than the skin's triangles: both its edges are cut before it is named."""

    def outline(p: Array) -> Array:
        return _outline(lamp, *where(p))

    core = [Region("trim", lambda p: outline(p) + lamp.inset + GUIDE, *box_, on=(lens,))] if lamp.smoked else []
    return [
        Region("trim", lambda p: outline(p) - 0.010, *box_, on=("paint", "plastic")),
        Region(lens, outline, *box_),
        Region("", lambda p: outline(p) + lamp.inset - GUIDE, *box_, on=(lens,)),
        Region("", lambda p: outline(p) + lamp.inset + GUIDE, *box_, on=(lens,)),
        Region(glow, lambda p: _guide(lamp, *where(p)), *box_, on=(lens,)),
        *core,
    ]


def head_coordinates(surface: Surface, points: Array) -> tuple[Array, Array]:
    """(u, v) of points for the head lamps; older cars have taller lamps."""
    b = surface.body
    u = np.abs(points[:, 1]) * (0.91 / b.shoulder) + 0.75 * (b.nose_x - points[:, 0])
    return u, (points[:, 2] - _anchor(surface)) / _height(surface)


def tail_coordinates(surface: Surface, points: Array) -> tuple[Array, Array]:
    """(u, v) of points for the tail lamps, which grow downward."""
    b = surface.body
    u = np.abs(points[:, 1]) * (0.91 / b.shoulder) + 0.75 * (points[:, 0] - b.tail_x)
    return u, (points[:, 2] - b.tail) / _height(surface) + 0.06 * (1.0 - 1.0 / _height(surface))


def head_lamp(surface: Surface, design: int) -> Field:
    """Field of the head lamps' outline on the skin."""
    return lambda p: _outline(HEAD[design % len(HEAD)], *head_coordinates(surface, p))


def projectors(surface: Surface, design: int) -> dict[str, list[Patch]]:
    """Lens balls with bright rings behind the left head lamp's cover."""
    parts: dict[str, list[Patch]] = {"lens": [], "chrome": []}
    for u, v, radius in HEAD[design % len(HEAD)].modules:
        at = _on_skin(surface, u, _anchor(surface) + v * _height(surface))
        centre = at - np.array([0.030 + 0.5 * radius, 0.010, 0.0])
        ring = [(radius - 0.004, -0.02), (radius + 0.001, 0.008), (radius + 0.004, 0.012), (radius + 0.009, 0.004)]
        parts["lens"].append(move(box((1.7 * radius,) * 3, 1.0, 5), centre))
        parts["chrome"].append(move(lathe(ring[::-1], 24), centre, turn("z", -90)))
    return parts


def _on_skin(surface: Surface, u: float, z: float) -> Array:
    """The left point of the skin with the head lamp coordinate u at height z."""
    b = surface.body
    y = np.linspace(0.35, b.shoulder - 0.02, 60)
    found = surface.hits(np.stack([np.full(60, b.nose_x + 0.3), y, np.full(60, z)], 1), (-1, 0, 0), 1.5)
    wrapped, _ = head_coordinates(surface, found)
    return np.asarray(found[int(np.nanargmin(np.abs(wrapped - u)))])


def _tail(surface: Surface, design: int) -> Lamp:
    tall = surface.body.kind in (BodyKind.VAN, BodyKind.PICKUP)
    return (TALL_TAIL if tall else TAIL)[design % len(TAIL)]


def _anchor(surface: Surface) -> float:
    b = surface.body
    return b.nose - (0.002 if not b.bonnet_is_high else 0.034) - 0.06 * (_height(surface) - 1.0)


def _height(surface: Surface) -> float:
    b = surface.body
    return (1.32 - 0.32 * b.era) * (1.12 if b.bonnet_is_high else 1.0)


def _outline(lamp: Lamp, u: Array, v: Array) -> Array:
    fields = [polygon(u, v, path, lamp.corner) for path in lamp.outlines]
    return np.asarray(np.minimum.reduce(fields))


def _guide(lamp: Lamp, u: Array, v: Array) -> Array:
    band = np.abs(_outline(lamp, u, v) + lamp.inset) - GUIDE
    return np.asarray(np.maximum(band, lamp.guide(u, v)))
