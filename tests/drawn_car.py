"""A car of flat faces, and an engine that draws it: right in shape and angle, with planted mistakes."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass, field

import numpy as np
from PIL import Image, ImageDraw
from script_engine import ScriptEngine

from carimg.engines.base import DrawRequest, OnPartial
from carimg.views import Picture

Point = tuple[float, float, float]
Face = tuple[list[Point], str, float]
"""Corners in metres (x forward, y to the car's left, z up), '#rrggbb', and how far it goes before what lies behind."""

LENGTH, WIDTH, HEIGHT = 4.1, 1.75, 1.45
GLASS, TYRE, TAIL, HEAD, GROUND = "#2b3138", "#17181b", "#c01420", "#f4f6ff", "#e9ebee"
_LIGHT = np.array([0.35, 0.25, 0.9]) / np.linalg.norm([0.35, 0.25, 0.9])
_DISTANCE = 16.0  # metres from the camera to the car
_OVER = 2  # drawn larger, then reduced: smooth edges


@dataclass
class DrawnCarEngine(ScriptEngine):
    """Draws the car in `paint` from every angle. `planted`: angle → paint of that view's first take only."""

    paint: str = "#1f4e9e"
    planted: dict[str, str] = field(default_factory=dict)

    async def draw(self, request: DrawRequest, on_partial: OnPartial | None = None) -> Picture:
        await super().draw(request, on_partial)  # waits, and keeps what was asked
        paint = self.planted.pop(request.angle.id, self.paint)
        data = car_png(request.angle.yaw, request.angle.elevation, request.size, paint)
        return Picture(data, "image/png", *request.size, engine=self.id, model="drawing", seed_honoured=True)


def car_png(yaw: float, elevation: float, size: tuple[int, int], paint: str) -> bytes:
    """The car from (yaw, elevation) in degrees on a plain ground, as a PNG of `size` pixels."""
    big = (size[0] * _OVER, size[1] * _OVER)
    image = Image.new("RGB", big, GROUND)
    pen = ImageDraw.Draw(image)
    eye, right, up = _axes(yaw, elevation)
    scale = 0.8 * _OVER * min(size[0] / LENGTH, size[1] / 2.2)
    for corners, color, _ in sorted(_faces(paint), key=lambda face: _depth(face, eye)):
        points = np.array(corners)
        normal = np.cross(points[1] - points[0], points[2] - points[0])
        normal = normal / np.linalg.norm(normal)
        if normal @ (eye * _DISTANCE - points.mean(axis=0)) <= 0:
            continue
        pen.polygon([_seen(point, eye, right, up, scale, big) for point in points], fill=_lit(color, normal))
    buffer = io.BytesIO()
    image.resize(size, Image.Resampling.LANCZOS).save(buffer, "PNG")
    return buffer.getvalue()


def _axes(yaw: float, elevation: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    turn, lift = math.radians(yaw), math.radians(elevation)
    eye = np.array([math.cos(turn) * math.cos(lift), math.sin(turn) * math.cos(lift), math.sin(lift)])
    right = np.array([-math.sin(turn), math.cos(turn), 0.0])
    return eye, right, np.cross(eye, right)


def _seen(
    point: np.ndarray, eye: np.ndarray, right: np.ndarray, up: np.ndarray, scale: float, size: tuple[int, int]
) -> tuple[float, float]:
    centred = point - np.array([0, 0, HEIGHT / 2])
    nearer = _DISTANCE / (_DISTANCE - centred @ eye)
    return size[0] / 2 + scale * nearer * (centred @ right), size[1] / 2 - scale * nearer * (centred @ up)


def _depth(face: Face, eye: np.ndarray) -> float:
    return float(np.mean([np.array(corner) @ eye for corner in face[0]])) + face[2]


def _lit(color: str, normal: np.ndarray) -> tuple[int, int, int]:
    share = 0.72 + 0.28 * max(0.0, float(normal @ _LIGHT))
    red, green, blue = (round(int(color[i : i + 2], 16) * share) for i in (1, 3, 5))
    return red, green, blue


def _faces(paint: str) -> list[Face]:
    """All faces, corners counted so that the normal points outwards."""
    half, side = LENGTH / 2, WIDTH / 2
    body = _block((-half, half), (-half + 0.06, half - 0.12), side, side - 0.05, (0.22, 0.9), paint, 0.0)
    cabin = _block((-1.85, 0.85), (-1.4, 0.15), side - 0.06, side - 0.28, (0.9, HEIGHT), paint, 0.05)
    faces = body + cabin
    faces += [_shrunk(corners, GLASS) for corners, _, _ in cabin[:4]]
    faces += _lamps(half + 0.01, 1, HEAD) + _lamps(-half - 0.01, -1, TAIL)
    for x in (-1.25, 1.3):
        faces += [_wheel(x, side + 0.02, 1), _wheel(x, -side - 0.02, -1)]
    return faces


def _block(
    low_x: tuple[float, float],
    high_x: tuple[float, float],
    low_y: float,
    high_y: float,
    z: tuple[float, float],
    color: str,
    before: float,
) -> list[Face]:
    """Front, rear, left, right, top of a block that narrows upwards."""
    (back, front), (top_back, top_front), (bottom, top) = low_x, high_x, z
    a, b, c, d = (front, low_y, bottom), (front, -low_y, bottom), (back, low_y, bottom), (back, -low_y, bottom)
    e, f, g, h = (top_front, high_y, top), (top_front, -high_y, top), (top_back, high_y, top), (top_back, -high_y, top)
    sides = [[a, e, f, b], [d, h, g, c], [c, g, e, a], [b, f, h, d], [e, g, h, f]]
    return [(corners, color, before) for corners in sides]


def _shrunk(corners: list[Point], color: str) -> Face:
    points = np.array(corners)
    middle = points.mean(axis=0)
    inner = middle + 0.8 * (points - middle)
    return [(float(x), float(y), float(z)) for x, y, z in inner], color, 0.3


def _lamps(x: float, way: int, color: str) -> list[Face]:
    lamps: list[Face] = []
    for y in (-0.62, 0.62):
        near, far = y - 0.17, y + 0.17
        corners = [(x, near, 0.6), (x, far, 0.6), (x, far, 0.78), (x, near, 0.78)]
        lamps.append((corners if way > 0 else corners[::-1], color, 0.4))
    return lamps


def _wheel(x: float, y: float, way: int) -> Face:
    turns = [way * -2 * math.pi * i / 20 for i in range(20)]
    return [(x + 0.33 * math.cos(turn), y, 0.33 + 0.33 * math.sin(turn)) for turn in turns], TYRE, 0.6
