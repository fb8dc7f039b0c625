"""The report's sentences on pages."""

from __future__ import annotations

import re
import string

import pytest

from carimg.consistency import Message, PairKind, Plausibility, State, Verdict
from carimg.consistency.masks import MaskSource
from carimg.consistency.messages import ANGLES
from carimg.ui.consistency.sentences import message_text
from carimg.ui.i18n import LANGUAGES, texts
from tests.support.messages import KEYS


def gaps(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def sample(key: str) -> Message:
    """The message with every gap filled as the report fills it."""
    angles = {name: ("front", "rear") if name.endswith("s") else "side" for name in ANGLES}
    words = {"hex": "#112233", "consensus": "#445566", "requested": "#778899", "heading": "quarter", "why": "late."}
    known = angles | words | {"evidence": "Same wheels.", "reason": Message("angle.turned")}
    return Message(key, {gap: known.get(gap, 0.25) for gap in gaps(str(texts("en").entries[f"report.{key}"]))})


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("key", KEYS)
def test_every_sentence_is_said_in_both_languages(key: str, language: str) -> None:
    """Each message has a text in letters of its language, and no gap, id or key is left in it."""
    text = message_text(texts(language), sample(key))
    assert "{" not in text and "three_quarter" not in text
    assert any("а" <= letter <= "я" for letter in text.lower()) == (language == "uk")


@pytest.mark.parametrize("key", KEYS)
def test_english_pages_say_what_rest_says(key: str) -> None:
    """One sentence, names of angles and signs of Markdown apart."""
    page = re.sub(r"[*`\\]", "", message_text(texts("en"), sample(key)))
    assert page.lower() == sample(key).text.lower()


@pytest.mark.parametrize(
    ("language", "verdict", "reason"),
    [
        (
            "en",
            "Not one car: **Rear** is the odd one out. ",
            "Another paint: `#112233` where the other views have `#445566` (ΔE 12.3).",
        ),
        (
            "uk",
            "Це не одне авто: вирізняється вид **Ззаду**. ",
            "Інша фарба: `#112233`, а на інших видах `#445566` (ΔE 12,3).",
        ),
    ],
)
def test_a_reason_within_a_sentence(language: str, verdict: str, reason: str) -> None:
    """The reason is in the same language, with its own decimal mark."""
    why = Message("paint.red", {"hex": "#112233", "consensus": "#445566", "delta": 12.34})
    assert message_text(texts(language), Message("verdict.odd", {"angle": "rear", "reason": why})) == verdict + reason


def test_shares_are_percentages() -> None:
    """As many digits as in English, and the space that Ukrainian puts before the sign."""
    message = Message("pair.features", {"other": "side", "share": 0.0123})
    assert "(1.2%)" in message_text(texts("en"), message)
    assert "(1,2 %)" in message_text(texts("uk"), message)


def test_a_judges_words_are_no_markdown() -> None:
    """What a model writes is shown as it is."""
    text = message_text(texts("en"), Message("judge.vision.same", {"evidence": "![x](http://a.b) :red[no]"}))
    assert "![x]" not in text and ":red[" not in text


@pytest.mark.parametrize(
    ("prefix", "values"),
    [
        ("title", Verdict),
        ("state", State),
        ("pair_state", State),
        ("plausibility", Plausibility),
        ("mask", MaskSource),
        ("compared", PairKind),
    ],
)
def test_every_finding_has_a_word(prefix: str, values: type) -> None:
    """Verdicts, states and sources have a text each."""
    assert all(texts("en").has(f"report.{prefix}.{value}") for value in values)
