"""Rays against the car: which part each one meets, where, and with what normal. Exact, no light."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from embreex.mesh_construction import TriangleMesh
from embreex.rtcore import EmbreeDevice
from embreex.rtcore_scene import EmbreeScene
from numpy.typing import NDArray

from carimg.studio.render.scene import sweep
from carimg.studio.spec import Floats, Model

BACKDROP = "backdrop"
_STEP = 2e-4
"""Metres that a continued ray starts ahead of the surface it left."""


@dataclass(frozen=True, slots=True)
class Hits:
    """What n rays met. `part` (n,) indexes `Caster.parts`, −1 = nothing; `distance` (n,) metres, inf = nothing;
    `place` (n, 3); `normal` (n, 3) unit, turned towards the ray; `uv` (n, 2), 0 where the part has none."""

    part: NDArray[np.int32] = field(repr=False)
    distance: Floats = field(repr=False)
    place: Floats = field(repr=False)
    normal: Floats = field(repr=False)
    uv: Floats = field(repr=False)


class Caster:
    """One car on its backdrop, ready for rays. `parts` names the materials; the backdrop is the last."""

    def __init__(self, model: Model) -> None:
        meshes = {**model, BACKDROP: sweep()}
        self.parts = tuple(meshes)
        self.backdrop = len(self.parts) - 1
        self._scene = EmbreeScene(EmbreeDevice())
        for mesh in meshes.values():
            TriangleMesh(self._scene, mesh.vertices, mesh.faces.astype(np.int32))
        first = np.cumsum([0, *(len(mesh.vertices) for mesh in meshes.values())])
        faces = [mesh.faces.astype(np.int32) + start for mesh, start in zip(meshes.values(), first, strict=False)]
        self._face_start = np.cumsum([0, *(len(mesh.faces) for mesh in meshes.values())])[:-1]
        self._faces = np.concatenate(faces).astype(np.int32)
        self._normals = np.concatenate([mesh.normals for mesh in meshes.values()])
        self._has_uv = np.array([mesh.uv is not None for mesh in meshes.values()])
        self._uv = np.concatenate(
            [np.zeros((len(m.vertices), 2), np.float32) if m.uv is None else m.uv for m in meshes.values()]
        )

    def index(self, part: str) -> int:
        """The number of a part, −2 when the car has none of it."""
        return self.parts.index(part) if part in self.parts else -2

    def hit(self, origin: Floats, direction: Floats) -> Hits:
        """The first thing that each ray (n, 3), (n, 3) meets."""
        raw = self._scene.run(np.ascontiguousarray(origin), np.ascontiguousarray(direction), output=True)
        part = raw["geomID"].astype(np.int32)
        found = np.flatnonzero(part >= 0)
        distance = np.where(part >= 0, raw["tfar"], np.inf).astype(np.float32)
        normal, uv = np.zeros_like(direction), np.zeros((len(direction), 2), np.float32)
        place = np.zeros_like(direction)
        corners = self._faces[self._face_start[part[found]] + raw["primID"][found]]
        u, v = raw["u"][found][:, None], raw["v"][found][:, None]
        weights = (1 - u - v, u, v)
        smooth = sum(weight * self._normals[corners[:, i]] for i, weight in enumerate(weights))
        normal[found] = _facing(smooth, direction[found])
        flat = np.flatnonzero(self._has_uv[part[found]])
        uv[found[flat]] = sum(weight[flat] * self._uv[corners[flat, i]] for i, weight in enumerate(weights))
        place[found] = origin[found] + distance[found, None] * direction[found]
        return Hits(part, distance, place, normal, uv)

    def onward(self, place: Floats, direction: Floats) -> Floats:
        """Where a ray goes on from a surface point without meeting that surface again."""
        return np.asarray(place + _STEP * (1 + np.abs(place).max(1, keepdims=True)) * direction)

    def meets_car(self, origin: Floats, direction: Floats) -> NDArray[np.bool_]:
        """Whether each ray meets the car before anything else."""
        part = self._scene.run(np.ascontiguousarray(origin), np.ascontiguousarray(direction), output=True)["geomID"]
        return np.asarray((part >= 0) & (part != self.backdrop))


def _facing(normal: Floats, direction: Floats) -> Floats:
    """Unit normals turned against the ray. A smooth normal that leans away from it is bent back to the silhouette."""
    normal = normal / np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-9)
    away = np.einsum("ij,ij->i", normal, direction)[:, None]
    normal = np.where(away > 0.2, -normal, normal)
    away = np.where(away > 0.2, -away, away)
    bent = np.where(away > -0.01, normal - (away + 0.01) * direction, normal)
    return np.asarray(bent / np.linalg.norm(bent, axis=1, keepdims=True), np.float32)
