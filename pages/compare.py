"""Compare: two views beside each other, under a slider, one in place of the other, or as their difference."""

import streamlit as st

from carimg.ui.choice import choice
from carimg.ui.compare import MODES, actions, differences, pick, show
from carimg.ui.session import words

t = words()
st.title(t("nav.compare"), anchor=False)
columns = st.columns(2, gap="medium")
with columns[0]:
    left = pick(t, "left")
with columns[1]:
    right = pick(t, "right")
if left is None or right is None:
    st.info(t("compare.empty"), icon=":material/compare:")
    st.stop()
mode = choice(
    st.segmented_control, t("compare.mode"), MODES, "compare_mode", required=True, label_visibility="collapsed",
    format_func=lambda one: t(f"compare.mode_{one}"),
)  # fmt: skip
show(t, left, right, mode)
actions(t, left)
differences(t, left, right)
