"""Tail lamps: red by law on every car, so they tell the rear from the front, and which way a side view faces."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from carimg.consistency.picture import Bools, Floats

_CHROMA = 32.0
_HUES = (0.0, 50.0)  # degrees in the a, b plane
_LIGHTNESS = (8.0, 75.0)
_BAND = (0.2, 0.75)  # of the car's height from its top: brake calipers and reflectors lie lower
_PAINT_CHROMA, _PAINT_HUES = 15.0, (-20.0, 70.0)  # paint that could be taken for a lamp


@dataclass(frozen=True, slots=True)
class Lamps:
    """`share` 0 … 1 of the car's pixels that are lamp red; `side` −1 … 1, where they are in the car's box from left to
    right."""

    share: float
    side: float


def tail_lamps(lab: Floats, car: Bools, paint: Floats) -> Lamps | None:
    """(h, w, 3) Lab, (h, w) bool, (3,) Lab → lamps; None where the paint itself is reddish and nothing can be told."""
    if np.hypot(paint[1], paint[2]) > _PAINT_CHROMA and _within(_hue(paint), _PAINT_HUES):
        return None
    rows, columns = np.flatnonzero(car.any(axis=1)), np.flatnonzero(car.any(axis=0))
    height = rows[-1] + 1 - rows[0]
    band = slice(rows[0] + round(_BAND[0] * height), rows[0] + round(_BAND[1] * height))
    part = lab[band]
    red = car[band] & (np.hypot(part[..., 1], part[..., 2]) > _CHROMA) & _within(_hue(part), _HUES)
    red &= _within(part[..., 0], _LIGHTNESS)
    share = float(red.sum() / car.sum())
    if not red.any():
        return Lamps(0.0, 0.0)
    place = float(np.nonzero(red)[1].mean() - columns[0]) / max(1, columns[-1] - columns[0])
    return Lamps(share, 2 * place - 1)


def _hue(lab: Floats) -> Floats:
    return np.degrees(np.arctan2(lab[..., 2], lab[..., 1]))


def _within(values: Floats, limits: tuple[float, float]) -> Bools:
    return np.asarray((values > limits[0]) & (values < limits[1]), dtype=np.bool_)
