"""The plain backdrop around the car, free of noise: light is slow there, so a coarse trace is enough.

The coarse trace only says how much brighter or darker each region is than the studio's own estimate
(`Gloss.backdrop`); that ratio is smoothed, the estimate gives the shape of the light.
"""

from __future__ import annotations

import numpy as np
from PIL import Image
from scipy.ndimage import distance_transform_edt, gaussian_filter

from carimg.studio.spec import Floats

_BLUR = 0.05
"""Standard deviation of the smoothing, as a share of the picture's longer edge."""


def smoothed(traced: Floats, estimate: Floats, car: Floats) -> Floats:
    """The backdrop's light (h, w, 3) everywhere, from a noisy trace, an estimate, and the car's coverage (h, w)."""
    free = (car == 0).astype(np.float32)[..., None]
    sigma = (_BLUR * max(car.shape), _BLUR * max(car.shape), 0)
    level = gaussian_filter(traced * free, sigma) / np.maximum(gaussian_filter(estimate * free, sigma), 1e-4)
    return np.asarray(estimate * level, np.float32)


def nearness(car: Floats, reach: float) -> Floats:
    """1 on the car and its closest surroundings, falling to 0 at `reach` pixels from it; (h, w)."""
    away = distance_transform_edt(car == 0) / reach
    t = np.clip((1 - away) / 0.6, 0, 1)
    return np.asarray(t * t * (3 - 2 * t), np.float32)


def enlarged(layer: Floats, size: tuple[int, int]) -> Floats:
    """A layer (h, w) or (h, w, 3) at another `size` (width, height), smoothly."""
    if layer.ndim == 3:
        return np.stack([enlarged(layer[..., i], size) for i in range(layer.shape[2])], -1)
    return np.asarray(Image.fromarray(layer).resize(size, Image.Resampling.BICUBIC), np.float32)
