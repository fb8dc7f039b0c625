"""A shot and a car, put together to a picture."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import numpy as np
from numpy.typing import NDArray

from carimg.studio.render.backdrop import enlarged, joined, smoothed
from carimg.studio.render.camera import View, check_size, outline, place
from carimg.studio.render.caster import BACKDROP, Caster
from carimg.studio.render.denoise import Denoiser
from carimg.studio.render.materials import material
from carimg.studio.render.passes import Passes, PassRenderer
from carimg.studio.render.plate import Plate
from carimg.studio.render.scene import studio
from carimg.studio.render.tone import develop
from carimg.studio.render.trace import Tracer, strips
from carimg.studio.spec import Camera, Floats, Model, Rendering, Shot

P = ParamSpec("P")
T = TypeVar("T")

SAMPLES = 2
"""Paths a pixel around the car in a final picture."""
_PREVIEW = 3
"""The preview has a third of the picture's pixels an edge."""
_PREVIEW_SAMPLES = 2
_COARSE = 8
"""The backdrop has an eighth of the picture's pixels an edge."""
_COARSE_SAMPLES = 24
_MARGIN = 16 / 768
"""How far around the car is traced at full size, as a share of the picture's longer edge."""
_TOUCH_DEGREES, _TOUCH_LIGHT = 0.35, 0.03


class Stage:
    """One painted car in its studio: what all views of a set share, loaded once.

    `seconds` holds the CPU seconds of the last picture by step ('passes', 'trace', 'denoise', 'develop') and of loading
    ('load').
    """

    def __init__(self, shot: Shot, model: Model, caster: Caster | None = None) -> None:
        self.seconds: dict[str, float] = {}
        started = time.process_time()
        self.caster = caster or Caster(model)
        self.hull = outline(model)
        plate, scene = Plate(shot.plate), studio(shot.scene, shot.paint)
        materials = {part: material(part, shot.paint) for part in model}
        made_of = tuple(materials[part] for part in self.caster.parts if part != BACKDROP)
        self._passes = PassRenderer(self.caster, made_of, scene, plate)
        self._tracer = Tracer(model, materials, scene)
        self._denoiser = Denoiser()
        self.seconds["load"] = time.process_time() - started

    def draw(self, shot: Shot, *, preview: bool = False) -> Rendering:
        """One view. A preview has a third of the size (at least 64 px an edge) and no passes.

        Raises InputError for a size or a camera that cannot be drawn.
        """
        check_size(shot.size)
        camera, light = _touched(shot)
        view = place(camera, shot.size, self.hull)
        coarse = _reduced(view, _PREVIEW if preview else _COARSE)
        self.seconds = {"load": self.seconds.get("load", 0.0)}
        if preview:
            passes = self._timed("passes", self._passes.render, coarse)
            traced = self._preview(coarse, passes, shot.seed)
            return Rendering(self._timed("develop", _composed, traced, passes, light))
        passes = self._timed("passes", self._passes.render, view)
        traced = self._final(view, coarse, passes, shot)
        rgb = self._timed("develop", _composed, traced, passes, light)
        return _with_passes(rgb, passes) if shot.passes else Rendering(rgb)

    def survey(self, shot: Shot) -> Passes:
        """Masks, depth and normals of a view without its light: a fifth of the work of `draw`."""
        check_size(shot.size)
        return self._passes.render(place(_touched(shot)[0], shot.size, self.hull))

    def _preview(self, view: View, passes: Passes, seed: int) -> Floats:
        light = self._timed("trace", self._tracer.trace, view, (0, 0, *view.size), _PREVIEW_SAMPLES, seed)
        return self._timed("denoise", self._denoiser.clean, light, passes.albedo, passes.bare)

    def _final(self, view: View, coarse: View, passes: Passes, shot: Shot) -> Floats:
        light = self._surroundings(view, coarse, shot)
        margin = max(12, round(_MARGIN * max(view.size)))
        boxes = list(strips(passes.car > 0, margin))
        traced = light.copy()
        for number, (left, top, right, bottom) in enumerate(boxes):
            box, seed = (left, top, right, bottom), shot.seed * 64 + number + 1
            traced[top:bottom, left:right] = self._timed(
                "trace", self._tracer.trace, view, box, shot.samples or SAMPLES, seed
            )
        window = _around(boxes)
        clean = self._timed("denoise", self._denoiser.clean, traced[window], passes.albedo[window], passes.bare[window])
        traced[window] = clean
        return self._timed("denoise", joined, light, traced, passes.car, margin - 1)

    def _surroundings(self, view: View, coarse: View, shot: Shot) -> Floats:
        """The light of the empty backdrop at full size."""
        small = self._timed("passes", self._passes.backdrop, coarse)
        light = self._timed("trace", self._tracer.trace, coarse, (0, 0, *coarse.size), _COARSE_SAMPLES, shot.seed * 64)
        return enlarged(smoothed(light, small.light, small.car), view.size)

    def _timed(self, step: str, work: Callable[P, T], *args: P.args, **more: P.kwargs) -> T:
        started = time.process_time()
        result = work(*args, **more)
        self.seconds[step] = self.seconds.get(step, 0.0) + time.process_time() - started
        return result


def render(shot: Shot, model: Model, *, preview: bool = False) -> Rendering:
    """One picture of `model`: see `Stage` for drawing several views of one set."""
    return Stage(shot, model).draw(shot, preview=preview)


def _touched(shot: Shot) -> tuple[Camera, float]:
    """The camera and the light as the seed nudges them: at most half a degree, at most 3 %."""
    chance = np.random.default_rng(shot.seed)
    yaw, rise, light = chance.uniform(-1, 1, 3)
    elevation = min(max(shot.camera.elevation + _TOUCH_DEGREES * float(rise), 0.0), 90.0)
    if not 0 <= shot.camera.elevation <= 90:
        elevation = shot.camera.elevation
    return Camera(shot.camera.yaw + _TOUCH_DEGREES * float(yaw), elevation), 1 + _TOUCH_LIGHT * float(light)


def _reduced(view: View, factor: int) -> View:
    """The same view smaller, at least 48 px an edge, in the same proportions: both are to be laid over each other."""
    by = min(factor, min(view.size) / 48)
    return view.scaled((round(view.size[0] / by), round(view.size[1] / by)))


def _composed(light: Floats, passes: Passes, gain: float) -> NDArray[np.uint8]:
    return develop(gain * (light * passes.clear + passes.gloss))


def _around(boxes: list[tuple[int, int, int, int]]) -> tuple[slice, slice]:
    left, top, right, bottom = (np.array(edge) for edge in zip(*boxes, strict=True))
    return slice(int(top.min()), int(bottom.max())), slice(int(left.min()), int(right.max()))


def _with_passes(rgb: NDArray[np.uint8], passes: Passes) -> Rendering:
    def coverage(layer: Floats) -> NDArray[np.uint8]:
        return (np.clip(layer, 0, 1) * 255 + 0.5).astype(np.uint8)

    return Rendering(rgb, coverage(passes.car), coverage(passes.paint), passes.depth, passes.normals)
