"""History: every set that was drawn, newest first."""

import streamlit as st

from carimg.ui.choice import choice
from carimg.ui.history import set_card, undo_bar
from carimg.ui.recall_file import recall_from_file
from carimg.ui.session import jobs, words

SETS_A_PAGE = 24

t = words()
store = jobs().store

st.title(t("nav.history"), anchor=False)
with st.container(horizontal=True, vertical_alignment="bottom"):
    query = st.text_input(
        t("history.search"), key="history_query", type="search", live="300ms", placeholder=t("history.search_example"),
        persist_state="session",
    )  # fmt: skip
    tags = dict(store.tags())
    tag = choice(
        st.selectbox, t("history.tag"), list(tags), "history_tag", optional=True, index=None, width=200,
        placeholder=t("history.any_tag"), format_func=lambda name: f"{name} ({tags.get(name, 0)})",
    )  # fmt: skip
    favourites = st.toggle(t("history.favourites"), key="history_favourites", persist_state="session")
    recall_from_file(t)
undo_bar(t)

page = st.session_state.get("history_page", 1)
found = store.history(query or "", tag=tag, favourites=favourites, limit=SETS_A_PAGE, page=page)
if not found.items:
    st.info(t("history.nothing" if query or tag or favourites else "history.empty"), icon=":material/photo_library:")
else:
    st.caption(t("history.count", n=found.total))
    with st.grid(4, min_column_width=260, gap="small"):
        for item in found.items:
            set_card(t, item)
if found.pages > 1:
    st.pagination(found.pages, key="history_page")
