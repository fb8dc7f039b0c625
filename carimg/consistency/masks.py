"""Where the car is in a view: the engine's own mask, the file's alpha, or a segmentation; each with a confidence.

The segmentation follows each row's backdrop from the frame's left end to its right, takes the hull of everything that
breaks it, and lets GrabCut (Rother, Kolmogorov and Blake 2004) find the edge inside that hull. It needs a backdrop
that is calmer than the car, which is what the prompts ask for. On a busy one GrabCut starts from two frames instead,
and how far they agree is the confidence.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

import cv2
import numpy as np
from numpy.typing import NDArray

from carimg.consistency.picture import Bools, Bytes, Floats, Frame, decode_mask

_CUT_EDGE, _BUSY_EDGE = 224, 144  # pixels: GrabCut's own working size, which bounds its time
_CUT_ROUNDS = 4
_BORDER = 0.04  # of the frame: what is taken as backdrop
_EDGE_FLOOR, _EDGE_OVER_NOISE = 1.5, 3.0  # Lab units a pixel; times the backdrop's own edges
_EDGE_OF_STEEPEST = 0.08  # of the steepest edges: JPEG blocks beside them are weaker
_CHROMA = 1.5  # weight of hue against lightness in an edge: shadows have no hue
_SPECK = 0.0006  # of the frame: smaller groups of edges are noise
_CORE_DEPTH = 0.72  # of the hull's height: below it the shadow may be part of the hull
_INSETS = (0.04, 0.09)  # of the frame: GrabCut's two starts on a busy backdrop
_BUSY_AGREE = (0.7, 0.9)  # overlap of the two for no mark and a full one
_LEAST_AREA, _MOST_AREA = 0.04, 0.80  # of the frame, for any mask
_CLEAR_EDGE = 12.0  # Lab units between both sides of the outline, for a full mark
_EDGE_STEP = 3  # pixels: how far to either side of the outline is looked


class MaskSource(StrEnum):
    ENGINE = "engine"
    ALPHA = "alpha"
    SEGMENTED = "segmented"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Mask:
    """`pixels` (h, w) bool at the frame's working size; `confidence` 0 … 1."""

    pixels: Bools = field(repr=False)
    source: MaskSource
    confidence: float


def car_mask(frame: Frame, given: bytes | None) -> Mask:
    """The best mask there is. A given mask that cannot be read, is empty or covers all is passed over."""
    height, width = frame.rgb.shape[:2]
    own = decode_mask(given, (width, height)) if given else None
    if own is not None and _LEAST_AREA / 2 <= own.mean() <= 0.98:
        return Mask(own, MaskSource.ENGINE, 1.0)
    if frame.alpha is not None:
        return Mask(_tidy(frame.alpha), MaskSource.ALPHA, 0.95)
    return segment(frame.rgb, frame.lab)


def segment(rgb: Bytes, lab: Floats) -> Mask:
    """(h, w, 3) sRGB and its Lab → mask; source NONE and confidence 0 when nothing stands out from the backdrop."""
    edges = _edges(lab)
    hull = _hull(edges)
    cut = _cut(rgb, _hull_trimap(hull)) if _plausible(hull) else None
    if cut is not None and _plausible(cut):
        return Mask(cut, MaskSource.SEGMENTED, _confidence(cut, hull, edges, lab))
    return _segment_busy(rgb, lab)


def _segment_busy(rgb: Bytes, lab: Floats) -> Mask:
    """For a backdrop as restless as the car: two GrabCuts from different frames must agree."""
    cuts = [_cut(rgb, _frame_trimap(rgb.shape[:2], inset)) for inset in _INSETS]
    if any(cut is None or not _plausible(cut) for cut in cuts):
        return Mask(np.zeros(rgb.shape[:2], dtype=np.bool_), MaskSource.NONE, 0.0)
    wide, narrow = (cut for cut in cuts if cut is not None)
    return Mask(wide, MaskSource.SEGMENTED, _shape_mark(wide, lab) * _ramp(_overlap(wide, narrow), *_BUSY_AGREE))


def _plausible(mask: Bools) -> bool:
    return bool(_LEAST_AREA <= mask.mean() <= _MOST_AREA)


