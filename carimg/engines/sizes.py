"""Which size to ask a service for, so that its picture has the ordered shape."""

from __future__ import annotations

import math

STEP = 16
MIN_PIXELS, MAX_PIXELS = 655_360, 8_294_400
MAX_EDGE = 3840
MAX_RATIO = 3.0
FIXED = ((1024, 1024), (1536, 1024), (1024, 1536))
"""All that gpt-image-1.5 and gpt-image-1-mini draw."""

Size = tuple[int, int]


def nearest_fixed(size: Size) -> Size:
    """The fixed size whose shape is nearest to (width, height)."""
    return min(FIXED, key=lambda fixed: abs(math.log(size[0] / size[1] * fixed[1] / fixed[0])))


def free_size(size: Size) -> Size:
    """The allowed size nearest to (width, height): first in shape, then in area.

    Allowed by gpt-image-2 and later: edges divisible by 16 and at most 3840, sides at most 3:1, 655,360 to 8,294,400
    pixels.
    """
    ratio = min(max(size[0] / size[1], 1 / MAX_RATIO), MAX_RATIO)
    area = min(max(size[0] * size[1], MIN_PIXELS), MAX_PIXELS)

    def cost(candidate: Size) -> float:
        width, height = candidate
        shape = abs(math.log(width / height / ratio))
        return 4 * round(shape, 2) + abs(math.log(width * height / area))

    return min(_candidates(ratio), key=cost)


def _candidates(ratio: float) -> list[Size]:
    found = []
    for width in range(STEP, MAX_EDGE + STEP, STEP):
        height = round(width / ratio / STEP) * STEP
        fits = 0 < height <= MAX_EDGE and MIN_PIXELS <= width * height <= MAX_PIXELS
        if fits and max(width, height) <= MAX_RATIO * min(width, height):
            found.append((width, height))
    return found


def stepped(size: Size, step: int = STEP) -> Size:
    """(width, height) rounded to multiples of `step`, as diffusion models draw them."""
    width, height = (max(step, round(edge / step) * step) for edge in size)
    return width, height
