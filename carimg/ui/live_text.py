"""A field for longer texts that tells the page what is typed while it is typed, with line numbers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

_ASSETS = Path(__file__).parent / "assets"
_FIELD = st.components.v2.component(
    "carimg_live_text",
    html="""<div class="live-text"><label></label>
<div class="pane"><div class="lines" aria-hidden="true"></div>
<textarea rows="1" spellcheck="false" autocapitalize="off" autocomplete="off"></textarea></div>
<p role="status"></p></div>""",
    css=(_ASSETS / "live_text.css").read_text("utf-8"),
    js=(_ASSETS / "live_text.js").read_text("utf-8"),
    isolate_styles=False,
)


def live_text(
    label: str, key: str, judge: Callable[[str], tuple[str, int]], *, hint: str = "", max_chars: int = 20_000
) -> None:
    """The field for the text `st.session_state[key]`, which the browser's text replaces and any other code may set.

    `judge` says of a text what is wrong with it ('' = nothing) and in which line (from 1; 0 = in none): the sentence
    stands below the field in the place of `hint`, and the line is marked. What somebody types comes 0.3 s after the
    last key, when the field is left and at Ctrl+Enter. The browser takes a text from here only when it has a new
    number, so that an answer to an older text never replaces what has been typed since.
    """
    state = st.session_state
    take_in(key)
    if state[key] != state.get(_known(key)):
        state[_number(key)] = state.get(_number(key), 0) + 1
        state[_known(key)] = state[key]
    wrong, line = judge(state[key])
    _FIELD(
        key=_field(key),
        data={
            "text": state[key], "number": state[_number(key)], "label": label, "wrong": wrong, "line": line,
            "hint": hint, "max": max_chars,
        },
        on_text_change=lambda: take_in(key),
    )  # fmt: skip


def take_in(key: str) -> None:
    """Put what the browser has said last into `st.session_state[key]`. Callbacks that use the text call this first:
    they may run before the field's own."""
    state = st.session_state
    said: dict[str, Any] | None = state.get(_field(key), {}).get("text")
    if not said or said["at"] == state.get(_heard(key)):
        return
    state[_heard(key)] = said["at"]
    if state.setdefault(_number(key), said["number"]) == said["number"]:
        state[key] = state[_known(key)] = str(said["text"])


def _field(key: str) -> str:
    return f"{key}_field"


def _known(key: str) -> str:
    """Session key of the text that the browser has, as far as is known here."""
    return f"{key}_known"


def _number(key: str) -> str:
    """Session key of the number of the last text that went to the browser."""
    return f"{key}_number"


def _heard(key: str) -> str:
    """Session key of the moment of the last text that came from the browser."""
    return f"{key}_heard"
