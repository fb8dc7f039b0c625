"""Cars drawn from a few polygons in perspective: car-like enough to be measured, with exact masks, in milliseconds."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from carimg.consistency import Evidence, ViewInput, examine
from carimg.domain.catalog import catalog

SIZE = (384, 256)
USUAL = ("front", "front_three_quarter", "side", "rear_three_quarter", "rear", "side_right")
_SUPER = 2
_DARK, _GLASS, _LAMP, _CLEAR, _TYRE, _RIM = "#101012", "#23282c", "#c8101c", "#e8ecf0", "#161618", "#a8aab0"
Points = list[tuple[float, float, float]]


@dataclass(frozen=True)
class Drawn:
    """Metres; the cabin stands between `cabin` (rear, front) along the car."""

    paint: str = "#1f4fb0"
    length: float = 4.3
    width: float = 1.8
    height: float = 1.48
    cabin: tuple[float, float] = (-2.0, 0.9)
    backdrop: tuple[str, str] = ("#d8d8d4", "#b4b4b0")


@cache
def view(car: Drawn, angle: str, *, masks: bool = False, grain: float = 1.5) -> ViewInput:
    """The car from an angle of the catalogue."""
    place = catalog().angles[angle]
    faces = _faces(car, place.yaw, place.elevation)
    rgb = _backdrop(car.backdrop)
    _paint(rgb, faces, None)
    seed = int(place.yaw) * 100 + int(place.elevation)
    picture = _finish(rgb, grain, seed)
    car_mask = paint_mask = None
    if masks:
        black = Image.new("RGB", rgb.size)
        _paint(black, faces, lambda colour: "#ffffff")
        car_mask = _png(_small(black).convert("L"))
        black = Image.new("RGB", rgb.size)
        _paint(black, faces, lambda colour: "#000000" if colour in _PARTS else "#ffffff")
        paint_mask = _png(_small(black).convert("L"))
    return ViewInput(angle, place.yaw, place.elevation, _png(picture), car_mask, paint_mask)


def views(car: Drawn, *angles: str, masks: bool = False) -> list[ViewInput]:
    return [view(car, angle, masks=masks) for angle in angles or USUAL]


@cache
def evidence(car: Drawn, angle: str) -> Evidence:
    """What the report finds in the car from an angle, without masks; measured once a test run."""
    return examine(view(car, angle))


def evidences(car: Drawn, *angles: str) -> list[Evidence]:
    return [evidence(car, angle) for angle in angles or USUAL]


def shown_as(seen: ViewInput, angle: str, data: bytes | None = None) -> ViewInput:
    """A picture (or other bytes) handed in under another angle, as engines without masks do."""
    place = catalog().angles[angle]
    return ViewInput(angle, place.yaw, place.elevation, data if data is not None else seen.data)


def mirrored(seen: ViewInput) -> ViewInput:
    return replace(seen, data=encoded(np.ascontiguousarray(pixels(seen.data)[:, ::-1])), car_mask=None, paint_mask=None)


def encoded(pixels: np.ndarray, form: str = "PNG") -> bytes:
    """(h, w, 3) uint8 as a file."""
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, form)
    return out.getvalue()


def pixels(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


_PARTS = {_DARK, _GLASS, _LAMP, _CLEAR, _TYRE, _RIM}


def _faces(car: Drawn, yaw: float, elevation: float) -> list[tuple[str, list[tuple[float, float]]]]:
    """Colours and outlines in pixels, in the order in which they are painted."""
    half, wide, sill, belt = car.length / 2, car.width / 2, 0.22, car.height * 0.6
    rear, front = car.cabin
    lean, tuck = 0.45, 0.16
    body = _box((-half, half), (-wide, wide), (sill, belt), 0.06)
    top = [
        (rear + lean * 0.5, wide - tuck, car.height),
        (front - lean, wide - tuck, car.height),
        (front - lean, tuck - wide, car.height),
        (rear + lean * 0.5, tuck - wide, car.height),
    ]
    foot = [(rear, wide, belt), (front, wide, belt), (front, -wide, belt), (rear, -wide, belt)]
    cabin = [("roof", car.paint, top)]
    for i in range(4):
        quad = [foot[i], foot[(i + 1) % 4], top[(i + 1) % 4], top[i]]
        cabin += [("side", car.paint, quad), ("glass", _GLASS, _inset(quad, 0.13))]
    decals: list[tuple[str, Points]] = []
    for s in (-1, 1):
        decals.append((_LAMP, _plate(-half - 0.01, s * wide * 0.75, belt * 0.78, 0.2 * wide, 0.09)))
        decals.append((_CLEAR, _plate(half + 0.01, s * wide * 0.72, belt * 0.72, 0.22 * wide, 0.08)))
        decals.append((_LAMP, [(x, s * (wide + 0.01), z) for x, z in _rect(-half + 0.14, belt * 0.78, 0.14, 0.08)]))
    decals.append((_DARK, _plate(half + 0.01, 0.0, belt * 0.55, 0.5 * wide, 0.13)))
    decals.append((_CLEAR, _plate(-half - 0.01, 0.0, belt * 0.5, 0.25 * wide, 0.06)))
    eye, axes, focal = _camera(car, yaw, elevation)
    seen: list[tuple[float, str, Points]] = []
    for s in (-1, 1):
        for x in (-half * 0.6, half * 0.6):
            for radius, colour, out in ((0.33, _TYRE, 0.0), (0.2, _RIM, 0.01)):
                turn = np.linspace(0, 2 * np.pi, 24)
                rim = [(x + radius * np.cos(t), s * (wide + out), 0.33 + radius * np.sin(t)) for t in turn]
                inner = [(x + radius * np.cos(t), s * (wide - 0.2), 0.33 + radius * np.sin(t)) for t in turn]
                near = float((np.array([0, s, 0]) @ (eye - np.array([x, s * wide, 0.33]))) > 0)
                if radius > 0.3:
                    seen.append((0.0, colour, inner))
                seen.append((0.2 + 2 * near, colour, rim))
    centre = np.array([0, 0, belt / 2])
    for _, _, quad in body:
        if _faces_eye(quad, centre, eye):
            seen.append((1.0, _lit(car.paint, quad, centre), quad))
    for colour, quad in decals:
        if _faces_eye(quad, centre, eye):
            seen.append((1.5, colour, quad))
    middle = np.array([(rear + front) / 2, 0, belt + 0.1])
    for _, colour, quad in cabin:
        if _faces_eye(quad, middle, eye):
            shade = _lit(colour, quad, middle) if colour == car.paint else colour
            seen.append((1.2 if colour == car.paint else 1.3, shade, quad))
    seen.sort(key=lambda face: face[0])
    return [(colour, [_project(np.array(p), eye, axes, focal) for p in quad]) for _, colour, quad in seen]


def _camera(car: Drawn, yaw: float, elevation: float) -> tuple[np.ndarray, np.ndarray, float]:
    """Eye, axes (right, up, towards the eye), and a focal length that fits the car into the frame."""
    azimuth, lift = np.radians(yaw), np.radians(min(elevation, 86))
    towards = np.array([np.cos(lift) * np.cos(azimuth), np.cos(lift) * np.sin(azimuth), np.sin(lift)])
    right = np.cross([0, 0, 1], towards)
    right /= np.linalg.norm(right)
    axes = np.stack([right, np.cross(towards, right), towards])
    eye = 12 * towards + np.array([0, 0, car.height / 2])
    corners = [(x, y, z) for x in (-car.length / 2, car.length / 2) for y in (-1, 1) for z in (0, car.height)]
    spots = np.array([_project(np.array(corner, float), eye, axes, 1.0) for corner in corners])
    spread = np.abs(spots - np.array(SIZE) * _SUPER / 2).max(axis=0)
    return eye, axes, float(min(0.8 * SIZE[0] * _SUPER / 2 / spread[0], 0.74 * SIZE[1] * _SUPER / 2 / spread[1]))


def _project(point: np.ndarray, eye: np.ndarray, axes: np.ndarray, focal: float) -> tuple[float, float]:
    x, y, depth = axes @ (point - eye)
    return SIZE[0] * _SUPER / 2 - focal * x / depth, SIZE[1] * _SUPER / 2 + focal * y / depth


def _box(xs: tuple, ys: tuple, zs: tuple, slope: float) -> list[tuple[str, str, Points]]:
    (a, b), (c, d), (e, f) = xs, ys, zs
    low = [(a, d, e), (b, d, e), (b, c, e), (a, c, e)]
    high = [(a + slope, d, f), (b - 2 * slope, d, f), (b - 2 * slope, c, f), (a + slope, c, f)]
    sides = [("side", "", [low[i], low[(i + 1) % 4], high[(i + 1) % 4], high[i]]) for i in range(4)]
    return [("top", "", high), *sides]


def _plate(x: float, y: float, z: float, half_width: float, half_height: float) -> Points:
    return [(x, y + u * half_width, z + v * half_height) for u, v in ((-1, -1), (1, -1), (1, 1), (-1, 1))]


def _rect(x: float, z: float, half_width: float, half_height: float) -> list[tuple[float, float]]:
    return [(x + u * half_width, z + v * half_height) for u, v in ((-1, -1), (1, -1), (1, 1), (-1, 1))]


def _inset(quad: Points, share: float) -> Points:
    middle = np.mean(quad, axis=0)
    return [tuple(np.array(p) + share * (middle - np.array(p))) for p in quad]  # type: ignore[misc]


def _faces_eye(quad: Points, inside: np.ndarray, eye: np.ndarray) -> bool:
    normal, middle = _normal(quad, inside)
    return bool(normal @ (eye - middle) > 0)


def _normal(quad: Points, inside: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    points = np.array(quad)
    normal, middle = np.cross(points[1] - points[0], points[2] - points[0]), points.mean(axis=0)
    normal = normal / np.linalg.norm(normal)
    return (normal if normal @ (middle - inside) > 0 else -normal), middle


def _lit(colour: str, quad: Points, inside: np.ndarray) -> str:
    normal, _ = _normal(quad, inside)
    light = 0.9 + 0.12 * normal[2] + 0.02 * abs(normal[0])
    rgb = [min(255, round(int(colour[i : i + 2], 16) * light)) for i in (1, 3, 5)]
    return "#{:02x}{:02x}{:02x}".format(*rgb)


def _backdrop(ends: tuple[str, str]) -> Image.Image:
    """From top to bottom."""
    first, last = (np.array([int(end[i : i + 2], 16) for i in (1, 3, 5)], float) for end in ends)
    share = np.linspace(0, 1, SIZE[1] * _SUPER)[:, None, None]
    plain = np.broadcast_to(first * (1 - share) + last * share, (SIZE[1] * _SUPER, SIZE[0] * _SUPER, 3))
    return Image.fromarray(plain.astype(np.uint8))


def _paint(image: Image.Image, faces: list, recolour) -> None:  # type: ignore[no-untyped-def, type-arg]
    pen = ImageDraw.Draw(image)
    for colour, outline in faces:
        pen.polygon(outline, fill=recolour(colour) if recolour else colour)


def _small(image: Image.Image) -> Image.Image:
    return image.resize(SIZE, Image.Resampling.BOX)


def _finish(image: Image.Image, grain: float, seed: int) -> Image.Image:
    soft = np.asarray(_small(image).filter(ImageFilter.GaussianBlur(0.5)), float)
    noise = np.random.default_rng(seed).normal(0, grain, soft.shape)
    return Image.fromarray(np.clip(soft + noise, 0, 255).astype(np.uint8))


def _png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()
