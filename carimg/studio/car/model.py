"""A car's shape → its meshes by material, built fresh or taken from a folder where models are kept by content."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from carimg.studio.car.bodies import fitted
from carimg.studio.car.cabin import cabin
from carimg.studio.car.glazing import glazing
from carimg.studio.car.grilles import bars, grille_regions
from carimg.studio.car.lamps import head_lamp, lamp_regions, projectors
from carimg.studio.car.meshes import Patch, finish, join, mirrored
from carimg.studio.car.panels import creases, dress, holes, lower_regions
from carimg.studio.car.seams import seams, window_strip
from carimg.studio.car.shell import build_shell
from carimg.studio.car.surface import Surface
from carimg.studio.car.trim import PLATE_UV, emblems, handles, mirrors, plates, reflectors, roof, underbody, wipers
from carimg.studio.car.wheels import wheels
from carimg.studio.spec import CarShape, Mesh, Model

GEOMETRY_VERSION = 8
"""Raised whenever the same shape gives other meshes, so that models kept on disk are built again."""


def build_model(shape: CarShape) -> Model:
    """The whole car. Equal shapes give equal arrays."""
    surface = Surface(fitted(shape))
    shell = build_shell(surface, [
        *creases(surface), *lower_regions(surface), *glazing(surface), *grille_regions(surface, shape.grille),
        *lamp_regions(surface, shape.lamps), *holes(surface),
    ])  # fmt: skip
    modules, lamps = projectors(surface, shape.lamps), head_lamp(surface, shape.lamps)
    parts: dict[str, list[Patch]] = {}
    for group in (
        dress(surface, shell), {"seam": seams(surface, lamps)}, bars(surface, shape.grille), modules,
        {m: [mirrored(p) for p in patches] for m, patches in modules.items()}, wheels(surface.body, shape.wheels),
        mirrors(surface), handles(surface), underbody(surface), plates(surface), wipers(surface), roof(surface),
        emblems(surface, shape.grille, shape.initial), reflectors(surface), window_strip(surface), cabin(surface),
    ):  # fmt: skip
        _collect(parts, group.items())
    return {
        m: finish(join(patches), PLATE_UV if m == "plate" else None) for m, patches in sorted(parts.items()) if patches
    }


def _collect(parts: dict[str, list[Patch]], group: Iterable[tuple[str, list[Patch]]]) -> None:
    for material, patches in group:
        parts.setdefault(material, []).extend(patches)


def cached_model(shape: CarShape, folder: Path | None) -> Model:
    """The model of `shape` from `folder`, built and put there if it is missing or damaged; None: always built."""
    if folder is None:
        return build_model(shape)
    path = folder / f"car-{shape_key(shape)}.npz"
    kept = _read(path)
    if kept is not None:
        return kept
    model = build_model(shape)
    _write(path, model)
    return model


def shape_key(shape: CarShape) -> str:
    """24 hex digits that name a shape under this version of the geometry."""
    text = json.dumps({"version": GEOMETRY_VERSION, **asdict(shape)}, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def _read(path: Path) -> Model | None:
    """None when the file is missing, cut short or not ours."""
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as kept:
            names = sorted({key.rpartition(".")[0] for key in kept.files})
            return {name: _mesh(kept, name) for name in names} or None
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None


def _mesh(kept: Mapping[str, Any], name: str) -> Mesh:
    return Mesh(kept[f"{name}.v"], kept[f"{name}.f"], kept[f"{name}.n"], kept.get(f"{name}.uv"))


def _write(path: Path, model: Model) -> None:
    """Atomic: a reader sees the whole file or none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    arrays: dict[str, NDArray[np.generic]] = {}
    for name, mesh in model.items():
        arrays |= {f"{name}.v": mesh.vertices, f"{name}.f": mesh.faces, f"{name}.n": mesh.normals}
        if mesh.uv is not None:
            arrays[f"{name}.uv"] = mesh.uv
    handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as stream:
            np.savez(stream, **arrays)  # type: ignore[arg-type]
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
