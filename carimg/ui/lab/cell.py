"""One cell of a grid: its pictures, their facts or the spread over several, its prompt, and its way to stop."""

from __future__ import annotations

import streamlit as st

from carimg.domain.catalog import Angle, catalog
from carimg.domain.view import View, ViewState
from carimg.errors import CarimgError, StoreError
from carimg.generation.lab import run as lab
from carimg.generation.lab.run import Cell, GridSnapshot
from carimg.generation.live import Snapshot
from carimg.ui.consistency.verdict import verdict_line
from carimg.ui.drawings import placeholder
from carimg.ui.generate.card import BUSY
from carimg.ui.i18n import Texts, plain
from carimg.ui.names import angle_name
from carimg.ui.sentences import sentence
from carimg.ui.session import go, jobs, open_set, words

LARGE = 12
"""Up to so many pictures of a grid are shown in full, more as thumbnails."""


def lab_cell(t: Texts, now: GridSnapshot, cell: Cell, column: str) -> None:
    """Show a cell under the name of its column."""
    with st.container(border=True, height="stretch", gap="xsmall", key=f"lab_cell_{cell.row}_{cell.column}"):
        if column:
            st.markdown(f"**{plain(column)}**")
        with st.container(key=pictures_key(cell)):
            _pictures(t, now, cell)
        st.caption(_facts(t, now, cell))
        for line in _verdicts(t, cell):
            st.markdown(line)
        if error := _error(cell):
            st.markdown(f":red[:material/error:] {plain(error)}")
        st.space("stretch")
        with st.container(horizontal=True, gap="xsmall"):
            if any(cell.runs):
                _details(t, cell)
            if cell.live:
                st.button(
                    t("lab.cancel"), key=f"lab_cancel_{cell.row}_{cell.column}", icon=":material/stop_circle:",
                    type="tertiary", on_click=cancel, args=(now.lab_id, cell.row, cell.column),
                )  # fmt: skip


def pictures_key(cell: Cell) -> str:
    """Key of the container of a cell's pictures."""
    return f"lab_pictures_{cell.row}_{cell.column}"


def _pictures(t: Texts, now: GridSnapshot, cell: Cell) -> None:
    """The cell's pictures, a line a repeat where it has several angles."""
    views = [(angle, view) for line in cell.views for angle, view in zip(cell.shown, line, strict=True)]
    large = now.grid.pictures <= LARGE
    if len(views) == 1:
        _picture(t, now, cell, *views[0], large=large)
        return
    columns = len(cell.shown) if 1 < len(cell.shown) <= 4 else 2 if len(views) in (2, 4) else 3
    with st.grid(columns, min_column_width=70, gap="xxsmall"):
        for angle, view in views:
            _picture(t, now, cell, angle, view, large=large)


def _picture(t: Texts, now: GridSnapshot, cell: Cell, angle_id: str, view: View | None, *, large: bool) -> None:
    data, name = _bytes(view, large=large), angle_name(t, angle_id)
    if data is not None:
        st.image(data, width="stretch", output_format="JPEG", alt=name)
        return
    angle = catalog().angle(angle_id) or Angle(angle_id, angle_id, angle_id, angle_id, 0.0, 0.0)
    state = t(f"view.{view.state}") if view else _absent(t, cell)
    moving = view is not None and view.state in BUSY
    st.image(placeholder(angle, now.grid.base.size, moving), width="stretch", alt=f"{name}: {state}")


def _bytes(view: View | None, *, large: bool) -> bytes | None:
    if view is None:
        return None
    if view.sha256:
        try:
            return jobs().store.read_picture(view.page_sha256 if large else view.sha256, "page" if large else "thumb")
        except StoreError:
            return None
    return view.partial


def _facts(t: Texts, now: GridSnapshot, cell: Cell) -> str:
    """What stands under a cell: one picture's own facts, or the spread over several."""
    views = [view for line in cell.views for view in line]
    if len(views) == 1:
        return _one(t, cell, views[0])
    parts = [t("lab.of", done=len(cell.done), n=len(views))]
    parts += [jobs().engines.title(name) for name in dict.fromkeys(view.engine for view in cell.done)]
    if seconds := cell.seconds:
        numbers = {name: t.number(getattr(seconds, name)) for name in ("low", "mean", "high")}
        parts.append(t("lab.seconds_spread", **numbers))
    if cell.cost_usd:
        parts.append(t("lab.cost", usd=t.number(cell.cost_usd, 3)))
    if len(cell.runs) > 1 and not now.changing and (apart := lab.paint_spread(jobs(), cell)) is not None:
        parts.append(t("lab.paint_spread", delta=t.number(apart)))
    return " · ".join(map(plain, parts))


def judged(cell: Cell) -> tuple[Snapshot, ...]:
    """The sets of a cell that a report can be about: those with more than one picture."""
    return tuple(run for run in cell.runs if run and len(run.views) > 1 and (run.changing or len(run.drawn) > 1))


def _verdicts(t: Texts, cell: Cell) -> list[str]:
    """Is it one car? A line a repeat."""
    lines = [verdict_line(t, run) for run in judged(cell)]
    if len(cell.runs) < 2:
        return lines
    return [f"{t('lab.repeat', number=number)}: {line}" for number, line in enumerate(lines, 1)]


def _absent(t: Texts, cell: Cell) -> str:
    return t("lab.waiting") if cell.waiting else t("lab.gone")


def _one(t: Texts, cell: Cell, view: View | None) -> str:
    if view is None:
        return _absent(t, cell)
    if view.state is not ViewState.DONE:
        return t(f"view.{view.state}")
    return plain(caption(t, jobs().engines.title(view.engine), view))


def caption(t: Texts, engine: str, view: View) -> str:
    """One picture's facts in a line: engine, seconds of work, seed, cost."""
    parts = [engine, t("card.seconds", seconds=t.number(view.work_s)), t("card.seed", seed=view.seed)]
    if view.cost_usd:
        parts.append(t("lab.cost", usd=t.number(view.cost_usd, 3)))
    return " · ".join(parts)


def _error(cell: Cell) -> str:
    return next((view.error for line in cell.views for view in line if view and view.state is ViewState.FAILED), "")


def _details(t: Texts, cell: Cell) -> None:
    with st.popover(t("card.prompt"), icon=":material/notes:", type="tertiary", width="content"):
        first = next((view for line in cell.views for view in line if view and view.prompt), None)
        if first is not None and first.prompt is not None:
            st.caption(t("card.prompt_sent") if first.prompt.prompt_en else t("card.prompt"))
            st.code(first.prompt.sent, language=None, wrap_lines=True)
        for number, run in enumerate(cell.runs, 1):
            if run is None:
                continue
            label = t("lab.open_repeat", number=number) if len(cell.runs) > 1 else t("lab.open")
            key = f"lab_set_{cell.row}_{cell.column}_{number}"
            if st.button(label, key=key, icon=":material/open_in_full:"):
                open_set(run.set_id)
                go("generate")


def cancel(lab_id: str, row: int | None = None, column: int | None = None) -> None:
    """Stop a cell, or the whole grid (a callback)."""
    try:
        lab.cancel(jobs(), lab_id, row, column)
    except CarimgError as exc:
        st.toast(plain(sentence(exc, words())), icon=":material/error:")
