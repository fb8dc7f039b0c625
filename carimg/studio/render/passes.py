"""What the camera sees, without light: masks, depth, normals; and the layers that the light is put together from."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from carimg.studio.render.camera import View
from carimg.studio.render.caster import Caster, Hits
from carimg.studio.render.gloss import Gloss
from carimg.studio.render.materials import Material
from carimg.studio.render.plate import Plate, looked_up
from carimg.studio.render.scene import SWEEP_CURVE, SWEEP_FLAT, Studio
from carimg.studio.spec import Floats

_PARTS = 64
"""More than a car has parts."""
_PANES = 4
"""Panes of glass that one ray passes at most."""
_NEIGHBOURS = (
    ((slice(1, None), slice(None)), (slice(None, -1), slice(None))),
    ((slice(None), slice(1, None)), (slice(None), slice(None, -1))),
)
_SPREAD = ((0.375, 0.125), (0.875, 0.375), (0.125, 0.625), (0.625, 0.875))
"""Where in a pixel an edge is sampled: a rotated grid."""


@dataclass(slots=True)
class Passes:
    """Picture layers, all (h, w) or (h, w, 3) float32. First surface: `car`, `paint` (coverage 0 … 1), `depth` (metres
    along the ray, inf = no car), `normals`. Behind glass: `albedo`, `bare` (normal), for the denoiser. Light:
    `clear`, the share of the traced light that arrives (coat, glass, ink); `gloss`, the mirrored light on top."""

    car: Floats = field(repr=False)
    paint: Floats = field(repr=False)
    depth: Floats = field(repr=False)
    normals: Floats = field(repr=False)
    albedo: Floats = field(repr=False)
    bare: Floats = field(repr=False)
    clear: Floats = field(repr=False)
    gloss: Floats = field(repr=False)


@dataclass(frozen=True, slots=True)
class Backdrop:
    """`light` (h, w, 3), an estimate, and the car's coverage `car` (h, w), 0 or 1."""

    light: Floats = field(repr=False)
    car: Floats = field(repr=False)


