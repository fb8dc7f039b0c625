"""The number plate's face: dark letters on white, as a texture."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from carimg.studio.spec import Bytes

SIZE = (512, 112)
"""Width and height in pixels; a European plate is 520 × 110 mm."""
_INK, _FACE = (14, 16, 22), (236, 236, 232)
_MARGIN = 0.07


def plate_texture(text: str) -> Bytes:
    """(112, 512, 3) uint8 sRGB with `text` as large as fits, in the middle; '' is a blank plate."""
    width, height = SIZE
    picture = Image.new("RGB", SIZE, _FACE)
    pen = ImageDraw.Draw(picture)
    pen.rounded_rectangle((3, 3, width - 4, height - 4), 10, outline=_INK, width=3)
    if text:
        font = _fitting(text, width * (1 - 2 * _MARGIN), height * (1 - 3 * _MARGIN))
        pen.text((width / 2, height / 2), text, _INK, font, anchor="mm", stroke_width=1)
    return np.array(picture)


def _fitting(text: str, width: float, height: float) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Pillow's own font (Aileron), at the largest size whose line stays inside `width` × `height` pixels."""
    size = height
    left, top, right, bottom = ImageFont.load_default(size).getbbox(text, stroke_width=1)
    size *= min(width / (right - left), height / (bottom - top), 1.3)
    return ImageFont.load_default(size)
