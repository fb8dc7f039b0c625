"""Search snippets → a badge in our own words.

Snippets are foreign text and may hold anything, instructions to a model too. Only words of a closed vocabulary are
recognised in them (shapes, animals, colours, counts, up to three capital letters), and the phrase is put together from
our spelling of those: no foreign text passes through.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from carimg.domain.names import words

LONGEST = 120
AGREEING = 2
"""Snippets that have to name the same figure before it is believed."""

_FIGURES = {
    "diamond": "diamond lozenge rhombus rhomboid",
    "oval": "oval ellipse",
    "ring": "ring",
    "circle": "circle roundel",
    "shield": "shield crest",
    "star": "star",
    "cross": "cross",
    "bowtie": "bowtie",
    "chevron": "chevron",
    "triangle": "triangle",
    "crown": "crown",
    "arrow": "arrow",
    "trident": "trident",
    "horse": "horse stallion",
    "bull": "bull",
    "lion": "lion",
    "jaguar": "jaguar",
    "ram": "ram",
    "eagle": "eagle",
    "griffin": "griffin gryphon",
    "serpent": "serpent snake",
    "dragon": "dragon",
    "elephant": "elephant",
    "leopard": "leopard",
    "swallow": "swallow",
    "scorpion": "scorpion",
    "longship": "longship",
    "globe": "globe",
    "propeller": "propeller",
}
_STYLES = {
    "silver": "silver", "chrome": "chrome", "golden": "gold golden", "black": "black", "white": "white", "blue": "blue",
    "red": "red", "green": "green", "yellow": "yellow", "orange": "orange", "interlocking": "interlocking interlocked",
    "overlapping": "overlapping", "concentric": "concentric", "winged": "winged", "prancing": "prancing",
    "charging": "charging raging", "leaping": "leaping", "rampant": "rampant", "galloping": "galloping running",
    "three-pointed": "three-pointed", "four-pointed": "four-pointed", "five-pointed": "five-pointed",
    "six-pointed": "six-pointed", "double": "double",
}  # fmt: skip
_COUNTS = {count: count for count in ("two", "three", "four", "five", "six", "seven")}
_FRAMES = frozenset({"oval", "ring", "circle", "shield", "star", "cross", "triangle", "crown", "arrow"})
"""Figures that say little by themselves: without an adjective, a count or a letter they are not clear enough."""
_FILLERS = frozenset(
    {
        "stylised",
        "stylized",
        "famous",
        "iconic",
        "large",
        "small",
        "colored",
        "coloured",
        "metallic",
        "shaped",
        "pair",
        "of",
    }
)
_NO_FIGURE_BEFORE = frozenset({"rating", "rated", "ratings", "review", "reviews", "hotel"})
_ORDER = (*_COUNTS, *(style for style in _STYLES))
"""How adjectives follow each other in the phrase: counts first, then as listed."""

_TOPIC = re.compile(r"\b(?:logo|emblem|badge|symbol|insignia|trademark|hood ornament)s?\b", re.IGNORECASE)
_LETTERS = re.compile(
    r"\b(?:letters?|initials?|monogram)\s+[\"'“‘«]?([A-Z]{1,3})\b|\bstyli[sz]ed\s+[\"'“‘«]?([A-Z]{1,3})\b(?![a-z])"
)
_POSSESSIVE = re.compile(r"['’]s\b")
_WORD = re.compile(r"[a-z]+(?:-pointed)?|\d+")


def _spelled(table: dict[str, str]) -> dict[str, str]:
    return {spelling: word for word, spellings in table.items() for spelling in spellings.split()}


_FIGURE_OF = _spelled(_FIGURES)
_PLURAL_OF = {f"{spelling}s": word for spelling, word in _FIGURE_OF.items()} | {"wings": "wing"}
_ADJECTIVE_OF = _spelled(_STYLES) | _spelled(_COUNTS)


@dataclass(frozen=True, slots=True)
class Sight:
    """One mention of a figure: the adjectives before it, and whether several of it were meant."""

    figure: str
    plural: bool
    adjectives: frozenset[str]


def describe_badge(snippets: Sequence[str], brand: str) -> str | None:
    """A noun phrase of at most 120 characters ('silver diamond badge'), or None when nothing was recognised for sure.

    Only sentences count that speak of a logo, in snippets that name `brand` (a word of it is enough: 'Mercedes'); a
    figure or letter counts once a snippet and has to be named by two.
    """
    names = {word for word in words(brand) if len(word) > 2} or set(words(brand))
    about = [_on_topic(text) for text in snippets if names & set(words(_POSSESSIVE.sub(" ", text)))]
    mentions = [sight for text in about for sight in _sights(text)]
    figures = _agreed({sight.figure for sight in _sights(text)} for text in about)
    letters = _agreed(_letters(text, brand) for text in about)
    lettering = f" with {_letter_phrase(letters[0])}" if letters else ""
    if not figures:
        return f"badge{lettering}" if lettering else None
    seen = [sight for sight in mentions if sight.figure == figures[0]]
    if figures[0] in _FRAMES and not lettering and not any(sight.adjectives for sight in seen):
        return None
    return _figure_phrase(figures[0], seen) + lettering


def _on_topic(text: str) -> str:
    sentences = re.split(r"(?<=[.!?])\s+|\n", text)
    return " ".join(sentence for sentence in sentences if _TOPIC.search(sentence))


def _sights(text: str) -> list[Sight]:
    tokens = _WORD.findall(text.casefold().replace("bow tie", "bowtie").replace("bow-tie", "bowtie"))
    followed = pairwise((*tokens, ""))
    return [
        _sight(tokens, place)
        for place, (word, following) in enumerate(followed)
        if (word in _FIGURE_OF or word in _PLURAL_OF) and following not in _NO_FIGURE_BEFORE
    ]


def _sight(tokens: Sequence[str], place: int) -> Sight:
    """The figure at a place, with the known adjectives that stand right before it."""
    found: set[str] = set()
    for word in reversed(tokens[:place]):
        if word in _ADJECTIVE_OF:
            found.add(_ADJECTIVE_OF[word])
        elif word not in _FILLERS:
            break
    figure = tokens[place]
    plural = figure in _PLURAL_OF
    return Sight(_PLURAL_OF[figure] if plural else _FIGURE_OF[figure], plural, frozenset(found))


def _letters(text: str, brand: str) -> set[str]:
    """Capital letters that a text says are on the badge; they have to be letters of the brand's name."""
    found = {match[1] or match[2] for match in _LETTERS.finditer(text)}
    return {letters for letters in found if all(letter in brand.upper() for letter in letters)}


def _agreed(mentions: Iterable[set[str]]) -> list[str]:
    """What at least two snippets name, most named first."""
    votes = Counter(word for named in mentions for word in named)
    ranked = sorted(votes.items(), key=lambda item: (-item[1], item[0]))
    return [word for word, count in ranked if count >= AGREEING]


def _figure_phrase(figure: str, sights: Sequence[Sight]) -> str:
    counts = Counter(word for sight in sights for word in sight.adjectives if word in _COUNTS)
    styles = Counter(word for sight in sights for word in sight.adjectives if word in _STYLES)
    plural = bool(counts) or 2 * sum(sight.plural for sight in sights) > len(sights)
    chosen = [word for word, _ in counts.most_common(1)] + [word for word, _ in styles.most_common(2)]
    adjectives = "".join(f"{word} " for word in sorted(chosen, key=_ORDER.index))
    return f"badge of {adjectives}{figure}s" if plural else f"{adjectives}{figure} badge"


def _letter_phrase(letters: str) -> str:
    return f"the letter {letters}" if len(letters) == 1 else f"the letters {letters}"
