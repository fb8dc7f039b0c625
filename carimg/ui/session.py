"""What every page needs: the server's jobs, the visitor's language, and what is open."""

from __future__ import annotations

import streamlit as st

from carimg.generation import jobs as sets
from carimg.generation.jobs import Jobs
from carimg.settings import ROOT
from carimg.ui.i18n import LANGUAGES, Texts, language_of, texts

PAGES = ROOT / "pages"
LANGUAGE = "lang"
"""Key of the language switch, in the session and in the address."""
GOING = "going"
"""Key of the page that somebody is on the way to."""
SET = "set"
"""Key of the open set, in the session and in the address."""


@st.cache_resource(show_spinner=False)
def jobs() -> Jobs:
    """The server's jobs: the same object for every session and for the REST routes."""
    return sets.shared()


def words() -> Texts:
    """The texts of the visitor's language: as switched, else the browser's."""
    chosen = st.session_state.get(LANGUAGE)
    return texts(chosen if chosen in LANGUAGES else language_of(st.context.locale))


def open_set(set_id: str | None) -> None:
    """Make a set the one on the board, or none; the address follows so that a refresh or a colleague finds it."""
    if set_id:
        st.session_state[SET] = set_id
        st.query_params[SET] = set_id
    else:
        st.session_state.pop(SET, None)
        st.query_params.pop(SET, None)


def opened_set() -> str | None:
    """The set on the board: the address first, then the session (an address loses it on a page switch)."""
    set_id = st.query_params.get(SET) or st.session_state.get(SET)
    if set_id:
        open_set(set_id)
    return set_id


def go(page: str) -> None:
    """Leave for another page (its file's name without '.py'), from a callback: the frame goes there once it knows its
    pages."""
    st.session_state[GOING] = page
    st.rerun()
