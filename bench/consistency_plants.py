"""Failures planted into a set, one view at a time: what somebody would complain about and the report should say."""

from __future__ import annotations

import io
from dataclasses import dataclass, field, replace

import cv2
import numpy as np
from PIL import Image, ImageDraw

from bench.consistency_sets import CarSet
from carimg.consistency import ViewInput
from carimg.consistency.paint import delta_e
from carimg.consistency.picture import Bools, Bytes, Floats, decode_mask, to_lab

Views = dict[str, ViewInput]
_HUE_STEPS = 24


@dataclass(frozen=True, slots=True)
class Plant:
    """A set with one failure. `wrong` are the angles that a perfect report would name."""

    kind: str
    views: Views = field(repr=False)
    wrong: tuple[str, ...]


def plants(car: CarSet, others: dict[str, CarSet], number: int) -> list[Plant]:
    """All failures for one car; `number` picks which view is hit, so that over the cars all are."""
    angles = list(car.views)
    hit = angles[number % len(angles)]
    from_ = angles[(number + 2) % len(angles)]
    return [
        *(
            _changed(car, hit, f"recoloured ΔE {step}", _recolour(car.views[hit], float(step), number))
            for step in (5, 10, 20)
        ),
        _changed(car, hit, "duplicate, cropped and re-encoded", _cropped_copy(car.views[from_]), also=from_),
        _changed(car, hit, "mirrored copy of another view", _mirrored(car.views[from_]), also=from_),
        _changed(car, _quarter(angles, number), "mirrored in place", _mirrored(car.views[_quarter(angles, number)])),
        _changed(car, hit, "body swapped (same paint and light)", others[car.twin].views[hit]),
        _swapped(car, "front", "side", "angles swapped: front and side"),
        _swapped(car, "front_three_quarter", "side", "angles swapped: three-quarter and side"),
        _swapped(car, "front_three_quarter", "rear_three_quarter", "angles swapped: three-quarters"),
        _swapped(car, "front", "rear", "angles swapped: front and rear"),
        _swapped(car, "side", "side_right", "angles swapped: both sides"),
        _changed(car, hit, "placeholder card", _bytes(car.views[hit], _card(car.views[hit]))),
        _changed(
            car, hit, "even surface", _bytes(car.views[hit], _encoded(np.full((256, 384, 3), 90, dtype=np.uint8)))
        ),
        _changed(car, hit, "broken file", _bytes(car.views[hit], car.views[hit].data[:300])),
    ]


def with_view_of(car: CarSet, other: CarSet, angle: str) -> Plant:
    """`car` with one view of another car."""
    return _changed(car, angle, "other car", other.views[angle])


def _changed(car: CarSet, angle: str, kind: str, view: ViewInput, also: str = "") -> Plant:
    place = car.views[angle]
    put = replace(view, angle=angle, yaw=place.yaw, elevation=place.elevation)
    return Plant(kind, {**car.views, angle: put}, (angle, also) if also else (angle,))


def _swapped(car: CarSet, one: str, other: str, kind: str) -> Plant:
    first = _changed(car, one, kind, car.views[other])
    return Plant(kind, {**first.views, other: _changed(car, other, kind, car.views[one]).views[other]}, (one, other))


def _quarter(angles: list[str], number: int) -> str:
    quarters = [angle for angle in angles if "quarter" in angle]
    return quarters[number % len(quarters)]


def _bytes(view: ViewInput, data: bytes) -> ViewInput:
    return replace(view, data=data, car_mask=None, paint_mask=None)


def _cropped_copy(view: ViewInput) -> ViewInput:
    rgb = _pixels(view.data)
    height, width = rgb.shape[:2]
    cut = rgb[round(0.03 * height) :, : round(0.97 * width)]
    return _bytes(view, _encoded(cut, "JPEG"))


def _mirrored(view: ViewInput) -> ViewInput:
    def flip(data: bytes | None) -> bytes | None:
        return (
            None
            if data is None
            else _encoded(np.ascontiguousarray(_pixels(data, "L" if data is not view.data else "RGB")[:, ::-1]))
        )

    return replace(view, data=flip(view.data) or b"", car_mask=flip(view.car_mask), paint_mask=flip(view.paint_mask))


def _recolour(view: ViewInput, step: float, number: int) -> ViewInput:
    """The paint moved in the a, b plane until its median has changed by `step` (ΔE2000; lightness stays)."""
    rgb = _pixels(view.data)
    assert view.paint_mask is not None
    paint = decode_mask(view.paint_mask, (rgb.shape[1], rgb.shape[0]))
    assert paint is not None
    lab = to_lab(rgb)
    before = np.median(lab[paint], axis=0)
    turns = [(number * 7 + i) % _HUE_STEPS for i in range(_HUE_STEPS)]
    for turn in turns:  # not every direction is inside sRGB
        way = np.array([0, np.cos(2 * np.pi * turn / _HUE_STEPS), np.sin(2 * np.pi * turn / _HUE_STEPS)], np.float32)
        moved = _moved(lab, paint, way * np.float32(_reach(before, way, step)))
        after = np.median(to_lab(moved)[paint], axis=0)
        if abs(float(delta_e(before, after)) - step) < 0.15 * step:
            return replace(view, data=_encoded(moved))
    raise AssertionError("no direction keeps this colour inside sRGB")


def _reach(before: Floats, way: Floats, step: float) -> float:
    """How far along `way` the colour difference is `step`, by bisection."""
    low, high = 0.0, 80.0
    for _ in range(30):
        middle = (low + high) / 2
        low, high = (
            (middle, high) if float(delta_e(before, before + np.float32(middle) * way)) < step else (low, middle)
        )
    return low


def _moved(lab: Floats, paint: Bools, by: Floats) -> Bytes:
    soft = cv2.GaussianBlur(paint.astype(np.float32), (0, 0), 0.7)[..., None]
    shifted = (lab + soft * by).astype(np.float32)
    return np.asarray(np.clip(cv2.cvtColor(shifted, cv2.COLOR_Lab2RGB) * 255 + 0.5, 0, 255), dtype=np.uint8)


def _card(view: ViewInput) -> bytes:
    card = Image.new("RGB", (384, 256), (236, 236, 240))
    pen = ImageDraw.Draw(card)
    pen.text((70, 100), "Image not available", fill=(90, 90, 90), font_size=24)
    pen.text((90, 140), f"please try again ({view.angle})", fill=(120, 120, 120), font_size=12)
    return _encoded(np.asarray(card))


def _pixels(data: bytes, mode: str = "RGB") -> Bytes:
    return np.asarray(Image.open(io.BytesIO(data)).convert(mode))


def _encoded(pixels: Bytes, form: str = "PNG") -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, form, **({"quality": 80} if form == "JPEG" else {}))
    return out.getvalue()
