"""What the pages say, in English and Ukrainian: locales/*.json as functions from a key and values to a text."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from carimg.errors import CatalogError

LOCALES = Path(__file__).parent.parent / "locales"
LANGUAGES = {"en": "English", "uk": "Українська"}
PLURALS = {"en": ("one", "other"), "uk": ("one", "few", "many")}
"""Plural forms of whole numbers by language (Unicode CLDR)."""

Entry = str | Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Texts:
    """All texts of one language. `texts('board.progress', done=2, n=3)` fills a text in; where a text has plural forms,
    the value `n` (a whole number) chooses one."""

    language: str
    entries: Mapping[str, Entry]

    def __call__(self, key: str, **values: object) -> str:
        entry = self.entries[key]
        if isinstance(entry, str):
            return entry.format(**values) if values else entry
        return entry[plural(self.language, int(str(values["n"])))].format(**values)

    def has(self, key: str) -> bool:
        return key in self.entries

    def number(self, value: float, digits: int = 1) -> str:
        """A number with a fixed count of digits and the language's decimal mark."""
        text = f"{value:,.{digits}f}"
        return text.translate(_UK_MARKS) if self.language == "uk" else text

    def name(self, thing: object) -> str:
        """The name of something of the catalogue, which carries `en` and `uk`."""
        return str(getattr(thing, self.language))


_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-!|:$~<>&])")
_UK_MARKS = str.maketrans({",": "\N{NO-BREAK SPACE}", ".": ","})


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


def plain(text: str) -> str:
    """A text from elsewhere (a name, an engine's message) for a place that reads Markdown: no sign in it counts."""
    return _MARKDOWN.sub(r"\\\1", text)


def language_of(locale: str | None) -> str:
    """The language for a browser's locale ('uk-UA', 'en', None): Ukrainian for Ukrainian, else English."""
    tag = (locale or "").lower().replace("_", "-").split("-")[0]
    return tag if tag in LANGUAGES else "en"
