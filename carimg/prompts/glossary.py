"""Ukrainian → English without a network: exact terms of the closed world of car descriptions, and transliteration.

Terms come from data/glossary.json and from the catalogue's own names. Common Russian spellings are understood too.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from carimg.domain.catalog import Catalog, catalog
from carimg.domain.names import NameTaken, forms, index, phrase
from carimg.errors import CatalogError

DATA = Path(__file__).parent / "data" / "glossary.json"

_CYRILLIC = re.compile("[\u0400-\u052f\u1c80-\u1c8f\u2de0-\u2dff\ua640-\ua69f]")
_APOSTROPHES = "'’ʼ"
_WORD = re.compile(rf"\d+/\d+|\bб/[ву]\b|[^\W_]+(?:[{_APOSTROPHES}][^\W_]+)*")
_SENTENCE_START = re.compile(r"(?:^|[.!?]\s|\n)[\s\"'«“„(]*$")
_CONSONANT_ENDS = ("а", "у", "ом", "і", "и", "ів")
_VOWEL_ENDS = {"а": ("и", "і", "у", "ою"), "я": ("ї", "ю", "єю")}


@dataclass(frozen=True, slots=True)
class Glossary:
    """English by phrase (`carimg.domain.names.phrase`): `terms` are ordinary words, `names` those of makes and models.

    `longest` is the greatest number of words in one entry.
    """

    terms: Mapping[str, str]
    names: Mapping[str, str]
    longest: int

    def find(self, name: str, capital: bool) -> str | None:
        """English for a phrase, None when it is not known.

        A word that is both is a name when it is written with a capital ('Джип'); names of up to three letters need one
        in any case ('МАН').
        """
        if capital:
            return self.names.get(name) or self.terms.get(name)
        return self.terms.get(name) or (self.names.get(name) if len(name) > 3 else None)


def has_cyrillic(text: str) -> bool:
    """Whether any letter of the text is Cyrillic."""
    return _CYRILLIC.search(text) is not None


def translate_terms(text: str) -> tuple[str, list[str]]:
    """The text with every known Cyrillic term in English, and the Cyrillic words that are left over, each once.

    Longest terms first, whole words only; blanks and hyphens may part the words of a term. Text that is not Cyrillic
    stays as it is. A term that starts a sentence with a capital keeps the capital.
    """
    text, glossary = unicodedata.normalize("NFC", text), built_in()
    tokens = list(_WORD.finditer(text))
    pieces: list[str] = []
    left: dict[str, None] = {}
    at = done = 0
    while at < len(tokens):
        count, english = _longest(text, tokens, at, glossary)
        if english is None:
            if has_cyrillic(tokens[at][0]):
                left[tokens[at][0]] = None
            at += 1
            continue
        start, end = tokens[at].start(), tokens[at + count - 1].end()
        pieces += [_gap(text[done:start], bool(pieces) and done > 0), _cased(english, text, start)]
        at, done = at + count, end
    return "".join([*pieces, text[done:]]), list(left)


def _longest(text: str, tokens: list[re.Match[str]], at: int, glossary: Glossary) -> tuple[int, str | None]:
    """How many tokens from `at` on make the longest known term, and its English; (0, None) for none."""
    run = _run(text, tokens, at, glossary.longest)
    capital = tokens[at][0][0].isupper()
    for count in range(len(run), 0, -1):
        if has_cyrillic("".join(run[:count])) and (
            english := glossary.find(" ".join(map(phrase, run[:count])), capital)
        ):
            return count, english
    return 0, None


def _run(text: str, tokens: list[re.Match[str]], at: int, longest: int) -> list[str]:
    """The words from `at` on that only blanks and hyphens part."""
    run = [tokens[at][0]]
    for before, token in zip(tokens[at:], tokens[at + 1 : at + longest], strict=False):
        if text[before.end() : token.start()].strip(" -‑–\u00a0\t"):
            break
        run.append(token[0])
    return run


def _gap(between: str, after_term: bool) -> str:
    """What stands between two terms: the hyphen of 'темно-жовтий' is none in English."""
    return " " if after_term and between in ("-", "‑") else between


def _cased(english: str, text: str, start: int) -> str:
    if text[start].isupper() and _SENTENCE_START.search(text[:start]):
        return english[0].upper() + english[1:]
    return english


_OFFICIAL = dict(
    zip(
        "абвгґдежзиіклмнопрстуфхцчшщ",
        re.findall("[a-z]+", "a b v h g d e zh z y i k l m n o p r s t u f kh ts ch sh shch"),
        strict=True,
    )
) | {"ь": "", "ы": "y", "э": "e", "ъ": "", "ў": "u"}
_AT_START = {"є": "ye", "ї": "yi", "й": "y", "ю": "yu", "я": "ya", "ё": "yo"}
_INSIDE = {"є": "ie", "ї": "i", "й": "i", "ю": "iu", "я": "ia", "ё": "io"}


def transliterate(text: str) -> str:
    """Cyrillic → Latin by the official Ukrainian table: Cabinet of Ministers resolution No. 55 of 27 January 2010.

    є, ї, й, ю, я have one form at the start of a word and one inside; зг is zgh; ь and the apostrophe are dropped.
    The Russian letters that the table lacks: ы → y, э → e, ё → yo/io, ъ dropped. Other characters stay.
    """
    text = unicodedata.normalize("NFC", text)
    return "".join(_latin(text, at) for at in range(len(text)))


def _latin(text: str, at: int) -> str:
    char, before, after = text[at], text[at - 1 : at], text[at + 1 : at + 2]
    if char in _APOSTROPHES and has_cyrillic(before) and has_cyrillic(after):
        return ""
    low = char.lower()
    inside = before.isalpha() or (before in tuple(_APOSTROPHES) and text[at - 2 : at - 1].isalpha())
    latin = _OFFICIAL.get(low, (_INSIDE if inside else _AT_START).get(low))
    if latin is None:
        return char
    if low == "г" and before.lower() == "з":
        latin = "gh"
    if char == low:
        return latin
    return latin.upper() if after.isupper() or (inside and before.isupper()) else latin.capitalize()


class _File(BaseModel):
    """glossary.json: English → Ukrainian; adjectives in the masculine nominative stand for all their forms."""

    model_config = ConfigDict(extra="forbid", strict=True)
    terms: dict[str, list[str]] = Field(min_length=1)
    models: dict[str, list[str]]


@cache
def built_in() -> Glossary:
    """The glossary that ships with carimg, read once."""
    return load_glossary(DATA, catalog())


def load_glossary(path: Path, known: Catalog) -> Glossary:
    """Read a glossary file and join the catalogue's names to it. Raises CatalogError naming file and key."""
    try:
        file = _File.model_validate(json.loads(path.read_text("utf-8")))
        own, models = index(file.terms.items(), phrase), index(file.models.items(), phrase)
    except (OSError, json.JSONDecodeError) as exc:
        raise CatalogError(f"{path.name}: {exc}") from exc
    except ValidationError as exc:
        error = exc.errors(include_url=False)[0]
        raise CatalogError(f"{path.name}: '{'.'.join(map(str, error['loc']))}': {error['msg']}") from exc
    except NameTaken as exc:
        raise CatalogError(f"{path.name}: '{exc.entry}': {exc}") from exc
    brands = _table(
        (_with_cases(name), brand.name) for brand in known.brands.values() for name in _names(brand.uk, brand.aliases)
    )
    terms = _table(_catalogue_terms(known)) | own
    longest = max(len(_WORD.findall(name)) for names in [*file.terms.values(), *file.models.values()] for name in names)
    return Glossary(terms, models | brands, max(longest, 6))


