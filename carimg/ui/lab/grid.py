"""A grid of the prompt lab on the page: named rows and columns, live, with what differs between its prompts marked."""

from __future__ import annotations

from functools import partial
from textwrap import shorten

import streamlit as st

from carimg.domain.addresses import page_link
from carimg.domain.car import Car
from carimg.domain.identity import display_id
from carimg.domain.view import View, ViewState
from carimg.errors import CarimgError
from carimg.export import grid_file_name
from carimg.generation.jobs import Jobs
from carimg.generation.lab import run as lab
from carimg.generation.lab.files import Names, grid_csv, grid_picture
from carimg.generation.lab.grid import Axis, AxisKind, Grid, prompts
from carimg.generation.lab.run import GridSnapshot
from carimg.generation.live import Snapshot
from carimg.prompts.diff import mark_differences
from carimg.ui.i18n import Texts, plain
from carimg.ui.lab.cell import cancel, caption, lab_cell, pictures_key
from carimg.ui.lab.form import LAB, open_lab, value_name
from carimg.ui.lab.summary import strategies_in_sum
from carimg.ui.lab.template_editor import VIEW, marked
from carimg.ui.live import breathe, pulse
from carimg.ui.names import angle_name, color_name, local_time
from carimg.ui.sentences import sentence
from carimg.ui.session import jobs, words

CELL_WIDTH = 190
"""Pixels below which a row of the grid takes a column away."""
EARLIER = 8
OWN_WORDS = 180
"""Characters of a row's own words that stand under its name."""
_IN_WORDS = (AxisKind.PROMPTS, AxisKind.HINTS, AxisKind.STRATEGIES)
"""Axes that change what the prompt says."""


@st.fragment
def lab_grid(lab_id: str) -> None:
    """Show a grid, live while it runs."""
    t = words()
    try:
        now = lab.snapshot(jobs(), lab_id)
    except CarimgError as exc:
        st.warning(plain(sentence(exc, t)), icon=":material/link_off:")
        st.button(t("board.close"), key="lab_close", on_click=_leave)
        return
    _head(t, now)
    _progress(t, now)
    strategies_in_sum(t, now)
    _prompts(t, now.grid)
    columns, differing = _column_names(t, now.grid), _differing(now.grid)
    for row, (name, cells) in enumerate(zip(_row_names(t, now.grid), now.cells, strict=True)):
        with st.container(gap="xsmall", key=f"lab_row_{row}"):
            st.markdown(f"**{plain(name)}**")
            if own := differing.get(row):
                st.caption(own)
            with st.grid(max(1, len(cells)), min_column_width=CELL_WIDTH, gap="small"):
                for cell, column in zip(cells, columns, strict=True):
                    lab_cell(t, now, cell, column)
    with st.container(gap=None):
        if not now.live:
            _actions(t, now)
            _check(t, now)
        if now.changing:
            breathe([pictures_key(cell) for cells in now.cells for cell in cells if cell.live])
            pulse(now.lab_id, now.version, of="labs")


def earlier_grids(t: Texts, opened: str | None) -> None:
    """Offer the newest grids of before."""
    found = [one for one in jobs().store.labs(EARLIER + 1) if one.lab_id != opened][:EARLIER]
    if not found:
        return
    with st.popover(t("lab.earlier"), icon=":material/history:", type="tertiary"):
        for one in found:
            car, kinds = Car(**one.plan["base"]["car"]), [one.plan[side] for side in ("rows", "columns")]
            what = " × ".join(t(f"lab.kind_{kind['kind']}") for kind in kinds if kind)
            st.button(
                plain(f"{car.title} · {what} · {local_time(one.created_at)}"),
                key=f"lab_open_{one.lab_id}", type="tertiary", on_click=_open_earlier, args=(one.lab_id,),
            )  # fmt: skip


def _open_earlier(lab_id: str) -> None:
    open_lab(lab_id)
    st.session_state[VIEW] = "grid"


def _leave() -> None:
    open_lab(None)
    st.rerun()


def _head(t: Texts, now: GridSnapshot) -> None:
    car = now.grid.base.car
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        with st.container(width="content", gap=None):
            st.subheader(plain(car.title), anchor=False)
            facts = (color_name(t, car.color), " × ".join(map(str, now.grid.base.size)))
            st.caption(plain(" · ".join(facts)))
        with st.container(width="content", horizontal=True, vertical_alignment="center", gap="xsmall"):
            session = display_id(now.grid.base.session_id or "")
            with st.popover(session, icon=":material/link:", help=t("lab.share_help")):
                st.caption(t("lab.link"))
                st.code(page_link(str(st.context.url or ""), **{LAB: now.lab_id}), language=None, wrap_lines=True)
            if now.live:
                st.button(
                    t("lab.cancel_all"), icon=":material/stop_circle:", key="lab_cancel", on_click=cancel,
                    args=(now.lab_id,),
                )  # fmt: skip


