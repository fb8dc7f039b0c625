"""Engines: what is set up, what each one can do, how it has been doing."""

import streamlit as st

from carimg.ui.board import board
from carimg.ui.core import jobs, words
from carimg.ui.engine_card import TESTED, engine_card

t = words()
ladder = jobs().tools.ladder

st.title(t("nav.engines"), anchor=False)
st.markdown(t("engines.order"), width=760)
with st.grid(2, min_column_width=340, gap="small"):
    health = ladder.health()
    for place, (name, engine) in enumerate(ladder.engines.items(), 1):
        engine_card(t, place, engine, health[name])
if set_id := st.session_state.get(TESTED):
    st.header(t("engines.tested"), anchor=False)
    board(set_id)
