"""The frame around every page: navigation, language, name of the house."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from carimg.ui.core import GOING, LANGUAGE, PAGES, words
from carimg.ui.menu import SHOWN
from carimg.ui.text import LANGUAGES

ASSETS = Path(__file__).parent / "assets"

SIDEBAR_WIDTH = 244  # pixels
st.session_state.setdefault(LANGUAGE, words().language)
t = words()
st.set_page_config(
    page_title=f"carimg · {t('app.tagline')}",
    page_icon=str(ASSETS / "icon.svg"),
    layout="wide",
    initial_sidebar_state=SIDEBAR_WIDTH,
)
st.logo(ASSETS / "mark.svg", size="large")

page = st.navigation(
    [
        st.Page(PAGES / f"{name}.py", title=t(f"nav.{name}"), icon=icon, url_path=name, default=name == "generate")
        for name, icon in SHOWN
    ]
)
if going := st.session_state.pop(GOING, None):
    st.switch_page(PAGES / f"{going}.py")
with st.sidebar:
    st.segmented_control(
        t("app.language"), list(LANGUAGES), format_func=LANGUAGES.__getitem__, key=LANGUAGE, required=True,
        label_visibility="collapsed", persist_state="session",
    )  # fmt: skip
page.run()
