"""The words a set is found by: casefolded, each once, so that a substring search stays short and knows no case."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

import sqlalchemy as sa

from carimg.identity import display_id
from carimg.store.schema import sets, tags, views

_EDGES = ".,;:!?()[]{}\"'«»“”„…"
QUERY_WORDS = 12
"""Words of a query that are looked at; more than that narrows nothing."""


def words_of(texts: Iterable[str]) -> list[str]:
    """The different words of some texts, casefolded, without the punctuation around them, in order."""
    folded = (unicodedata.normalize("NFC", text.casefold()) for text in texts)
    words = (word.strip(_EDGES) for text in folded for word in text.split())
    return list(dict.fromkeys(word for word in words if word))


def index_words(connection: sa.Connection, number: int) -> None:
    """Write the words of one set anew, from its car, ids, prompts, engines and tags as they stand now."""
    row = connection.execute(sa.select(sets).where(sets.c.number == number)).one()
    texts = [row.brand, row.model, str(row.year), row.color, row.body_type]
    texts += [display_id(row.session_id), row.session_id, row.set_id]
    tagged = sa.select(tags.c.tag).where(tags.c.set_number == number).order_by(tags.c.folded)
    texts += connection.execute(tagged).scalars()
    drawn = sa.select(views.c.engine, views.c.model, views.c.angle, views.c.prompt, views.c.prompt_en)
    for view in connection.execute(drawn.where(views.c.set_number == number).order_by(views.c.view_id)):
        texts += [text for text in view if text]
    connection.execute(sets.update().where(sets.c.number == number).values(search=" ".join(words_of(texts))))


def found_by(query: str) -> list[sa.ColumnElement[bool]]:
    """Conditions that hold for the sets in which every word of the query occurs, also as a part of a word."""
    return [sets.c.search.contains(word, autoescape=True) for word in words_of([query])[:QUERY_WORDS]]
