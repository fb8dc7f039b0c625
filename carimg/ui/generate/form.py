"""The order form: its fields live in the session, so they outlast page switches and can be filled from a stored set."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from carimg.domain.catalog import catalog
from carimg.domain.order import DEFAULT_SIZE, Fallback, Strategy
from carimg.errors import CarimgError, InputError
from carimg.ui.choice import choice
from carimg.ui.drawings import swatch
from carimg.ui.generate.ring import angle_ring, take_in
from carimg.ui.i18n import Texts, plain
from carimg.ui.sentences import sentence
from carimg.ui.session import jobs, open_set, words

AUTOMATIC = "auto"
SIZES = ("384x256", "768x512", "1024x1024", "1536x1024")
ANGLES = "form_angles"
EXTRA = "form_extra"
"""What a recalled order brings along that has no field: seeds, template, hints_off, prompts."""
WRONG = "form_wrong"
STARTED = "form_started"
_MORE = "form_more"
TWICE_S = 2.0
"""The same order within so many seconds is a double click, not a second order."""

_DEFAULTS: dict[str, Any] = {
    "form_brand": "Renault",
    "form_model": "Clio",
    "form_year": 2019,
    "form_color": "blue",
    "form_body": "hatchback",
    "form_engine": AUTOMATIC,
    "form_size": f"{DEFAULT_SIZE[0]}x{DEFAULT_SIZE[1]}",
    "form_session": "",
    "form_strategy": Strategy.HINTS.value,
    "form_fallback": Fallback.VIEW.value,
    "form_budget": None,
}
_KEEP: dict[str, Any] = {"persist_state": "session"}


def order_form(t: Texts) -> None:
    """The form with its button. What is wrong with an order stands beside its field until something is changed."""
    wrong = order_fields(t)
    _extras(t)
    st.button(
        t("form.generate"), type="primary", width="stretch", icon=":material/auto_awesome:", shortcut="Mod+Enter",
        key="form_go", on_click=start,
    )  # fmt: skip
    for field in wrong.keys() - _FIELDS:
        _complain(wrong, field)
    st.caption(_estimate(t), text_alignment="center")


def order_fields(t: Texts) -> Mapping[str, str]:
    """The fields of an order alone; returns what is wrong, by field, of which they have said what is theirs."""
    state = st.session_state
    for key, value in _DEFAULTS.items():
        state.setdefault(key, value)
    state.setdefault(EXTRA, {})
    wrong: Mapping[str, str] = state.pop(WRONG, {})
    _car_fields(t, wrong)
    angle_ring(t, ANGLES)
    _complain(wrong, "angles")
    _how_fields(t, wrong)
    return wrong


_FIELDS = {"brand", "model", "year", "color", "body_type", "angles", "size", "engines", "session_id", "budget_usd"}


def order() -> dict[str, Any]:
    """The order as the fields stand, in the form that `Order.parse` takes."""
    state = st.session_state
    engine = state["form_engine"]
    return {
        **state[EXTRA],
        "car": {
            "brand": state["form_brand"] or "",
            "model": state["form_model"] or "",
            "year": state["form_year"],
            "color": _color_name(state["form_color"]),
            "body_type": state["form_body"],
        },
        "angles": list(state[ANGLES]),
        "engines": [] if engine == AUTOMATIC else [engine],
        "size": state["form_size"] or "",
        "session_id": state["form_session"] or None,
        "strategy": state["form_strategy"],
        "fallback": state["form_fallback"],
        "budget_usd": state["form_budget"],
    }


def fill(order: Mapping[str, Any]) -> None:
    """Put an order into the fields; call it before they are drawn (in a callback). What the order leaves out goes back
    to its default."""
    state, car = st.session_state, order["car"]
    color = catalog().color(car["color"])
    known = catalog().colors.get(color.id)
    width, height = order.get("size", DEFAULT_SIZE) if not isinstance(order.get("size"), str) else (0, 0)
    engines = list(order.get("engines", ()))
    state.update(_DEFAULTS)
    state.update(
        form_brand=car["brand"],
        form_model=car["model"],
        form_year=int(car["year"]),
        form_color=known.id if known and known.en == car["color"] else car["color"],
        form_body=car["body_type"],
        form_engine=engines[0] if len(engines) == 1 else AUTOMATIC,
        form_size=f"{width}x{height}" if width else order["size"],
        form_session=order.get("session_id") or "",
        form_strategy=str(order.get("strategy", Strategy.HINTS)),
        form_fallback=str(order.get("fallback", Fallback.VIEW)),
        form_budget=order.get("budget_usd"),
    )
    state[ANGLES] = list(order["angles"])
    state[EXTRA] = {name: order[name] for name in ("seeds", "template", "hints_off", "prompts") if order.get(name)}


def take_over(order: Mapping[str, Any], what: str) -> None:
    """Take a stored order into the form; call it in a callback. `what` is 'everything', 'remix' (everything but the
    session id and the seeds), 'seeds' or 'prompt' (only those; the rest of the form stays as it is)."""
    if what == "everything":
        fill(order)
    elif what == "remix":
        fill({name: value for name, value in order.items() if name not in ("session_id", "seeds")})
    else:
        names = ("seeds",) if what == "seeds" else ("template", "hints_off", "prompts")
        kept = {name: value for name, value in st.session_state.get(EXTRA, {}).items() if name not in names}
        st.session_state[EXTRA] = kept | {name: order[name] for name in names if order.get(name)}


def start() -> None:
    """Begin the set that the form describes and open it on the board; wrong input is kept for the form to say."""
    take_in(ANGLES)
    t, wanted = words(), order()
    before, at = st.session_state.get(STARTED, (None, 0.0))
    if before == wanted and time.time() - at < TWICE_S:
        return
    try:
        set_id = jobs().start(jobs().parse(wanted))
    except InputError as exc:
        st.session_state[WRONG] = {exc.field: sentence(exc, t)}
    except CarimgError as exc:
        st.session_state[WRONG] = {"": sentence(exc, t)}
    else:
        st.session_state[STARTED] = (wanted, time.time())
        open_set(set_id)


def _car_fields(t: Texts, wrong: Mapping[str, str]) -> None:
    brands = _with_own([brand.name for brand in catalog().brands.values()], "form_brand")
    left, right = st.columns(2, gap="small", wrap=False)
    with left:
        st.selectbox(t("form.brand"), brands, key="form_brand", accept_new_options=True, **_KEEP)
        _complain(wrong, "brand")
    with right:
        st.text_input(t("form.model"), key="form_model", **_KEEP)
        _complain(wrong, "model")
    left, right = st.columns(2, gap="small", wrap=False)
    with left:
        st.number_input(t("form.year"), key="form_year", step=1, format="%d", **_KEEP)
        _complain(wrong, "year")
    with right:
        bodies = catalog().bodies
        choice(st.selectbox, t("form.body"), list(bodies), "form_body", format_func=_named(bodies, t))
        _complain(wrong, "body_type")
    _color_field(t, wrong)


def _color_field(t: Texts, wrong: Mapping[str, str]) -> None:
    colors = catalog().colors
    with st.container(horizontal=True, vertical_alignment="bottom", gap="xsmall"):
        choice(
            st.selectbox, t("form.color"), list(colors), "form_color", own=True, format_func=_named(colors, t),
            help=t("form.color_help"),
        )  # fmt: skip
        color = catalog().color(_color_name(st.session_state["form_color"]))
        st.image(swatch(color.hex), width=38, alt=t("form.swatch", hex=color.hex))
    _complain(wrong, "color")


def _how_fields(t: Texts, wrong: Mapping[str, str]) -> None:
    engines = jobs().engines
    left, right = st.columns(2, gap="small", wrap=False)
    with left:
        choice(
            st.selectbox, t("form.engine"), [AUTOMATIC, *engines.ids], "form_engine", help=t("form.engine_help"),
            format_func=lambda name: _engine_label(t, name),
        )  # fmt: skip
        _complain(wrong, "engines")
    with right:
        st.selectbox(
            t("form.size"), _with_own(list(SIZES), "form_size"), key="form_size", accept_new_options=True,
            help=t("form.size_help"), format_func=lambda size: size.replace("x", " × "), **_KEEP,
        )  # fmt: skip
        _complain(wrong, "size")
    with _more(t, opened=bool({"session_id", "budget_usd"} & wrong.keys())):
        st.text_input(
            t("form.session"), key="form_session", placeholder="CAR-1a2b3c4d", help=t("form.session_help"), **_KEEP
        )
        _complain(wrong, "session_id")
        strategies = [strategy.value for strategy in Strategy]
        strategy = choice(
            st.selectbox, t("form.strategy"), strategies, "form_strategy", format_func=lambda s: t(f"strategy.{s}")
        )
        st.caption(t(f"strategy_help.{strategy}"))
        choice(
            st.selectbox, t("form.fallback"), [f.value for f in Fallback], "form_fallback",
            format_func=lambda f: t(f"fallback.{f}"),
        )  # fmt: skip
        st.number_input(
            t("form.budget"), key="form_budget", min_value=0.0, step=0.1, format="%.2f",
            placeholder=t("form.budget_none"), **_KEEP,
        )  # fmt: skip
        _complain(wrong, "budget_usd")


def _more(t: Texts, *, opened: bool) -> DeltaGenerator:
    """The fields that few need, folded as they were left: under its own key, since another name makes it another
    widget."""
    state, widget = st.session_state, f"{_MORE}_{t.language}"
    state[widget] = state[_MORE] = opened or state.get(_MORE, False)

    def keep() -> None:
        state[_MORE] = state[widget]

    return st.expander(t("form.more"), icon=":material/tune:", key=widget, on_change=keep)


def _extras(t: Texts) -> None:
    """What the order carries without a field of its own, and a way to drop it."""
    extra: dict[str, Any] = st.session_state[EXTRA]
    for name in [name for name in ("seeds", "template", "hints_off", "prompts") if extra.get(name)]:
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
            st.caption(f":material/keep: {t(f'form.carries_{name}')}")
            st.button(
                t("form.drop"), key=f"form_drop_{name}", type="tertiary", icon=":material/close:",
                on_click=_drop, args=(name,),
            )  # fmt: skip


def _drop(name: str) -> None:
    st.session_state[EXTRA] = {key: value for key, value in st.session_state[EXTRA].items() if key != name}


def _complain(wrong: Mapping[str, str], field: str) -> None:
    if field in wrong:
        st.markdown(f":red[:material/error: {plain(wrong[field])}]")


def _color_name(value: str | None) -> str:
    """The catalogue's English name for a picked colour, so that nothing needs translating; else the text as typed."""
    color = catalog().colors.get(value or "")
    return color.en if color else value or ""


