"""Openings, cladding and the tail's lower edge as regions; and the shell's regions dressed as panels with depth."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from carimg.domain.kinds import BodyKind
from carimg.studio.car.bodies import Body
from carimg.studio.car.fields import Array, polygon, smax
from carimg.studio.car.glazing import THIN, side_glass
from carimg.studio.car.meshes import Faces, Patch, mirrored, strip
from carimg.studio.car.shell import Region, Shell
from carimg.studio.car.surface import Surface

WELL, OPEN, BED = "well", "open", "bed"
"""Regions that are holes: wheel openings, the open cabin, the load bed."""

DEPTH = {"glass": 0.004, "glass_dark": 0.004, "trim": 0.0015, "grille": 0.045, "dark": 0.04}
"""Metres by which a region lies behind the paint; the rest is flush."""

WALL = {"glass": "trim", "glass_dark": "trim", "trim": "trim", "grille": "plastic", "dark": "chrome"}
BED_DEPTH = 0.42
BED_WALL = 0.125
"""Depth of a pickup's load bed and thickness of its walls, metres."""


def creases(surface: Surface) -> list[Region]:
    """Cuts without a name along the body's sharp lines."""
    side = ((-9.0, 0.5, 0.2), (9.0, 9.0, 1.6))
    return [
        Region("", lambda p: p[:, 2] - surface.crease(p[:, 0]), *side),
        Region("", lambda p: p[:, 2] - surface.sill(p[:, 0]) + 0.012, *side),
    ]


def lower_regions(surface: Surface) -> list[Region]:
    """Sills, cladding, rear valance with its reflectors and pipes."""
    b = surface.body
    edge = b.cladding or b.clearance + 0.055
    regions = [Region("plastic", lambda p: p[:, 2] - edge, high=(9.0, 9.0, edge + 0.2))]
    if b.cladding:
        regions.append(
            Region("plastic", lambda p: surface.from_axle(p[:, 0], p[:, 2]) - b.arch - 0.055, high=(9.0, 9.0, 1.2))
        )
    if b.kind is BodyKind.PICKUP:
        regions += _rails_and_bumper(b)
    return regions + _tail_regions(b)


def _rails_and_bumper(b: Body) -> list[Region]:
    """A pickup's dark cap on the walls of its bed and the dark lower half of its front bumper."""
    behind, lip = b.base[0] - 0.05, b.clearance + 0.30
    return [
        Region("plastic", lambda p: b.deck[1] - 0.045 - p[:, 2], (-9.0, -1.0, b.deck[1] - 0.2), (behind, 9.0, 9.0)),
        Region("plastic", lambda p: p[:, 2] - lip, (b.axles[0] + b.arch, -1.0, 0.0), (9.0, 9.0, lip + 0.2)),
    ]


def holes(surface: Surface) -> list[Region]:
    """Wheel openings, and what a convertible or a pickup leaves open."""
    b = surface.body
    regions = [
        Region(
            WELL,
            lambda p: np.maximum(surface.from_axle(p[:, 0], p[:, 2]) - b.arch, 0.50 - p[:, 1]),
            (-9.0, 0.3, 0.0), (9.0, 9.0, 1.2),
        )
    ]  # fmt: skip
    if b.kind is BodyKind.PICKUP:
        regions.append(
            Region(
                BED,
                lambda p: _bed(surface, p),
                (-9.0, -1.0, b.deck[1] - 0.10),
                (b.base[0] + 0.05, 9.0, b.deck[1] + 0.08),
            )
        )
    if b.kind is BodyKind.CONVERTIBLE:
        regions.append(
            Region(OPEN, lambda p: _open(surface, p), (-9.0, -1.0, b.belt[0] - 0.12), (b.cowl[0] + 0.2, 9.0, 9.0))
        )
    return regions


def _bed(surface: Surface, p: Array) -> Array:
    """Within walls of even thickness, behind the cab."""
    walls = surface.plan(p[:, 0], np.abs(p[:, 1])) + BED_WALL
    return smax(walls, p[:, 0] - (surface.body.base[0] - 0.10), 0.05)


def _open(surface: Surface, p: Array) -> Array:
    """The cabin behind a plane parallel to the windscreen that leaves its frame standing, without the side windows."""
    b = surface.body
    lower, cabin, flank = surface.parts(p)
    roof = smax(cabin, flank, 0.11) - lower - 0.020
    slope = (b.cowl[0] - b.header[0]) / (b.header[1] - b.cowl[1])
    behind = p[:, 0] + slope * (p[:, 2] - b.header[1]) - b.header[0] + 0.085 + 0.16 * p[:, 1] ** 2
    return np.maximum(np.maximum(roof, behind), -side_glass(surface, p, THIN))


