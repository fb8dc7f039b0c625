"""A car's colours: a palette of its body band, and the one colour of its paint.

Differences are CIEDE2000 with kL = 2, the textile setting: lightness counts half, because light and shade change it
from view to view while hue and chroma stay with the paint.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from skimage.color import deltaE_ciede2000

from carimg.consistency.picture import Bools, Floats

CLUSTERS = 6
K_L = 2.0
_MOST_PIXELS = 4000
_ROUNDS = 12
_BAND = (0.28, 0.82)  # of the car's height from its top: below the roof and glass, above the tyres' contact
_BAND_FROM_ABOVE = (0.05, 0.95)
_FROM_ABOVE = 60.0  # degrees of elevation from which there is no band
_DARK = 20.0  # L: glass, tyres, grilles and shadow gaps are darker
_DARK_WEIGHT = 0.35
_NEUTRAL = 10.0  # chroma below which there is no hue
_SAME_HUE = 28.0  # degrees
_SAME_LIGHT = 24.0  # L: how far shade goes from light on grey paint
_VIVID = 35.0  # chroma that doubles a cluster's claim to be paint
_GLARE = 98.0
_THERE = 0.15  # of the body band in the set's paint, for it to be this view's as well
_PALER = 0.6  # of the set's chroma: what is less colourful may be the paint's glare
_DARKEST = 8.0  # L: below it chroma ÷ lightness is noise


@dataclass(frozen=True, slots=True)
class Palette:
    """`colors` (n, 3) float32 CIE Lab, most frequent first; `weights` (n,) float32, adding up to 1."""

    colors: Floats = field(repr=False)
    weights: Floats = field(repr=False)


@dataclass(frozen=True, slots=True)
class Paint:
    """`lab` (3,) float32; `share` 0 … 1 of the body band that is this paint."""

    lab: Floats
    share: float


def body_pixels(lab: Floats, car: Bools, elevation: float) -> Floats:
    """(n, 3) Lab of the body band inside the car mask, at most a few thousand, evenly taken; may be empty.

    `elevation` in degrees: seen from above the whole car is its body.
    """
    rows = np.flatnonzero(car.any(axis=1))
    if not len(rows):
        return np.empty((0, 3), dtype=np.float32)
    low, high = _BAND_FROM_ABOVE if elevation >= _FROM_ABOVE else _BAND
    height = rows[-1] + 1 - rows[0]
    band = _inner(car)
    band[: rows[0] + round(low * height)] = False
    band[rows[0] + round(high * height) :] = False
    return thin(lab[band])


def thin(pixels: Floats) -> Floats:
    """At most a few thousand of (n, 3), evenly taken."""
    return pixels[:: max(1, -(-len(pixels) // _MOST_PIXELS))]


def palette(pixels: Floats, clusters: int = CLUSTERS) -> Palette:
    """k-means of (n ≥ 1, 3) Lab pixels, without chance: starts from the pixels farthest from each other."""
    centres = _spread(pixels, clusters)
    for _ in range(_ROUNDS):
        nearest = _nearest(pixels, centres)
        moved = np.stack(
            [pixels[nearest == i].mean(axis=0) if (nearest == i).any() else old for i, old in enumerate(centres)]
        )
        if np.allclose(moved, centres, atol=0.05):
            break
        centres = moved
    weights = np.bincount(_nearest(pixels, centres), minlength=len(centres)) / len(pixels)
    order = [i for i in np.argsort(-weights, kind="stable") if weights[i] > 0]
    return Palette(centres[order].astype(np.float32), weights[order].astype(np.float32))


def paint(pixels: Floats, colors: Palette) -> Paint:
    """The paint among the body band's pixels: the strongest cluster and those that are its shade or light.

    Dark clusters count less (glass, tyres, grilles), vivid ones more. `lab` is their colour under the glare.
    """
    chroma = np.hypot(colors.colors[:, 1], colors.colors[:, 2])
    dark = (colors.colors[:, 0] < _DARK) & (chroma < 1.5 * _NEUTRAL)
    claim = colors.weights * np.where(dark, _DARK_WEIGHT, 1.0) * (1 + np.minimum(chroma, 2 * _VIVID) / _VIVID)
    seed = int(np.argmax(claim))
    joined = _belongs(colors.colors, seed)
    chosen = pixels[joined[_nearest(pixels, colors.colors)]]
    return Paint(_body_color(chosen).astype(np.float32), float(len(chosen) / len(pixels)))


def masked_paint(lab: Floats, mask: Bools) -> Paint | None:
    """The paint where an engine says which pixels are paint; None when that is next to nothing."""
    pixels = lab[_inner(mask)]
    if len(pixels) < 50:
        return None
    return Paint(_body_color(pixels[pixels[:, 0] < _GLARE] if (pixels[:, 0] < _GLARE).any() else pixels), 1.0)


def _body_color(pixels: Floats) -> Floats:
    """The (3,) Lab colour under the clear coat: the median of the more saturated half of (n, 3) pixels.

    What a clear coat mirrors is neutral and adds to the paint's own light (the dichromatic reflection model, Shafer
    1985), so glare lowers chroma ÷ lightness, and shade leaves it. Neutral paint has none to go by: its plain median.
    """
    chroma = np.hypot(pixels[:, 1], pixels[:, 2])
    if np.median(chroma) >= _NEUTRAL:
        saturation = chroma / np.maximum(pixels[:, 0], _DARKEST)
        pixels = pixels[saturation >= np.median(saturation)]
    return np.asarray(np.median(pixels, axis=0))


def delta_e(one: Floats, other: Floats) -> NDArray[np.float64]:
    """CIEDE2000 with kL = 2 of Lab colours (…, 3), by broadcasting."""
    first, second = np.broadcast_arrays(one, other)
    return np.asarray(deltaE_ciede2000(first, second, kL=K_L), dtype=np.float64)  # type: ignore[no-untyped-call]


def hue_difference(one: Floats, other: Floats) -> float:
    """ΔE of two (3,) Lab colours brought to the same lightness."""
    middle = (one[0] + other[0]) / 2
    level = [np.array([middle, *lab[1:]], dtype=np.float32) for lab in (one, other)]
    return float(delta_e(level[0], level[1]))


def palette_distance(one: Palette, other: Palette) -> float:
    """How far two palettes are apart, in ΔE: each colour to its nearest in the other, weighted, both ways."""
    apart = delta_e(one.colors[:, None, :], other.colors[None, :, :])
    forth = float((one.weights * apart.min(axis=1)).sum())
    back = float((other.weights * apart.min(axis=0)).sum())
    return (forth + back) / 2


def outshone(mine: Paint, colors: Palette, agreed: Floats, reach: float) -> Floats | None:
    """The (3,) Lab of the set's paint `agreed` where a view has it and something paler was taken for its paint: glare,
    a chrome grille, lamps. `reach` is the ΔE within which a palette colour is one of the two. None where it is not
    there, or `mine` differs in more than being paler."""
    if not _paler(mine.lab, agreed):
        return None
    near = delta_e(colors.colors, agreed) <= reach
    least = _THERE
    if agreed[0] < _DARK and np.hypot(*agreed[1:]) < _NEUTRAL:  # glass and tyres are that on every car
        least = max(least, float(colors.weights[delta_e(colors.colors, mine.lab) <= reach].sum()))
    if colors.weights[near].sum() < least:
        return None
    return np.average(colors.colors[near], axis=0, weights=colors.weights[near]).astype(np.float32)


def _paler(lab: Floats, agreed: Floats) -> bool:
    """Less colourful than `agreed`; where that is grey itself, grey too."""
    asked = float(np.hypot(*agreed[1:]))
    return float(np.hypot(*lab[1:])) < (_PALER * asked if asked >= _NEUTRAL else _NEUTRAL)


def consensus(labs: Sequence[Floats], weights: Sequence[float]) -> Floats:
    """The colour with the least summed ΔE to all of (3,) Lab colours, starting from their weighted medoid.

    A geometric median (Weiszfeld): one odd view of three or more does not move it away from the rest.
    """
    points, share = np.stack(labs), np.asarray(weights, dtype=np.float64)
    apart = delta_e(points[:, None, :], points[None, :, :])
    centre = points[int(np.argmin((apart * share[None, :]).sum(axis=1)))].astype(np.float64)
    for _ in range(20):
        pull = share / np.maximum(delta_e(points, centre), 0.5)
        centre = (points * pull[:, None]).sum(axis=0) / pull.sum()
    return np.asarray(centre, dtype=np.float32)


def _inner(mask: Bools) -> Bools:
    """The mask without its outermost pixels, whose colour is mixed with the backdrop's."""
    padded = np.pad(mask, 2)
    height, width = mask.shape
    shifts = [padded[y : y + height, x : x + width] for y, x in ((0, 2), (4, 2), (2, 0), (2, 4))]
    return np.asarray(mask & np.logical_and.reduce(shifts), dtype=np.bool_)


