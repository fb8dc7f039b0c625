"""Texts of the pages."""

from __future__ import annotations

import json
import re
import string

import pytest

from carimg.spec import Fallback, Strategy
from carimg.ui.text import LANGUAGES, LOCALES, PLURALS, language_of, plain, plural, texts
from carimg.views import SetState, ViewState

ROOT = LOCALES.parent.parent
SOURCES = [*(ROOT / "pages").glob("*.py"), *(ROOT / "carimg" / "ui").glob("*.py")]
ENTRIES = {language: json.loads((LOCALES / f"{language}.json").read_text("utf-8")) for language in LANGUAGES}


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def forms(entry: str | dict[str, str]) -> list[str]:
    return [entry] if isinstance(entry, str) else list(entry.values())


def test_languages_say_the_same_things() -> None:
    """Every language has the same keys, filled in with the same values, and no empty text."""
    assert ENTRIES["en"].keys() == ENTRIES["uk"].keys()
    for key, entry in ENTRIES["en"].items():
        other = ENTRIES["uk"][key]
        assert set().union(*map(fields, forms(entry))) == set().union(*map(fields, forms(other))), key
        assert all(text.strip() for text in (*forms(entry), *forms(other))), key


def test_plurals_are_complete() -> None:
    """A text with plural forms has all those of its language."""
    for language, entries in ENTRIES.items():
        for key, entry in entries.items():
            assert isinstance(entry, str) or tuple(entry) == PLURALS[language], (language, key)


def test_ukrainian_is_not_english() -> None:
    """Every text longer than a few letters is translated."""
    same = {key for key, entry in ENTRIES["en"].items() if entry == ENTRIES["uk"][key]}
    assert all(not re.search("[a-z]{3}", str(ENTRIES["en"][key].format_map(AnyValue()))) for key in same), same


class AnyValue(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return ""


def test_pages_ask_for_texts_that_are_there() -> None:
    """Every key in the code is in the locales, and every key of the locales is used."""
    used = set()
    for source in SOURCES:
        used |= set(re.findall(r"""\bt\(\s*f?["']([a-z_.{}\[\]'\w-]+)["']""", source.read_text("utf-8")))
        used |= set(re.findall(r"""["']([a-z]+\.[a-z_]+)["'] if """, source.read_text("utf-8")))
        used |= set(re.findall(r""" else ["']([a-z]+\.[a-z_]+)["']""", source.read_text("utf-8")))
    patterns = [re.sub(r"\\\{.*?\\\}", ".+", re.escape(key)) for key in used]
    keys = ENTRIES["en"].keys()
    assert [key for key in used if "{" not in key and key not in keys] == []
    unused = [key for key in keys if not any(re.fullmatch(pattern, key) for pattern in [*patterns, r"wrong\..+"])]
    assert unused == []


@pytest.mark.parametrize(
    ("prefix", "values"),
    [
        ("set", SetState),
        ("view", ViewState),
        ("strategy", Strategy),
        ("strategy_help", Strategy),
        ("fallback", Fallback),
    ],
)
def test_every_state_has_a_name(prefix: str, values: type) -> None:
    """States and choices of the core have a text each."""
    assert all(f"{prefix}.{value}" in ENTRIES["en"] for value in values)


@pytest.mark.parametrize(
    ("n", "form"),
    [
        (0, "many"),
        (1, "one"),
        (2, "few"),
        (4, "few"),
        (5, "many"),
        (11, "many"),
        (12, "many"),
        (21, "one"),
        (112, "many"),
        (103, "few"),
    ],
)
def test_ukrainian_plurals(n: int, form: str) -> None:
    """1, 21 one; 2-4 few; 0, 5-20 many."""
    assert plural("uk", n) == form


def test_numbers_follow_the_language() -> None:
    """Decimal point in English, decimal comma in Ukrainian."""
    assert texts("en").number(1234.56) == "1,234.6"
    assert texts("uk").number(1234.56) == "1\N{NO-BREAK SPACE}234,6"


@pytest.mark.parametrize(
    ("locale", "language"), [("uk-UA", "uk"), ("UK", "uk"), ("en-GB", "en"), ("de", "en"), (None, "en")]
)
def test_the_browsers_language(locale: str | None, language: str) -> None:
    """Ukrainian for Ukrainian browsers, English for all others."""
    assert language_of(locale) == language


def test_foreign_text_is_no_markdown() -> None:
    """Signs of Markdown in a text from elsewhere are shown, not obeyed."""
    assert plain("![x](http://a.b) :red[no] $x$ <b>") == (r"\!\[x\]\(http\://a.b\) \:red\[no\] \$x\$ \<b\>")
