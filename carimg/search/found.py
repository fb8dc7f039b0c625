"""What a search brings home: a badge in words, a reference photo."""

from __future__ import annotations

from dataclasses import dataclass

from carimg.domain.view import Reference

CATALOGUE = "catalogue"
"""The source that is always there: the brand table that ships with carimg."""


@dataclass(frozen=True, slots=True)
class Badge:
    """An emblem in words: `text` is one clean English noun phrase of at most 120 characters, made by carimg.

    `source` is a back end's id or 'catalogue'; `note` says in plain words why the catalogue had to help.
    """

    text: str
    source: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """At most one checked reference photo for one angle; `note` says why there is none."""

    references: tuple[Reference, ...]
    source: str
    note: str = ""
