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


def take_in(key: str, *, changed: bool = False) -> None:
    """Put what was picked last into `st.session_state[key]`: before it is read in a callback, which may run before the
    picker's own. Unless it has `changed` just now, what it said before is no news: an order may have filled the form
    since."""
    state = st.session_state
    picked = getattr(state.get(_widget(key)), "picked", None)
    if picked is None or (picked == state.get(f"{key}_heard") and not changed):
        return
    state[f"{key}_heard"] = list(picked)
    state[key] = [name for name in picked if catalog().angle(name)]


def angle_ring(t: Texts, key: str) -> list[str]:
    """Show the picker; angle ids in the order they were picked, kept in the session under `key`."""
    picked: list[str] = list(st.session_state.setdefault(key, list(DEFAULT_ANGLES)))
    angles = list(catalog().angles.values())
    _RING(
        key=_widget(key),
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
        on_picked_change=lambda: take_in(key, changed=True),
    )
    return picked


def _widget(key: str) -> str:
    return f"{key}_ring"


def _others(picked: list[str]) -> list[Angle]:
    """Picked angles that the catalogue has no entry for, spelt out like 'yaw_120'."""
    found = (catalog().angle(name) for name in picked if name not in catalog().angles)
    return [angle for angle in found if angle is not None]


def _on_map(angle: Angle, t: Texts) -> dict[str, object]:
    x, y = place(angle, RADIUS)
    return {"id": angle.id, "title": t.name(angle), "x": round(x, 1), "y": round(y, 1)}
