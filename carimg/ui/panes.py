"""The two halves of a page with an order form: the form, as wide as its fields need, and beside it what comes of it."""

from __future__ import annotations

from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

_CSS = Path(__file__).with_suffix(".css")
FORM_WIDTH = 272
"""Pixels: two fields side by side, and the ring with all its cameras apart."""


def form_and_result() -> tuple[DeltaGenerator, DeltaGenerator]:
    """Containers for both, side by side; below each other on a phone."""
    st.html(_CSS)
    with st.container(horizontal=True, gap="medium"):
        return st.container(width=FORM_WIDTH, key="form_pane"), st.container(width="stretch", key="result_pane")
