"""Engines: what is set up, what each one can do, how it has been doing."""

import streamlit as st

from carimg.ui.engines import engine_card
from carimg.ui.session import jobs, words

t = words()

st.title(t("nav.engines"), anchor=False)
st.markdown(t("engines.order"), width=760)
with st.grid(2, min_column_width=340, gap="small"):
    for place, engine in enumerate(jobs().engines, 1):
        engine_card(t, place, engine)