def _progress(t: Texts, now: GridSnapshot) -> None:
    n, cost = now.grid.pictures, t("lab.cost", usd=t.number(now.cost_usd, 3)) if now.cost_usd else t("lab.cost_none")
    text = t("lab.progress", done=now.done, n=n)
    if now.live:
        st.progress(now.done / n if n else 0.0, text=f"{text} · {cost}")
        return
    mark = ":green[:material/check_circle:]" if now.complete else ":orange[:material/error:]"
    st.markdown(f"{mark} **{text}** · {cost}")


def _prompts(t: Texts, grid: Grid) -> None:
    """The prompts of an axis that changes their words, with what differs marked."""
    axis = next((axis for axis in (grid.rows, grid.columns) if axis and axis.kind in _IN_WORDS), None)
    if axis is None or len(axis.values) < 2:
        return
    with st.expander(t("lab.words"), icon=":material/difference:"):
        for value, pieces in zip(axis.values, mark_differences(prompts(axis, grid)), strict=True):
            st.markdown(f"**{plain(value_name(t, axis.kind, value))}**")
            st.markdown(marked(pieces))
        st.caption(t("lab.words_help"))


def _differing(grid: Grid) -> dict[int, str]:
    """What the prompt of each row has and another row's has not, as Markdown, for rows that change the words."""
    if grid.rows.kind not in _IN_WORDS or len(grid.rows.values) < 2:
        return {}
    found = enumerate(mark_differences(prompts(grid.rows, grid)))
    own = {row: " … ".join(piece.text for piece in pieces if piece.own) for row, pieces in found}
    shown = {row: plain(shorten(text, OWN_WORDS, placeholder=" …")) for row, text in own.items() if text}
    return {row: f":blue-background[{text}]" for row, text in shown.items()}


def _row_names(t: Texts, grid: Grid) -> tuple[str, ...]:
    return _names(t, grid.rows)


def _column_names(t: Texts, grid: Grid) -> tuple[str, ...]:
    return _names(t, grid.columns) if grid.columns else ("",)


def _names(t: Texts, axis: Axis) -> tuple[str, ...]:
    return tuple(value_name(t, axis.kind, value) for value in axis.values)


def _draw_missing(lab_id: str) -> None:
    try:
        lab.start_missing(jobs(), lab_id)
    except CarimgError as exc:
        st.toast(plain(sentence(exc, words())), icon=":material/error:")


def _actions(t: Texts, now: GridSnapshot) -> None:
    """What can be done with a grid that has ended."""
    car = now.grid.base.car
    names = Names(
        _row_names(t, now.grid), _column_names(t, now.grid), partial(angle_name, t), partial(_repeat_name, t)
    )  # fmt: skip
    titles = jobs().engines.titles()
    with st.container(horizontal=True, vertical_alignment="center"):
        if not now.complete:
            st.button(
                t("lab.draw_missing"), type="primary", icon=":material/brush:", key="lab_missing",
                on_click=_draw_missing, args=(now.lab_id,),
            )  # fmt: skip
        if now.done:
            st.download_button(
                t("lab.picture"), data=partial(_grid_picture, jobs(), now, names, t, titles),
                file_name=grid_file_name(car, now.lab_id, "png"), mime="image/png", on_click="ignore",
                icon=":material/grid_view:", key="lab_png",
            )  # fmt: skip
        st.download_button(
            t("lab.table"), data=partial(grid_csv, now, names, jobs().reports.known),
            file_name=grid_file_name(car, now.lab_id, "csv"), mime="text/csv", on_click="ignore",
            icon=":material/table:", key="lab_csv",
        )  # fmt: skip


def _check(t: Texts, now: GridSnapshot) -> None:
    """Offer to examine the pictures of a grid that nobody has examined since the server started."""
    try:
        unknown = lab.unexamined(jobs(), now)
    except CarimgError:  # a set was deleted meanwhile
        return
    if not unknown or not st.button(t("lab.check", n=len(unknown)), key="lab_check", icon=":material/fact_check:"):
        return
    bar = st.progress(0.0, text=t("lab.checking"))
    try:
        for number, set_id in enumerate(unknown, 1):
            jobs().report(set_id)
            bar.progress(number / len(unknown), text=t("lab.checking"))
    except CarimgError as exc:
        st.toast(plain(sentence(exc, t)), icon=":material/error:")
    st.rerun(scope="fragment")


def _repeat_name(t: Texts, number: int) -> str:
    return t("lab.repeat", number=number)


def _grid_picture(at_hand: Jobs, now: GridSnapshot, names: Names, t: Texts, titles: dict[str, str]) -> bytes:
    """The grid as one picture. Runs in a thread without a session, so everything it needs is handed in."""
    base = now.grid.base
    car = f"{base.car.title} · {display_id(base.session_id or '')}"

    def line(view: View) -> str:
        if view.state is not ViewState.DONE:
            return t(f"view.{view.state}")
        return caption(t, titles.get(view.engine, view.engine), view)

    def verdict(run: Snapshot) -> str:
        report = at_hand.reports.known(run) if len(run.drawn) > 1 and not run.changing else None
        return t(f"report.title.{report.verdict}") if report else ""

    return grid_picture(now, names, at_hand.store.read_picture, line, verdict, car)
