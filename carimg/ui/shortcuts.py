"""Single keys for buttons. Streamlit's own shortcuts keep C, R and signs for themselves; these come before them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import streamlit as st

_KEYS = st.components.v2.component(
    "carimg_keys",
    html="<i\n hidden></i>",
    js=Path(__file__).with_suffix(".js").read_text("utf-8"),
)


def listen(buttons: Mapping[str, str]) -> None:
    """Let keys press buttons while this part of the page is shown: {key as typed: the button's widget key}. They do
    nothing while somebody writes. Call it after the buttons; their labels should show the keys (`with_key`)."""
    _KEYS(key=f"keys_{'_'.join(buttons.values())}", data={"keys": dict(buttons)})


def with_key(label: str, key: str) -> str:
    """A button's label that shows its key."""
    return f"{label} `{key.upper()}`"
