"""What went wrong, as the pages say it."""

from __future__ import annotations

import pytest

from carimg.domain.view import Attempt
from carimg.errors import CarimgError, InputError, NotThere, StoreError, TemplateError
from carimg.ui.i18n import texts
from carimg.ui.sentences import nobody_drew, sentence, template_sentence, why
from tests.engines.test_responses import LEGACY, TABLE

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


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (InputError("year", "1800 is no year."), "The year must be a whole number from 1886 to next year."),
        (InputError("unforeseen", "This cannot be."), "This cannot be."),
        (NotThere("grid"), "There is no such grid. It may have been deleted, or the link is incomplete."),
        (StoreError("The disk is full."), "The disk is full."),
    ],
)
def test_an_error_is_told_in_the_visitors_words(error: CarimgError, text: str) -> None:
    """Where the locales have a sentence for it; else in the error's own words."""
    assert sentence(error, texts("en")) == template_sentence(error, texts("en")) == text
    own = text == str(error) and not isinstance(error, NotThere)
    assert (sentence(error, texts("uk")) == text) is own


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (TemplateError("x", 3, reason="unknown", about="brnd"), "Line 3: there is no variable “brnd”; the list below"),
        (TemplateError("x", reason="refused", about="function calls"), "function calls cannot be used in a prompt"),
        (TemplateError("In its own words.", 2, reason="unforeseen"), "In its own words."),
    ],
)
def test_a_wrong_template_is_told_with_its_line(error: TemplateError, text: str) -> None:
    """The line where one is known, what it is about, and the error's own words where there is no sentence."""
    assert template_sentence(error, texts("en")).startswith(text)


def test_what_a_template_may_not_have_is_named_in_the_visitors_language() -> None:
    """Names of several words too."""
    error = TemplateError("x", reason="refused", about="function calls")
    assert "function" not in template_sentence(error, texts("uk"))
