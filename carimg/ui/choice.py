"""Widgets that choose among options with translated names.

A browser holds a choice by the name it shows, so after a change of language it would send back a name that nobody knows
any more. Here other names make another widget, which starts with what is chosen; the choice itself lives in the session
under a key that is no widget's.

A browser also goes on sending what it holds for a moment after a widget has left the page. The widget's state is kept,
so that this is no news; and what is chosen already is not taken for a new choice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

_KEEP: dict[str, Any] = {"persist_state": "session"}


def choice(
    draw: Callable[..., Any],
    label: str,
    options: Sequence[Any],
    key: str,
    *,
    format_func: Callable[[Any], str] = str,
    own: bool = False,
    optional: bool = False,
    then: Callable[[], None] | None = None,
    **style: Any,
) -> Any:
    """Draw a widget that chooses one of `options` (`st.selectbox`, `st.pills`, `st.segmented_control`), and return what
    is chosen; it stands in the session under `key`, where callbacks may read it and write it.

    A choice that is not among the options falls back to the first one, or to None where it is `optional`; with `own`,
    texts of the visitor's own are kept. `then` is called when somebody has chosen.
    """
    state, widget = st.session_state, _widget(key, options, format_func)
    chosen = state.get(key)
    if chosen not in options and not (own and chosen):
        chosen = None if optional or not options else options[0]
    state[key] = state[widget] = chosen
    shown = [*options, chosen] if own and chosen not in options else options
    extra = {"accept_new_options": True} if own else {}
    draw(
        label, shown, key=widget, format_func=format_func, on_change=_take, args=(widget, key, then), **_KEEP, **extra,
        **style,
    )  # fmt: skip
    return state[key]


def choices(
    label: str,
    options: Sequence[Any],
    key: str,
    *,
    format_func: Callable[[Any], str] = str,
    own: bool = False,
    **style: Any,
) -> list[Any]:
    """The same for several options at once: a `st.multiselect`. What is chosen and no option any more is left out."""
    state, widget = st.session_state, _widget(key, options, format_func)
    chosen = [one for one in state.get(key) or () if own or one in options]
    state[key] = state[widget] = chosen
    shown = [*options, *(one for one in chosen if one not in options)]
    st.multiselect(
        label, shown, key=widget, format_func=format_func, on_change=_take, args=(widget, key, None),
        accept_new_options=own, **_KEEP, **style,
    )  # fmt: skip
    return list(state[key])


def _widget(key: str, options: Sequence[Any], format_func: Callable[[Any], str]) -> str:
    """The widget's own key: a new one as soon as an option has another name than before."""
    state, names = st.session_state, {one: format_func(one) for one in options}
    before, turn = state.get(f"{key}_names", (names, 0))
    if any(before.get(one, name) != name for one, name in names.items()):
        turn += 1
    state[f"{key}_names"] = names, turn
    return f"{key}_{turn}"


def _take(widget: str, key: str, then: Callable[[], None] | None) -> None:
    state = st.session_state
    if state[widget] == state.get(key):
        return
    state[key] = state[widget]
    if then is not None:
        then()
