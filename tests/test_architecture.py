"""docs/architecture.md tells the truth about the files."""

from __future__ import annotations

from tests.support.file_tree import tree, written


def test_the_tree_of_files_is_the_one_that_is_there() -> None:
    """Every file of the product is listed with its first sentence, and nothing else. After a change:
    `python -m tests.support.file_tree`."""
    assert written() == tree()


def test_every_file_says_what_it_is_for() -> None:
    """A file without a first sentence has no line to stand on."""
    bare = [line for line in tree().splitlines() if line.strip().endswith(".py")]
    assert not bare
