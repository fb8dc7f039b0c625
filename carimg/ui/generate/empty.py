"""What stands where the board will be, before anything was drawn."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from carimg.domain.catalog import catalog
from carimg.domain.order import DEFAULT_ANGLES
from carimg.ui.i18n import Texts


def nothing_yet(t: Texts) -> None:
    """Say what will happen, and show what a set looks like."""
    st.title(t("empty.title"), anchor=False)
    st.markdown(t("empty.text"), width=720)
    st.space("xsmall")
    with st.grid(len(DEFAULT_ANGLES), min_column_width=200, gap="small"):
        for name in DEFAULT_ANGLES:
            title = t.name(catalog().angles[name])
            st.image(Path(__file__).with_name(f"example_{name}.jpg"), width="stretch", caption=title, alt=title)
    st.caption(t("empty.example"))
    st.space("xsmall")
    for icon, name in (("wifi_off", "offline"), ("fingerprint", "same"), ("link", "share")):
        st.markdown(f":gray[:material/{icon}:] {t(f'empty.{name}')}")
