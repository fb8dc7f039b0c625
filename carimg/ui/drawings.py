"""Small SVG drawings: a car from above, a camera's place around it, colour swatches and placeholders for pictures."""

from __future__ import annotations

import math

from carimg.domain.catalog import Angle

INK = "#7c879a"
"""A grey that can be seen on light and dark pages alike; pictures cannot take their colours from the theme."""

ACCENT = "#3f6ff0"

CAR_FROM_ABOVE = (
    '<path d="M-15-44C-10-49 10-49 15-44C19-40 20-32 20-20V30C20 39 18 44 14 46C8 49-8 49-14 46C-18 44-20 39-20 30V-20'
    'C-20-32-19-40-15-44Z" fill="currentColor" fill-opacity=".16" stroke="currentColor" stroke-width="1.6"/>'
    '<path d="M-15-17C-8-21 8-21 15-17L12-5C6-7-6-7-12-5Z" fill="currentColor" fill-opacity=".42"/>'
    '<path d="M-14 31C-7 34 7 34 14 31L11 22C6 23-6 23-11 22Z" fill="currentColor" fill-opacity=".42"/>'
    '<path d="M-20-13l-4 2v4l4-1zM20-13l4 2v4l-4-1z" fill="currentColor" fill-opacity=".5"/>'
    '<path d="M-15-43l5-3M15-43l-5-3" stroke="currentColor" stroke-width="2.2" stroke-linecap="round"/>'
)
"""A car seen from above, front up, about 48 wide and 96 long, centred on the origin, drawn in `currentColor`."""


def place(angle: Angle, radius: float) -> tuple[float, float]:
    """Where a camera stands on the map: x to the right, y down, car's front up. The higher the camera, the nearer to
    the centre; level cameras stand at about three quarters of `radius`, the ones at the ground on it."""
    share = 1.0 if angle.elevation < 3 else 0.74
    if angle.elevation >= 20:
        share *= (1 - angle.elevation / 90) ** 1.6
    yaw = math.radians(angle.yaw)
    return -math.sin(yaw) * share * radius, -math.cos(yaw) * share * radius


def placeholder(angle: Angle, size: tuple[int, int], moving: bool = False) -> str:
    """A picture that is not there yet, in its own proportions so that nothing jumps when it lands; `size` in pixels.
    The camera is lit while somebody works on it (`moving`)."""
    width, height = 600, round(600 * size[1] / size[0])
    centred = f"translate({width / 2} {height / 2}) scale({min(width, height) / 210})"
    return _svg(
        width,
        height,
        f'<rect width="{width}" height="{height}" rx="14" fill="#8893a6" fill-opacity=".13"/>'
        f'<g transform="{centred}">{_scene(angle, moving)}</g>',
    )


def swatch(hex_code: str, size: int = 38) -> str:
    """A square of a colour, `hex_code` '#rrggbb', with a thin rim so that white and black stay visible."""
    return _svg(
        size,
        size,
        f'<rect x="1" y="1" width="{size - 2}" height="{size - 2}" rx="9" fill="{_escaped(hex_code)}" '
        f'stroke="{INK}" stroke-opacity=".55"/>',
    )


def _scene(angle: Angle, lit: bool) -> str:
    x, y = place(angle, 92)
    light = ACCENT if lit else INK
    length = math.hypot(x, y) or 1.0
    ux, uy = x / length, y / length
    reach = min(length, 92) - 20
    left = f"{x - ux * reach - uy * 24:.1f} {y - uy * reach + ux * 24:.1f}"
    right = f"{x - ux * reach + uy * 24:.1f} {y - uy * reach - ux * 24:.1f}"
    cone = f'<path d="M{x:.1f} {y:.1f}L{left}L{right}Z" fill="{light}" fill-opacity=".2"/>' if length > 20 else ""
    return (
        f'<g color="{INK}">{CAR_FROM_ABOVE}</g>{cone}<circle cx="{x:.1f}" cy="{y:.1f}" r="7" fill="{light}"/>'
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.6" fill="#fff"/>'
    )


def _svg(width: int, height: int, body: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">'
        f"{body}</svg>"
    )


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
