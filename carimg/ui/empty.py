"""What stands where the board will be, before anything was drawn."""

from __future__ import annotations

import streamlit as st

from carimg.catalog import catalog
from carimg.spec import DEFAULT_ANGLES, DEFAULT_SIZE
from carimg.ui.drawings import placeholder
from carimg.ui.text import Texts


def nothing_yet(t: Texts) -> None:
    """Say what will happen, and show where the pictures will be."""
    with st.container(gap="small"):
        st.title(t("empty.title"), anchor=False)
        st.markdown(t("empty.text"), width=720)
        st.space("small")
        grid = st.grid(len(DEFAULT_ANGLES), min_column_width=200, gap="small")
        for name in DEFAULT_ANGLES:
            angle = catalog().angles[name]
            with grid.cell():
                st.image(placeholder(angle, DEFAULT_SIZE, True), width="stretch", alt="")
                st.caption(t.name(angle), text_alignment="center")
        st.space("small")
        for icon, name in (("wifi_off", "offline"), ("fingerprint", "same"), ("link", "share")):
            st.markdown(f":gray[:material/{icon}:] {t(f'empty.{name}')}")
