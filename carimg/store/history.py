"""The history: all sets, newest first, searched, tagged, starred, deleted and brought back."""

from __future__ import annotations

import time
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from carimg.domain.car import Car
from carimg.domain.names import TYPED_LETTERS
from carimg.domain.view import SetState
from carimg.errors import InputError, NotThere
from carimg.store.database import Database
from carimg.store.files import PictureFiles
from carimg.store.records import HistoryItem, HistoryPage
from carimg.store.schema import photos, sets, tags, views
from carimg.store.words import forget_words, found_by, index_words

MAX_PAGE = 200
MAX_TAG = 40
_HASHES = ("sha256", "page_sha256", "thumb_sha256", "car_mask_sha256", "paint_mask_sha256")
_CHUNK = 500
"""Values in one IN list: below every database's limit."""


class History:
    """The part of the store that lists sets."""

    database: Database
    files: PictureFiles

    def history(
        self,
        query: str = "",
        *,
        tag: str | None = None,
        favourites: bool = False,
        state: SetState | None = None,
        limit: int = 24,
        page: int = 1,
    ) -> HistoryPage:
        """A page of the sets that are not deleted, newest first.

        `query`: words that must all occur in car, ids, prompts, engines, angles or tags, in any case, also inside
        words. `limit` sets a page, 1 … 200; `page` counts from 1 and is moved to the last page when it is past it.
        """
        limit = max(1, min(limit, MAX_PAGE))
        conditions = [sets.c.deleted_at.is_(None), *found_by(query, sqlite=self.database.is_sqlite)]
        if tag is not None:
            tagged = sa.select(tags.c.set_number).where(tags.c.folded == _folded(tag))
            conditions.append(sets.c.number.in_(tagged))
        if favourites:
            conditions.append(sets.c.favourite)
        if state is not None:
            conditions.append(sets.c.state == state.value)
        with self.database.reading() as connection:
            total = connection.execute(sa.select(sa.func.count(sets.c.number)).where(*conditions)).scalar_one()
            pages = max(1, -(-total // limit))
            page = max(1, min(page, pages))
            newest = (
                sa.select(sets.c.number).where(*conditions).order_by(sets.c.created_at.desc(), sets.c.number.desc())
            )
            numbers = list(connection.execute(newest.limit(limit).offset((page - 1) * limit)).scalars())
            return HistoryPage(_items(connection, numbers), total, page, pages)

    def tags(self) -> tuple[tuple[str, int], ...]:
        """All tags in use with the number of sets that have them, by name."""
        count = sa.func.count()
        listed = (
            sa.select(sa.func.min(tags.c.tag), count)
            .join(sets, sets.c.number == tags.c.set_number)
            .where(sets.c.deleted_at.is_(None))
            .group_by(tags.c.folded)
            .order_by(tags.c.folded)
        )
        with self.database.reading() as connection:
            return tuple((tag, number) for tag, number in connection.execute(listed))

    def set_favourite(self, set_id: str, favourite: bool = True) -> None:
        """Star a set, or take its star away. Raises StoreError."""
        self._change(set_id, favourite=favourite)

    def add_tag(self, set_id: str, tag: str) -> None:
        """Tag a set; a tag it has already, in any case, changes nothing. Raises InputError, StoreError."""
        tag = _clean_tag(tag)
        with self.database.writing() as connection:
            number = _number(connection, set_id)
            there = sa.select(tags.c.tag).where(tags.c.set_number == number, tags.c.folded == _folded(tag))
            if connection.execute(there).first() is None:
                connection.execute(tags.insert().values(set_number=number, folded=_folded(tag), tag=tag))
                index_words(connection, number)

    def remove_tag(self, set_id: str, tag: str) -> None:
        """Take a tag away; one that is not there changes nothing. Raises StoreError."""
        with self.database.writing() as connection:
            number = _number(connection, set_id)
            connection.execute(tags.delete().where(tags.c.set_number == number, tags.c.folded == _folded(tag)))
            index_words(connection, number)

    def delete_set(self, set_id: str, *, now: float | None = None) -> None:
        """Take a set out of the history; `restore_set` brings it back until it is purged. Raises StoreError."""
        self._change(set_id, deleted_at=time.time() if now is None else now)

    def restore_set(self, set_id: str) -> None:
        """Undo `delete_set`. Raises StoreError when the set was purged."""
        self._change(set_id, deleted_at=None)

    def purge_deleted(self, older_than_s: float, *, now: float | None = None) -> int:
        """Remove sets that were deleted at least `older_than_s` seconds ago, and the files that no set needs any more;
        returns the number of sets. Sets that are being drawn stay. Raises StoreError."""
        now = time.time() if now is None else now
        old = (sets.c.deleted_at <= now - older_than_s) & (sets.c.state != SetState.RUNNING.value)
        with self.database.writing() as connection:
            numbers = list(connection.execute(sa.select(sets.c.number).where(old).with_for_update()).scalars())
            hashes: set[str] = set()
            for some in _chunks(numbers):
                columns = [views.c[name] for name in _HASHES]
                for row in connection.execute(sa.select(*columns).where(views.c.set_number.in_(some))):
                    hashes.update(value for value in row if value)
                named = sa.select(photos.c.sha256).join(views).where(views.c.set_number.in_(some))
                hashes.update(connection.execute(named).scalars())
                connection.execute(sets.delete().where(sets.c.number.in_(some)))
                forget_words(connection, some)
        self._remove_files(hashes)
        return len(numbers)

    def _remove_files(self, hashes: set[str]) -> None:
        """Remove the files that no row names. Another server may be about to name one: so each is moved aside first,
        the rows are asked once more, and what is named by then moves back."""
        aside: dict[str, list[tuple[Path, Path]]] = {}
        for sha256 in hashes - self._named(hashes):
            aside[sha256] = [(path, self.files.move_aside(path)) for path in self.files.every(sha256)]
        named = self._named(aside)
        for sha256, moved in aside.items():
            for path, hidden in moved:
                self.files.settle(path, hidden, keep=sha256 in named)

    def _named(self, hashes: Iterable[str]) -> set[str]:
        found: set[str] = set()
        with self.database.reading() as connection:
            for some in _chunks(list(hashes)):
                for column in (*(views.c[name] for name in _HASHES), photos.c.sha256):
                    found.update(connection.execute(sa.select(column).where(column.in_(some)).distinct()).scalars())
        return found

    def _change(self, set_id: str, **values: Any) -> None:
        with self.database.writing() as connection:
            if connection.execute(sets.update().where(sets.c.set_id == set_id).values(values)).rowcount == 0:
                raise NotThere("set")


def _items(connection: sa.Connection, numbers: list[int]) -> tuple[HistoryItem, ...]:
    """The sets with these numbers, in this order: three statements, however many sets."""
    shown = (column for column in sets.c if column.name != "order")
    rows = {row.number: row for row in connection.execute(sa.select(*shown).where(sets.c.number.in_(numbers)))}
    tagged: dict[int, list[str]] = defaultdict(list)
    for number, tag in connection.execute(
        sa.select(tags.c.set_number, tags.c.tag).where(tags.c.set_number.in_(numbers)).order_by(tags.c.folded)
    ):
        tagged[number].append(tag)
    taken: dict[int, list[sa.Row[Any]]] = defaultdict(list)
    columns = ("set_number", "angle", "chosen", "engine", "thumb_sha256", "cost_usd")
    for view in connection.execute(
        sa.select(*(views.c[name] for name in columns)).where(views.c.set_number.in_(numbers)).order_by(views.c.view_id)
    ):
        taken[view.set_number].append(view)
    return tuple(_item(rows[number], tagged[number], taken[number]) for number in numbers)


def _item(row: sa.Row[Any], tagged: list[str], takes: list[sa.Row[Any]]) -> HistoryItem:
    chosen = {view.angle: view for view in takes if view.chosen}
    drawn = [chosen[angle] for angle in row.angles if chosen[angle].thumb_sha256]
    return HistoryItem(
        set_id=row.set_id,
        session_id=row.session_id,
        car=Car(row.brand, row.model, row.year, row.color, row.body_type),
        state=SetState(row.state),
        created_at=row.created_at,
        seconds=row.seconds,
        thumbs=tuple((view.angle, view.thumb_sha256) for view in drawn),
        engines=tuple(dict.fromkeys(view.engine for view in drawn)),
        tags=tuple(tagged),
        favourite=row.favourite,
        cost_usd=sum(view.cost_usd for view in takes),
        total_views=len(row.angles),
    )


def _chunks(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (values[start : start + _CHUNK] for start in range(0, len(values), _CHUNK))


def _number(connection: sa.Connection, set_id: str) -> int:
    number = connection.execute(sa.select(sets.c.number).where(sets.c.set_id == set_id).with_for_update()).scalar()
    if number is None:
        raise NotThere("set")
    return int(number)


def _clean_tag(tag: str) -> str:
    tag = " ".join(unicodedata.normalize("NFC", tag[:TYPED_LETTERS]).split())
    if not 1 <= len(tag) <= MAX_TAG or not tag.isprintable():
        raise InputError("tag", f"A tag has 1 to {MAX_TAG} letters.")
    return tag


def _folded(tag: str) -> str:
    """At most 64 characters: casefolding may lengthen a tag ('ß' becomes 'ss')."""
    return " ".join(unicodedata.normalize("NFC", tag[:TYPED_LETTERS]).split()).casefold()[:64]
