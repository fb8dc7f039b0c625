"""Opens a page at its top."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

_TOP = st.components.v2.component(
    "carimg_top",
    html="<i\n hidden></i>",
    js=(Path(__file__).with_suffix(".js")).read_text("utf-8"),
)


def titled(title: str) -> None:
    """A page's title, in sight when the page is opened, wherever the page before was scrolled to."""
    with st.container(gap=None):
        st.title(title, anchor=False)
        _TOP(key="top")
