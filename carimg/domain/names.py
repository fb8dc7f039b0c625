"""Names as people type them: one key for all spellings, and the forms Ukrainian adjectives take.

A key ignores case, diacritics, apostrophes, hyphens and blanks: 'Škoda', 'skoda' and 'SKODA' share one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator

TYPED_LETTERS = 240
"""Letters of a name as typed, before accents are joined and blanks folded: more than that is nobody's name, and is not
looked at, since joining accents takes time that grows with the square of their number."""

_LETTERS = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ґ": "г", "ı": "i", "æ": "ae", "œ": "oe"})
_APOSTROPHES = re.compile("['’ʼ`´ʹ]")
_WORD = re.compile(r"[^\W_]+")

_HARD = ("ий", "а", "е", "і", "ого", "ої", "ому", "ій", "у", "им", "ою", "их", "ими")
_SOFT = ("ій", "я", "є", "і", "ього", "ьої", "ьому", "ій", "ю", "ім", "ьою", "іх", "іми")
_RUSSIAN = ("ая", "ое", "ые", "ого", "ой", "ому", "ую", "ым", "ых", "ыми")


def words(text: str) -> list[str]:
    """The words of a text in their comparable form: casefolded, without diacritics and apostrophes.

    Hyphens and other signs separate words. Cyrillic й, ї, ё lose their marks like every other letter: a form to
    compare, not to show.
    """
    decomposed = unicodedata.normalize("NFKD", _APOSTROPHES.sub("", text).casefold())
    plain = "".join(c for c in decomposed if not unicodedata.combining(c)).translate(_LETTERS)
    return _WORD.findall(plain)


def key(text: str) -> str:
    """What a name is looked up by: its words without blanks, '' for a text without letters and digits, or for one that
    is longer than any name."""
    return "".join(words(text)) if len(text) <= TYPED_LETTERS else ""


def phrase(text: str) -> str:
    """Like `key`, but with one blank between the words: for texts in which the next word is another one."""
    return " ".join(words(text))


def forms(name: str) -> tuple[str, ...]:
    """All forms of a Ukrainian name whose adjectives are given in the masculine nominative, the phrase itself first.

    'темно-синій металік' → …, 'темно-синя металік', 'темно-синє металік', …: gender, number and case change in every
    adjective at once, other words stay. Russian adjectives in -ый and -ой are declined likewise. A name without an
    adjective has one form.
    """
    tables = [_declined(word) for word in name.split(" ")]
    count = max(len(table) for table in tables)
    found = (" ".join(table[min(i, len(table) - 1)] for table in tables) for i in range(count))
    return tuple(dict.fromkeys([name, *found]))


def _declined(word: str) -> tuple[str, ...]:
    stem, end = word[:-2], word[-2:]
    if len(stem) < 2:
        return (word,)
    if end == "ий":
        return tuple(stem + ending for ending in _HARD)
    if end == "ій":
        return tuple(stem + ending for ending in _SOFT)
    if end in ("ый", "ой"):
        return (word, *(stem + ending for ending in _RUSSIAN))
    return (word,)


def shown(text: str) -> str:
    """A typed text as a sentence may repeat it: short, and without what cannot be printed."""
    return "".join(char for char in text[:60] if char.isprintable())


def one_of(names: Iterable[str]) -> str:
    """'front, side or rear'."""
    *head, last = list(names)
    return f"{', '.join(head)} or {last}" if head else last


class NameTaken(ValueError):
    """Two entries claim one name: `entry` came second, `owner` had it."""

    def __init__(self, name: str, entry: str, owner: str) -> None:
        super().__init__(f"the name '{name}' already belongs to '{owner}'")
        self.entry = entry


def index(entries: Iterable[tuple[str, Iterable[str]]], by: Callable[[str], str] = key) -> dict[str, str]:
    """(id, names) pairs → id by key (or whatever `by` makes of a name). Names are taken in all their forms;
    the id is a name too.

    Raises NameTaken when two entries claim the same key.
    """
    found: dict[str, str] = {}
    for entry, names in entries:
        for name in _all_forms((entry, *names)):
            owner = found.setdefault(by(name), entry)
            if owner != entry:
                raise NameTaken(name, entry, owner)
    return found


def _all_forms(names: Iterable[str]) -> Iterator[str]:
    for name in names:
        yield from forms(name)
