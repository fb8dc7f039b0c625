"""The eight bodies: one parametric description each, drawn at a typical size and fitted to the size asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from carimg.domain.kinds import BodyKind
from carimg.studio.spec import CarShape

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Body:
    """Lengths in metres in the studio's frame, (x, z) points in the middle plane, angles in degrees.

    `nose` is the height of the bonnet's leading edge; `cowl` the windscreen's foot; `header`, `peak`, `eave` the roof's
    front edge, highest point and rear edge; `base` the rear window's foot; `deck` the rear end of boot lid or tailgate
    shoulder; `tail` the height of the tail lamps; `belt` the window sill at the cowl and at the rear; `doors` x of the
    front door's leading edge, of the B pillar, of the rear door's end (None: two doors); `quarter` the rear end of the
    side glass: x at the sill and metres of forward lean per metre of height; `cladding` the height of bare plastic,
    0 for none.
    """

    kind: BodyKind
    length: float
    width: float
    height: float
    wheelbase: float
    front: float
    tyre: float
    clearance: float
    nose: float
    cowl: Point
    header: Point
    peak: Point
    eave: Point
    base: Point
    deck: Point
    tail: float
    belt: tuple[float, float]
    doors: tuple[float, float, float | None]
    quarter: Point
    tumblehome: float = 24.0
    cladding: float = 0.0
    privacy: bool = False
    rails: bool = False
    era: float = 1.0

    @property
    def notch(self) -> bool:
        """Whether a boot lid follows the rear window (else a tailgate reaches the roof)."""
        return self.kind in (BodyKind.SEDAN, BodyKind.COUPE, BodyKind.CONVERTIBLE)

    @property
    def bonnet_is_high(self) -> bool:
        return self.nose > 0.88

    @property
    def nose_x(self) -> float:
        return self.wheelbase / 2 + self.front

    @property
    def tail_x(self) -> float:
        return self.nose_x - self.length

    @property
    def axles(self) -> tuple[float, float]:
        return self.wheelbase / 2, -self.wheelbase / 2

    @property
    def arch(self) -> float:
        """Radius of the wheel opening."""
        return self.tyre + 0.035

    @property
    def shoulder(self) -> float:
        """Half the width of the body."""
        return self.width / 2


HATCHBACK = Body(
    BodyKind.HATCHBACK, 4.284, 1.789, 1.491, 2.619, 0.86, 0.328, 0.165, 0.765,
    cowl=(1.05, 0.975), header=(0.18, 1.400), peak=(-0.34, 1.491), eave=(-1.50, 1.400),
    base=(-1.90, 1.04), deck=(-2.04, 0.975), tail=0.868, belt=(0.925, 0.985),
    doors=(0.78, -0.30, -1.10), quarter=(-1.42, 0.75),
)  # fmt: skip
CITY = Body(
    BodyKind.HATCHBACK, 3.571, 1.627, 1.488, 2.300, 0.70, 0.298, 0.150, 0.790,
    cowl=(1.06, 0.985), header=(0.42, 1.395), peak=(-0.12, 1.488), eave=(-1.20, 1.380),
    base=(-1.60, 1.04), deck=(-1.70, 0.960), tail=0.850, belt=(0.925, 1.000),
    doors=(0.80, -0.46, None), quarter=(-1.08, 0.45), tumblehome=22.0,
)  # fmt: skip
SEDAN = Body(
    BodyKind.SEDAN, 4.709, 1.827, 1.435, 2.851, 0.845, 0.336, 0.155, 0.735,
    cowl=(1.02, 0.955), header=(0.16, 1.345), peak=(-0.42, 1.435), eave=(-1.20, 1.360),
    base=(-1.86, 1.045), deck=(-2.34, 1.035), tail=0.865, belt=(0.900, 0.960),
    doors=(0.74, -0.36, -1.22), quarter=(-1.62, 0.95), tumblehome=25.0,
)  # fmt: skip
SUV = Body(
    BodyKind.SUV, 4.600, 1.855, 1.685, 2.690, 0.90, 0.366, 0.215, 0.955,
    cowl=(1.05, 1.125), header=(0.20, 1.570), peak=(-0.40, 1.672), eave=(-1.90, 1.600),
    base=(-2.15, 1.190), deck=(-2.24, 1.120), tail=1.035, belt=(1.070, 1.125),
    doors=(0.70, -0.36, -1.22), quarter=(-1.88, 0.42), tumblehome=21.0, cladding=0.40, privacy=True, rails=True,
)  # fmt: skip
WAGON = Body(
    BodyKind.WAGON, 4.689, 1.829, 1.468, 2.686, 0.90, 0.334, 0.160, 0.745,
    cowl=(1.05, 0.960), header=(0.19, 1.365), peak=(-0.42, 1.458), eave=(-2.02, 1.385),
    base=(-2.31, 1.020), deck=(-2.39, 0.955), tail=0.868, belt=(0.905, 0.965),
    doors=(0.70, -0.36, -1.20), quarter=(-2.04, 0.60), privacy=True, rails=True,
)  # fmt: skip
COUPE = Body(
    BodyKind.COUPE, 4.697, 1.846, 1.371, 2.764, 0.87, 0.345, 0.140, 0.700,
    cowl=(0.84, 0.925), header=(-0.04, 1.285), peak=(-0.55, 1.371), eave=(-1.16, 1.305),
    base=(-2.02, 1.000), deck=(-2.34, 0.985), tail=0.835, belt=(0.880, 0.945),
    doors=(0.66, -0.74, None), quarter=(-1.42, 1.15), tumblehome=27.0,
)  # fmt: skip
CONVERTIBLE = replace(
    COUPE, kind=BodyKind.CONVERTIBLE, length=4.697, height=1.383, wheelbase=2.765, front=0.87,
    header=(-0.03, 1.345), peak=(-0.24, 1.383), eave=(-0.95, 1.335), base=(-1.42, 0.985), deck=(-2.34, 0.985),
    quarter=(-1.30, 0.8),
)  # fmt: skip
PICKUP = Body(
    BodyKind.PICKUP, 5.325, 1.855, 1.815, 3.085, 0.95, 0.385, 0.255, 1.045,
    cowl=(1.14, 1.190), header=(0.42, 1.700), peak=(-0.05, 1.815), eave=(-0.74, 1.765),
    base=(-0.90, 1.200), deck=(-2.72, 1.235), tail=1.02, belt=(1.155, 1.205),
    doors=(0.92, 0.02, -0.76), quarter=(-0.78, 0.10), tumblehome=18.0, cladding=0.42,
)  # fmt: skip
VAN = Body(
    BodyKind.VAN, 4.904, 1.904, 1.990, 3.000, 0.93, 0.348, 0.190, 0.985,
    cowl=(1.70, 1.235), header=(0.84, 1.830), peak=(-0.50, 1.990), eave=(-2.28, 1.905),
    base=(-2.41, 1.150), deck=(-2.44, 1.080), tail=1.12, belt=(1.130, 1.165),
    doors=(1.16, 0.12, -1.06), quarter=(-2.24, 0.12), tumblehome=12.0, privacy=True,
)  # fmt: skip

BODIES: dict[BodyKind, Body] = {b.kind: b for b in (HATCHBACK, SEDAN, SUV, WAGON, COUPE, CONVERTIBLE, PICKUP, VAN)}

CITY_LENGTH = 3.75
"""A hatchback shorter than this is drawn as a two-door city car."""


def fitted(shape: CarShape) -> Body:
    """The body of `shape.body` stretched to the lengths asked: x piecewise between bumpers and axles, z and y evenly.

    Wheels keep their roundness: the radius follows the height, and grows a little with `era`.
    """
    drawn = CITY if shape.body is BodyKind.HATCHBACK and shape.length < CITY_LENGTH else BODIES[shape.body]
    front = drawn.front * (shape.length - shape.wheelbase) / (drawn.length - drawn.wheelbase)
    target = replace(drawn, length=shape.length, wheelbase=shape.wheelbase, front=front)
    x, z = _stretch(drawn, target), shape.height / drawn.height
    era = float(np.clip(shape.era, 0.0, 1.0))

    def at(point: Point) -> Point:
        return x(point[0]), point[1] * z

    door_front, pillar, door_rear = drawn.doors
    overhang = min(front, shape.length - shape.wheelbase - front)
    tyre = min(drawn.tyre * z * (0.935 + 0.065 * era), 0.66 * overhang)
    return replace(
        target,
        width=shape.width, height=shape.height, tyre=tyre,
        clearance=drawn.clearance * z, nose=drawn.nose * z,
        cowl=at(drawn.cowl), header=at(drawn.header), peak=at(drawn.peak), eave=at(drawn.eave), base=at(drawn.base),
        deck=at(drawn.deck), tail=drawn.tail * z, belt=(drawn.belt[0] * z, drawn.belt[1] * z),
        doors=(x(door_front), x(pillar), None if door_rear is None else x(door_rear)),
        quarter=(x(drawn.quarter[0]), drawn.quarter[1]), cladding=drawn.cladding * z, era=era,
    )  # fmt: skip


def _stretch(drawn: Body, target: Body) -> Callable[[float], float]:
    """x of the drawn body → x of the target: linear between rear end, rear axle, front axle and nose."""
    source = [drawn.tail_x, drawn.axles[1], drawn.axles[0], drawn.nose_x]
    goal = [target.tail_x, target.axles[1], target.axles[0], target.nose_x]
    return lambda x: float(np.interp(x, source, goal))
