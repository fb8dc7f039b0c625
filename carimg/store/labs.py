"""Grids of the prompt lab: what was planned, and which sets came of it."""

from __future__ import annotations

import secrets
import time
from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from carimg.errors import NotThere
from carimg.store.database import Database
from carimg.store.records import StoredLab
from carimg.store.schema import lab_runs, labs, sets, tags
from carimg.store.words import index_words

LAB_TAG = "lab"
"""Every set of a grid carries it, so that the history can show or find them."""


class Labs:
    """The part of the store that keeps grids. Their sets are ordinary sets of the history."""

    database: Database

    def create_lab(self, plan: dict[str, Any], *, now: float | None = None) -> str:
        """Keep the plan of a grid; returns its id, which nobody can guess. Raises StoreError."""
        lab_id = secrets.token_hex(6)
        values = {"lab_id": lab_id, "created_at": time.time() if now is None else now, "plan": plan}
        with self.database.writing() as connection:
            connection.execute(labs.insert().values(values))
        return lab_id

    def add_lab_run(self, lab_id: str, position: int, set_id: str) -> bool:
        """A run of the grid became this set; the set is tagged, and takes the place of another one at its position.
        False when the run was called off in the meantime: the set should be cancelled. Raises StoreError."""
        place = (lab_runs.c.lab_id == lab_id) & (lab_runs.c.position == position)
        with self.database.writing() as connection:
            if connection.execute(sa.select(labs.c.lab_id).where(labs.c.lab_id == lab_id)).first() is None:
                raise NotThere("grid")
            called_off = connection.execute(sa.select(lab_runs.c.set_id).where(place)).scalar() == ""
            connection.execute(lab_runs.delete().where(place))
            connection.execute(lab_runs.insert().values(lab_id=lab_id, position=position, set_id=set_id))
            _tag(connection, set_id)
            return not called_off

    def skip_lab_run(self, lab_id: str, position: int) -> str:
        """A run that has not begun never shall; returns ''. One that has begun stays as it is; returns the id of its
        set. Raises StoreError."""
        with self.database.writing() as connection:
            there = sa.select(lab_runs.c.set_id).where(lab_runs.c.lab_id == lab_id, lab_runs.c.position == position)
            begun = connection.execute(there).scalar()
            if begun is None:
                connection.execute(lab_runs.insert().values(lab_id=lab_id, position=position, set_id=""))
            return begun or ""

    def clear_lab_runs(self, lab_id: str, positions: Collection[int]) -> None:
        """Runs may begin again; their sets, if there are any, stay in the history. Raises StoreError."""
        with self.database.writing() as connection:
            chosen = (lab_runs.c.lab_id == lab_id) & lab_runs.c.position.in_(positions)
            connection.execute(lab_runs.delete().where(chosen))

    def load_lab(self, lab_id: str) -> StoredLab:
        """A grid by its id. Raises StoreError when there is none."""
        with self.database.reading() as connection:
            row = connection.execute(sa.select(labs).where(labs.c.lab_id == lab_id)).first()
            if row is None:
                raise NotThere("grid")
            runs = connection.execute(sa.select(lab_runs).where(lab_runs.c.lab_id == lab_id))
            return StoredLab(row.lab_id, row.created_at, row.plan, {run.position: run.set_id for run in runs})

    def labs(self, limit: int = 20) -> tuple[StoredLab, ...]:
        """The newest grids, newest first, without their sets."""
        newest = sa.select(labs).order_by(labs.c.created_at.desc(), labs.c.lab_id).limit(limit)
        with self.database.reading() as connection:
            return tuple(StoredLab(row.lab_id, row.created_at, row.plan, {}) for row in connection.execute(newest))


def _tag(connection: sa.Connection, set_id: str) -> None:
    number = connection.execute(sa.select(sets.c.number).where(sets.c.set_id == set_id).with_for_update()).scalar()
    if number is None:
        raise NotThere("set")
    there = sa.select(tags.c.tag).where(tags.c.set_number == number, tags.c.folded == LAB_TAG)
    if connection.execute(there).first() is None:
        connection.execute(tags.insert().values(set_number=number, folded=LAB_TAG, tag=LAB_TAG))
        index_words(connection, number)
