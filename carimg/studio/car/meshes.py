"""Triangle patches: marching cubes, lathe, tube, box, loft; moving, mirroring, joining; and the final typed mesh."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from skimage.measure import marching_cubes

from carimg.studio.car.fields import Array, Field, unit
from carimg.studio.spec import Mesh

Faces = NDArray[np.int64]


class Patch(NamedTuple):
    """`v` (n, 3) points, `f` (m, 3) indices, `n` (n, 3) outward unit normals. Winding is settled in `finish`."""

    v: Array
    f: Faces
    n: Array


def march(field: Field, low: ArrayLike, high: ArrayLike, step: ArrayLike) -> tuple[Array, Faces]:
    """Marching cubes of a field in a box with cells of `step` (one length or three)."""
    low, high = np.asarray(low, float), np.asarray(high, float)
    steps = np.broadcast_to(np.asarray(step, float), 3)
    axes = [low[i] + steps[i] * np.arange(int(np.ceil((high[i] - low[i]) / steps[i])) + 1) for i in range(3)]
    nodes = np.stack(np.meshgrid(*axes, indexing="ij"), -1)
    volume = field(nodes.reshape(-1, 3)).reshape(nodes.shape[:3]).astype(np.float32)
    vertices, faces, _, _ = marching_cubes(volume, 0.0)  # type: ignore[no-untyped-call]
    return vertices.astype(float) * steps + low, faces.astype(np.int64)


def grid(points: Array) -> Patch:
    """Quads of a (rows, columns, 3) array of points as triangles, with smooth normals."""
    rows, columns, _ = points.shape
    index = np.arange(rows * columns).reshape(rows, columns)
    quads = np.stack([index[:-1, :-1], index[1:, :-1], index[1:, 1:], index[:-1, 1:]], -1).reshape(-1, 4)
    normals = np.cross(np.gradient(points, axis=0), np.gradient(points, axis=1)).reshape(-1, 3)
    return Patch(points.reshape(-1, 3), np.vstack([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]]), unit(normals))


def strip(first: Array, second: Array) -> Patch:
    """Flat-shaded quads between matching edges, each (n, 2, 3)."""
    count = len(first)
    row = np.arange(count)
    v = np.concatenate([first[:, 0], first[:, 1], second[:, 1], second[:, 0]])
    f = np.concatenate(
        [np.stack([row, row + count, row + 2 * count], 1), np.stack([row, row + 2 * count, row + 3 * count], 1)]
    )
    n = unit(np.cross(first[:, 1] - first[:, 0], second[:, 0] - first[:, 0]))
    return Patch(v, f, np.tile(n, (4, 1)))


def lathe(profile: ArrayLike, count: int, start: float = 0.0, end: float = 2 * np.pi) -> Patch:
    """A (radius, y) profile turned about the y axis; angle 0 points to −z, so that a tyre has a vertex on the ground.

    Normals follow the profile: outward when it runs from low y over large radius to high y.
    """
    p = np.asarray(profile, float)
    t = np.linspace(start, end, count + 1)[None]
    points = np.stack([p[:, :1] * np.sin(t), np.broadcast_to(p[:, 1:], (len(p), count + 1)), -p[:, :1] * np.cos(t)], -1)
    slope = np.gradient(p, axis=0)
    across = unit(np.stack([slope[:, 1], -slope[:, 0]], 1))
    normals = np.stack(
        [across[:, :1] * np.sin(t), np.broadcast_to(across[:, 1:], (len(p), count + 1)), -across[:, :1] * np.cos(t)], -1
    )
    return Patch(points.reshape(-1, 3), grid(points).f, normals.reshape(-1, 3))


def disc(radius: float, thickness: float, count: int = 32) -> Patch:
    """A thick disc with a rounded rim about +y, its face at y = thickness."""
    r, t = radius, thickness
    return lathe([(r, 0.0), (r, t * 0.5), (r * 0.96, t * 0.88), (r * 0.88, t), (r * 0.5, t), (1e-4, t)], count)


def box(size: Sequence[float], round_: float = 0.3, count: int = 5, taper: tuple[float, float] = (1.0, 1.0)) -> Patch:
    """A rounded box of full size (x, y, z) about the origin; `round_` 1 makes an ellipsoid-like pebble; top tapered."""
    half = np.asarray(size, float) / 2
    g = np.sin(np.linspace(-1, 1, count) * np.pi / 2)
    a, b = np.meshgrid(g, g, indexing="ij")
    patches = []
    for axis in range(3):
        for sign in (-1.0, 1.0):
            face = np.empty((count, count, 3))
            face[..., axis], face[..., (axis + 1) % 3], face[..., (axis + 2) % 3] = sign, a, b
            patches.append(grid(face))
    cube = join(patches)
    radius = round_ * half.min()
    inner = half - radius
    if round_ >= 1.0:
        n = unit(cube.v)
        v = n * half
        n = unit(n / half)
    else:
        spread = cube.v * half
        core = np.clip(spread, -inner, inner)
        n = unit(spread - core)
        v = core + n * radius
    k = 1 + (np.asarray(taper) - 1) * ((v[:, 2:] / half[2] + 1) / 2)
    return Patch(np.hstack([v[:, :2] * k, v[:, 2:]]), cube.f, n)


def tube(path: ArrayLike, radius: float, sides: int = 6, flat: float = 1.0, closed: bool = False) -> Patch:
    """A tube along (m, 3) points; `flat` scales its section in the direction that is most upright."""
    p = np.asarray(path, float)
    t = np.gradient(p, axis=0)
    if closed:
        t[0] = t[-1] = p[1] - p[-2]
    t = unit(t)
    a = unit(np.cross(t, np.array([0.013, 0.021, 1.0])))
    b = np.cross(t, a)
    w = np.linspace(0, 2 * np.pi, sides + 1)[:, None, None]
    ring = np.cos(w) * a + flat * np.sin(w) * b
    points = p + radius * ring
    patch = Patch(points.reshape(-1, 3), grid(points).f, unit(np.cos(w) * a * flat + np.sin(w) * b).reshape(-1, 3))
    return patch if closed else join([patch, *(_cap(points[:-1, i], s * t[i]) for i, s in ((0, -1), (-1, 1)))])


def _cap(ring: Array, normal: Array) -> Patch:
    i = np.arange(1, len(ring) - 1)
    return Patch(ring, np.stack([0 * i, i, i + 1], 1), np.tile(unit(normal), (len(ring), 1)))


def ribbon(path: Array, normals: Array, width: float, lift: float) -> Patch:
    """A flat band along (m, 3) points of a surface with its `normals`, lifted off it."""
    across = unit(np.cross(unit(np.gradient(path, axis=0)), normals)) * (width / 2)
    base = path + normals * lift
    points = np.stack([base - across, base + across])
    return Patch(points.reshape(-1, 3), grid(points).f, np.tile(normals, (2, 1)))


def loft(sections: Array) -> Patch:
    """A skin through closed sections (stations, around, 3), normals facing away from each section's middle."""
    ring = np.concatenate([sections, sections[:, :1]], 1)
    padded = np.concatenate([sections[:, -1:], ring, sections[:, 1:2]], 1)
    along, around = np.gradient(ring, axis=0), (padded[:, 2:] - padded[:, :-2]) / 2
    n = unit(np.cross(along, around))
    out = ring - sections.mean(1, keepdims=True)
    n = n * np.where((n * out).sum(-1, keepdims=True) < 0, -1.0, 1.0)
    caps = [_cap(sections[i], s * (sections[-1].mean(0) - sections[0].mean(0))) for i, s in ((0, -1.0), (-1, 1.0))]
    return join([Patch(ring.reshape(-1, 3), grid(ring).f, n.reshape(-1, 3)), *caps])


