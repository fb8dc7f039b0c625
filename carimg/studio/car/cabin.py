"""What is seen through the glass: floor, dashboard, steering wheel, seats, door linings, a convertible's hood."""

from __future__ import annotations

import numpy as np

from carimg.domain.kinds import BodyKind
from carimg.studio.car.fields import Array
from carimg.studio.car.meshes import Patch, box, grid, join, mirrored, move, tube, turn
from carimg.studio.car.surface import Surface


def cabin(surface: Surface) -> dict[str, list[Patch]]:
    """Interior by material."""
    b = surface.body
    parts: dict[str, list[Patch]] = {
        "interior": [*_tub(surface), *_dashboard(surface)],
        "seat": [],
        "trim": [],
        "chrome": [],
    }
    hip = _hip(surface)
    for i, x in enumerate(seat_rows(surface)):
        bench = i > 0
        for y in (0.36, -0.36):
            parts["seat"] += _seat(surface, x, y, hip, bench)
    wheel = _steering(surface)
    parts["trim"].append(wheel)
    screen_x = b.cowl[0] - 0.46
    parts["trim"].append(
        move(box((0.020, 0.30, 0.14), 0.3, 4), (screen_x, 0.0, float(surface.belt(screen_x)) + 0.005), turn("y", 12))
    )
    if b.kind is BodyKind.CONVERTIBLE:
        parts["fabric"] = _folded_hood(surface)
        parts["trim"] += _hoops(surface)
    return {material: patches for material, patches in parts.items() if patches}


def seat_rows(surface: Surface) -> list[float]:
    """x of the seats' hip points, front to rear."""
    b = surface.body
    front = b.doors[1] + (0.30 if b.doors[2] is not None else 0.46)
    step = 0.86 if b.doors[2] is not None else 0.78
    rows = {BodyKind.VAN: 3}.get(b.kind, 2)
    return [front - step * i for i in range(rows)]


def _hip(surface: Surface) -> float:
    return float(min(surface.body.belt)) - 0.30


def _tub(surface: Surface) -> list[Patch]:
    """Floor, firewall, rear wall and door linings, a little inside the skin."""
    b = surface.body
    floor, front, rear = b.clearance + 0.14, b.cowl[0] - 0.05, _rear_wall(surface)
    half = b.shoulder - 0.16
    ground = _plane(
        np.array([(rear, -half, floor), (rear, half, floor), (front, half, floor), (front, -half, floor)]), (0, 0, 1)
    )
    sill_r, sill_f = float(surface.belt(rear)) - 0.03, float(surface.belt(front)) - 0.05
    wall = [
        _plane(np.array([(x, -half, floor), (x, half, floor), (x, half, z), (x, -half, z)]), (d, 0, 0))
        for x, z, d in ((rear, sill_r, 1), (front, sill_f, -1))
    ]
    lining = _door_lining(surface, rear, front, floor)
    return [ground, *wall, lining, mirrored(lining)]


def _rear_wall(surface: Surface) -> float:
    b = surface.body
    if b.kind is BodyKind.PICKUP:
        return b.base[0] + 0.14
    if b.notch:
        return seat_rows(surface)[-1] - (0.40 if b.kind is not BodyKind.CONVERTIBLE else 0.32)
    return b.base[0] + 0.12


def _door_lining(surface: Surface, rear: float, front: float, floor: float) -> Patch:
    """From the floor up to just under the sill, following the belt; its top edge turns outward to meet the glass."""
    b = surface.body
    x = np.linspace(rear, front, 16)
    z = surface.belt(x) - 0.012
    skin = surface.hits(np.stack([x, np.full(16, b.shoulder + 0.2), z], 1), (0, -1, 0), 1.2)[:, 1] - 0.012
    rows = [(skin - 0.09, np.full(16, floor)), (skin - 0.075, z - 0.16), (skin - 0.045, z - 0.02), (skin, z)]
    patch = grid(np.stack([np.stack([x, y, h], 1) for y, h in rows]))
    inward = patch.n * np.where(patch.n[:, 1:2] > 0, -1.0, 1.0)
    return Patch(patch.v, patch.f, inward)


