"""The field that tells what is typed, without a browser: which text counts."""

from __future__ import annotations

import json
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest


def page() -> None:
    import streamlit as st

    from carimg.ui.lab.live_text import live_text, take_in

    st.session_state.setdefault("note", "first")
    if "said" in st.session_state:
        st.session_state["note_field"] = {"text": st.session_state.pop("said")}
        take_in("note")
        del st.session_state["note_field"]
    live_text("Note", "note", wrong="Line 1: no", line=1, hint="Any text")


@pytest.fixture
def at() -> AppTest:
    return AppTest.from_function(page).run()


def shown(at: AppTest) -> dict[str, Any]:
    assert not at.exception
    return dict(json.loads(at.get("bidi_component")[0].proto.json))


def said(at: AppTest, text: str, number: int, moment: int) -> dict[str, Any]:
    at.session_state["said"] = {"text": text, "number": number, "at": moment}
    return shown(at.run())


def test_the_browser_gets_the_text_and_what_is_wrong_with_it(at: AppTest) -> None:
    """Label, text, sentence, line and hint go to the field."""
    got = shown(at)
    assert (got["label"], got["text"], got["hint"]) == ("Note", "first", "Any text")
    assert (got["wrong"], got["line"]) == ("Line 1: no", 1)


def test_what_is_typed_comes_in_and_goes_back_under_the_same_number(at: AppTest) -> None:
    """The browser keeps what it has while the number stays, whatever the echo says."""
    number = shown(at)["number"]
    got = said(at, "typed", number, 1)
    assert (at.session_state["note"], got["number"]) == ("typed", number)


def test_a_text_from_elsewhere_gets_a_new_number(at: AppTest) -> None:
    """Code that sets the text reaches the field, also with a text that was there before."""
    number = shown(at)["number"]
    said(at, "typed", number, 1)
    at.session_state["note"] = "first"
    got = shown(at.run())
    assert (got["text"], got["number"]) == ("first", number + 1)


def test_what_was_typed_into_a_replaced_text_does_not_count(at: AppTest) -> None:
    """A message that was on its way when the text was replaced changes nothing; the next one does."""
    number = shown(at)["number"]
    at.session_state["note"] = "kept version"
    at.run()
    assert said(at, "too late", number, 1)["text"] == "kept version"
    assert said(at, "kept version, changed", number + 1, 2)["text"] == "kept version, changed"


def test_a_message_counts_once(at: AppTest) -> None:
    """The browser's last message stands in the session until the next; code may replace the text meanwhile."""
    number = shown(at)["number"]
    said(at, "typed", number, 1)
    at.session_state["note"] = "replaced"
    assert said(at, "typed", number, 1)["text"] == "replaced"


def test_a_session_that_begins_anew_takes_what_the_browser_still_has() -> None:
    """After the server was started again, the open field goes on with its text and its number."""
    at = AppTest.from_function(page)
    got = said(at, "typed before", 7, 1)
    assert (got["text"], got["number"]) == ("typed before", 7)
