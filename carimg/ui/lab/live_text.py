"""A field for longer texts that tells the page what is typed while it is typed, with line numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

_FIELD = st.components.v2.component(
    "carimg_live_text",
    html="""<div class="live-text"><label></label>
<div class="pane"><div class="lines" aria-hidden="true"></div>
<textarea rows="1" spellcheck="false" autocapitalize="off" autocomplete="off"></textarea></div>
<p role="status"></p></div>""",
    css=Path(__file__).with_suffix(".css").read_text("utf-8"),
    js=Path(__file__).with_suffix(".js").read_text("utf-8"),
    isolate_styles=False,
)


def take_in(key: str) -> None:
    """Put what the browser has told last into `st.session_state[key]`: before the text is read, in the page and in
    callbacks, which may run before the field's own."""
    state = st.session_state
    told: dict[str, Any] | None = state.get(_field(key), {}).get("text")
    if not told or told["at"] == state.get(_heard(key)):
        return
    state[_heard(key)] = told["at"]
    if state.setdefault(_number(key), told["number"]) == told["number"]:
        state[key] = state[_known(key)] = str(told["text"])


def live_text(label: str, key: str, *, wrong: str = "", line: int = 0, hint: str = "", max_chars: int = 20_000) -> None:
    """The field for the text `st.session_state[key]`, which the browser's text replaces and any other code may set.

    `wrong` says what is wrong with the text ('' = nothing) and stands below the field in the place of `hint`; `line`
    (1 = the first, 0 = none) is marked. What somebody types comes 0.3 s after the last key, when the field is left
    and at Ctrl+Enter. The browser takes a text from here only when it has a new number, so that an answer to an older
    text never replaces what has been typed since.
    """
    state = st.session_state
    if state[key] != state.get(_known(key)):
        state[_number(key)] = state.get(_number(key), 0) + 1
        state[_known(key)] = state[key]
    _FIELD(
        key=_field(key),
        data={
            "text": state[key], "number": state[_number(key)], "label": label, "wrong": wrong, "line": line,
            "hint": hint, "max": max_chars,
        },
        on_text_change=lambda: take_in(key),
    )  # fmt: skip


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
