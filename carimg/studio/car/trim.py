"""What is fixed to the skin: mirrors, handles, floor pan, plates, emblems, wipers, roof rails, aerial, brake light."""

from __future__ import annotations

import numpy as np

from carimg.domain.kinds import BodyKind
from carimg.studio.car.emblem import emblem
from carimg.studio.car.fields import Array
from carimg.studio.car.grilles import face_height, grille_of
from carimg.studio.car.meshes import Patch, box, frame, mirrored, move, tube, turn
from carimg.studio.car.surface import Surface

PLATE = (0.52, 0.11)
"""Width and height of a number plate, metres (the European size)."""


def mirrors(surface: Surface) -> dict[str, list[Patch]]:
    """Left and right door mirrors: shell, base, foot, glass."""
    b = surface.body
    k = 1.18 if b.bonnet_is_high else 1.0
    x = b.doors[0] - 0.13
    z = float(surface.belt(x)) + 0.075 * k
    skin = surface.hits(np.array([[x, b.shoulder + 0.3, z - 0.06]]), (0, -1, 0), 1.0)[0]
    out = skin[1] + 0.145 * k
    left = {
        "paint": [move(box((0.150 * k, 0.215 * k, 0.122 * k), 0.74, 11, (0.90, 0.94)), (x, out, z), turn("z", 12))],
        "trim": [
            move(
                box((0.128 * k, 0.195 * k, 0.080 * k), 1.0, 7), (x - 0.006, out - 0.006, z - 0.030 * k), turn("z", 12)
            ),
            move(box((0.060, 0.130, 0.030), 0.8, 5), (x + 0.02, skin[1] + 0.035, z - 0.066)),
            move(box((0.120, 0.020, 0.060), 0.9, 5), (x + 0.02, skin[1] + 0.001, z - 0.066)),
        ],
        "mirror": [
            move(box((0.012, 0.136 * k, 0.070 * k), 0.9, 5), (x - 0.064 * k, out + 0.004, z + 0.004), turn("z", 12))
        ],
    }
    return _both(left)


def underbody(surface: Surface) -> dict[str, list[Patch]]:
    """The floor pan between the axles, lower than the sills: a low camera must not look through under the car."""
    b = surface.body
    size = (b.wheelbase - 2 * b.arch - 0.10, 1.5 * b.shoulder, 0.085)
    return {"plastic": [move(box(size, 0.6, 5), (0.0, 0.0, b.clearance - 0.012))]}


def handles(surface: Surface) -> dict[str, list[Patch]]:
    """Bows on the doors, under the shoulder line."""
    b = surface.body
    spots = [b.doors[1] + 0.135] + ([] if b.doors[2] is None else [b.doors[2] + 0.165])
    left: dict[str, list[Patch]] = {"paint": [], "dark": []}
    for x in spots:
        xs = np.linspace(x - 0.098, x + 0.098, 13)
        z = float(surface.crease(x)) + 0.030
        skin = surface.hits(np.stack([xs, np.full(13, b.shoulder + 0.2), np.full(13, z)], 1), (0, -1, 0), 0.8)
        off = 0.034 * np.clip(np.sin(np.linspace(0, np.pi, 13)) * 2.2, 0, 1)[:, None] - 0.006
        left["paint"].append(tube(skin + surface.normals(skin) * off, 0.0135, 8, 1.0))
        cup = move(box((0.115, 0.010, 0.036), 1.0, 6), skin[6] + np.array([0, 0.001, 0]))
        left["dark"].append(cup)
    return _both(left)


def plates(surface: Surface) -> dict[str, list[Patch]]:
    """Number plates: the face ('plate') is a plain quad whose corners are in reading order (see `PLATE_UV`)."""
    parts: dict[str, list[Patch]] = {"plate": [], "plate_frame": []}
    for sign in (1.0, -1.0):
        at, normal = _plate_spot(surface, sign)
        axes = frame(normal)
        w, h = PLATE[0] / 2, PLATE[1] / 2
        corners = np.array([(0.0, -w, -h), (0.0, w, -h), (0.0, w, h), (0.0, -w, h)])
        face = corners @ axes.T + at + normal * 0.0145
        parts["plate"].append(Patch(face, np.array([[0, 1, 2], [0, 2, 3]]), np.tile(normal, (4, 1))))
        holder = box((0.027, PLATE[0] + 0.022, PLATE[1] + 0.022), 0.25, 5)
        parts["plate_frame"].append(move(holder, at, axes))
    return parts


PLATE_UV = np.array([(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)] * 2)
"""uv of the two plates' corners: u left to right as read, v bottom to top."""


def _plate_spot(surface: Surface, sign: float) -> tuple[Array, Array]:
    b = surface.body
    if sign > 0:
        z = face_height(surface, 0.44 if b.kind is not BodyKind.PICKUP else 0.40)
    elif b.kind is BodyKind.PICKUP:
        z = b.clearance + 0.20
    elif b.notch:
        z = b.clearance + 0.36
    else:
        z = b.tail - 0.165 if b.kind is not BodyKind.VAN else b.tail - 0.26
    heights = z + np.array([-0.04, 0.0, 0.04])
    start = b.nose_x + 0.3 if sign > 0 else b.tail_x - 0.3
    skin = surface.hits(np.stack([np.full(3, start), np.zeros(3), heights], 1), (-sign, 0, 0), 1.2)
    normal = surface.normals(skin)[1]
    normal = np.array([normal[0], 0.0, float(np.clip(normal[2], -0.25, 0.25))])
    normal /= np.linalg.norm(normal)
    off = float(((skin - skin[1]) @ normal).max())
    return skin[1] + normal * (off - 0.004), normal


