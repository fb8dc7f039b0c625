"""Every sentence that people read, in English and Ukrainian: ui/locales/*.json as functions from a key and values to a
text."""

from __future__ import annotations

import json
import string
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from carimg.errors import CatalogError

LOCALES = Path(__file__).parent / "ui" / "locales"
LANGUAGES = {"en": "English", "uk": "Українська"}
PLURALS = {"en": ("one", "other"), "uk": ("one", "few", "many")}
"""Plural forms of whole numbers by language (Unicode CLDR)."""
MARKS = {"en": {}, "uk": str.maketrans({",": "\N{NO-BREAK SPACE}", ".": ",", "%": " %"})}
"""What a language writes in place of Python's marks of thousands, decimals and percent."""

Entry = str | Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Texts:
    """All texts of one language. `texts('board.progress', done=2, n=3)` fills a text in; where a text has plural forms,
    the value `n` (a whole number) chooses one. A gap can say how its number is written, '{delta:.1f}' or '{share:.0%}':
    digits as it says, marks as the language has them."""

    language: str
    entries: Mapping[str, Entry]

    def __call__(self, key: str, /, **values: object) -> str:
        entry = self.entries[key]
        if not isinstance(entry, str):
            entry = entry[plural(self.language, int(str(values["n"])))]
        return _Filler(self.language).vformat(entry, (), values) if values else entry

    def has(self, key: str) -> bool:
        return key in self.entries

    def number(self, value: float, digits: int = 1) -> str:
        """A number with a fixed count of digits."""
        return written(self.language, value, f",.{digits}f")

    def percent(self, share: float, digits: int = 0) -> str:
        """0 … 1 as a percentage."""
        return written(self.language, share, f".{digits}%")

    def name(self, thing: object) -> str:
        """The name of something of the catalogue, which carries `en` and `uk`."""
        return str(getattr(thing, self.language))


class _Filler(string.Formatter):
    """`str.format` with the numbers of a language."""

    def __init__(self, language: str) -> None:
        self.language = language

    def format_field(self, value: Any, format_spec: str) -> str:
        if format_spec and isinstance(value, int | float):
            return written(self.language, value, format_spec)
        return format(value, format_spec)


def written(language: str, value: float, spec: str) -> str:
    """A number by a format of Python's ('.1f', ',.0f', '.0%'), with the language's marks."""
    return format(value, spec).translate(MARKS[language])


def plural(language: str, n: int) -> str:
    """The plural form of a whole number, by the rules of Unicode CLDR."""
    if language != "uk":
        return "one" if n == 1 else "other"
    if n % 10 == 1 and n % 100 != 11:
        return "one"
    return "few" if n % 10 in (2, 3, 4) and n % 100 not in (12, 13, 14) else "many"


@cache
def texts(language: str) -> Texts:
    """The texts of a language of LANGUAGES. Raises CatalogError for a damaged file."""
    path = LOCALES / f"{language}.json"
    try:
        return Texts(language, json.loads(path.read_text("utf-8")))
    except (OSError, ValueError) as exc:
        raise CatalogError(f"{path.name}: {exc}") from exc
