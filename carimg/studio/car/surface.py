"""The painted body as one smooth implicit surface: lower body and cabin, each an intersection of outlines."""

from __future__ import annotations

import numpy as np

from carimg.domain.kinds import BodyKind
from carimg.studio.car.bodies import Body
from carimg.studio.car.fields import Array, Outline, bump, gradient, project, ramp, smax, smin, spline, unit

PLATE_ROOM = 0.008
"""Metres by which the skin ends before the body's length does: plates and emblems stand on it."""


class Surface:
    """Field of a body's skin. Negative inside; near the skin it is a distance to within some per cent."""

    def __init__(self, body: Body) -> None:
        self.body = body
        self.side = Outline(_side_outline(body))
        self.plan = Outline(_plan_outline(body))
        self.cabin = Outline(_cabin_outline(body))
        lean = np.radians(body.tumblehome)
        self._cos, self._tan = float(np.cos(lean)), float(np.tan(lean))
        self._fit = np.array([0.0, 0.0, 1.0])  # metres to add to nose and tail, factor on the half width
        self._fit_to_size()

    def __call__(self, points: Array, order: int = 3) -> Array:
        lower, cabin, flank = self.parts(points, order)
        return smin(lower, smax(cabin, flank, 0.11), 0.04)

    def quick(self, points: Array) -> Array:
        """The field with linear interpolation: for marching and for rays."""
        return self(points, 1)

    def project(self, points: Array, rounds: int = 2) -> Array:
        """The nearest points on the skin, those of the middle plane kept in it."""
        middle = np.abs(points[:, 1]) < 1e-7
        moved = project(self, points, rounds)
        moved[middle, 1] = 0.0
        return moved

    def normals(self, points: Array) -> Array:
        """Outward unit normals at points of the skin."""
        return unit(gradient(self, points))

    def parts(self, points: Array, order: int = 3) -> tuple[Array, Array, Array]:
        """(lower body, cabin in side view, leaning cabin flank), each a field of its own."""
        b = self.body
        x, y, z = points[:, 0], np.abs(points[:, 1]) / self._fit[2], points[:, 2]
        x = x - self._fit[0] * ramp(x, b.axles[0], b.nose_x) - self._fit[1] * ramp(x, b.axles[1], b.tail_x)
        return self._lower(x, y, z, order), self._cabin(x, y, z, order), self._flank(x, y, z)

    def belt(self, x: Array | float) -> Array:
        """Height of the window sill at x."""
        b = self.body
        t = np.clip((np.asarray(x, float) - b.base[0]) / (b.cowl[0] - b.base[0]), 0.0, 1.1)
        return np.asarray(b.belt[1] + (b.belt[0] - b.belt[1]) * t)

    def crease(self, x: Array | float) -> Array:
        """Height of the shoulder line at x: it falls a little towards the nose."""
        b = self.body
        drop = 0.105 if not b.bonnet_is_high else 0.125
        return np.asarray(self.belt(x) - drop - 0.018 * np.asarray(x, float))

    def sill(self, x: Array | float) -> Array:
        """Height of the lower door crease at x: it rises towards the rear."""
        b = self.body
        return np.asarray(max(b.clearance, b.cladding * 0.72) + 0.245 - 0.028 * np.asarray(x, float))

    def from_axle(self, x: Array, z: Array) -> Array:
        """Distance to the nearer wheel centre in side view."""
        along = np.minimum(np.abs(x - self.body.axles[0]), np.abs(x - self.body.axles[1]))
        return np.asarray(np.hypot(along, z - self.body.tyre))

    def hits(self, origins: Array, direction: tuple[float, float, float], far: float = 3.0) -> Array:
        """First skin points (n, 3) along `direction` from each origin, which lies outside; nan: none hit."""
        d = np.asarray(direction, float)
        t = np.linspace(0.0, far, int(far / 0.03))
        samples = self.quick((origins[:, None] + t[:, None] * d).reshape(-1, 3)).reshape(len(origins), -1)
        first = (samples < 0).argmax(1)
        low, high = t[np.maximum(first - 1, 0)] - 0.004, t[first] + 0.004
        f_low, f_high = self(origins + low[:, None] * d), self(origins + high[:, None] * d)
        for _ in range(5):  # the field is nearly linear along so short a stretch: false position converges at once
            mid = low + (high - low) * np.clip(f_low / (f_low - f_high + 1e-12), 0.02, 0.98)
            f_mid = self(origins + mid[:, None] * d)
            outside = f_mid > 0
            low, f_low = np.where(outside, mid, low), np.where(outside, f_mid, f_low * 0.7)
            high, f_high = np.where(outside, high, mid), np.where(outside, f_high * 0.7, f_mid)
        best = np.where(np.abs(f_low) < np.abs(f_high), low, high)
        found = origins + best[:, None] * d
        found[first == 0] = np.nan
        return np.asarray(found)

    def _lower(self, x: Array, y: Array, z: Array, order: int) -> Array:
        b = self.body
        sweep = 0.11 * np.tanh(np.maximum(x - 0.3, 0)) - 0.055 * np.tanh(np.maximum(-x - 0.3, 0))
        crown = 0.055 * y * y * ramp(z, 0.5, 0.8)
        if b.kind is BodyKind.PICKUP:
            crown = crown * ramp(x, b.base[0], b.cowl[0])
        side = self.side(x + sweep * y * y, z + crown - self._bonnet_dome(x, y, z), order)
        plan = self.plan(x, y, order) + self._tuck(x, z)
        ends = ramp(np.abs(x), b.axles[0], b.axles[0] + 0.55) * ramp(z, b.clearance + 0.12, b.clearance + 0.42)
        if b.kind is BodyKind.PICKUP:  # square corners about the load bed
            ends = ends * ramp(x, -0.5, 0.5)
        radius = 0.09 + 0.11 * ends
        return smax(side, plan, radius)

    def _bonnet_dome(self, x: Array, y: Array, z: Array) -> Array:
        """A raised middle of the bonnet between two soft lines that open towards the windscreen."""
        b = self.body
        edge = 0.50 + 0.12 * (b.cowl[0] - x)
        return np.asarray(
            0.014 * ramp(y, edge + 0.07, edge - 0.05) * ramp(x, 0.6, 1.0) * ramp(z, b.nose - 0.1, b.nose + 0.02)
        )

    def _tuck(self, x: Array, z: Array) -> Array:
        """How far the flank is drawn in at each height: shoulder line, waist, lower crease, sill, arches."""
        b = self.body
        line, sill = self.crease(x), self.sill(x)
        doors = ramp(np.abs(x), b.axles[0] - 0.22, b.axles[0] - 0.6)
        tuck = smax((z - line) * 0.42, (line - z) * 0.058, 0.011)
        tuck = tuck - 0.034 * ramp(z, sill + 0.22, sill) * doors
        tuck = smax(tuck, (sill - 0.012 - z) * 0.34 - 0.022, 0.012)
        tuck = smax(tuck, (b.clearance + 0.10 - z) * 0.75 - 0.012, 0.05)
        haunch = 0.012 * bump(x, b.axles[1], 0.55) * bump(z, float(self.crease(b.axles[1])) - 0.02, 0.22)
        flare = 0.026 * np.exp(-((np.maximum(self.from_axle(x, z) - b.arch, 0) / 0.07) ** 2))
        return np.asarray(tuck - haunch - flare * ramp(z, b.tyre + b.arch + 0.17, b.tyre + 0.1))

    def _cabin(self, x: Array, y: Array, z: Array, order: int) -> Array:
        bow = 0.17 * ramp(x, -0.2, 0.8) - 0.10 * ramp(x, -0.6, -1.6)
        if self.body.kind is BodyKind.PICKUP:
            bow = 0.17 * ramp(x, 0.0, 0.8)
        return self.cabin(x + bow * y * y, z + 0.055 * y * y, order)

    def _flank(self, x: Array, y: Array, z: Array) -> Array:
        b = self.body
        up = np.maximum(z - self.belt(x), 0)
        taper = 0.05 * np.maximum(x - 0.1, 0) ** 2
        if b.notch:
            taper = taper + 0.045 * np.maximum(-0.5 - x, 0) ** 2
        elif b.kind is not BodyKind.PICKUP:
            taper = taper + 0.016 * np.maximum(-0.7 - x, 0) ** 2
        half = b.shoulder - 0.066 - taper
        return np.asarray((y - half + self._tan * up + 0.06 * up * up) * self._cos)

    def _fit_to_size(self) -> None:
        """Cancel what the rounded corners took away, so that nose, tail and flanks are where the body says."""
        b = self.body
        for _ in range(2):
            z = np.linspace(b.clearance + 0.1, b.nose, 30)
            ends = np.stack([np.full(30, b.nose_x + 0.4), 0 * z, z], 1)
            nose = np.nanmax(self.hits(ends, (-1, 0, 0), 1.0)[:, 0])
            z = np.linspace(b.clearance + 0.1, b.deck[1], 30)
            tail = np.nanmin(self.hits(np.stack([np.full(30, b.tail_x - 0.4), 0 * z, z], 1), (1, 0, 0), 1.0)[:, 0])
            x, z = (a.ravel() for a in np.meshgrid(np.linspace(*b.axles, 25), np.linspace(0.4, b.belt[1], 24)))
            half = np.nanmax(self.hits(np.stack([x, np.full(x.size, b.shoulder + 0.2), z], 1), (0, -1, 0), 0.5)[:, 1])
            self._fit = self._fit + np.array([b.nose_x - PLATE_ROOM - nose, b.tail_x + PLATE_ROOM - tail, 0.0])
            self._fit[2] *= b.shoulder / half


