"""Windows: windscreen, rear window and side glass as regions of the skin, their black surrounds and pillars."""

from __future__ import annotations

from functools import partial

import numpy as np

from carimg.domain.kinds import BodyKind
from carimg.studio.car.fields import Array, smax
from carimg.studio.car.shell import Region
from carimg.studio.car.surface import Surface

FRIT = 0.020
"""Width of the black band around a pane, metres."""

THIN = 0.012
"""The same for the frameless windows of a convertible."""


def glazing(surface: Surface) -> list[Region]:
    """Every pane with its surround; a convertible has no rear window, its side windows stand raised in a thin frame."""
    b = surface.body
    middle = (b.header[0] + b.eave[0]) / 2
    front = ((b.header[0] - 0.35, -1.0, b.belt[0] - 0.1), (9.0, 9.0, 9.0))
    regions = [
        Region("plastic", lambda p: windscreen(surface, p, FRIT), *front),
        Region("glass", lambda p: windscreen(surface, p), *front),
    ]
    if b.kind is BodyKind.CONVERTIBLE:
        return regions + _flanks(surface, THIN)
    rear = ((-9.0, -1.0, b.base[1] - 0.1), (middle, 9.0, b.eave[1] + 0.05))
    regions += [
        Region("plastic", lambda p: rear_window(surface, p, FRIT), *rear),
        Region("glass_dark" if b.privacy else "glass", lambda p: rear_window(surface, p), *rear),
    ]
    return regions + _flanks(surface, FRIT)


def _flanks(surface: Surface, band: float) -> list[Region]:
    """The side windows in a black surround `band` metres wide, and the pillars between them."""
    b = surface.body
    flank = ((-9.0, 0.3, min(b.belt) - 0.1), (9.0, 9.0, 9.0))
    regions = [
        Region("trim", lambda p: side_glass(surface, p, band), *flank),
        Region("glass", lambda p: side_glass(surface, p), *flank),
    ]
    if b.privacy:
        regions.append(Region("glass_dark", lambda p: p[:, 0] - b.doors[1], *flank, on=("glass",)))
    for x, width in _pillars(surface):
        regions.append(Region("trim", partial(_pillar, surface, x, width), *flank, on=PANES))
    return regions


PANES = ("glass", "glass_dark")


def windscreen(surface: Surface, points: Array, grow: float = 0.0) -> Array:
    """Field of the windscreen: away from the flanks, between cowl and roof."""
    b = surface.body
    lower, cabin, flank = surface.parts(points)
    y2 = points[:, 1] ** 2
    foot = b.cowl[1] + 0.03 - 0.05 * y2 - points[:, 2] - 1.6 * grow
    head = points[:, 2] - (b.header[1] - 0.004 - 0.05 * y2) - grow
    pane = smax(smax(flank + 0.070 - grow, foot, 0.05), head, 0.05)
    return smax(pane, cabin - lower + 0.012 - grow, 0.02)


def rear_window(surface: Surface, points: Array, grow: float = 0.0) -> Array:
    """Field of the rear window: between tailgate or boot lid and the roof's rear edge."""
    b = surface.body
    _, _, flank = surface.parts(points)
    y2 = points[:, 1] ** 2
    foot, head = b.base[1] + 0.045, b.eave[1] - (0.075 if not b.notch else 0.030)
    pane = smax(flank + 0.085 - grow, foot - 0.03 * y2 - points[:, 2] - grow, 0.07)
    return smax(pane, points[:, 2] - head + 0.055 * y2 - grow, 0.07)


def side_glass(surface: Surface, points: Array, grow: float = 0.0) -> Array:
    """Field of the side windows taken together: below the roof rail, above the sill, ahead of the last pillar."""
    b = surface.body
    _, cabin, _ = surface.parts(points)
    x, z = points[:, 0], points[:, 2]
    belt = surface.belt(x)
    pane = smax(cabin + 0.078 - grow, belt + 0.016 - grow - z, 0.035)
    return smax(pane, b.quarter[0] + b.quarter[1] * (z - belt) - x - grow, 0.09)


def _pillars(surface: Surface) -> list[tuple[float, float]]:
    """(x at the sill, half width) of the black pillars between the panes."""
    b = surface.body
    if b.doors[2] is None:
        return [(b.doors[1] - 0.02, 0.030)]
    pillars = [(b.doors[1], 0.042)]
    if b.kind is not BodyKind.PICKUP:
        pillars.append(
            (b.doors[2] + (0.02 if b.kind is BodyKind.SEDAN else 0.0), 0.012 if b.kind is BodyKind.SEDAN else 0.030)
        )
    return pillars


def _pillar(surface: Surface, x: float, half: float, points: Array) -> Array:
    lean = 0.10 * (points[:, 2] - surface.body.belt[1])
    return np.asarray(np.abs(points[:, 0] - x + lean) - half)
