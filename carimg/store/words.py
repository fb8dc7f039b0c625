"""The words a set is found by: casefolded, each once, so that a substring search stays short and knows no case."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

import sqlalchemy as sa

from carimg.domain.identity import display_id
from carimg.store.schema import sets, tags, views, words

_EDGES = ".,;:!?()[]{}\"'«»“”„…"
QUERY_LETTERS = 1_000
QUERY_WORDS = 12
"""Letters and words of a query that are looked at; more than that narrows nothing."""
TRIGRAM = 3
"""Shorter words cannot use SQLite's full-text index."""


def words_of(texts: Iterable[str]) -> list[str]:
    """The different words of some texts, casefolded, without the punctuation around them, in order."""
    folded = (unicodedata.normalize("NFC", text.replace("\0", "").casefold()) for text in texts)
    found = (word.strip(_EDGES) for text in folded for word in text.split())
    return list(dict.fromkeys(word for word in found if word))


def index_words(connection: sa.Connection, number: int) -> None:
    """Write the words of one set again, from its car, ids, prompts, engines and tags as they stand now."""
    row = connection.execute(sa.select(sets).where(sets.c.number == number)).one()
    texts = [row.brand, row.model, str(row.year), row.color, row.body_type]
    texts += [display_id(row.session_id), row.session_id, row.set_id]
    tagged = sa.select(tags.c.tag).where(tags.c.set_number == number).order_by(tags.c.folded)
    texts += connection.execute(tagged).scalars()
    drawn = sa.select(views.c.engine, views.c.model, views.c.angle, views.c.prompt, views.c.prompt_en)
    for view in connection.execute(drawn.where(views.c.set_number == number).order_by(views.c.view_id)):
        texts += [text for text in view if text]
    forget_words(connection, [number])
    connection.execute(words.insert().values(rowid=number, text=" ".join(words_of(texts))))


def forget_words(connection: sa.Connection, numbers: Iterable[int]) -> None:
    """Sets that are gone are not found any more."""
    connection.execute(words.delete().where(words.c.rowid.in_(list(numbers))))


def found_by(query: str, *, sqlite: bool) -> list[sa.ColumnElement[bool]]:
    """Conditions that hold for the sets in which every word of the query occurs, also as a part of a word."""
    wanted = words_of([query[:QUERY_LETTERS]])[:QUERY_WORDS]
    if not wanted:
        return []
    conditions = _sqlite(wanted) if sqlite else [words.c.text.like(_pattern(word)) for word in wanted]
    return [sets.c.number.in_(sa.select(words.c.rowid).where(*conditions))]


def _sqlite(wanted: list[str]) -> list[sa.ColumnElement[bool]]:
    phrases = ['"' + word.replace('"', '""') + '"' for word in wanted if len(word) >= TRIGRAM]
    short = [sa.func.instr(words.c.text, word) > 0 for word in wanted if len(word) < TRIGRAM]
    table: sa.ColumnElement[str] = sa.literal_column("words")  # FTS5 compares the table itself: words MATCH '"…"'
    return [table.match(" AND ".join(phrases)), *short] if phrases else list(short)


def _pattern(word: str) -> str:
    """'%word%' with PostgreSQL's own escapes, so that its trigram index can be used."""
    for sign in "\\%_":
        word = word.replace(sign, f"\\{sign}")
    return f"%{word}%"
