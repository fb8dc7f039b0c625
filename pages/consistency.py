"""Consistency: is it one car in every view? The whole report of one set."""

import streamlit as st

from carimg.ui.consistency.report import full_report
from carimg.ui.consistency.set_picker import set_picker
from carimg.ui.session import go, opened_set, words
from carimg.ui.top import titled

t = words()
titled(t("nav.consistency"))
set_id = set_picker(t, opened_set())
if set_id:
    full_report(set_id)
else:
    st.info(t("report.no_set"), icon=":material/fact_check:")
    if st.button(t("nav.generate"), icon=":material/directions_car:", key="report_generate"):
        go("generate")