def _with_own(options: list[str], key: str) -> list[str]:
    """The options and, when the field holds a text of the visitor's own, that one."""
    value = st.session_state[key]
    return options if value in options or not value else [*options, value]


def _named(table: Mapping[str, object], t: Texts) -> Callable[[str], str]:
    return lambda name: t.name(table[name]) if name in table else name


def _engine_label(t: Texts, name: str) -> str:
    if name == AUTOMATIC:
        return t("form.automatic")
    engines = jobs().engines
    title = engines.title(name)
    return title if engines.ready(name) or engines.get(name) is None else t("form.not_ready", engine=title)


def _estimate(t: Texts) -> str:
    """What the set will be drawn with first, and what that should cost."""
    chosen = st.session_state["form_engine"]
    engine = jobs().engines.first_ready(() if chosen == AUTOMATIC else (chosen,))
    n = len(st.session_state[ANGLES])
    if engine is None:
        return t("form.no_engine")
    width, _, height = str(st.session_state["form_size"]).partition("x")
    size = (int(width), int(height)) if width.isdigit() and height.isdigit() else DEFAULT_SIZE
    cost = engine.estimate_usd(size) * n
    if cost == 0:
        return t("form.estimate_free", n=n, engine=engine.title)
    return t("form.estimate", n=n, engine=engine.title, usd=t.number(cost, 2))
