"""One view → everything the report needs to know of it: the heavy part, done once a view, wherever there is a core."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import cv2
import numpy as np

from carimg.consistency import geometry, integrity, lamps, masks, paint, shape
from carimg.consistency.limits import LIMITS, Limits
from carimg.consistency.messages import Message
from carimg.consistency.picture import Bytes, Frame, decode, decode_mask, encode_mask, shrink

_OVERLAY = np.array([255, 0, 170], dtype=np.uint8)  # sRGB: no paint in the catalogue is near it
_DIMMED = 0.35


@dataclass(frozen=True)
class ViewInput:
    """One picture and the angle it claims: degrees, yaw 0 = front, 90 = the car's left side.

    `data` is an encoded picture (PNG, JPEG or WebP); the masks are 8-bit pictures of the same frame, 255 = car
    and 255 = paint, where an engine has them.
    """

    angle: str
    yaw: float
    elevation: float
    data: bytes = field(repr=False)
    car_mask: bytes | None = field(default=None, repr=False)
    paint_mask: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, eq=False)
class Evidence:
    """What was found in one view. With a `problem` it is not measurable, and what could not be found is None.

    `mask_png` is an 8-bit PNG at the working size (longer edge 320 px), 255 = car.
    """

    angle: str
    yaw: float
    elevation: float
    problem: Message | None = None
    mask_source: masks.MaskSource = masks.MaskSource.NONE
    mask_confidence: float = 0.0
    mask_png: bytes | None = field(default=None, repr=False)
    frame_print: integrity.Fingerprint | None = field(default=None, repr=False)
    car_print: integrity.Fingerprint | None = field(default=None, repr=False)
    palette: paint.Palette | None = field(default=None, repr=False)
    paint: paint.Paint | None = None
    shape: shape.Shape | None = field(default=None, repr=False)
    lamps: lamps.Lamps | None = None
    features: geometry.Features | None = field(default=None, repr=False)


def examine(view: ViewInput, limits: Limits = LIMITS) -> Evidence:
    """Measure one view. Pure; never raises for a bad picture, but says in `problem` why nothing was measured."""
    blank = Evidence(view.angle, view.yaw, view.elevation)
    frame = decode(view.data)
    if frame is None:
        return replace(blank, problem=Message("gate.unreadable"))
    seen = replace(blank, frame_print=integrity.fingerprint(view.data, frame))
    if seen.frame_print is not None and (why := integrity.placeholder(seen.frame_print, frame)):
        return replace(seen, problem=Message(f"gate.placeholder.{why}"))
    mask = masks.car_mask(frame, view.car_mask)
    seen = replace(seen, mask_source=mask.source, mask_confidence=mask.confidence, mask_png=encode_mask(mask.pixels))
    if mask.confidence < limits.mask_confidence:
        return replace(seen, problem=Message("gate.mask", {"confidence": mask.confidence}))
    return _measured(seen, view, frame, mask)


def overlay(data: bytes, evidence: Evidence, edge: int = 320) -> bytes | None:
    """The view as a JPEG with all but the car dimmed and the car's outline drawn, longer edge at most `edge` pixels;
    None without picture or mask."""
    frame = decode(data)
    if frame is None or evidence.mask_png is None:
        return None
    rgb = shrink(frame.rgb, edge)
    car = decode_mask(evidence.mask_png, (rgb.shape[1], rgb.shape[0]))
    if car is None:
        return None
    shown = np.where(car[..., None], rgb, (rgb * _DIMMED).astype(np.uint8))
    thick = cv2.dilate(car.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    shown[thick & ~car] = _OVERLAY
    done, encoded = cv2.imencode(".jpg", np.ascontiguousarray(shown[..., ::-1]), [cv2.IMWRITE_JPEG_QUALITY, 85])
    return encoded.tobytes() if done else None


def _measured(seen: Evidence, view: ViewInput, frame: Frame, mask: masks.Mask) -> Evidence:
    silhouette = shape.measure(mask.pixels)
    pixels = paint.body_pixels(frame.lab, mask.pixels, view.elevation)
    if silhouette is None or len(pixels) < 100:
        return replace(seen, problem=Message("gate.mask", {"confidence": 0.0}))
    colors = paint.palette(pixels)
    coat = _engine_paint(view, frame) or paint.paint(pixels, colors)
    return replace(
        seen,
        car_print=integrity.fingerprint(view.data, replace(frame, rgb=_boxed(frame.rgb, silhouette))),
        palette=colors,
        paint=coat,
        shape=silhouette,
        lamps=lamps.tail_lamps(frame.lab, mask.pixels, coat.lab),
        features=geometry.features(frame.detail, mask.pixels),
    )


def _engine_paint(view: ViewInput, frame: Frame) -> paint.Paint | None:
    if not view.paint_mask:
        return None
    mask = decode_mask(view.paint_mask, (frame.rgb.shape[1], frame.rgb.shape[0]))
    return paint.masked_paint(frame.lab, mask) if mask is not None else None


def _boxed(rgb: Bytes, silhouette: shape.Shape) -> Bytes:
    left, top, right, bottom = silhouette.box
    return np.ascontiguousarray(rgb[top:bottom, left:right])
