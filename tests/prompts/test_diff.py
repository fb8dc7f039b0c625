"""Word by word differences."""

from __future__ import annotations

import pytest

from carimg.prompts.diff import Piece, mark_differences, word_diff


def own(pieces: tuple[Piece, ...]) -> list[str]:
    return [piece.text for piece in pieces if piece.own]


def test_only_the_changed_words_are_marked() -> None:
    """A word that was replaced is marked on both sides, its neighbours are not."""
    left, right = word_diff("2019 Renault Clio, blue, front view.", "2019 Renault Clio, red, front view.")
    assert left == (Piece("2019 Renault Clio,", False), Piece("blue,", True), Piece("front view.", False))
    assert own(right) == ["red,"]


def test_added_words_are_one_sides_own() -> None:
    """What one side adds is marked there; the other side has nothing of its own."""
    left, right = word_diff("a car", "a fast red car")
    assert own(left) == []
    assert own(right) == ["fast red"]


@pytest.mark.parametrize("texts", [("", ""), ("same words", "same   words\n"), ("", "x")])
def test_no_word_is_lost(texts: tuple[str, str]) -> None:
    """The pieces of a side, joined, are its words; texts that differ in blanks alone are the same."""
    for text, pieces in zip(texts, word_diff(*texts), strict=True):
        assert " ".join(piece.text for piece in pieces).split() == text.split()
    assert own(word_diff("same words", "same   words\n")[0]) == []


def test_of_several_texts_what_one_lacks_is_marked() -> None:
    """With three texts a word is common only when all three have it."""
    first, second, third = mark_differences(["a red car outside", "a red car", "a blue car"])
    assert own(first) == ["red", "outside"]
    assert own(second) == ["red"]
    assert own(third) == ["blue"]


def test_one_text_differs_from_nothing() -> None:
    """A single text has nothing marked, no text at all is no error."""
    assert mark_differences(["just this"]) == ((Piece("just this", False),),)
    assert mark_differences([]) == ()
