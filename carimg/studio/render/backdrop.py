"""The plain backdrop around the car, free of noise: light is slow there, so a coarse trace is enough.

The coarse trace only says how much brighter or darker each region is than the studio's own estimate
(`Gloss.backdrop`); that ratio is smoothed, the estimate gives the shape of the light.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import distance_transform_edt, gaussian_filter

from carimg.studio.spec import Floats

_BLUR = 0.05
"""Standard deviation of the smoothing, as a share of the picture's longer edge."""
_CLEAR = 4.0
"""Pixels from the car where a denoised backdrop can be trusted again."""
_SEAM = 1.0
"""Standard deviation in pixels of the blur across a silhouette."""
_FINE, _WIDE, _FAR = 0.13, 0.53, 1.6
"""Standard deviations as shares of the reach: of the ratio beside the car, where nothing is near, and of the way it
fades outwards."""
_WIDE_WEIGHT, _FADE = 0.01, 0.1
_FADING = 1.0, 1.04
"""What may fade outwards: a little more light. Shade ends with the trace, where `empty` has it right."""
_RIM = 0.7
"""What fades outwards is the ratio from this share of the reach on: nearer, shade under the car is in it."""


def smoothed(traced: Floats, estimate: Floats, car: Floats) -> Floats:
    """The backdrop's light (h, w, 3) everywhere, from a noisy trace, an estimate, and the car's coverage (h, w)."""
    free = (car == 0).astype(np.float32)[..., None]
    sigma = (_BLUR * max(car.shape), _BLUR * max(car.shape), 0)
    level = gaussian_filter(traced * free, sigma) / np.maximum(gaussian_filter(estimate * free, sigma), 1e-4)
    return np.asarray(estimate * level, np.float32)


def joined(empty: Floats, clean: Floats, car: Floats, reach: float) -> Floats:
    """The light (h, w, 3) of car and backdrop together: no ring where they meet, no band where the trace ends.

    `empty` is the light of the backdrop alone, `clean` the denoised trace, good up to `reach` pixels from the car, and
    `car` the coverage (h, w). A pixel that both share mixes the two lights by its coverage, each carried on from where
    it is alone.
    """
    free, full = car == 0, car >= 1
    ground = _carried_on(_ground(empty, clean, free, reach), free)
    body = _carried_on(clean, full)
    cover = car[..., None]
    return np.asarray(cover * body + (1 - cover) * ground, np.float32)


def _ground(empty: Floats, clean: Floats, free: NDArray[np.bool_], reach: float) -> Floats:
    """The backdrop's light: near the car `empty` times what the trace says of it, farther away `empty` alone.

    A denoiser overshoots along a silhouette: a bright backdrop gets a brighter ring. So right beside the car the ratio
    is carried on from pixels that lie clear of it. Where the trace is darker, as in the slot under the sills, it is
    right.
    """
    away = distance_transform_edt(free)
    sure = ((away >= _CLEAR) & (away <= reach)).astype(np.float32)[..., None]
    ratio = np.concatenate([sure * clean / np.maximum(empty, 1e-4), sure], -1)
    beside = _blurred(ratio, _FINE * reach) + _WIDE_WEIGHT * _spread(ratio, _WIDE * reach) + 1e-5
    beyond = _spread(ratio * (away >= _RIM * reach)[..., None], _FAR * reach) + _FADE
    fading = np.clip(beyond[..., :3] / beyond[..., 3:], *_FADING)
    near = _smooth((1 - away / reach) / 0.6)[..., None]
    ground = empty * (near * beside[..., :3] / beside[..., 3:] + (1 - near) * fading)
    ring = (away > 0) & (away < _CLEAR)
    ground[ring] = np.minimum(ground[ring], clean[ring])
    return np.asarray(ground, np.float32)


def _carried_on(layer: Floats, where: NDArray[np.bool_]) -> Floats:
    """A layer (h, w, 3) as it is in some pixels, and in those next to them as they say."""
    weight = where.astype(np.float32)[..., None]
    told = _blurred(np.concatenate([weight * layer, weight], -1), _SEAM)
    next_to = ~where & (told[..., 3] > 0.02)
    carried = layer.copy()
    carried[next_to] = told[next_to][:, :3] / told[next_to][:, 3:]
    return carried


def _smooth(x: NDArray[np.floating]) -> Floats:
    t = np.clip(x, 0, 1)
    return np.asarray(t * t * (3 - 2 * t), np.float32)


def _blurred(layer: Floats, sigma: float) -> Floats:
    return np.asarray(gaussian_filter(layer, (sigma, sigma, 0), truncate=3.5), np.float32)


def _spread(layer: Floats, sigma: float) -> Floats:
    """A wide blur, worked out on a quarter of the pixels an edge."""
    height, width = layer.shape[:2]
    small = enlarged(layer, (max(width // 4, 1), max(height // 4, 1)), Image.Resampling.BOX)
    return enlarged(_blurred(small, sigma / 4), (width, height))


def enlarged(layer: Floats, size: tuple[int, int], how: Image.Resampling = Image.Resampling.BICUBIC) -> Floats:
    """A layer (h, w) or (h, w, n) at another `size` (width, height), smoothly."""
    if layer.ndim == 3:
        return np.stack([enlarged(layer[..., i], size, how) for i in range(layer.shape[2])], -1)
    return np.asarray(Image.fromarray(layer).resize(size, how), np.float32)
