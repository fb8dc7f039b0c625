"""What the car is made of: each part's colour, gloss and transparency, and the four finishes of paint."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from carimg.domain.kinds import Finish
from carimg.studio.render.tone import RGB, linear, scene_light
from carimg.studio.spec import Paint


@dataclass(frozen=True, slots=True)
class Material:
    """`base` is the albedo under the gloss. Over it: `metal` (0 … 1), the share of rough metallic reflection in the
    base colour with GGX roughness `rough`; `coat`, the clear coat's reflectance straight on (0 = none, 0.04 = lacquer);
    `mirror`, a polished metal's reflectance. `through` is the light that glass lets pass; `glow` its own radiance."""

    base: RGB
    metal: float = 0.0
    rough: float = 0.3
    coat: float = 0.0
    mirror: RGB | None = None
    through: RGB | None = None
    glow: RGB | None = None
    tint: RGB = (1.0, 1.0, 1.0)
    """Colour of the coat's reflection, seen at a slant (pearl)."""


def _grey(value: float, warm: float = 0.0) -> RGB:
    return (value * (1 + warm), value, value * (1 - warm))


_PARTS: dict[str, Material] = {
    "glass": Material(_grey(0.02), coat=0.045, through=(0.40, 0.43, 0.42)),
    "glass_dark": Material(_grey(0.02), coat=0.045, through=(0.13, 0.14, 0.14)),
    "lamp_front": Material(_grey(0.5), coat=0.045, through=(0.93, 0.93, 0.94)),
    "trim": Material(_grey(0.012), coat=0.045),
    "plastic": Material(_grey(0.026), coat=0.012),
    "seam": Material(_grey(0.004)),
    "dark": Material(_grey(0.010)),
    "housing": Material(_grey(0.16), metal=0.6, rough=0.25, coat=0.03),
    "lens": Material((0.30, 0.32, 0.35), metal=0.3, rough=0.2, mirror=(0.35, 0.36, 0.38)),
    "lamp_rear": Material((0.33, 0.010, 0.012), coat=0.05),
    "led": Material(_grey(0.8), glow=(2.6, 2.65, 2.8)),
    "led_rear": Material((0.6, 0.02, 0.02), coat=0.04, glow=(0.55, 0.012, 0.012)),
    "signal": Material((0.55, 0.17, 0.01), coat=0.05),
    "grille": Material(_grey(0.010), coat=0.02),
    "chrome": Material(_grey(0.10), mirror=(0.66, 0.67, 0.69)),
    "tyre": Material(_grey(0.018)),
    "rim": Material((0.45, 0.455, 0.465), metal=0.55, rough=0.3, coat=0.10),
    "disc": Material(_grey(0.26), metal=0.7, rough=0.35),
    "caliper": Material((0.28, 0.02, 0.02), coat=0.04),
    "cap": Material(_grey(0.03), coat=0.05),
    "rail": Material(_grey(0.32), metal=0.6, rough=0.3, coat=0.04),
    "mirror": Material(_grey(0.02), mirror=(0.78, 0.79, 0.80)),
    "plate": Material(_grey(0.78)),
    "plate_frame": Material(_grey(0.015), coat=0.03),
    "emblem": Material(_grey(0.12), mirror=(0.66, 0.67, 0.69)),
    "interior": Material(_grey(0.045)),
    "seat": Material(_grey(0.075, 0.04)),
    "fabric": Material(_grey(0.022), coat=0.0),
}
_BLACKEST, _WHITEST = 0.0015, 0.96
_UNKNOWN = Material(_grey(0.05))


@dataclass(frozen=True, slots=True)
class _Recipe:
    """How a finish is built, and how its lit panels answer: light = albedo · `answer` + `haze`."""

    material: Material
    answer: float
    haze: float


_FINISHES: dict[Finish, _Recipe] = {
    Finish.SOLID: _Recipe(Material(_grey(0), coat=0.042), 0.95, 0.042),
    Finish.METALLIC: _Recipe(Material(_grey(0), metal=0.85, rough=0.26, coat=0.042), 0.86, 0.042),
    Finish.PEARL: _Recipe(Material(_grey(0), metal=0.30, rough=0.45, coat=0.060, tint=(1.10, 0.98, 1.16)), 0.87, 0.060),
    Finish.MATTE: _Recipe(Material(_grey(0), metal=0.10, rough=0.55), 1.01, 0.0),
}
"""Fitted with `python bench/studio.py colours` over five views."""


def material(part: str, paint: Paint) -> Material:
    """The material of a part of the model; 'paint' is the car's paint, an unknown part a dull grey."""
    return painted(paint) if part == "paint" else _PARTS.get(part, _UNKNOWN)


def painted(paint: Paint) -> Material:
    """The paint's material: the albedo under the coat that makes its lit panels come out in the colour asked for."""
    recipe = _FINISHES[paint.finish]
    wanted = scene_light(np.array(linear(paint.hex)), recipe.haze)
    albedo = (wanted - recipe.haze) / recipe.answer
    albedo = np.maximum(albedo / max(float(albedo.max()) / _WHITEST, 1), _BLACKEST)
    return replace(recipe.material, base=(float(albedo[0]), float(albedo[1]), float(albedo[2])))
