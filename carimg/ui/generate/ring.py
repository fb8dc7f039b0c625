"""The angle picker: a map of cameras around the car, seen from above."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from carimg.domain.catalog import Angle, catalog
from carimg.domain.order import DEFAULT_ANGLES
from carimg.ui.drawings import CAR_FROM_ABOVE, place
from carimg.ui.i18n import Texts

RADIUS = 104.0
"""Of the outermost cameras, in the picker's own units (its map is 240 wide)."""

_RING = st.components.v2.component(
    "carimg_ring",
    html='<div class="ring"\n role="group"></div>',
    css=Path(__file__).with_suffix(".css").read_text("utf-8"),
    js=Path(__file__).with_suffix(".js").read_text("utf-8"),
)


def angle_ring(t: Texts, key: str) -> list[str]:
    """Show the picker; angle ids in the order they were picked, kept in the session under `key`."""
    widget = f"{key}_ring"

    def keep() -> None:
        st.session_state[key] = [name for name in st.session_state[widget].picked or [] if catalog().angle(name)]

    picked: list[str] = list(st.session_state.setdefault(key, list(DEFAULT_ANGLES)))
    angles = list(catalog().angles.values())
    _RING(
        key=widget,
        data={
            "angles": [_on_map(angle, t) for angle in [*angles, *_others(picked)]],
            "picked": picked,
            "car": CAR_FROM_ABOVE,
            "text": {"label": t("form.angles"), "none": t("form.no_angles")},
            "presets": [
                {"title": t("form.preset_basic"), "ids": list(DEFAULT_ANGLES)},
                {"title": t("form.preset_around"), "ids": [a.id for a in angles if 3 <= a.elevation < 20]},
                {"title": t("form.preset_all"), "ids": [a.id for a in angles]},
            ],
        },
        on_picked_change=keep,
    )
    return picked


def _others(picked: list[str]) -> list[Angle]:
    """Picked angles that the catalogue has no entry for, spelt out like 'yaw_120'."""
    found = (catalog().angle(name) for name in picked if name not in catalog().angles)
    return [angle for angle in found if angle is not None]


def _on_map(angle: Angle, t: Texts) -> dict[str, object]:
    x, y = place(angle, RADIUS)
    return {"id": angle.id, "title": t.name(angle), "x": round(x, 1), "y": round(y, 1)}
