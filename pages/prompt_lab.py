"""Prompt lab: one car, the same seeds, one thing varied against another; and the template that prompts come from."""

import streamlit as st

from carimg.ui.choice import choice
from carimg.ui.generate.form import order_fields
from carimg.ui.lab.form import grid_form, opened_lab
from carimg.ui.lab.grid import earlier_grids, lab_grid
from carimg.ui.lab.template_editor import VIEW, template_editor
from carimg.ui.panes import form_and_result
from carimg.ui.session import words

VIEWS = ("template", "grid")

t = words()
form, result = form_and_result()
with form:
    order_fields(t)
with result:
    lab_id = opened_lab()
    st.session_state.setdefault(VIEW, "grid" if lab_id else "template")
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        view = choice(
            st.segmented_control, t("lab.view"), VIEWS, VIEW, format_func=lambda name: t(f"lab.view_{name}"),
            required=True, label_visibility="collapsed",
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