def _spread(pixels: Floats, clusters: int) -> Floats:
    """Starting centres: the mean, then again and again the pixel farthest from all centres (outliers trimmed)."""
    centres = [pixels.mean(axis=0)]
    for _ in range(clusters):
        gap = np.min([((pixels - centre) ** 2).sum(axis=1) for centre in centres], axis=0)
        far = np.flatnonzero(gap >= np.quantile(gap, 0.98))
        centres.append(pixels[far].mean(axis=0) if len(centres) > 1 else pixels[far[0]])
    return np.stack(centres[1:]).astype(np.float32)


def _nearest(pixels: Floats, centres: Floats) -> NDArray[np.intp]:
    return np.asarray(np.argmin(((pixels[:, None, :] - centres[None, :, :]) ** 2).sum(axis=2), axis=1))


def _belongs(colors: Floats, seed: int) -> Bools:
    """Which palette colours are the same paint as the seed under other light."""
    chroma = np.hypot(colors[:, 1], colors[:, 2])
    lightness = np.abs(colors[:, 0] - colors[seed, 0])
    if chroma[seed] < _NEUTRAL:
        return np.asarray((chroma < _NEUTRAL + 3) & (lightness < _SAME_LIGHT / 2), dtype=np.bool_)
    hue = np.degrees(np.arctan2(colors[:, 2], colors[:, 1]))
    turn = np.abs((hue - hue[seed] + 180) % 360 - 180)
    return np.asarray((turn < _SAME_HUE) & (chroma > 0.45 * chroma[seed]) & (lightness < _SAME_LIGHT), dtype=np.bool_)