def _catalogue_terms(known: Catalog) -> Iterator[tuple[Iterable[str], str]]:
    """Colours, bodies, angles as (Cyrillic names in all forms, English)."""
    for color in known.colors.values():
        for name in _names([color.uk], color.aliases):
            yield forms(name), color.en
    for body in known.bodies.values():
        for name in _names([body.uk], body.aliases):
            yield (*forms(name), *_with_cases(name)), body.en
    for angle in known.angles.values():
        names = _names([angle.uk], angle.aliases)
        yield names, angle.prompt
        yield [f"{view} {name}" for view in ("вид", "вигляд", "ракурс") for name in names], f"{angle.prompt} view"


def _names(first: Iterable[str], others: Iterable[str]) -> list[str]:
    return [name for name in (*first, *others) if has_cyrillic(name)]


def _table(entries: Iterable[tuple[Iterable[str], str]]) -> dict[str, str]:
    """English by key; the first entry that has a key keeps it."""
    found: dict[str, str] = {}
    for names, english in entries:
        for name in names:
            for spelling in (name, name.replace("-", "")):
                found.setdefault(phrase(spelling), english)
    return found


def _with_cases(noun: str) -> list[str]:
    """A noun of four letters or more with its case endings: 'седан' → 'седана', 'седаном', …; others by themselves."""
    if len(noun) < 4 or not noun[-1].isalpha():
        return [noun]
    if noun[-1] in _VOWEL_ENDS:
        return [noun, *(noun[:-1] + end for end in _VOWEL_ENDS[noun[-1]])]
    if noun[-1] in "бвгґджзклмнпрстфхцчшщ":
        return [noun, *(noun + end for end in _CONSONANT_ENDS)]
    return [noun]
