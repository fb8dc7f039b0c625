"""What the studio takes and gives: a car's shape, its paint, a camera, a scene; a picture with its passes.

Frame: x forward, y to the car's left, z up, metres, origin on the ground midway between the axles.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from carimg.domain.kinds import BodyKind, Finish

Floats = NDArray[np.float32]
Bytes = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class CarShape:
    """One car's geometry: everything that the mesh depends on, nothing else (its hash names the cached model).

    Lengths in metres. `grille`, `lamps`, `wheels` choose among the studio's own designs (any int ≥ 0, taken modulo the
    number of designs); `era` is 0 (about 1990) … 1 (about 2026) and nudges lamp height and wheel size; `initial` is the
    letter on the emblem, '' for none.
    """

    body: BodyKind
    length: float
    width: float
    height: float
    wheelbase: float
    grille: int = 0
    lamps: int = 0
    wheels: int = 0
    era: float = 1.0
    initial: str = ""


@dataclass(frozen=True, slots=True)
class Paint:
    """`hex` is '#rrggbb', sRGB, the colour of the lit paint."""

    hex: str
    finish: Finish = Finish.SOLID


@dataclass(frozen=True, slots=True)
class Camera:
    """Degrees. `yaw` 0 = front, 90 = the car's left side, 180 = rear; `elevation` 0 = eye level with the ground plane,
    90 = from above. The distance follows: the car fills the frame."""

    yaw: float
    elevation: float


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture to be rendered. The same shot gives the same bytes on one machine.

    `scene` is any text (a session id): sweep, light and softboxes follow from it. `seed` varies only sampling and a
    touch of camera and light. `plate` is the text on the number plates. `size` is (width, height), 256 … 2048 px each.
    """

    shape: CarShape
    paint: Paint
    camera: Camera
    size: tuple[int, int] = (768, 512)
    scene: str = ""
    seed: int = 0
    plate: str = ""
    samples: int | None = None
    """Paths a pixel; None = the studio's own choice for a final picture."""
    passes: bool = False
    """Also give mask, depth and normals."""


@dataclass(frozen=True, slots=True)
class Rendering:
    """`rgb` (h, w, 3) uint8 sRGB. With passes: `car` and `paint` (h, w) uint8 coverage 0 … 255, `depth` (h, w) float32
    metres along the view ray (inf where no car), `normals` (h, w, 3) float32 world unit vectors (0 where no car)."""

    rgb: Bytes = field(repr=False)
    car: Bytes | None = field(default=None, repr=False)
    paint: Bytes | None = field(default=None, repr=False)
    depth: Floats | None = field(default=None, repr=False)
    normals: Floats | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Mesh:
    """`vertices` (n, 3) float32 metres, `faces` (m, 3) uint32 counter-clockwise seen from outside, `normals` (n, 3)
    float32 unit, `uv` (n, 2) float32 or None (only the plates have one)."""

    vertices: Floats = field(repr=False)
    faces: NDArray[np.uint32] = field(repr=False)
    normals: Floats = field(repr=False)
    uv: Floats | None = field(default=None, repr=False)


Model = dict[str, Mesh]
"""A car as meshes by material name: 'paint', 'glass', 'glass_dark', 'trim', 'plastic', 'seam', 'dark', 'housing',
'lens', 'lamp_front', 'lamp_rear', 'led', 'led_rear', 'signal', 'grille', 'chrome', 'tyre', 'rim', 'disc', 'caliper',
'cap', 'rail', 'mirror', 'plate' (the face with uv), 'plate_frame', 'emblem', 'interior', 'seat', 'fabric'."""
