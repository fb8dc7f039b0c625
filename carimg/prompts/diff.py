"""Word by word: what two or more texts have in common, and what is one's own."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

_WORD = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of words, joined by single blanks; `own` = the other texts do not have it there."""

    text: str
    own: bool


def word_diff(one: str, other: str) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """Two texts as pieces. The pieces that are not `own` are the same words in the same order on both sides."""
    left, right = _WORD.findall(one), _WORD.findall(other)
    blocks = _matches(left, right)
    mine, theirs = set(range(len(left))), set(range(len(right)))
    for at, there, size in blocks:
        mine -= set(range(at, at + size))
        theirs -= set(range(there, there + size))
    return _pieces(left, mine), _pieces(right, theirs)


def mark_differences(texts: Sequence[str]) -> tuple[tuple[Piece, ...], ...]:
    """Several texts as pieces: a word is `own` when at least one other text lacks it at that place."""
    words = [_WORD.findall(text) for text in texts]
    own: list[set[int]] = [set() for _ in words]
    for number, mine in enumerate(words):
        for other in words[:number] + words[number + 1 :]:
            shared = {at + step for at, _, size in _matches(mine, other) for step in range(size)}
            own[number] |= set(range(len(mine))) - shared
    return tuple(_pieces(mine, marked) for mine, marked in zip(words, own, strict=True))


def _matches(left: Sequence[str], right: Sequence[str]) -> list[tuple[int, int, int]]:
    """Equal runs: (place in the left, place in the right, number of words)."""
    blocks = SequenceMatcher(None, left, right, autojunk=False).get_matching_blocks()
    return [(block.a, block.b, block.size) for block in blocks]


def _pieces(words: Sequence[str], own: set[int]) -> tuple[Piece, ...]:
    runs: list[tuple[list[str], bool]] = []
    for number, word in enumerate(words):
        if not runs or runs[-1][1] != (number in own):
            runs.append(([], number in own))
        runs[-1][0].append(word)
    return tuple(Piece(" ".join(run), mine) for run, mine in runs)
