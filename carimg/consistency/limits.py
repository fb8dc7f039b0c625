"""Every threshold of the report in one place. `bench/consistency.py` sets them on one half of its cars and reports on
the other."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Colour differences are ΔE2000 with kL = 2; angles degrees; surprises standard deviations."""

    mask_confidence: float = 0.5
    """Below it a view is not measurable."""

    paint_amber: float = 4.0
    paint_red: float = 8.0
    """A view's paint against the set's: of 99 photographed cars, half the views lie within 1.6 and 95 % within 3.9."""
    paint_hue: float = 2.0
    light_slack: float = 2.0
    nearly_black: float = 10.0
    """Where less than `paint_hue` of a difference is hue and chroma, or both colours are darker than this lightness (an
    8-bit step is then about one ΔE), the limits are `light_slack` times wider."""
    requested_amber: float = 10.0
    requested_red: float = 18.0
    """The set's paint against a requested colour: light, exposure and clear coat are in the way (studio sets, drawn in
    the requested paint, lie within 6.7), so wide."""
    palette_amber: float = 6.0
    """A view's palette against the other views' (median), all of the car's colours; 99 % of studio views lie within
    3.6, photographs within 4."""
    neutral_chroma: float = 10.0
    """Below it the paint is white, grey or black, where colour tells little."""

    copy_phash: int = 24
    copy_thumb: float = 14.0
    """Bits and mean levels within which two cars, cut out, are one picture: re-encoded and cropped copies end at 13.4
    levels, views of one car 20° apart start at 17. The hash alone tells little: half its bits are chance where a view
    is symmetric."""
    frame_phash: int = 4
    frame_thumb: float = 5.0
    """The same of whole frames."""
    exact_phash: int = 2
    exact_thumb: float = 1.0
    """The same of whole frames where the two angles are so near that they look alike anyway …"""
    alike_yaw: float = 15.0
    alike_elevation: float = 12.0
    """… which they do within these degrees."""

    most_elevation: float = 40.0
    """Views from higher up take no part in aspects, leans and silhouettes."""
    order_gap: float = 0.25
    """Difference of |sin yaw| from which the order of two aspects is known."""
    order_slack: float = 1.08
    """Ratio by which the order may be missed."""
    tilt: float = 0.08
    """Share of the car's height by which a three-quarter view must stand lower on one side to say which is nearer."""
    lamps_most: float = 0.012
    lamps_least: float = 0.004
    """Shares of the car that are tail lamps: more in a front view, or less in a rear view, is the wrong end."""
    lamps_side: float = 0.3
    """How far (0 … 1) from the middle the lamps must lie to say which way a side view faces."""
    surprise_amber: float = 2.2
    """99 % of studio views lie within 1.7. There is no red: another body and another angle look alike in it."""
    swap_left: float = 0.5
    swap_gain: float = 8.0
    """An exchange of two angles is believed when it leaves at most this share of the misfit and takes this much off."""

    pair_yaw: float = 8.0
    pair_elevation: float = 5.0
    """How far from exact mirror positions a left and a right view may be."""
    silhouette_exact: float = 0.95
    silhouette_side: float = 0.90
    silhouette_quarter: float = 0.72
    """Overlap of a left view with the mirrored right one: two side views with the engine's own masks (studio cars stay
    above 0.98), with other masks (segmented, above 0.90; photographed, above 0.95), three-quarter views (a photographed
    car falls to 0.80 where the two cameras were a few degrees off)."""
    same_way_margin: float = 0.06
    """By how much two opposite sides must overlap better unmirrored, to say that they face the same way."""
    near_angle: float = 45.0
    """Local features are compared only between views at most this far apart …"""
    near_elevation: float = 10.0
    """… and in elevation this far."""
    features_weak: float = 0.02
    """Share of local features that find a partner, below which neighbouring views have little in common."""


LIMITS = Limits()
