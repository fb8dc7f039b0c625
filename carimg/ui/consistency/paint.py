"""Paint as swatches: a view's own, the set's and the one asked for, with their differences in words, and the palette.

One piece of HTML a view: it takes its ink from the theme, wraps on a phone, and reads aloud in order.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import streamlit as st

from carimg.consistency import LIMITS, Report, Swatch, ViewReport
from carimg.ui.drawings import INK
from carimg.ui.i18n import Texts

ALIKE = 2.0
"""ΔE2000 up to which nobody tells two paints apart in two photographs."""

_ROW = "display:flex;flex-wrap:wrap;gap:.45rem 1.1rem;font-size:.82rem;line-height:1.25"
_ITEM = "display:flex;gap:.5rem;align-items:center;min-width:8.5rem"
_CHIP = f"width:2rem;height:2rem;border-radius:8px;flex:none;border:1px solid {INK};background:"
_BAR = f"display:flex;height:.8rem;border-radius:6px;overflow:hidden;border:1px solid {INK};margin-top:.55rem"


def view_paint(t: Texts, view: ViewReport, report: Report) -> None:
    """A view's paint beside the set's and the requested one, and its palette."""
    assert view.paint_hex is not None
    items = [_item(t("report.paint_here"), view.paint_hex)]
    if report.consensus_hex and view.delta_e_consensus is not None:
        note = delta(t, view.delta_e_consensus, against_the_set(t, view.delta_e_consensus))
        items.append(_item(t("report.paint_set"), report.consensus_hex, note))
    if report.requested_hex and view.delta_e_requested is not None:
        note = delta(t, view.delta_e_requested, against_the_request(t, view.delta_e_requested))
        items.append(_item(t("report.paint_asked"), report.requested_hex, note))
    st.html(f'<div style="{_ROW}">{"".join(items)}</div>{_palette(t, view.palette)}')


def set_paint(t: Texts, report: Report) -> None:
    """The set's paint beside the requested one, and its palette."""
    assert report.consensus_hex is not None
    items = [_item(t("report.paint_set"), report.consensus_hex)]
    if report.requested_hex and report.requested_delta_e is not None:
        note = delta(t, report.requested_delta_e, against_the_request(t, report.requested_delta_e))
        items.append(_item(t("report.paint_asked"), report.requested_hex, note))
    st.html(f'<div style="{_ROW}">{"".join(items)}</div>{_palette(t, report.consensus_palette)}')


def delta(t: Texts, value: float, words: str) -> str:
    return t("report.delta", value=t.number(value), words=words)


def against_the_set(t: Texts, value: float) -> str:
    """What a ΔE2000 between a view and its set means."""
    if value <= ALIKE:
        return t("report.delta_alike")
    if value <= LIMITS.paint_amber:
        return t("report.delta_light")
    return t("report.delta_off") if value <= LIMITS.paint_red else t("report.delta_other")


def against_the_request(t: Texts, value: float) -> str:
    """What a ΔE2000 to the colour that was asked for means: light and clear coat are in the way, so wider."""
    if value <= LIMITS.requested_amber:
        return t("report.asked_fits")
    return t("report.asked_off") if value <= LIMITS.requested_red else t("report.asked_other")


def _item(label: str, hex_code: str, note: str = "") -> str:
    second = f"{escape(hex_code)}<br>{escape(note)}" if note else escape(hex_code)
    return (
        f'<div style="{_ITEM}"><span style="{_CHIP}{escape(hex_code)}"></span>'
        f'<span><strong>{escape(label)}</strong><br><span style="opacity:.75">{second}</span></span></div>'
    )


def _palette(t: Texts, swatches: Sequence[Swatch]) -> str:
    if not swatches:
        return ""
    told = ", ".join(f"{swatch.hex} {t.percent(swatch.share)}" for swatch in swatches)
    parts = "".join(
        f'<span style="flex:{max(swatch.share, 0.01):.3f};background:{escape(swatch.hex)}"></span>'
        for swatch in swatches
    )
    label = escape(t("report.palette", colors=told))
    return f'<div role="img" aria-label="{label}" title="{label}" style="{_BAR}">{parts}</div>'
