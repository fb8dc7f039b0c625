"""The frame around every page: navigation, language, name of the house."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from carimg.ui.i18n import LANGUAGES
from carimg.ui.menu import FRONT, SHOWN
from carimg.ui.session import GOING, LANGUAGE, PAGES, words

ASSETS = Path(__file__).parent

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


def _front() -> None:
    """Where the front page's own name leads, with all that the address says."""
    st.switch_page(pages[0], query_params=st.query_params.to_dict())


pages = [
    st.Page(
        PAGES / f"{name}.py", title=t(f"nav.{name}"), icon=icon, default=name == FRONT,
        url_path="home" if name == FRONT else name,  # the front page stands at "/" alone, so its name is free
    )
    for name, icon in SHOWN
]  # fmt: skip
alias = st.Page(_front, title=t(f"nav.{FRONT}"), url_path=FRONT, visibility="hidden")
page = st.navigation([*pages, alias])
if going := st.session_state.pop(GOING, None):
    st.switch_page(PAGES / f"{going}.py")
with st.sidebar:
    st.segmented_control(
        t("app.language"), list(LANGUAGES), format_func=LANGUAGES.__getitem__, key=LANGUAGE, required=True,
        label_visibility="collapsed", persist_state="session",
    )  # fmt: skip
page.run()
