"""What a grid varies: one thing down the rows, another across the columns, how often each cell is repeated."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import streamlit as st

from carimg.domain.identity import display_id
from carimg.domain.order import Strategy
from carimg.errors import CarimgError
from carimg.generation.lab import run as lab
from carimg.generation.lab.grid import ALL_HINTS, MAX_REPEATS, NO_HINTS, Axis, AxisKind, Grid, Value, plan
from carimg.prompts.template import built_in, expand_variants, hint_names, variant_names
from carimg.ui.choice import choice, choices
from carimg.ui.generate.form import ANGLES, SIZES, order
from carimg.ui.generate.ring import take_in
from carimg.ui.i18n import Texts, plain
from carimg.ui.lab.template_editor import hints_off, source
from carimg.ui.names import angle_name
from carimg.ui.sentences import template_sentence
from carimg.ui.session import jobs, words

LAB = "lab"
"""Key of the open grid, in the session and in the address."""
AXIS_WIDTH = 200
"""Pixels below which rows and columns are asked for below each other."""
EDITOR = ("editor", 0)
BUILT_IN = ("", 0)
_STARTED = "lab_started"
_NOTHING = "none"
_TWICE_S = 2.0
_KEEP: dict[str, Any] = {"persist_state": "session"}


def open_lab(lab_id: str | None) -> None:
    """Make a grid the one that is shown, or none; the address follows, as with sets."""
    if lab_id:
        st.session_state[LAB] = lab_id
        st.query_params[LAB] = lab_id
    else:
        st.session_state.pop(LAB, None)
        st.query_params.pop(LAB, None)


def opened_lab() -> str | None:
    """The grid that is shown: the address first, then the session."""
    lab_id = st.query_params.get(LAB) or st.session_state.get(LAB)
    if lab_id:
        open_lab(lab_id)
    return lab_id


def grid_form(t: Texts) -> None:
    """Rows, columns, repeats; the price, and the button that begins."""
    st.session_state.setdefault("lab_repeats", 1)
    with st.container(border=True):
        with st.grid(2, min_column_width=AXIS_WIDTH, gap="medium"):
            with st.container():
                _axis_fields(t, "rows", AxisKind.PROMPTS, optional=False)
            with st.container():
                _axis_fields(t, "columns", AxisKind.ANGLES, optional=True)
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
            st.number_input(
                t("lab.repeats"), key="lab_repeats", min_value=1, max_value=MAX_REPEATS, step=1, width=150,
                help=t("lab.repeats_help"), **_KEEP,
            )  # fmt: skip
            planned = _planned(t)
            n = planned.pictures if isinstance(planned, Grid) else 0
            st.button(
                t("lab.run", n=n) if n else t("lab.run_none"), type="primary", icon=":material/science:",
                key="lab_go", on_click=_start, disabled=not n, shortcut="Mod+Enter",
            )  # fmt: skip
        if isinstance(planned, Grid):
            st.caption(_estimate(t, planned))
        else:
            st.markdown(f":red[:material/error: {plain(planned)}]")


def value_name(t: Texts, kind: AxisKind, value: Value) -> str:
    """What a row or a column is called."""
    if value.name:
        return value.name
    match kind:
        case AxisKind.PROMPTS:
            return t("template.built_in")
        case AxisKind.HINTS:
            return _hint_name(t, value.value)
        case AxisKind.ANGLES:
            return angle_name(t, value.value)
        case AxisKind.ENGINES:
            return jobs().engines.title(value.value)
        case AxisKind.STRATEGIES:
            return t(f"strategy.{value.value}")
        case AxisKind.SIZES:
            return value.value.replace("x", " × ")


def _hint_name(t: Texts, value: str) -> str:
    if value in (ALL_HINTS, NO_HINTS):
        return t(f"lab.hints_{value}")
    return t("lab.without", hint=t(f"template.hint_{value}")) if value in hint_names() else value


def _axis_fields(t: Texts, side: str, usual: AxisKind, *, optional: bool) -> None:
    """One axis: what it stands for, then which values."""
    kinds = [kind.value for kind in AxisKind] + ([_NOTHING] if optional else [])
    st.session_state.setdefault(f"lab_{side}", usual.value)
    choice(
        st.selectbox, t(f"lab.{side}"), kinds, f"lab_{side}", format_func=lambda kind: t(f"lab.kind_{kind}")
    )  # fmt: skip
    kind = _kind(side)
    if kind is None:
        st.caption(t("lab.one_column"))
    elif kind is AxisKind.ANGLES:
        picked = [angle_name(t, angle) for angle in st.session_state[ANGLES]]
        st.caption(t("lab.picked_angles", angles=", ".join(picked)) if picked else t("form.no_angles"))
    else:
        _values_field(t, side, kind)


def _kind(side: str) -> AxisKind | None:
    chosen = st.session_state[f"lab_{side}"]
    return None if chosen == _NOTHING else AxisKind(chosen)


def _values_field(t: Texts, side: str, kind: AxisKind) -> None:
    key = f"lab_{side}_{kind}"
    options = _options(kind)
    st.session_state.setdefault(key, _usual(kind, options))
    choices(
        t(f"lab.kind_{kind}"), options, key, own=kind is AxisKind.SIZES, label_visibility="collapsed",
        format_func=lambda one: _option_name(t, kind, one), placeholder=t("lab.choose"),
    )  # fmt: skip
    if kind is AxisKind.PROMPTS and EDITOR in st.session_state[key] and not source():
        st.caption(t("lab.editor_same"))


def _options(kind: AxisKind) -> list[Any]:
    match kind:
        case AxisKind.PROMPTS:
            return [BUILT_IN, EDITOR, *((one.name, one.version) for one in jobs().store.templates())]
        case AxisKind.HINTS:
            return [ALL_HINTS, *hint_names(), NO_HINTS]
        case AxisKind.ENGINES:
            return list(jobs().engines.ids)
        case AxisKind.STRATEGIES:
            return [strategy.value for strategy in Strategy]
        case AxisKind.SIZES:
            return list(SIZES)
        case AxisKind.ANGLES:
            return list(st.session_state[ANGLES])


def _usual(kind: AxisKind, options: Sequence[Any]) -> list[Any]:
    """What is chosen when an axis is first shown: few values that make a sensible grid."""
    if kind is AxisKind.ENGINES:
        return [name for name in options if jobs().engines.ready(name)]
    if kind is AxisKind.SIZES:
        return list(options[:2])
    return [ALL_HINTS, NO_HINTS] if kind is AxisKind.HINTS else list(options[:2])


def _option_name(t: Texts, kind: AxisKind, option: Any) -> str:
    if kind is not AxisKind.PROMPTS:
        return value_name(t, kind, Value(option))
    name, version = option
    if option == EDITOR:
        return t("lab.editor")
    return t("template.version", name=name, version=version) if version else t("template.built_in")


def _axis(t: Texts, side: str) -> Axis | None:
    """The axis as chosen. Raises StoreError, TemplateError."""
    kind = _kind(side)
    if kind is None:
        return None
    if kind is AxisKind.ANGLES:
        return Axis(kind, tuple(Value(angle) for angle in st.session_state[ANGLES]))
    chosen = st.session_state[f"lab_{side}_{kind}"]
    if kind is AxisKind.PROMPTS:
        return Axis(kind, _prompt_values(t, chosen))
    if kind is AxisKind.SIZES:
        chosen = ["x".join(one.lower().replace("×", "x").replace(" ", "").split("x")) for one in chosen]
    return Axis(kind, tuple(Value(one) for one in chosen))


def _prompt_values(t: Texts, chosen: Sequence[tuple[str, int]]) -> tuple[Value, ...]:
    """Templates with their choices spelt out; a prompt that is there already is left out."""
    values: dict[str, Value] = {}
    for name, version in chosen:
        if (name, version) == EDITOR:
            text, title = source(), t("lab.editor")
        elif version:
            text, title = jobs().store.template(name, version).source, t("template.version", name=name, version=version)
        else:
            text, title = "", ""
        text = "" if text.strip() == built_in().template.strip() else text
        if not text:
            values.setdefault("", Value(""))
            continue
        for variant, named in zip(expand_variants(text), variant_names(text), strict=True):
            values.setdefault(variant, Value(variant, f"{title} · {named}" if named else title))
    return tuple(values.values())


def _planned(t: Texts) -> Grid | str:
    """The grid as it would be run, or the sentence that says why it cannot be."""
    wanted = {**order(), "template": source() or None, "hints_off": hints_off(), "prompts": {}}
    try:
        rows, columns = _axis(t, "rows"), _axis(t, "columns")
        assert rows is not None
        return plan(jobs().parse(wanted), rows, columns, int(st.session_state["lab_repeats"]))
    except CarimgError as exc:
        return template_sentence(exc, t)


def _estimate(t: Texts, grid: Grid) -> str:
    rows, columns = grid.shape
    parts = [t("lab.shape", rows=rows, columns=columns, n=len(grid.runs))]
    try:
        cost = sum(jobs().engines.estimate_usd(run.order) for run in grid.runs)
    except CarimgError as exc:
        return plain(template_sentence(exc, t))
    parts.append(t("lab.estimate", usd=t.number(cost, 2)) if cost else t("lab.free"))
    session = order()["session_id"]
    parts.append(t("lab.session", session=display_id(session)) if session else t("lab.new_session"))
    return " · ".join(parts)


def _start() -> None:
    take_in(ANGLES)
    t = words()
    grid = _planned(t)
    if not isinstance(grid, Grid):
        return  # the page says why
    wanted = (repr(grid.rows), repr(grid.columns), grid.repeats, repr(order()))
    before, at = st.session_state.get(_STARTED, (None, 0.0))
    if before == wanted and time.time() - at < _TWICE_S:
        return
    try:
        lab_id = lab.start(jobs(), grid)
    except CarimgError as exc:
        st.toast(plain(template_sentence(exc, t)), icon=":material/error:")
        return
    st.session_state[_STARTED] = (wanted, time.time())
    open_lab(lab_id)
