"""Generate: describe a car, pick the angles, watch its views arrive."""

import streamlit as st

from carimg.ui.board import board
from carimg.ui.core import opened_set, words
from carimg.ui.empty import nothing_yet
from carimg.ui.form import order_form

t = words()
left, right = st.columns([1, 2.6], gap="large")
with left:
    order_form(t)
with right:
    set_id = opened_set()
    if set_id:
        board(set_id)
    else:
        nothing_yet(t)
