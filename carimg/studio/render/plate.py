"""The number plate's face: dark letters on white."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from carimg.studio.render.tone import decode
from carimg.studio.spec import Bytes, Floats

SIZE = (1040, 220)
"""Width and height in pixels, two a millimetre of a European plate."""
_INK, _FACE = (14, 16, 22), (255, 255, 255)
_MARGIN = 0.07
_COARSEST = 40
"""Texels an edge that are averaged at most: a plate a few pixels small still has a face."""


class Plate:
    """A printed plate, as the share of light that its face gives back; `text` may be ''."""

    def __init__(self, text: str) -> None:
        self._face = decode(plate_texture(text) / 255).astype(np.float32)

    def printed(self, pixels: int) -> Floats:
        """The face (h, w, 3), made coarse enough for a plate that covers `pixels` pixels of a picture."""
        texels = self._face.shape[0] * self._face.shape[1]
        step = min(max(1, int((texels / max(pixels, 1)) ** 0.5 / 1.5)), _COARSEST)
        rows, columns = self._face.shape[0] // step, self._face.shape[1] // step
        blocks = self._face[: rows * step, : columns * step].reshape(rows, step, columns, step, 3)
        return np.asarray(blocks.mean((1, 3)))


def looked_up(texture: Floats, uv: Floats) -> Floats:
    """The texture (h, w, 3) at (n, 2): u to the right, v up, both 0 … 1."""
    height, width = texture.shape[:2]
    row = np.clip((1 - uv[:, 1]) * height, 0, height - 1).astype(np.intp)
    column = np.clip(uv[:, 0] * width, 0, width - 1).astype(np.intp)
    return np.asarray(texture[row, column])


def plate_texture(text: str) -> Bytes:
    """(220, 1040, 3) uint8 sRGB with `text` as large as fits, in the middle; '' is a blank plate."""
    width, height = SIZE
    picture = Image.new("RGB", SIZE, _FACE)
    pen = ImageDraw.Draw(picture)
    pen.rounded_rectangle((6, 6, width - 7, height - 7), 20, outline=_INK, width=6)
    if text:
        font = _fitting(text, width * (1 - 2 * _MARGIN), height * (1 - 4 * _MARGIN))
        pen.text((width / 2, height / 2), text, _INK, font, anchor="mm", stroke_width=3)
    return np.array(picture)


def _fitting(text: str, width: float, height: float) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Pillow's own font (Aileron), at the largest size whose line stays inside `width` × `height` pixels."""
    left, top, right, bottom = ImageFont.load_default(height).getbbox(text, stroke_width=3)
    return ImageFont.load_default(height * min(width / (right - left), height / (bottom - top)))
