"""Is it one car? The answer in words, with a colour and a sign: a line for the board, a box for the report's page."""

from __future__ import annotations

import streamlit as st

from carimg.consistency import Report, State, Verdict
from carimg.generation.live import Snapshot
from carimg.ui.consistency.sentences import message_text
from carimg.ui.i18n import Texts
from carimg.ui.names import angle_name
from carimg.ui.session import go, jobs, open_set

MARKS = {
    Verdict.SAME: ("green", ":material/check_circle:"),
    Verdict.DOUBTFUL: ("orange", ":material/help:"),
    Verdict.DIFFERENT: ("red", ":material/cancel:"),
    Verdict.NOT_MEASURABLE: ("gray", ":material/visibility_off:"),
}
"""Colour and sign of a verdict; the words always stand beside them."""
STATES = {
    State.OK: ("green", ":material/check:"),
    State.AMBER: ("orange", ":material/help:"),
    State.RED: ("red", ":material/close:"),
    State.NOT_MEASURABLE: ("gray", ":material/visibility_off:"),
}
"""The same for a view, a pair or the paint."""


def verdict(t: Texts, now: Snapshot) -> None:
    """One line on the board, and the way to the whole report. It grows with the views while the set arrives."""
    if len(now.views) < 2 or (not now.changing and len(now.drawn) < 2):
        return
    with st.container(horizontal=True, vertical_alignment="center", key="verdict_line"):
        st.markdown(verdict_line(t, now), width="stretch")
        if now.drawn and st.button(t("report.open"), key="board_report", icon=":material/fact_check:", type="tertiary"):
            open_set(now.set_id)
            go("consistency")


def verdict_box(t: Texts, report: Report, so_far: bool) -> None:
    """The verdict at the top of the page. What cannot be measured gets no box of its own colour: it is no score."""
    title = t(f"report.title.{report.verdict}")
    sentence = message_text(t, report.sentence)
    if so_far:
        sentence = t("report.so_far", sentence=sentence)
    _, icon = MARKS[report.verdict]
    if report.verdict is Verdict.SAME:
        st.success(sentence, title=title, icon=icon)
    elif report.verdict is Verdict.DOUBTFUL:
        st.warning(sentence, title=title, icon=icon)
    elif report.verdict is Verdict.DIFFERENT:
        st.error(sentence, title=title, icon=icon)
    else:
        with st.container(border=True, gap="xxsmall"):
            st.markdown(f":gray[{icon}] **{title}**")
            st.markdown(sentence)


def state_badge(t: Texts, state: State) -> str:
    """A view's or a pair's state: colour, sign and word."""
    color, icon = STATES[state]
    return f":{color}-badge[{icon} {t(f'report.state.{state}')}]"


def verdict_line(t: Texts, now: Snapshot) -> str:
    """What is known of a set, as one line of Markdown."""
    report = jobs().reports.known(now)
    if now.changing and (report is None or len(report.views) < 2):
        return f":blue[:material/pending:] {t('report.waiting')}"
    if report is None:
        return f":gray[:material/pending:] {t('report.unchecked')}"
    color, icon = MARKS[report.verdict]
    text = t("report.so_far", sentence=_in_short(t, report)) if now.changing else message_text(t, report.sentence)
    return f":{color}[{icon}] {text}"


def _in_short(t: Texts, report: Report) -> str:
    """The verdict in a few words: a sentence that grows over several lines would push the pictures about."""
    title = f"**{t(f'report.title.{report.verdict}')}**"
    return f"{title}: {angle_name(t, report.odd_one_out)}" if report.odd_one_out else title
