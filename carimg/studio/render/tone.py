"""Colour: between '#rrggbb', linear light and the picture's bytes.

The tone curve is the Khronos PBR Neutral curve (https://github.com/KhronosGroup/ToneMapping, PBR_Neutral): it gives a
lit surface's own colour back one to one, takes off the haze of a clear coat, and only compresses what is brighter than
0.76. So the paint that was asked for is the paint that is seen.
"""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from carimg.errors import InputError
from carimg.studio.spec import Bytes, Floats

RGB = tuple[float, float, float]
"""Linear light, Rec. 709 primaries."""

_HAZE = 0.04
_SHOULDER = 0.8 - _HAZE
_DESATURATION = 0.15
_XYZ = np.array([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.072175], [0.0193339, 0.119192, 0.9503041]])
_WHITE = np.array([0.95047, 1.0, 1.08883])


def linear(hex_color: str) -> RGB:
    """'#rrggbb' (sRGB) as linear light, each 0 … 1. Raises InputError for any other text."""
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", hex_color):
        raise InputError("color", f"A paint is six hex digits such as #1f3a5f, not {hex_color!r}.")
    red, green, blue = decode(np.array([int(hex_color[i : i + 2], 16) / 255 for i in (1, 3, 5)]))
    return float(red), float(green), float(blue)


def luminance(light: NDArray[np.floating]) -> NDArray[np.floating]:
    """Relative luminance of (…, 3) linear light."""
    return np.asarray(light @ _XYZ[1].astype(light.dtype))


def lab(light: NDArray[np.floating]) -> NDArray[np.floating]:
    """CIE L*a*b* (D65) of (…, 3) linear light."""
    ratio = np.asarray(light, float) @ _XYZ.T / _WHITE
    root = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio * (29 / 6) ** 2 / 3 + 4 / 29)
    x, y, z = np.moveaxis(root, -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], -1)


def develop(light: Floats) -> Bytes:
    """(h, w, 3) linear scene light as (h, w, 3) uint8 sRGB: tone curve, then encoding."""
    return (_encode(np.clip(_compress(light), 0, 1)) * 255 + 0.5).astype(np.uint8)


def scene_light(display: NDArray[np.floating], least: float = 0.0) -> NDArray[np.floating]:
    """The scene light (…, 3) that the tone curve turns into `display` (linear): its inverse below white.

    `least` is the light that every channel has at any rate (a coat's reflection): where the answer would need less
    of the darkest channel, the others are set right for what it will have.
    """
    color = np.asarray(display, float)
    low = color.min(-1, keepdims=True)
    low = np.maximum(np.where(low < _HAZE, np.sqrt(np.maximum(low, 0) / 6.25), low + _HAZE), least)
    haze = np.where(low < 2 * _HAZE, low - 6.25 * low * low, _HAZE)
    peak = color.max(-1, keepdims=True)
    room = 1 - _SHOULDER
    stretched = room**2 / np.maximum(1 - peak, 1e-2) - room + _SHOULDER
    return np.asarray(color * np.where(peak > _SHOULDER, stretched / np.maximum(peak, 1e-6), 1) + haze)


def _compress(light: Floats) -> Floats:
    color = np.maximum(light, 0)
    low = color.min(-1, keepdims=True)
    color = color - np.where(low < 2 * _HAZE, low - 6.25 * low * low, _HAZE)
    peak = color.max(-1, keepdims=True)
    room = 1 - _SHOULDER
    squeezed = 1 - room**2 / np.maximum(peak + room - _SHOULDER, room)
    pale = 1 - 1 / (_DESATURATION * np.maximum(peak - squeezed, 0) + 1)
    bright = color * (squeezed / np.maximum(peak, 1e-6)) * (1 - pale) + squeezed * pale
    return np.where(peak < _SHOULDER, color, bright)


def decode(value: NDArray[np.floating]) -> NDArray[np.floating]:
    """sRGB values 0 … 1 as linear light."""
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def _encode(value: Floats) -> Floats:
    return np.where(value <= 0.0031308, value * 12.92, 1.055 * np.maximum(value, 1e-9) ** (1 / 2.4) - 0.055)