def _dashboard(surface: Surface) -> list[Patch]:
    """A pad with a hood over the instruments and a console; its top follows the windscreen's foot."""
    b = surface.body
    x = b.cowl[0] - 0.30
    z = float(surface.belt(x))
    width = 2 * (b.shoulder - 0.15)
    pad = move(box((0.56, width, 0.20), 0.75, 7), (x + 0.05, 0.0, z - 0.100), turn("y", 4))
    foot, inner = b.cowl[0] + 0.04, width / 2 - 0.06
    shelf = [(x, -width / 2, z - 0.03), (x, width / 2, z - 0.03), (foot, inner, z), (foot, -inner, z)]
    hood = move(box((0.18, 0.34, 0.09), 0.9, 6), (x - 0.12, 0.36, z - 0.005))
    console = move(box((0.90, 0.22, 0.34), 0.4, 5), (x - 0.50, 0.0, z - 0.44))
    return [pad, _plane(np.array(shelf), (0, 0, 1)), hood, console]


def _steering(surface: Surface) -> Patch:
    b = surface.body
    x = b.cowl[0] - 0.62
    z = float(surface.belt(x)) - 0.035
    t = np.linspace(0, 2 * np.pi, 33)
    rim = tube(np.stack([0 * t, 0.182 * np.sin(t), 0.182 * np.cos(t)], 1), 0.014, 7, closed=True)
    boss = box((0.05, 0.13, 0.11), 0.8, 5)
    spoke = box((0.022, 0.35, 0.035), 0.7, 4)
    foot = move(box((0.022, 0.035, 0.18), 0.7, 4), (0, 0, -0.09))
    return move(join([rim, boss, spoke, foot]), (x, 0.36, z), turn("y", -24))


def _seat(surface: Surface, x: float, y: float, hip: float, bench: bool) -> list[Patch]:
    """Cushion, backrest and headrest; never through the roof."""
    b = surface.body
    open_top = b.kind is BodyKind.CONVERTIBLE
    tall = 0.60 if not bench else 0.56
    roof = b.height if open_top else _roof_height(surface, x - 0.34, y)
    tall = min(tall, roof - hip - 0.16)
    width = 0.50 if not bench else 0.62
    rake = turn("y", -16)
    parts = [
        move(box((0.52, width, 0.17), 0.7, 6), (x + 0.10, y, hip - 0.06), turn("y", -6)),
        move(box((0.15, width, tall), 0.8, 7, (1.0, 0.86)), (x - 0.235, y, hip + tall / 2 - 0.04), rake),
    ]
    top = hip + tall - 0.02
    if top + 0.16 < roof - 0.02:
        parts.append(move(box((0.10, 0.26, 0.17), 0.9, 6), (x - 0.345, y, top + 0.075), turn("y", -10)))
    for side in (-1.0, 1.0) if not bench else ():
        parts.append(
            move(box((0.20, 0.085, tall * 0.72), 0.95, 5), (x - 0.195, y + side * 0.215, hip + tall * 0.38), rake)
        )
    return parts


def _roof_height(surface: Surface, x: float, y: float) -> float:
    found = surface.hits(np.array([[x, y, surface.body.height + 0.2]]), (0, 0, -1), 1.5)[0, 2]
    return float(found) if np.isfinite(found) else 9.0


def _folded_hood(surface: Surface) -> list[Patch]:
    """The soft top lying in folds behind the rear seats."""
    b = surface.body
    x = _rear_wall(surface) - 0.10
    z = float(surface.belt(x)) - 0.02
    width = 2 * (b.shoulder - 0.24)
    return [
        move(box((0.34, width, 0.12), 0.9, 8), (x - 0.02, 0.0, z), turn("y", 3)),
        move(box((0.24, width - 0.10, 0.08), 1.0, 7), (x + 0.02, 0.0, z + 0.055)),
    ]


def _hoops(surface: Surface) -> list[Patch]:
    """A roll hoop behind each rear headrest."""
    x, z = _rear_wall(surface) + 0.02, float(surface.belt(_rear_wall(surface)))
    t = np.linspace(0.0, np.pi, 17)
    arc = np.stack([0 * t - 0.05 * np.sin(t), 0.16 * np.cos(t), 0.20 * np.sin(t) ** 0.7 - 0.04], 1)
    return [tube(arc + np.array([x, y, z]), 0.017, 8) for y in (0.36, -0.36)]


def _plane(corners: Array, normal: tuple[float, float, float]) -> Patch:
    return Patch(corners, np.array([[0, 1, 2], [0, 2, 3]]), np.tile(np.asarray(normal, float), (4, 1)))