def _edges(lab: Floats) -> Bools:
    """(h, w) bool: where a row leaves its backdrop, beyond what the backdrop's own unrest explains."""
    height, width = lab.shape[:2]
    change = lab - _rowwise_backdrop(lab)
    change[..., 1:] *= _CHROMA
    soft = cv2.GaussianBlur(change, (0, 0), 0.8)
    slopes = [cv2.Sobel(soft, cv2.CV_32F, dx, 1 - dx, ksize=3) / 8 for dx in (1, 0)]
    steep = np.sqrt(sum((slope**2).sum(axis=-1) for slope in slopes))
    unrest = float(np.quantile(steep[_border(height, width)], 0.9))
    ringing = _EDGE_OF_STEEPEST * float(np.quantile(steep, 0.99))
    found = (steep > max(_EDGE_FLOOR, _EDGE_OVER_NOISE * unrest, ringing)).astype(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(found, connectivity=8)
    large = stats[:, cv2.CC_STAT_AREA] >= max(12, _SPECK * height * width)
    large[0] = False
    return np.asarray(large[labels], dtype=np.bool_)


def _rowwise_backdrop(lab: Floats) -> Floats:
    """Each row from its left end's colour to its right end's: follows a horizon, which no smooth surface does."""
    height, width = lab.shape[:2]
    band = max(2, round(_BORDER * width))
    ends = [cv2.blur(np.median(side, axis=1)[:, None, :], (1, 5)) for side in (lab[:, :band], lab[:, -band:])]
    share = np.linspace(0, 1, width, dtype=np.float32)[None, :, None]
    return (ends[0].reshape(height, 1, 3) * (1 - share) + ends[1].reshape(height, 1, 3) * share).astype(np.float32)


def _border(height: int, width: int) -> Bools:
    band = max(2, round(_BORDER * max(height, width)))
    border = np.ones((height, width), dtype=np.bool_)
    border[band:-band, band:-band] = False
    return border


def _hull(edges: Bools) -> Bools:
    """All pixels with edges on both sides of them, in their row and in their column. Bolder bridging of gaps makes
    larger masks of pale cars on pale backdrops, but wrong ones that look right, so it is left out."""
    closed = cv2.morphologyEx(edges.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8)) > 0
    between = [
        np.logical_or.accumulate(closed, axis) & np.flip(np.logical_or.accumulate(np.flip(closed, axis), axis), axis)
        for axis in (0, 1)
    ]
    solid = (between[0] & between[1]).astype(np.uint8)
    return _tidy(cv2.morphologyEx(solid, cv2.MORPH_OPEN, _disc(3)) > 0)


def _strays(edges: Bools, mask: Bools) -> float:
    """Share of the edges that lie well outside the mask, 0 … 1."""
    around = cv2.dilate(mask.astype(np.uint8), _disc(5)) > 0
    return float((edges & ~around).sum() / max(1, edges.sum()))


def _hull_trimap(hull: Bools) -> Bytes:
    """GrabCut's start: a little around the hull is open; the hull's core is car, its lower part may be shadow."""
    small = cv2.resize(hull.astype(np.uint8), _cut_size(hull.shape, _CUT_EDGE), interpolation=cv2.INTER_NEAREST)
    reach = max(2, round(0.02 * max(small.shape)))
    trimap = np.full(small.shape, cv2.GC_BGD, dtype=np.uint8)
    trimap[cv2.dilate(small, _disc(reach)) > 0] = cv2.GC_PR_BGD
    trimap[small > 0] = cv2.GC_PR_FGD
    core = cv2.erode(small, _disc(3 * reach)) > 0
    rows = np.flatnonzero(small.any(axis=1))
    core[round(rows[0] + _CORE_DEPTH * (rows[-1] - rows[0])) :] = False
    trimap[core] = cv2.GC_FGD
    return trimap


def _frame_trimap(shape: tuple[int, ...], inset: float) -> Bytes:
    """GrabCut's start where nothing is known: what is nearer to the edge than `inset` of the frame is backdrop."""
    width, height = _cut_size(shape, _BUSY_EDGE)
    trimap = np.full((height, width), cv2.GC_BGD, dtype=np.uint8)
    x, y = round(inset * width), round(inset * height)
    trimap[y : height - y, x : width - x] = cv2.GC_PR_FGD
    return trimap


