"""A car from the side as flat faces in Lab, for rules of paint that a single stripe decides: every pixel is known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from carimg.consistency.picture import Bools, Floats, from_hex

SIZE = (320, 160)
LEFT, RIGHT, TOP, BOTTOM = 20, 300, 20, 140  # the car's box, in pixels
BACKDROP = "#d8d8d4"
BAND = (0.28, 0.82)  # of the car's height from its top: between roof and tyres
Stripes = tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class FlatCar:
    """`stripes` are the colours of the body from the rear to the front with their shares; `roof` is what lies above
    the band, `sill` what lies below, `rim` the colour of the car's outermost two pixels (None: like the rest)."""

    stripes: Stripes
    roof: str = "#ffffff"
    sill: str = "#101012"
    rim: str | None = None

    @property
    def mask(self) -> Bools:
        """(h, w) bool: where the car is."""
        car = np.zeros(SIZE[::-1], dtype=np.bool_)
        car[TOP:BOTTOM, LEFT:RIGHT] = True
        return car

    @property
    def lab(self) -> Floats:
        """(h, w, 3) float32 CIE Lab."""
        image = np.empty((*SIZE[::-1], 3), dtype=np.float32)
        image[:] = from_hex(BACKDROP)
        low, high = (TOP + round(share * (BOTTOM - TOP)) for share in BAND)
        image[TOP:low, LEFT:RIGHT] = from_hex(self.roof)
        image[high:BOTTOM, LEFT:RIGHT] = from_hex(self.sill)
        at = 0.0
        for colour, share in self.stripes:
            left, right = (LEFT + round(x * (RIGHT - LEFT)) for x in (at, at + share))
            image[low:high, left:right] = from_hex(colour)
            at += share
        if self.rim:
            inner = np.zeros_like(self.mask)
            inner[TOP + 2 : BOTTOM - 2, LEFT + 2 : RIGHT - 2] = True
            image[self.mask & ~inner] = from_hex(self.rim)
        return image
