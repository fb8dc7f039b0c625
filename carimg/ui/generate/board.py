"""The live board of one set: how far it is, a card a view, what can be done with it, and its log."""

from __future__ import annotations

from typing import Literal

import streamlit as st

from carimg.domain.addresses import page_link
from carimg.domain.view import SetState
from carimg.errors import CarimgError
from carimg.generation.live import Snapshot
from carimg.ui.consistency.verdict import verdict
from carimg.ui.generate import downloads
from carimg.ui.generate.card import BUSY, view_card
from carimg.ui.i18n import Texts, plain
from carimg.ui.live import breathe, clock, pulse
from carimg.ui.names import body_name, color_name
from carimg.ui.sentences import sentence
from carimg.ui.session import SET, jobs, open_set, words

CARD_WIDTH = 215
"""Pixels below which the grid takes a column away."""
LOG_HEIGHT = 280


@st.fragment
def board(set_id: str) -> None:
    """Show a set, live while it runs: this part of the page alone is run again whenever the set changes."""
    t = words()
    try:
        now = jobs().snapshot(set_id)
    except CarimgError as exc:
        st.warning(plain(sentence(exc, t)), icon=":material/link_off:")
        st.button(t("board.close"), on_click=_leave_for, args=(None,))
        return
    _head(t, now)
    _progress(t, now)
    with st.container():  # always there, so that what follows keeps its place when a warning comes
        if now.trouble:
            st.error(plain(now.trouble), title=t("board.not_kept"), icon=":material/database_off:")
        _mixed(t, now)
        verdict(t, now)
    _cards(t, now)
    if not now.changing:  # a rerun would take a download away between its click and its file
        _actions(t, now)
    with st.container(gap=None):
        _log(t, now)
        if now.changing:
            breathe([f"picture_{view.angle}" for view in now.views if view.state in BUSY])
            pulse(now.set_id, now.version)


def _head(t: Texts, now: Snapshot) -> None:
    car = now.order.car
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        with st.container(width="content", gap=None):
            st.subheader(plain(car.title), anchor=False)
            facts = (
                plain(color_name(t, car.color)),
                plain(body_name(t, car.body_type)),
                " × ".join(map(str, now.order.size)),
                t("board.strategy", name=t(f"strategy.{now.order.strategy}")),
            )
            st.caption(" · ".join(facts), help=t(f"strategy_help.{now.order.strategy}"))
        with st.container(width="content", horizontal=True, vertical_alignment="center", gap="xsmall"):
            _share(t, now)
            if now.live:
                st.button(
                    t("board.cancel"), icon=":material/stop_circle:", key="board_cancel",
                    on_click=jobs().cancel, args=(now.set_id,),
                )  # fmt: skip


def _share(t: Texts, now: Snapshot) -> None:
    with st.popover(now.display_id, icon=":material/link:", help=t("board.share_help")):
        st.caption(t("board.session"))
        st.code(now.display_id, language=None)
        st.caption(t("board.link"))
        st.code(page_link(str(st.context.url or ""), **{SET: now.set_id}), language=None, wrap_lines=True)


def _progress(t: Texts, now: Snapshot) -> None:
    done, n = len(now.drawn), len(now.views)
    seconds = t.number(now.seconds)
    if now.live:
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
            st.progress(done / n if n else 0.0, text=t("board.progress", done=done, n=n))
            clock(t, now.set_id, now.seconds)
        return
    mark, color = _MARKS[now.state]
    text = t("board.took", n=done, seconds=seconds) if done else t(f"set.{now.state}").capitalize()
    parts = [f":{color}[:material/{mark}:] **{text}**"]
    if done > 1 and now.one_after_another_s > now.seconds:
        parts.append(t("board.one_after_another", seconds=t.number(now.one_after_another_s)))
    if done and done < n:
        parts.append(t(f"set.{now.state}"))
    parts.append(_cost(t, now))
    st.markdown(" · ".join(part for part in parts if part))


_MARKS = {
    SetState.RUNNING: ("progress_activity", "blue"),
    SetState.DONE: ("check_circle", "green"),
    SetState.PARTIAL: ("error", "orange"),
    SetState.FAILED: ("error", "red"),
    SetState.CANCELLED: ("stop_circle", "gray"),
    SetState.INTERRUPTED: ("power_off", "orange"),
}


def _cost(t: Texts, now: Snapshot) -> str:
    return t("board.cost", usd=t.number(now.cost_usd, 3)) if now.cost_usd else ""


def _mixed(t: Texts, now: Snapshot) -> None:
    """Several engines drew it: say so loudly, and offer to have one engine draw the whole set."""
    if not now.mixed:
        return
    engines = jobs().engines
    titles = [engines.title(name) for name in now.engines]
    st.warning(t("board.mixed", engines=", ".join(titles)), title=t("board.mixed_title"), icon=":material/warning:")
    if now.live:
        return
    with st.container(horizontal=True):
        for name in now.engines:
            if engines.ready(name):
                st.button(
                    t("board.redo_on", engine=engines.title(name)), key=f"board_redo_{name}", icon=":material/refresh:",
                    on_click=_redo_on, args=(now.set_id, name),
                )  # fmt: skip


def _redo_on(set_id: str, engine: str) -> None:
    """Draw the whole set once more with one engine, with the same session id and seeds, as a set of its own."""
    try:
        stored = jobs().store.load_set(set_id)
        order = stored.recalled | {"engines": [engine]}
        new_set = jobs().start(jobs().parse(order))
    except CarimgError as exc:
        st.toast(plain(sentence(exc, words())), icon=":material/error:")
    else:
        _leave_for(new_set)


def _leave_for(set_id: str | None) -> None:
    """Open another set, or none: that is more than this fragment, so the whole page runs again."""
    open_set(set_id)
    st.rerun()


def _cards(t: Texts, now: Snapshot) -> None:
    n = len(now.views)
    with st.grid(n if n < 4 else 2 if n == 4 else 3, min_column_width=CARD_WIDTH, gap="small"):
        for view in now.views:
            view_card(t, now, view)


def _actions(t: Texts, now: Snapshot) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        if now.missing:
            st.button(
                t("board.draw_rest"), type="primary", icon=":material/brush:", key="board_rest",
                on_click=_draw_rest, args=(now.set_id,),
            )  # fmt: skip
        if now.drawn:
            downloads.archive_button(t, now)
            downloads.contact_sheet_button(t, now)
            downloads.manifest_button(t, now)


def _draw_rest(set_id: str) -> None:
    try:
        jobs().draw_rest(set_id)
    except CarimgError as exc:
        st.toast(plain(sentence(exc, words())), icon=":material/error:")


def _log(t: Texts, now: Snapshot) -> None:
    if not now.log:
        return
    box = st.expander(
        t("board.log", n=len(now.log)), icon=":material/terminal:", key=f"log_{now.set_id}", on_change="rerun"
    )
    if box.open:  # closed, it would still be highlighted line by line at every change
        height: Literal["content"] | int = LOG_HEIGHT if len(now.log) > 12 else "content"
        box.code("\n".join(map(str, now.log)), language=None, wrap_lines=True, height=height)
