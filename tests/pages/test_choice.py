"""Choices that outlast their widgets, without a browser."""

from __future__ import annotations

from typing import Any

from streamlit.testing.v1 import AppTest

from tests.pages.conftest import choice_of


def page() -> None:
    import streamlit as st

    from carimg.ui.choice import choice, choices

    def loaded() -> None:
        st.session_state["loaded"] = st.session_state.get("loaded", 0) + 1

    names = {"a": "Apple", "b": "Berry", "c": "Cherry"}
    if st.toggle("Ukrainian", key="uk"):
        names = {"a": "Яблуко", "b": "Ягода", "c": "Черешня"}
    st.text_input("Options", "abc", key="there")
    if st.toggle("Shown", value=True, key="shown"):
        there = list(st.session_state["there"])
        choice(st.selectbox, "One", there, "one", format_func=names.__getitem__, then=loaded)
        choice(st.selectbox, "Own", there, "own", format_func=lambda it: names.get(it, it), own=True)
        choices("Many", there, "many", format_func=names.__getitem__)
        st.session_state["seen"] = [st.session_state[key] for key in ("one", "own", "many")]


def opened() -> AppTest:
    return AppTest.from_function(page).run()


def seen(at: AppTest) -> list[Any]:
    assert not at.exception
    return list(at.session_state["seen"])


def test_a_choice_outlasts_other_names() -> None:
    """In another language the selects show the other names, and hold what was chosen, however often it is switched."""
    at = opened()
    choice_of(at, "one").set_value("b").run()
    at.multiselect[0].set_value(["c", "a"]).run()
    for ukrainian in (True, False, True):
        at.toggle(key="uk").set_value(ukrainian).run()
        assert seen(at) == ["b", "a", ["c", "a"]]
        assert choice_of(at, "one").options[1] == ("Ягода" if ukrainian else "Berry")
    choice_of(at, "one").set_value("c").run()
    assert seen(at)[0] == "c"
    assert at.session_state["loaded"] == 2


def test_what_is_no_option_any_more_is_not_kept() -> None:
    """The first option takes its place, and of several chosen ones the rest stays."""
    at = opened()
    choice_of(at, "one").set_value("b").run()
    at.multiselect[0].set_value(["b", "c"]).run()
    at.text_input(key="there").set_value("ca").run()
    assert seen(at) == ["c", "a", ["c"]]


def test_a_text_of_ones_own_is_kept_where_it_may_be() -> None:
    """It stands among the options, and outlasts another language."""
    at = opened()
    at.session_state["own"] = "Damson"
    at.toggle(key="uk").set_value(True).run()
    assert seen(at)[1] == "Damson"
    assert "Damson" in choice_of(at, "own").options


def test_what_a_browser_goes_on_sending_is_no_choice() -> None:
    """A select that has just left the page is still in the next message: nothing is loaded by it, and a choice
    that was made elsewhere meanwhile stays."""
    at = opened()
    choice_of(at, "one").set_value("b").run()
    late = at._tree.get_widget_states()
    at.toggle(key="shown").set_value(False).run()
    at.session_state["one"] = "c"
    for widget in late.widgets:
        if "shown" in widget.id:
            widget.bool_value = False
    at._run(late)
    assert at.session_state["loaded"] == 1
    assert at.session_state["one"] == "c"


def test_a_name_of_another_language_that_comes_late_is_no_choice() -> None:
    """Whoever is quicker than the page sends names of the language that was left: what was chosen stays."""
    at = opened()
    choice_of(at, "one").set_value("b").run()
    at.multiselect[0].set_value(["c", "a"]).run()
    late = at._tree.get_widget_states()
    at.toggle(key="uk").set_value(True).run()
    for widget in late.widgets:
        if "-uk" in widget.id:
            widget.bool_value = True
    at._run(late)
    assert seen(at) == ["b", "a", ["c", "a"]]