def move(
    patch: Patch,
    by: Sequence[float] | Array = (0, 0, 0),
    turn: Array | None = None,
    scale: Sequence[float] = (1, 1, 1),
) -> Patch:
    """Scaled, then turned, then moved."""
    s = np.asarray(scale, float)
    v, n = patch.v * s, patch.n / s
    if turn is not None:
        v, n = v @ turn.T, n @ turn.T
    return Patch(v + np.asarray(by, float), patch.f, unit(n))


def mirrored(patch: Patch) -> Patch:
    """The same patch on the other side of the car."""
    return move(patch, scale=(1, -1, 1))


def turn(axis: str, degrees: float) -> Array:
    """Rotation matrix about 'x', 'y' or 'z' (right-handed)."""
    i, j = {"x": (1, 2), "y": (2, 0), "z": (0, 1)}[axis]
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    matrix = np.eye(3)
    matrix[i, i] = matrix[j, j] = c
    matrix[i, j], matrix[j, i] = -s, s
    return matrix


def frame(normal: Array, up: Sequence[float] = (0, 0, 1)) -> Array:
    """Rotation that takes +x to `normal`, +z as near to `up` as may be; +y is then the viewer's right-hand side."""
    x = unit(normal)
    y = unit(np.cross(np.asarray(up, float), x))
    return np.stack([x, y, np.cross(x, y)], 1)


def join(patches: Iterable[Patch]) -> Patch:
    """One patch of many."""
    parts = list(patches)
    offsets = np.cumsum([0] + [len(p.v) for p in parts])
    faces = [p.f + o for p, o in zip(parts, offsets, strict=False)]
    return Patch(np.vstack([p.v for p in parts]), np.vstack(faces), np.vstack([p.n for p in parts]))


def finish(patch: Patch, uv: Array | None = None) -> Mesh:
    """The typed mesh: winding made to agree with the normals, slivers and unused vertices dropped."""
    v, f = patch.v.astype(np.float32).astype(float), patch.f  # judged as stored: rounding can flip a sliver
    geometric = np.cross(v[f[:, 1]] - v[f[:, 0]], v[f[:, 2]] - v[f[:, 0]])
    area = np.linalg.norm(geometric, axis=1)
    backward = np.einsum("ij,ij->i", geometric, patch.n[f].sum(1)) < 0
    f = np.where(backward[:, None], f[:, ::-1], f)[area > 2e-9]
    used, index = np.unique(f, return_inverse=True)
    n = patch.n[used]
    weak = (n * n).sum(1) < 0.5
    n[weak] = (0.0, 0.0, 1.0)
    return Mesh(
        v[used].astype(np.float32),
        index.reshape(f.shape).astype(np.uint32),
        unit(n).astype(np.float32),
        None if uv is None else uv[used].astype(np.float32),
    )
