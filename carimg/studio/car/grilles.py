"""The nose's openings: five grille designs with their bars, the lower intake, the side intakes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from carimg.studio.car.fields import Array, polygon
from carimg.studio.car.meshes import Patch, mirrored, tube
from carimg.studio.car.shell import Region
from carimg.studio.car.surface import Surface

Path = tuple[tuple[float, float], ...]
SUNK = 0.022
"""How far the bars lie behind the skin, metres."""


@dataclass(frozen=True, slots=True)
class Grille:
    """Outlines as half shapes in (|y| metres at a half width of 0.91, share of the height from the lip to the nose)."""

    upper: Path | None
    lower: Path
    side: Path | None
    bars: str
    frame: str | None = "chrome"
    frame_width: float = 0.010
    emblem: float = 0.82
    corner: float = 0.012


LIP: Path = ((-1.0, 0.150), (0.50, 0.150), (0.56, 0.340), (-1.0, 0.340))
POCKET: Path = ((0.63, 0.160), (0.745, 0.175), (0.765, 0.430), (0.68, 0.340))

GRILLES: tuple[Grille, ...] = (
    Grille(((-1.0, 0.66), (0.47, 0.66), (0.565, 0.930), (-1.0, 0.930)), LIP, POCKET, "horizontal", emblem=0.80),
    Grille(
        ((-1.0, 0.55), (0.40, 0.55), (0.46, 0.61), (0.50, 0.930), (-1.0, 0.950)),
        ((-1.0, 0.130), (0.52, 0.130), (0.60, 0.290), (-1.0, 0.290)),
        POCKET, "vertical", frame_width=0.014, emblem=0.985, corner=0.02,
    ),
    Grille(
        ((-1.0, 0.34), (0.36, 0.34), (0.54, 0.72), (0.46, 0.915), (-1.0, 0.915)),
        ((-1.0, 0.120), (0.46, 0.120), (0.42, 0.240), (-1.0, 0.240)),
        ((0.58, 0.150), (0.76, 0.170), (0.78, 0.440), (0.66, 0.380)),
        "mesh", frame="trim", frame_width=0.014, emblem=0.74,
    ),
    Grille(
        ((-1.0, 0.825), (0.50, 0.835), (0.575, 0.935), (-1.0, 0.925)),
        ((-1.0, 0.140), (0.46, 0.140), (0.60, 0.480), (-1.0, 0.480)),
        ((0.66, 0.160), (0.76, 0.170), (0.80, 0.460), (0.72, 0.440)), "slots", frame=None, emblem=0.70,
    ),
    Grille(
        None, ((-1.0, 0.150), (0.60, 0.150), (0.70, 0.330), (-1.0, 0.300)), None, "closed", frame=None, emblem=0.86,
    ),
)  # fmt: skip


def grille_of(design: int) -> Grille:
    return GRILLES[design % len(GRILLES)]


def face_height(surface: Surface, share: float) -> float:
    """Height of a share of the face: 0 at the lip, 1 at the bonnet's leading edge."""
    b = surface.body
    return b.clearance + share * (b.nose - b.clearance)


def grille_regions(surface: Surface, design: int) -> list[Region]:
    """Frame, sunk openings and pockets."""
    grille, b = grille_of(design), surface.body
    where = ((b.nose_x - 0.7, -1.0, 0.0), (9.0, 9.0, b.nose + 0.08))
    regions = []
    if grille.upper and grille.frame:
        frame = _shape(surface, grille.upper, grille.corner + grille.frame_width)
        regions.append(Region(grille.frame, frame, *where, on=("paint", "plastic")))
    openings = [path for path in (grille.upper, grille.lower, grille.side) if path is not None]
    return [*regions, *(Region("grille", _shape(surface, path, grille.corner), *where) for path in openings)]