class PassRenderer:
    """Looks at one car in one studio from any view."""

    def __init__(self, caster: Caster, materials: tuple[Material, ...], studio: Studio, plate: Plate) -> None:
        self._caster, self._studio = caster, studio
        self.gloss = Gloss(caster, materials, studio)
        self._base = np.array([m.base for m in materials] + [(0, 0, 0)] * 2, np.float32)
        self._through = np.array([m.through or (0, 0, 0) for m in materials] + [(0, 0, 0)] * 2, np.float32)
        self._paint, self._plate_part = caster.index("paint"), caster.index("plate")
        self._plate = plate

    def render(self, view: View, *, smooth: bool = True) -> Passes:
        """All layers of a view. Edges and plates are sampled four times a pixel when `smooth`, the rest once."""
        width, height = view.size
        y, x = np.mgrid[:height, :width].reshape(2, -1)
        flat, part = self._sample(view, x + 0.5, y + 0.5)
        if smooth:
            plate = part == self._plate_part * _PARTS + self._plate_part
            edge = np.flatnonzero(_edges(part.reshape(height, width), flat, (height, width)) | plate)
            letters = self._plate.printed(int(plate.sum()))
            finer = [self._sample(view, x[edge] + dx, y[edge] + dy, letters)[0] for dx, dy in _SPREAD]
            for name in ("car", "paint", "albedo", "bare", "clear", "gloss"):
                layer = getattr(flat, name)
                layer[edge] = np.mean([getattr(sample, name) for sample in finer], 0)
        return replace(
            flat,
            **{name: _image(getattr(flat, name), height, width) for name in Passes.__dataclass_fields__},
        )

    def backdrop(self, view: View) -> Backdrop:
        """The backdrop's light as the studio estimates it, once a pixel, and behind the car as if it were not there."""
        width, height = view.size
        y, x = np.mgrid[:height, :width].reshape(2, -1)
        origin, direction = view.rays(x + 0.5, y + 0.5)
        hits = self._caster.hit(origin, direction)
        on_car = (hits.part >= 0) & (hits.part != self._caster.backdrop)
        place, normal = hits.place, hits.normal
        place[on_car], normal[on_car] = _behind(origin[on_car], direction[on_car])
        light = self.gloss.backdrop(place, normal)
        return Backdrop(_image(light, height, width), _image(on_car.astype(np.float32), height, width))

    def _sample(
        self, view: View, x: NDArray[np.floating], y: NDArray[np.floating], letters: Floats | None = None
    ) -> tuple[Passes, NDArray[np.int32]]:
        """The layers (n,) or (n, 3) at n picture points, and a number for the parts before and behind the glass."""
        origin, direction = view.rays(x, y)
        hits = self._caster.hit(origin, direction)
        on_car = (hits.part >= 0) & (hits.part != self._caster.backdrop)
        car = np.flatnonzero(on_car)
        gloss, clear = np.zeros_like(direction), np.ones_like(direction)
        gloss[car], clear[car] = self.gloss.layer(_take(hits, car), direction[car])
        part, place, normal, uv = hits.part.copy(), hits.place.copy(), hits.normal.copy(), hits.uv.copy()
        pane = np.flatnonzero(self._through[part].any(1))
        for _ in range(_PANES):
            if not len(pane):
                break
            clear[pane] *= self._through[part[pane]]
            ahead = self._caster.hit(self._caster.onward(place[pane], direction[pane]), direction[pane])
            part[pane], place[pane], normal[pane], uv[pane] = ahead.part, ahead.place, ahead.normal, ahead.uv
            pane = pane[self._through[part[pane]].any(1)]
        if letters is not None:
            face = np.flatnonzero(part == self._plate_part)
            clear[face] *= looked_up(letters, uv[face])
        layers = Passes(
            on_car.astype(np.float32),
            (hits.part == self._paint).astype(np.float32),
            np.where(on_car, hits.distance, np.inf).astype(np.float32),
            np.where(on_car[:, None], hits.normal, 0).astype(np.float32),
            self._albedo(part, place),
            normal,
            clear,
            gloss,
        )
        return layers, np.where(on_car, hits.part * _PARTS + part, part)

    def _albedo(self, part: NDArray[np.int32], place: Floats) -> Floats:
        albedo = self._base[part]
        stage = np.flatnonzero(part == self._caster.backdrop)
        albedo[stage] = self._studio.albedo(place[stage])
        return albedo


def _edges(part: NDArray[np.int32], flat: Passes, shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Pixels (n,) whose neighbours show another part, another direction of surface, or another reflection."""
    normal = flat.normals.reshape(*shape, 3)
    shine = flat.gloss.max(1).reshape(shape)
    edge = np.zeros(shape, bool)
    for here, there in _NEIGHBOURS:
        differs = part[here] != part[there]
        differs |= np.einsum("ijk,ijk->ij", normal[here] - normal[there], normal[here] - normal[there]) > 0.02
        differs |= np.abs(shine[here] - shine[there]) > 0.04
        edge[here] |= differs
        edge[there] |= differs
    return edge.ravel()


def _behind(origin: Floats, direction: Floats) -> tuple[Floats, Floats]:
    """Where rays from above the floor would meet the backdrop, and its normal: the floor, or else about the wall."""
    far = np.float32(SWEEP_FLAT + SWEEP_CURVE)
    reach = np.where(direction[:, 2] < 0, -origin[:, 2] / np.minimum(direction[:, 2], -1e-6), far)
    place = origin + np.minimum(reach, far)[:, None] * direction
    inwards = -direction * (1, 1, 0)
    inwards /= np.maximum(np.linalg.norm(inwards, axis=1, keepdims=True), 1e-6)
    floor = np.hypot(place[:, 0], place[:, 1]) < SWEEP_FLAT
    return place.astype(np.float32), np.where(floor[:, None], (0, 0, 1), inwards).astype(np.float32)


def _take(hits: Hits, rows: NDArray[np.intp]) -> Hits:
    return Hits(hits.part[rows], hits.distance[rows], hits.place[rows], hits.normal[rows], hits.uv[rows])


def _image(layer: Floats, height: int, width: int) -> Floats:
    return layer.reshape(height, width, *layer.shape[1:])
