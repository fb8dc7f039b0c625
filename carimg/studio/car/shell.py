"""Half of the skin as a mesh whose faces carry a region's name, split exactly along the regions' outlines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from carimg.studio.car.fields import Array
from carimg.studio.car.meshes import Faces, march
from carimg.studio.car.surface import Surface

CELL = (0.039, 0.032, 0.030)
"""Marching cubes' cell, metres: the flow lines along the car are the straightest, so x takes the longest step."""

SNAP = 0.22
"""A vertex nearer to an outline than this share of an edge is moved onto it instead of cutting the edge."""


@dataclass(frozen=True, slots=True)
class Region:
    """Faces inside `value` < 0 take the name; only points in the box `low` … `high` and faces named `on` count.

    `value` gets (n, 3) points of the skin. A region named '' only cuts: its outline becomes a row of edges, so that a
    crease of the surface is not blurred by the triangles that straddle it.
    """

    name: str
    value: Callable[[Array], Array]
    low: tuple[float, float, float] = (-9.0, -1.0, -9.0)
    high: tuple[float, float, float] = (9.0, 9.0, 9.0)
    on: tuple[str, ...] = ()


@dataclass(slots=True)
class Shell:
    """y ≥ 0 half: `v`, `n` (n, 3), `f` (m, 3), `names` (m,), `fixed` (n,) vertices that lie on an outline already."""

    v: Array
    f: Faces
    n: Array
    names: NDArray[np.str_]
    fixed: NDArray[np.bool_]

    def faces(self, *names: str) -> Faces:
        return self.f[np.isin(self.names, names)]


def build_shell(surface: Surface, regions: list[Region]) -> Shell:
    """March, project, then cut region after region (later ones win)."""
    body = surface.body
    low = (body.tail_x - 0.06, 0.0, body.clearance - 0.05)
    high = (body.nose_x + 0.06, body.shoulder + 0.05, body.height + 0.05)
    scale = (body.length * body.height / 6.6) ** 0.5  # big bodies are flatter: the count stays level
    v, f = march(surface.quick, low, high, np.asarray(CELL) * max(scale, 1.0))
    v[:, 1] = np.where(v[:, 1] < 1e-6, 0.0, v[:, 1])
    v = surface.project(v, 2)
    v[:, 1] = np.maximum(v[:, 1], 0.0)
    shell = Shell(v, f, np.empty_like(v), np.full(len(f), "paint", dtype="U12"), v[:, 1] == 0.0)
    for region in regions:
        _apply(shell, region, surface)
    shell.n = surface.normals(shell.v)
    shell.n[shell.v[:, 1] == 0.0, 1] = 0.0
    return shell


def _apply(shell: Shell, region: Region, surface: Surface) -> None:
    inside = np.asarray(((shell.v >= region.low) & (shell.v <= region.high)).all(axis=1))
    chosen = np.asarray(inside[shell.f].all(axis=1))
    if region.on:
        chosen &= np.isin(shell.names, region.on)
    if not chosen.any():
        return
    used = np.unique(shell.f[chosen])
    values = np.full(len(shell.v), 1.0)
    values[used] = region.value(shell.v[used])
    values = _cut(shell, values, chosen, surface)
    if region.name:
        _label(shell, region, values)


def _label(shell: Shell, region: Region, values: Array) -> None:
    """Name the faces inside; a face that lies between two outlines closer than a cell is judged by its middle."""
    known = np.isfinite(values)[shell.f].all(1)
    if region.on:
        known &= np.isin(shell.names, region.on)
    rows = np.flatnonzero(known)
    corners = values[shell.f[rows]]
    inside = corners.mean(1) < 0
    unclear = np.abs(corners).max(1) < 1.5e-3
    if unclear.any():
        inside[unclear] = region.value(shell.v[shell.f[rows[unclear]]].mean(1)) < 0
    shell.names[rows[inside]] = region.name