def bars(surface: Surface, design: int) -> dict[str, list[Patch]]:
    """What stands in the openings, for both sides of the car."""
    grille = grille_of(design)
    parts: dict[str, list[Patch]] = {"trim": [], "chrome": [], "plastic": []}
    lower = _levels(grille.lower, 3)
    parts["plastic"] += [_across(surface, grille.lower, q, 0.009) for q in lower]
    if grille.upper is None:
        parts["trim"].append(
            _across(surface, ((-1.0, 0.7), (0.66, 0.7), (0.66, 1.0), (-1.0, 1.0)), 0.715, 0.006, -0.001)
        )
        return parts
    if grille.bars == "horizontal":
        count = 7 if surface.body.bonnet_is_high else 5
        parts["trim"] += [_across(surface, grille.upper, q, 0.010) for q in _levels(grille.upper, count)]
    elif grille.bars == "vertical":
        parts["chrome"] += _upright(surface, grille.upper, 0.062)
    elif grille.bars == "mesh":
        parts["trim"] += _lattice(surface, grille.upper, 0.075)
    else:
        parts["chrome"].append(_across(surface, grille.upper, float(np.mean(_levels(grille.upper, 1))), 0.006))
    return parts


def _shape(surface: Surface, path: Path, corner: float) -> Callable[[Array], Array]:
    b = surface.body
    outline = [(y * b.shoulder / 0.91, face_height(surface, q)) for y, q in path]
    return lambda p: polygon(np.abs(p[:, 1]), p[:, 2], outline, corner)


def _levels(path: Path, count: int) -> list[float]:
    heights = [q for _, q in path]
    low, high = min(heights), max(heights)
    return [low + (high - low) * (i + 0.5) / count for i in range(count)]


def _edge(path: Path, share: float) -> float:
    """|y| where the half outline ends at a height."""
    ends = []
    for (y0, q0), (y1, q1) in zip(path, (*path[1:], path[0]), strict=True):
        if q0 != q1 and min(q0, q1) <= share <= max(q0, q1):
            ends.append(y0 + (y1 - y0) * (share - q0) / (q1 - q0))
    return max(ends, default=0.0)


def _skin(surface: Surface, y: Array, z: Array, sunk: float) -> Array:
    """Points of the nose at (y, z), moved inward."""
    b = surface.body
    start = np.stack([np.full(np.shape(y), b.nose_x + 0.3), y, z], 1)
    return np.asarray(surface.hits(start, (-1, 0, 0), 1.2) - np.array([sunk, 0.0, 0.0]))


def _across(surface: Surface, path: Path, share: float, radius: float, sunk: float = SUNK) -> Patch:
    half = _edge(path, share) * surface.body.shoulder / 0.91 + 0.006
    y = np.linspace(-half, half, 25)
    return tube(_skin(surface, y, np.full(25, face_height(surface, share)), sunk), radius, 6, 0.55)


def _upright(surface: Surface, path: Path, pitch: float) -> list[Patch]:
    b = surface.body
    k = b.shoulder / 0.91
    found = []
    for y in np.arange(pitch / 2, max(p[0] for p in path) - 0.015, pitch):
        shares = [q for q in np.linspace(0, 1, 400) if _edge(path, float(q)) >= y]
        z = np.linspace(face_height(surface, min(shares)) - 0.004, face_height(surface, max(shares)) + 0.004, 7)
        found.append(tube(_skin(surface, np.full(7, y * k), z, SUNK), 0.009, 6))
    return [*found, *(mirrored(p) for p in found)]


def _lattice(surface: Surface, path: Path, pitch: float) -> list[Patch]:
    """Crossing diagonal bars clipped to the outline."""
    b = surface.body
    k = b.shoulder / 0.91
    inside = _shape(surface, path, 0.012)
    low, high = (face_height(surface, q) for q in (min(q for _, q in path), max(q for _, q in path)))
    rise = high - low
    found = []
    t = np.linspace(0, 1, 40)
    for start in np.arange(-1.2 * k, 1.2 * k, pitch):
        y, z = start + t * rise * 1.25, low + t * rise
        keep = inside(np.stack([0 * y, y, z], 1)) < 0.006
        if keep.sum() < 4:
            continue
        first, last = np.flatnonzero(keep)[[0, -1]]
        s = np.linspace(first, last, 7) / 39
        points = _skin(surface, start + s * rise * 1.25, low + s * rise, SUNK)
        found.append(tube(points, 0.0055, 4))
    return [*found, *(mirrored(p) for p in found)]
