"""A text area whose value follows while somebody types, not only when they leave it."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

_WRONG = "rgba(255, 75, 75, 0.22)"
"""Ground of the line that is wrong; clear over light and over dark fields."""
_LIVE = st.components.v2.component(
    "carimg_live",
    html="<i\n hidden></i>",
    js=(Path(__file__).parent / "assets" / "live.js").read_text("utf-8"),
)


def follow(key: str, *, wrong: bool = False, line: int = 0) -> None:
    """Let the text area with this widget key run the page 0.3 s after the last keystroke; its text stands in letters
    of one width. `wrong` tells screen readers that the text cannot be used, `line` (1 = the first, 0 = none) marks a
    line. Call it after the text area."""
    _LIVE(key=f"live_{key}", data={"field": key, "wrong": wrong, "line": line, "color": _WRONG})