def _side_outline(b: Body) -> list[tuple[float, float]]:
    """Lower body in side view, clockwise from the front lip."""
    front, rear, g, nose = b.nose_x, b.tail_x, b.clearance, b.nose
    (cx, cz), (bx, bz), (dx, dz), tail = b.cowl, b.base, b.deck, b.tail
    waist = (b.belt[0] + b.belt[1]) / 2
    shelf = g + 0.60 * (tail - g)
    deck = [(bx + 0.25, waist + 0.01)]
    if bx < -1.35:
        deck = [(-0.7, waist + 0.01), (bx + 0.4, waist + 0.03)]
    if b.kind is BodyKind.PICKUP:
        deck = [(bx + 0.3, dz - 0.03), (bx - 0.4, dz - 0.015), ((bx + dx) / 2, dz - 0.008)]
        bx, bz = dx + 0.25, dz - 0.002
    return [
        (front - 0.80, g), (front - 0.34, g + 0.012), (front - 0.10, g + 0.035), (front - 0.005, g + 0.15),
        (front + 0.02, (g + nose) / 2 + 0.04), (front + 0.004, nose - 0.11), (front - 0.03, nose - 0.015),
        (front - 0.10, nose + 0.042), (front - 0.38, nose + 0.10 * (cz - nose) / 0.22),
        ((front + cx) / 2 - 0.08, (nose + cz) / 2 + 0.062), (cx + 0.15, cz - 0.012), (cx - 0.2, waist + 0.005),
        (0.0, waist), *deck, (bx, bz), (dx, dz), (dx - 0.045, dz - 0.04),
        (rear + 0.012, tail + 0.06), (rear + 0.012, tail - 0.05),
        (rear + 0.034, shelf + 0.07), (rear + 0.028, shelf + 0.02), (rear - 0.012, shelf - 0.015),
        (rear - 0.032, shelf - 0.07), (rear - 0.030, g + 0.24), (rear + 0.03, g + 0.13),
        (rear + 0.22, g + 0.07), (rear + 0.8, g),
    ]  # fmt: skip