def _cut(shell: Shell, values: Array, chosen: NDArray[np.bool_], surface: Surface) -> Array:
    """Split the chosen faces (and neighbours that share a split edge) along values = 0; returns values per vertex, nan
    on vertices that took no part."""
    count = len(shell.v)
    known = np.zeros(count, bool)
    known[shell.f[chosen]] = True
    edges = shell.f[chosen][:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2)
    values[np.abs(values) < 1e-7] = 0.0
    _snap(shell, values, edges, surface)
    edges = np.unique(np.sort(edges[values[edges[:, 0]] * values[edges[:, 1]] < 0], 1), axis=0)
    a, b = edges[:, 0], edges[:, 1]
    t = (values[a] / (values[a] - values[b]))[:, None] if len(edges) else np.empty((0, 1))
    added = surface.project(shell.v[a] * (1 - t) + shell.v[b] * t, 1) if len(edges) else np.empty((0, 3))
    shell.v = np.vstack([shell.v, added])
    shell.n = np.empty_like(shell.v)
    shell.fixed = np.concatenate([shell.fixed, np.ones(len(edges), bool)])
    _split(shell, edges, count)
    return np.concatenate([np.where(known, values, np.nan), np.zeros(len(edges))])


def _snap(shell: Shell, values: Array, edges: Faces, surface: Surface) -> None:
    """Move free vertices that nearly lie on the outline onto it, each along one of its crossing edges."""
    both = np.vstack([edges, edges[:, ::-1]])
    a, b = both[:, 0], both[:, 1]
    crossing = (values[a] * values[b] < 0) & ~shell.fixed[a]
    a, b = a[crossing], b[crossing]
    t = values[a] / (values[a] - values[b])
    near = t < SNAP
    a, b, t = a[near], b[near], t[near]
    order = np.argsort(t, kind="stable")[::-1]  # the nearest crossing is written last and stays
    a, b, t = a[order], b[order], t[order]
    target = shell.v.copy()
    target[a] = shell.v[a] * (1 - t[:, None]) + shell.v[b] * t[:, None]
    moved = np.unique(a)
    shell.v[moved] = surface.project(target[moved], 1)
    shell.fixed[moved] = True
    values[moved] = 0.0
    on = np.unique(edges[values[edges] == 0.0])
    shell.fixed[on] = True


def _split(shell: Shell, edges: Faces, first: int) -> None:
    """Replace every face that has split edges (sorted rows of `edges`; the new vertices are numbered from `first`)."""
    if not len(edges):
        return
    base = len(shell.v)
    ends = np.zeros(base, bool)
    ends[edges] = True
    near = ends[shell.f].sum(1) >= 2
    away, shell_f = np.flatnonzero(~near), shell.f[near]
    keys = edges[:, 0] * base + edges[:, 1]
    sides = np.sort(shell_f[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), 1)
    key = sides[:, 0] * base + sides[:, 1]
    slot = np.minimum(np.searchsorted(keys, key), len(keys) - 1)
    new = np.where(keys[slot] == key, slot + first, -1).reshape(-1, 3)
    cuts = (new >= 0).sum(1)
    origin = np.flatnonzero(near)
    faces, source = [shell.f[away], shell_f[cuts == 0]], [away, origin[cuts == 0]]
    for number, pick in ((1, np.argmax), (2, np.argmin)):
        rows = np.flatnonzero(cuts == number)
        if not len(rows):
            continue
        k = pick(new[rows] >= 0, axis=1)
        at = np.arange(len(rows))
        f, m = shell_f[rows], new[rows]
        a, b, c = f[at, k], f[at, (k + 1) % 3], f[at, (k + 2) % 3]
        if number == 1:  # one edge, a–b, is split at p: two halves
            p = m[at, k]
            parts = [(a, p, c), (p, b, c)]
        else:  # a–b is whole, c is cut off
            p, q = m[at, (k + 1) % 3], m[at, (k + 2) % 3]
            parts = [(c, q, p), (a, b, p), (a, p, q)]
        faces += [np.stack(part, 1) for part in parts]
        source += [origin[rows]] * len(parts)
    rows = np.flatnonzero(cuts == 3)
    if len(rows):
        (a, b, c), (p, q, r) = shell_f[rows].T, new[rows].T
        faces += [np.stack(part, 1) for part in ((a, p, r), (p, b, q), (r, q, c), (p, q, r))]
        source += [origin[rows]] * 4
    shell.f = np.vstack(faces)
    shell.names = shell.names[np.concatenate(source)]