def _cut_size(shape: tuple[int, ...], edge: int) -> tuple[int, int]:
    height, width = shape[:2]
    scale = min(1.0, edge / max(height, width))
    return round(width * scale), round(height * scale)


def _cut(rgb: Bytes, trimap: Bytes) -> Bools | None:
    """What GrabCut makes of the trimap, at the size of `rgb`; None where it finds nothing to separate."""
    height, width = rgb.shape[:2]
    small = cv2.resize(rgb, trimap.shape[::-1], interpolation=cv2.INTER_AREA)[..., ::-1]
    pixels, back, front = np.ascontiguousarray(small), np.zeros((1, 65)), np.zeros((1, 65))
    cv2.setRNGSeed(1)  # this thread's; GrabCut starts from random clusters, and a view must always measure the same
    try:
        cv2.grabCut(pixels, trimap, (0, 0, 1, 1), back, front, _CUT_ROUNDS, cv2.GC_INIT_WITH_MASK)
    except cv2.error:  # all of one kind
        return None
    cut = np.isin(trimap, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.float32)
    return _tidy(cv2.resize(cut, (width, height), interpolation=cv2.INTER_LINEAR) >= 0.5)


def _confidence(mask: Bools, hull: Bools, edges: Bools, lab: Floats) -> float:
    """How far a segmentation on a calm backdrop can be trusted, 0 … 1: its shape's mark, times the agreement of hull
    and cut, times the lack of edges left outside (a busy backdrop, or a part of the car that was lost)."""
    strays = _strays(edges, mask)
    return _shape_mark(mask, lab) * _ramp(_overlap(mask, hull), 0.5, 0.8) * _ramp(strays, 0.4, 0.15)


def _shape_mark(mask: Bools, lab: Floats) -> float:
    """0 … 1: the share of the outline whose two sides differ clearly (a car that melts into its backdrop has an
    outline that follows nothing), lowered for shapes no car has: ragged, or cut off at the frame's edge."""
    contour = _outline(mask)
    if contour is None:
        return 0.0
    clear = float(np.clip(_edge_contrast(contour, mask, lab) / _CLEAR_EDGE, 0, 1).mean())
    solidity = float(cv2.contourArea(contour)) / max(1.0, float(cv2.contourArea(cv2.convexHull(contour))))
    rim = np.concatenate([mask[0], mask[-1], mask[:, 0], mask[:, -1]])
    return clear * _ramp(solidity, 0.6, 0.8) * _ramp(float(rim.mean()), 0.3, 0.1)


def _overlap(one: Bools, other: Bools) -> float:
    """Intersection over union, 0 … 1."""
    return float((one & other).sum() / max(1, (one | other).sum()))


def _ramp(value: float, none: float, full: float) -> float:
    """0 at `none`, 1 at `full`, straight between."""
    return float(np.clip((value - none) / (full - none), 0, 1))


def _disc(radius: int) -> Bytes:
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1)).astype(np.uint8)


def _tidy(mask: Bools) -> Bools:
    """The largest blob without specks, holes filled."""
    opened = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(opened, connectivity=8)
    if count < 2:
        return mask
    largest = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
    blob = np.ascontiguousarray((labels == largest).astype(np.uint8))
    contours, _ = cv2.findContours(blob, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(blob, contours, -1, 1, thickness=cv2.FILLED)
    return blob > 0


def _outline(mask: Bools) -> NDArray[np.int32] | None:
    contours, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return max(contours, key=cv2.contourArea) if contours else None  # type: ignore[return-value]


def _edge_contrast(contour: NDArray[np.int32], mask: Bools, lab: Floats) -> Floats:
    """Lab distance across the outline at each of its points: the mean colour inside against the mean outside."""
    side = (2 * _EDGE_STEP + 1, 2 * _EDGE_STEP + 1)
    inside = mask.astype(np.float32)
    share = cv2.blur(inside, side)
    within = cv2.blur(lab * inside[..., None], side) / np.maximum(share, 1e-3)[..., None]
    without = cv2.blur(lab * (1 - inside)[..., None], side) / np.maximum(1 - share, 1e-3)[..., None]
    x, y = contour[:, 0, 0], contour[:, 0, 1]
    return np.asarray(np.linalg.norm(within[y, x] - without[y, x], axis=1), dtype=np.float32)