def _plan_outline(b: Body) -> list[tuple[float, float]]:
    """Lower body from above."""
    front, rear, w = b.nose_x, b.tail_x, b.shoulder
    k = w / 0.91
    f, r = min(1.0, b.front / 0.80), min(1.0, (b.length - b.wheelbase - b.front) / 0.80)  # blunter
    half = [
        (front + 0.04, 0.0), (front + 0.035, 0.28 * k), (front - 0.005, 0.52 * k), (front - 0.13 * f, 0.735 * k),
        (front - 0.42 * f * f, w - 0.045), (front - 0.88 * f, w - 0.004), (0.0, w + 0.006),
        (rear + 0.95 * r, w + 0.002), (rear + 0.45 * r * r, w - 0.022),
        (rear + 0.13 * r, w - 0.09), (rear - 0.0, 0.60 * k), (rear - 0.05, 0.30 * k),
        (rear - 0.055, 0.0),
    ]  # fmt: skip
    return half + [(x, -y) for x, y in half[-2:0:-1]]


def _cabin_outline(b: Body) -> list[tuple[float, float]]:
    """Cabin in side view, from the windscreen's foot over the roof; its highest point is the body's height."""
    (cx, cz), (hx, hz), (px, pz), (ex, ez), (bx, bz) = b.cowl, b.header, b.peak, b.eave, b.base

    def outline(lift: float) -> list[tuple[float, float]]:
        return [
            (cx + 0.10, cz - 0.35), (cx + 0.13, cz - 0.12), (cx + 0.03, cz + 0.005),
            ((cx + hx) / 2, (cz + hz) / 2 + 0.010), (hx + 0.03, hz - 0.004 + lift), (hx - 0.14, hz + 0.045 + lift),
            (px, pz + lift), ((px + ex) / 2, (pz + ez) / 2 + 0.020 + lift), (ex, ez + lift),
            (ex - 0.045, ez - 0.032 + lift), ((ex + bx) / 2 - 0.012, (ez + bz) / 2), (bx, bz), (bx + 0.05, bz - 0.35),
        ]  # fmt: skip

    missing = b.peak[1] - float(spline(outline(0.0), 40)[:, 1].max())
    return outline(missing)