def _tail_regions(b: Body) -> list[Region]:
    rear = ((-9.0, -1.0, 0.0), (b.tail_x + 0.4, 9.0, 0.75))
    g, k = b.clearance, b.shoulder / 0.91
    valance = [(-1.0, g - 0.2), (0.70 * k, g - 0.2), (0.66 * k, g + 0.170), (0.55 * k, g + 0.215), (-1.0, g + 0.215)]
    pipe = [(0.43 * k, g + 0.096), (0.56 * k, g + 0.096), (0.57 * k, g + 0.134), (0.43 * k, g + 0.134)]
    regions = [Region("plastic", lambda p: polygon(np.abs(p[:, 1]), p[:, 2], valance, 0.015), *rear)]
    if b.kind not in (BodyKind.VAN, BodyKind.PICKUP):
        regions += [
            Region("chrome", lambda p: polygon(np.abs(p[:, 1]), p[:, 2], pipe, 0.016), *rear),
            Region("dark", lambda p: polygon(np.abs(p[:, 1]), p[:, 2], pipe, 0.010), *rear),
        ]
    return regions


def dress(surface: Surface, shell: Shell) -> dict[str, list[Patch]]:
    """Panels of both sides by material: sunk regions with walls, lamp housings, the holes' flanges, the lining."""
    parts: dict[str, list[Patch]] = {}

    def put(material: str, patch: Patch) -> None:
        parts.setdefault(material, []).extend((patch, mirrored(patch)))

    for name in sorted(set(shell.names.tolist())):
        faces, rim = shell.faces(name), _rim(shell, shell.faces(name))
        if name == WELL:
            rim = rim[shell.v[rim][:, :, 1].min(1) > 0.6]
            put("plastic" if surface.body.cladding else "paint", _skirt(shell, rim, np.array([0.0, -0.05, 0.0])))
        elif name == OPEN:
            put("trim", _skirt(shell, rim, -0.035 * shell.n[rim]))
        elif name == BED:
            _put_bed(shell, faces, rim, put)
        else:
            _put_panel(shell, name, faces, rim, put)
    put("fabric", _lining(surface, shell))
    return parts


def _put_panel(shell: Shell, name: str, faces: Faces, rim: Faces, put: Callable[[str, Patch], None]) -> None:
    depth = DEPTH.get(name, 0.0)
    put(name, Patch(shell.v - shell.n * depth, faces, shell.n))
    if depth:
        put(WALL[name], _skirt(shell, rim, -depth * shell.n[rim]))
    if name == "lamp_front":
        back = np.array([-0.065, -0.012, 0.0])
        glowing = shell.faces("lamp_front", "led", "signal")
        put("housing", Patch(shell.v + back, glowing, shell.n))
        put("housing", _skirt(shell, _rim(shell, glowing), back))


def _put_bed(shell: Shell, faces: Faces, rim: Faces, put: Callable[[str, Patch], None]) -> None:
    down = np.array([0.0, 0.0, -BED_DEPTH])
    up = np.tile([0.0, 0.0, 1.0], (len(shell.v), 1))
    put("plastic", Patch(shell.v + down, faces, up))
    put("plastic", _skirt(shell, rim, down))


def _lining(surface: Surface, shell: Shell) -> Patch:
    """The cabin's inside: painted and trim faces above the sill, 18 mm inward, seen from within."""
    middle = shell.v[shell.f].mean(1)
    inside = (middle[:, 2] > surface.belt(middle[:, 0]) + 0.01) & np.isin(shell.names, ("paint", "trim"))
    lower, cabin, _ = surface.parts(middle)
    faces = shell.f[inside & (cabin < lower)]
    return Patch(shell.v - 0.018 * shell.n, faces, -shell.n)


def _skirt(shell: Shell, rim: Faces, offset: Array) -> Patch:
    """Walls from the rim's edges to the same edges moved by `offset` ((3,) or one per edge end, (n, 2, 3))."""
    edges = shell.v[rim]
    return strip(edges, edges + offset)


def _rim(shell: Shell, faces: Faces) -> Faces:
    """Edges (n, 2) that bound the faces, without those in the middle plane."""
    edges = faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2)
    ordered = np.sort(edges, 1)
    key = ordered[:, 0] * len(shell.v) + ordered[:, 1]
    _, first, count = np.unique(key, return_index=True, return_counts=True)
    rim = edges[first[count == 1]]
    off_middle: NDArray[np.bool_] = (shell.v[rim][:, :, 1] > 0.0).any(axis=1)
    return np.asarray(rim[off_middle])
