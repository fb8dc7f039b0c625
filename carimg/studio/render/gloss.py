"""Mirror reflections: what clear coat, glass and polished metal show of the studio and of the car itself.

A mirror needs no sampling: one reflected ray gives its light. That keeps softbox reflections sharp at any number of
samples. Light that has been reflected by a second part of the car is estimated from that part's albedo.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from carimg.studio.render.caster import Caster, Hits
from carimg.studio.render.materials import Material
from carimg.studio.render.scene import Studio, sphere
from carimg.studio.spec import Floats

_GRID = (72, 56)
_FIELD = (5.5, 4.0)
"""Metres either way that the floor's shading is worked out for."""
_SHADE_BLUR = 1.2
"""Cells; a shadow that follows the grid would show its steps."""
_SILHOUETTE = 0.12
"""Cosine below which a coat reflects no more: a full mirror one pixel wide would only glitter."""
_SELF_SHADE = 0.62
"""The share of the studio's light that reaches a part seen in a reflection: the car stands in its own way."""


class Gloss:
    """Reflections of one car with its materials in one studio."""

    def __init__(self, caster: Caster, materials: tuple[Material, ...], studio: Studio) -> None:
        self._caster, self._studio = caster, studio
        self.coat = np.array([m.coat for m in materials] + [0.0, 0.0], np.float32)
        self.mirror = np.array([m.mirror or (0, 0, 0) for m in materials] + [(0, 0, 0)] * 2, np.float32)
        self._tint = np.array([m.tint for m in materials] + [(1, 1, 1)] * 2, np.float32)
        self._base = np.array(
            [(0.03, 0.03, 0.03) if m.through else m.mirror or m.base for m in materials] + [(0, 0, 0)] * 2, np.float32
        )
        self._glow = np.array([m.glow or (0, 0, 0) for m in materials] + [(0, 0, 0)] * 2, np.float32)
        self._shade = self._floor_shade()

    def layer(self, hits: Hits, direction: Floats) -> tuple[Floats, Floats]:
        """Reflected light (n, 3) of the surfaces met, and the share (n, 3) of light that passes below the coat."""
        cosine = np.clip(-np.einsum("ij,ij->i", hits.normal, direction), 0, 1)
        coat = self.coat[hits.part]
        slant = (1 - np.maximum(cosine, _SILHOUETTE)) ** 5 * np.minimum(coat / 0.04, 1)
        fresnel = (coat + (1 - coat) * slant)[:, None]
        tint = 1 + (self._tint[hits.part] - 1) * (1 - cosine)[:, None]
        share = fresnel * tint + self.mirror[hits.part]
        light = np.zeros_like(direction)
        shiny = np.flatnonzero(share.max(1) > 1e-3)
        bounce = direction[shiny] + 2 * cosine[shiny, None] * hits.normal[shiny]
        light[shiny] = share[shiny] * self.seen(self._caster.onward(hits.place[shiny], bounce), bounce)
        return light, np.broadcast_to(1 - np.minimum(fresnel + self.mirror[hits.part], 1), direction.shape)

    def seen(self, origin: Floats, direction: Floats) -> Floats:
        """Radiance (n, 3) that rays (n, 3), (n, 3) meet: the room, the backdrop with the car's shadow, or the car."""
        hits = self._caster.hit(origin, direction)
        light = self._studio.sky(direction)
        stage = np.flatnonzero(hits.part == self._caster.backdrop)
        light[stage] = self.backdrop(hits.place[stage], hits.normal[stage])
        car = np.flatnonzero((hits.part >= 0) & (hits.part != self._caster.backdrop))
        part = hits.part[car]
        light[car] = self._base[part] * self._studio.irradiance(hits.normal[car]) * _SELF_SHADE + self._glow[part]
        return light

    def backdrop(self, place: Floats, normal: Floats) -> Floats:
        """Radiance (n, 3) of the backdrop at points (n, 3), the car's soft shadow included."""
        light = self._studio.albedo(place) * self._studio.irradiance(normal)
        return np.asarray(light * self._shading(place)[:, None])

    def _shading(self, place: Floats) -> Floats:
        x = np.clip((place[:, 0] / _FIELD[0] + 1) / 2 * (_GRID[0] - 1), 0, _GRID[0] - 1.001)
        y = np.clip((place[:, 1] / _FIELD[1] + 1) / 2 * (_GRID[1] - 1), 0, _GRID[1] - 1.001)
        i, j = x.astype(np.intp), y.astype(np.intp)
        u, v = x - i, y - j
        near = (1 - v) * self._shade[i, j] + v * self._shade[i, j + 1]
        far = (1 - v) * self._shade[i + 1, j] + v * self._shade[i + 1, j + 1]
        return np.asarray((1 - u) * near + u * far, np.float32)

    def _floor_shade(self) -> Floats:
        """The share of the studio's light that reaches each point of a grid on the floor, past the car."""
        direction = sphere(24, 16)[:12].reshape(-1, 3)
        weight = direction[:, 2] * np.sqrt(1 - direction[:, 2] ** 2) * self._studio.sky(direction).mean(1)
        x, y = (np.linspace(-reach, reach, count) for reach, count in zip(_FIELD, _GRID, strict=True))
        points = np.stack([*np.meshgrid(x, y, indexing="ij"), np.full(_GRID, 1e-3)], -1).reshape(-1, 3)
        origin = np.repeat(points, len(direction), 0).astype(np.float32)
        blocked = self._caster.meets_car(origin, np.tile(direction, (len(points), 1)))
        open_share: NDArray[np.floating] = (~blocked).reshape(len(points), -1) @ weight / weight.sum()
        return np.asarray(gaussian_filter(open_share.reshape(_GRID), _SHADE_BLUR), np.float32)