def emblems(surface: Surface, design: int, initial: str) -> dict[str, list[Patch]]:
    """On the nose, where the grille design wants it, and on the tail."""
    b = surface.body
    front = face_height(surface, grille_of(design).emblem)
    rear = b.tail + (0.030 if b.notch else 0.0) if b.kind is not BodyKind.VAN else b.tail - 0.06
    parts: dict[str, list[Patch]] = {}
    for sign, z in ((1.0, front), (-1.0, rear)):
        start = np.array([[b.nose_x + 0.3 if sign > 0 else b.tail_x - 0.3, 0.0, z]])
        at = surface.hits(start, (-sign, 0, 0), 1.5)
        normal = surface.normals(at)[0]
        axes = frame(normal)
        size = 1.15 if b.bonnet_is_high else 1.0
        for material, patch in emblem(initial).items():
            placed = move(patch, at[0] - normal * 0.001, axes, (1.0, size, size))
            parts.setdefault(material, []).append(placed)
    return parts


def wipers(surface: Surface) -> dict[str, list[Patch]]:
    """Two on the windscreen, one on an upright rear window."""
    b = surface.body
    parts: dict[str, list[Patch]] = {"plastic": []}
    k = b.shoulder / 0.91
    foot, slope = b.cowl[1] + 0.020, (b.header[1] - b.cowl[1])
    for y0, y1, rise in ((0.60 * k, 0.03, 0.05), (-0.02, -0.58 * k, 0.03)):
        y = np.linspace(y0, y1, 12)
        z = foot + 0.02 + rise * np.linspace(0.0, 1.0, 12) - 0.045 * y * y + 0.02 * slope
        skin = surface.hits(np.stack([np.full(12, b.cowl[0] + 0.6), y, z], 1), (-1, 0, 0), 2.0)
        parts["plastic"].append(tube(skin + surface.normals(skin) * 0.011, 0.0065, 5))
    if not b.notch and b.kind is not BodyKind.PICKUP:
        y = np.linspace(0.0, 0.36, 8)
        z = b.base[1] + 0.075 + 0.02 * np.linspace(0, 1, 8)
        skin = surface.hits(np.stack([np.full(8, b.tail_x - 0.3), y, z], 1), (1, 0, 0), 2.0)
        parts["plastic"].append(tube(skin + surface.normals(skin) * 0.012, 0.007, 5))
    return parts


def roof(surface: Surface) -> dict[str, list[Patch]]:
    """Aerial fin, rails, and the third brake light."""
    b = surface.body
    parts: dict[str, list[Patch]] = {}
    if b.kind is BodyKind.CONVERTIBLE:
        return parts
    x = b.eave[0] + 0.11
    top = surface.hits(np.array([[x, 0.0, b.height + 0.2]]), (0, 0, -1), 1.0)[0]
    fin = box((0.150, 0.032, 0.076), 0.95, 7, (0.45, 0.5))
    parts["paint"] = [move(fin, (x, 0.0, min(top[2] + 0.008, b.height - 0.043)), turn("y", 8))]
    if b.rails:
        parts |= _both({"rail": [_rail(surface)]})
    if not b.notch:
        y = np.linspace(0.0, 0.16, 5)
        z = b.eave[1] - (0.022 if b.kind is not BodyKind.PICKUP else 0.045)
        skin = surface.hits(np.stack([np.full(5, b.tail_x - 0.3), y, np.full(5, z)], 1), (1, 0, 0), 4.0)
        parts |= _both({"lamp_rear": [tube(skin, 0.008, 6)]})
    return parts


def reflectors(surface: Surface) -> dict[str, list[Patch]]:
    """Red bars low in the rear bumper's corners."""
    b = surface.body
    y = np.linspace(0.63, 0.775, 7) * b.shoulder / 0.91
    z = np.full(7, b.clearance + 0.245)
    skin = surface.hits(np.stack([np.full(7, b.tail_x - 0.3), y, z], 1), (1, 0, 0), 1.5)
    return _both({"lamp_rear": [tube(skin - 0.004 * surface.normals(skin), 0.011, 8)]})


def _rail(surface: Surface) -> Patch:
    b = surface.body
    lift = np.array([-0.012, 0.012, *[0.022] * 11, 0.012, -0.012])
    x = np.linspace(b.header[0] - 0.16, b.eave[0] + 0.14, 15)
    z_side = b.shoulder - 0.066 - np.tan(np.radians(b.tumblehome)) * (b.height - b.belt[0]) - 0.075
    y = np.full(15, z_side) - 0.02 * np.linspace(-1, 1, 15) ** 2
    skin = surface.hits(np.stack([x, y, np.full(15, b.height + 0.2)], 1), (0, 0, -1), 1.2)
    return tube(skin + np.stack([0 * lift, 0 * lift, lift], 1), 0.013, 8, 0.9)


def _both(left: dict[str, list[Patch]]) -> dict[str, list[Patch]]:
    return {material: [*patches, *(mirrored(p) for p in patches)] for material, patches in left.items()}
