"""Traced light: what reaches the car's matt colours and the backdrop, by Mitsuba's path tracer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import drjit as dr
import mitsuba as mi
import numpy as np
from numpy.typing import NDArray

from carimg.studio.render.camera import FIELD_OF_VIEW, View
from carimg.studio.render.caster import BACKDROP
from carimg.studio.render.materials import Material
from carimg.studio.render.scene import Studio, sweep
from carimg.studio.spec import Floats, Mesh, Model

mi.set_variant("scalar_rgb")
dr.set_thread_count(1)

DEPTH = 3
"""Light that comes straight from the studio, and light that one other surface has passed on."""
_SKY = (128, 256)
_STRIP = 24
"""Rows that are traced at a time."""


class Tracer:
    """One car with its materials in one studio, loaded once, traced from any view."""

    def __init__(self, model: Model, materials: dict[str, Material], studio: Studio) -> None:
        parts: dict[str, Any] = {
            "type": "scene",
            "sky": _sky(studio),
            BACKDROP: _backdrop(studio),
            "integrator": {"type": "path", "max_depth": DEPTH, "rr_depth": DEPTH},
        }
        for name, mesh in model.items():
            made_of = materials[name]
            if made_of.through is None:
                parts[f"part_{name}"] = _mesh(name, mesh, _bsdf(made_of), made_of)
        self._scene = mi.load_dict(parts)

    def trace(self, view: View, box: tuple[int, int, int, int], samples: int, seed: int) -> Floats:
        """Light (h, w, 3) inside `box` (left, top, right, bottom) in pixels, `samples` paths a pixel."""
        sensor = mi.load_dict(_sensor(view, box, samples))
        return np.nan_to_num(
            np.array(mi.render(self._scene, sensor=sensor, spp=samples, seed=mi.UInt32(seed)), dtype=np.float32)
        )


def strips(mask: NDArray[np.bool_], margin: int) -> Iterator[tuple[int, int, int, int]]:
    """Boxes (left, top, right, bottom) that together hold every pixel of `mask` (h, w) and `margin` pixels around."""
    height, width = mask.shape
    for top in range(0, height, _STRIP):
        bottom = min(top + _STRIP, height)
        columns = np.flatnonzero(mask[max(top - margin, 0) : bottom + margin].any(0))
        if len(columns):
            yield max(int(columns[0]) - margin, 0), top, min(int(columns[-1]) + margin + 1, width), bottom


def _sensor(view: View, box: tuple[int, int, int, int], samples: int) -> dict[str, Any]:
    left, top, right, bottom = box
    target = view.eye + view.ahead
    return {
        "type": "perspective",
        "fov": FIELD_OF_VIEW,
        "fov_axis": "larger",
        "near_clip": 0.05,
        "far_clip": 1e4,
        "to_world": mi.ScalarTransform4f().look_at(list(view.eye), list(target), list(view.up)),
        "sampler": {"type": "independent", "sample_count": samples},
        "film": {
            "type": "hdrfilm",
            "width": view.size[0],
            "height": view.size[1],
            "crop_offset_x": left,
            "crop_offset_y": top,
            "crop_width": right - left,
            "crop_height": bottom - top,
            "rfilter": {"type": "box"},
            "pixel_format": "rgb",
            "component_format": "float32",
        },
    }


def _rgb(color: tuple[float, float, float]) -> dict[str, Any]:
    return {"type": "rgb", "value": [float(value) for value in color]}


def _bsdf(made_of: Material) -> dict[str, Any]:
    base = _rgb(made_of.base)
    diffuse = {"type": "diffuse", "reflectance": base}
    if not made_of.metal:
        return {"type": "twosided", "bsdf": diffuse}
    flakes = {
        "type": "roughconductor",
        "material": "none",
        "alpha": made_of.rough,
        "distribution": "ggx",
        "specular_reflectance": base,
    }
    return {"type": "twosided", "bsdf": {"type": "blendbsdf", "weight": made_of.metal, "a": diffuse, "b": flakes}}


def _mesh(name: str, mesh: Mesh, bsdf: dict[str, Any], made_of: Material | None = None) -> Any:
    props = mi.Properties()
    props["mesh_bsdf"] = mi.load_dict(bsdf)
    if made_of is not None and made_of.glow is not None:
        # A lamp is seen, but it does not light the car: no path is spent on it.
        props["mesh_emitter"] = mi.load_dict({"type": "area", "radiance": _rgb(made_of.glow), "sampling_weight": 0.0})
    shape = mi.Mesh(
        name,
        len(mesh.vertices),
        len(mesh.faces),
        has_vertex_normals=True,
        props=props,
    )
    fill = mi.traverse(shape)
    fill["vertex_positions"] = np.ascontiguousarray(mesh.vertices, np.float32).ravel()
    fill["vertex_normals"] = np.ascontiguousarray(mesh.normals, np.float32).ravel()
    fill["faces"] = np.ascontiguousarray(mesh.faces, np.uint32).ravel()
    fill.update()
    return shape


def _backdrop(studio: Studio) -> Any:
    mesh = sweep()
    shape = _mesh(BACKDROP, mesh, {"type": "diffuse", "reflectance": {"type": "mesh_attribute", "name": "vertex_tint"}})
    shape.add_attribute("vertex_tint", 3, studio.albedo(mesh.vertices).ravel())
    return shape


def _sky(studio: Studio) -> dict[str, Any]:
    """The room and its softboxes as an environment. Mitsuba's map has y up; turned, its column u is the azimuth
    atan2(x, y)."""
    rows, columns = _SKY
    polar = (np.arange(rows) + 0.5) / rows * np.pi
    turn = (np.arange(columns) + 0.5) / columns * 2 * np.pi
    x, y = np.sin(polar)[:, None] * np.sin(turn), np.sin(polar)[:, None] * np.cos(turn)
    z = np.broadcast_to(np.cos(polar)[:, None], (rows, columns))
    light = studio.sky(np.stack([x, y, z], -1).reshape(-1, 3).astype(np.float32)).reshape(rows, columns, 3)
    return {
        "type": "envmap",
        "bitmap": mi.Bitmap(light),
        "to_world": mi.ScalarTransform4f().rotate([1, 0, 0], 90),
    }
