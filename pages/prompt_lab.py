"""Prompt lab: one car, the same seeds, one thing varied against another; and the template that prompts come from."""

import streamlit as st

from carimg.ui.core import words
from carimg.ui.form import order_fields
from carimg.ui.lab_form import grid_form, opened_lab
from carimg.ui.lab_grid import earlier_grids, lab_grid
from carimg.ui.template_editor import VIEW, template_editor

VIEWS = ("template", "grid")

t = words()
left, right = st.columns([1, 2.6], gap="large")
with left:
    order_fields(t)
with right:
    lab_id = opened_lab()
    st.session_state.setdefault(VIEW, "grid" if lab_id else "template")
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        view = st.segmented_control(
            t("lab.view"), VIEWS, format_func=lambda name: t(f"lab.view_{name}"), key=VIEW, required=True,
            label_visibility="collapsed", persist_state="session",
        )  # fmt: skip
        earlier_grids(t, lab_id)
    if view == "template":
        template_editor(t)
    else:
        grid_form(t)
        if lab_id:
            lab_grid(lab_id)
        else:
            st.info(t("lab.nothing_yet"), icon=":material/science:")
