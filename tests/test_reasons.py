"""Why a view was not drawn, as the pages say it."""

from __future__ import annotations

from test_faults import LEGACY, TABLE

from carimg.ui.reasons import nobody_drew, why
from carimg.ui.text import texts
from carimg.views import Attempt

KEY = Attempt("openai", "key", "OpenAI does not accept the key: check OPENAI_API_KEY.", 0.2)
SLOW = Attempt("pollinations", "timeout", "Pollinations gave no picture within 180 s.", 180.0)


def test_every_fault_of_the_table_has_a_sentence_in_both_languages() -> None:
    """Whatever ends a view on a remote engine is said in the visitor's language."""
    outcomes = {end.outcome for end in (*TABLE.values(), *LEGACY.values())} - {"ok"}
    for language in ("en", "uk"):
        assert not [outcome for outcome in sorted(outcomes) if not texts(language).has(f"reason.{outcome}")]


def test_a_reason_is_told_with_what_the_engine_said() -> None:
    """English shows the engine's own words; Ukrainian a sentence, then those words."""
    assert why(texts("en"), SLOW) == "Pollinations gave no picture within 180 s."
    assert why(texts("uk"), SLOW).startswith("Зображення не надійшло вчасно. (Pollinations gave")


def test_a_reason_without_a_sentence_is_told_as_it_came() -> None:
    """A service's code that nobody foresaw loses nothing."""
    assert why(texts("uk"), Attempt("x", "odd-code", "Never seen.", 0.1)) == "Never seen."


def test_a_view_that_nobody_drew_names_each_engines_last_word() -> None:
    """Two tries of one engine count once; without any attempt the view's own error is shown."""
    text = nobody_drew(texts("uk"), (KEY, SLOW, SLOW), "No engine drew this view.")
    assert text.startswith("Жоден рушій не намалював цей вид. Ключ не прийнято")
    assert text.count("Зображення не надійшло вчасно") == 1
    assert nobody_drew(texts("uk"), (), "It stopped.") == "It stopped."


def test_a_picture_that_was_not_kept_is_no_fault_of_the_engine() -> None:
    """What an engine drew and the store refused is told as such, with the store's own sentence."""
    attempts = (SLOW, Attempt("studio", "ok", "", 2.0))
    text = nobody_drew(texts("en"), attempts, "The disk is full.")
    assert text == "The picture was drawn, but could not be kept. The disk is full."
    assert nobody_drew(texts("uk"), attempts, "The disk is full.").startswith("Зображення намальовано")
