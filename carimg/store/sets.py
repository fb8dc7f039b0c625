"""Sets and their views: written while they are drawn, read ever after."""

from __future__ import annotations

import base64
import re
import secrets
import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from carimg.domain.identity import canonical_id
from carimg.domain.order import Order
from carimg.domain.set_record import SetRecord
from carimg.domain.view import SetState, View, ViewState
from carimg.errors import InputError, NotThere, StoreError
from carimg.store.database import Database
from carimg.store.files import PictureFiles, prepare, prepare_photos
from carimg.store.schema import servers, sets, tags, views
from carimg.store.takes import end_takes, read_takes, write_take
from carimg.store.words import index_words

FORGET_SERVER_AFTER_S = 86_400.0
_SESSION = re.compile(r"(?:CAR-)?[0-9a-f]{8,12}", re.IGNORECASE)
_NOT_DRAWN = "The set ended before this view was drawn."
_INTERRUPTED = "The server stopped before this view was drawn."


class Sets:
    """The part of the store that keeps sets and views."""

    def __init__(self, database: Database, files: PictureFiles) -> None:
        self.database = database
        self.files = files

    def create_set(self, order: Order, session_id: str, *, owner: str, now: float | None = None) -> str:
        """Keep a new set, running, with one waiting view an angle; returns its id, which nobody can guess.

        `owner` is the server process that draws it. Raises StoreError.
        """
        now = time.time() if now is None else now
        set_id = _new_id()
        angles = [angle.id for angle in order.angles]
        values = order.car.to_json() | {
            "set_id": set_id,
            "session_id": session_id,
            "canonical_id": canonical_id(session_id),
            "owner": owner,
            "state": SetState.RUNNING.value,
            "created_at": now,
            "seconds": 0.0,
            "angles": angles,
            "order": order.to_json(),
            "favourite": False,
        }
        with self.database.writing() as connection:
            _beat(connection, owner, now)
            number = connection.execute(sets.insert().values(values).returning(sets.c.number)).scalar_one()
            waiting = {
                "set_number": number,
                "take": 1,
                "chosen": True,
                "state": ViewState.WAITING.value,
                "saved_at": now,
            }
            connection.execute(views.insert(), [{**waiting, "angle": angle} for angle in angles])
            index_words(connection, number)
        return set_id

    def save_view(self, set_id: str, view: View, *, now: float | None = None) -> View:
        """Keep a view: its files first, on the disk and complete, then its row.

        A view that was drawn before gets a new take beside the earlier ones; a take with a picture becomes the chosen
        one, a failed one only where no picture is there yet. Raises StoreError; then nothing was kept but, at most,
        files.
        """
        now = time.time() if now is None else now
        picture = prepare(view.picture) if view.picture is not None else None
        photos = prepare_photos(view.prompt.references if view.prompt else ())
        files = (*(picture.files if picture else ()), *photos)
        view = replace(view, saved_at=now, **(picture.hashes if picture else {}))
        if view.prompt and photos:
            kept = zip(view.prompt.references, photos, strict=True)
            references = tuple(replace(item, sha256=photo.sha256) for item, photo in kept)
            view = replace(view, prompt=replace(view.prompt, references=references))
        self.files.keep(files)
        with self.database.writing() as connection:
            number = _locked(connection, set_id)
            take = write_take(connection, number, view)
            index_words(connection, number)
        self.files.keep(files)  # a purge may have removed a file that no row named until now
        return self._one(set_id, view.angle, take)

    def finish_set(self, set_id: str, state: SetState, seconds: float, *, now: float | None = None) -> None:
        """The set has ended: `seconds` is its wall time. Views that never ended are cancelled. Raises StoreError."""
        now = time.time() if now is None else now
        with self.database.writing() as connection:
            number = _locked(connection, set_id)
            values = {"state": state.value, "seconds": seconds}
            connection.execute(sets.update().where(sets.c.number == number).values(values))
            end_takes(connection, [number], _NOT_DRAWN, now)

    def set_state(self, set_id: str, state: SetState, *, owner: str | None = None, now: float | None = None) -> None:
        """Change a set's state, and who draws it. Raises StoreError."""
        now = time.time() if now is None else now
        values = {"state": state.value} | ({"owner": owner} if owner else {})
        with self.database.writing() as connection:
            number = _locked(connection, set_id)
            if owner:
                _beat(connection, owner, now)
            connection.execute(sets.update().where(sets.c.number == number).values(values))

    def heartbeat(self, owner: str, now: float | None = None) -> None:
        """A server process says that it lives. Raises StoreError."""
        with self.database.writing() as connection:
            _beat(connection, owner, time.time() if now is None else now)

    def running_owners(self) -> tuple[str, ...]:
        """The server processes that are said to be drawing sets right now. Raises StoreError."""
        owners = sa.select(sets.c.owner).where(sets.c.state == SetState.RUNNING.value).distinct()
        with self.database.reading() as connection:
            return tuple(connection.execute(owners).scalars())

    def mark_interrupted(self, now: float, stale_after_s: float) -> int:
        """Mark the running sets of servers that were silent for `stale_after_s` seconds; returns how many.

        Their views that were not drawn are cancelled; those that were stay. Raises StoreError.
        """
        alive = sa.select(servers.c.owner).where(servers.c.beat_at >= now - stale_after_s)
        orphaned = (sets.c.state == SetState.RUNNING.value) & sets.c.owner.not_in(alive)
        with self.database.reading() as connection:
            if connection.execute(sa.select(sets.c.number).where(orphaned).limit(1)).first() is None:
                return 0
        with self.database.writing() as connection:
            change = sets.update().where(orphaned).values(state=SetState.INTERRUPTED.value).returning(sets.c.number)
            numbers = list(connection.execute(change).scalars())
            end_takes(connection, numbers, _INTERRUPTED, now)
            connection.execute(servers.delete().where(servers.c.beat_at < now - FORGET_SERVER_AFTER_S))
        return len(numbers)

    def load_set(self, set_id: str) -> SetRecord:
        """A set by its id. Raises StoreError when there is none or it was deleted."""
        stored = self._load(sets.c.set_id == set_id)
        if stored is None:
            raise NotThere("set")
        return stored

    def find_set(self, display_or_id: str) -> SetRecord | None:
        """A set by its id, or by a displayed id ('CAR-1a2b3c4d'): the newest set of that session. None without one."""
        text = display_or_id.strip()
        stored = self._load(sets.c.set_id == text)
        if stored is None and _SESSION.fullmatch(text):
            stored = self._load(sets.c.canonical_id == canonical_id(text))
        return stored

    def takes(self, set_id: str, angle: str) -> tuple[View, ...]:
        """All takes of one view, first to last. Raises StoreError."""
        with self.database.reading() as connection:
            row = _row(connection, set_id)
            return read_takes(connection, row, views.c.angle == angle)

    def choose_take(self, set_id: str, angle: str, take: int) -> View:
        """Make a take the view that is shown. Raises StoreError when it is not there."""
        with self.database.writing() as connection:
            number = _locked(connection, set_id)
            this_view = (views.c.set_number == number) & (views.c.angle == angle)
            if connection.execute(sa.select(views.c.take).where(this_view, views.c.take == take)).first() is None:
                raise StoreError(f"The view '{angle}' of this set has no take {take}.")
            connection.execute(views.update().where(this_view).values(chosen=views.c.take == take))
        return self._one(set_id, angle, take)

    def spent_today_usd(self, now: float) -> float:
        """What all views cost since midnight UTC, in US dollars."""
        midnight = datetime.fromtimestamp(now, UTC).replace(hour=0, minute=0, second=0, microsecond=0).timestamp()
        total = sa.select(sa.func.coalesce(sa.func.sum(views.c.cost_usd), 0.0)).where(views.c.saved_at >= midnight)
        with self.database.reading() as connection:
            return float(connection.execute(total).scalar_one())

    def _one(self, set_id: str, angle: str, take: int) -> View:
        with self.database.reading() as connection:
            row = _row(connection, set_id)
            return read_takes(connection, row, (views.c.angle == angle) & (views.c.take == take))[0]

    def _load(self, condition: sa.ColumnElement[bool]) -> SetRecord | None:
        newest = sa.select(sets).where(condition, sets.c.deleted_at.is_(None)).order_by(sets.c.number.desc()).limit(1)
        with self.database.reading() as connection:
            row = connection.execute(newest).first()
            return None if row is None else _stored_set(connection, row)


def _stored_set(connection: sa.Connection, row: sa.Row[Any]) -> SetRecord:
    chosen = {view.angle: view for view in read_takes(connection, row, views.c.chosen)}
    tagged = sa.select(tags.c.tag).where(tags.c.set_number == row.number).order_by(tags.c.folded)
    spent = sa.select(sa.func.coalesce(sa.func.sum(views.c.cost_usd), 0.0)).where(views.c.set_number == row.number)
    return SetRecord(
        set_id=row.set_id,
        session_id=row.session_id,
        owner=row.owner,
        state=SetState(row.state),
        created_at=row.created_at,
        seconds=row.seconds,
        order=_order(row.order),
        views=tuple(chosen[angle] for angle in row.angles),
        tags=tuple(connection.execute(tagged).scalars()),
        favourite=row.favourite,
        spent_usd=float(connection.execute(spent).scalar_one()),
    )


def _order(kept: dict[str, Any]) -> Order:
    try:
        return Order.kept(kept)
    except InputError as exc:
        raise StoreError(f"The order of this set cannot be read any more: {exc}") from exc


def _beat(connection: sa.Connection, owner: str, now: float) -> None:
    known = connection.execute(servers.update().where(servers.c.owner == owner).values(beat_at=now))
    if known.rowcount == 0:
        connection.execute(servers.insert().values(owner=owner, beat_at=now))


def _locked(connection: sa.Connection, set_id: str) -> int:
    """The set's number; nobody else writes to the set until the transaction ends."""
    wanted = sa.select(sets.c.number).where(sets.c.set_id == set_id).with_for_update()
    number = connection.execute(wanted).scalar_one_or_none()
    if number is None:
        raise NotThere("set")
    return int(number)


def _row(connection: sa.Connection, set_id: str) -> sa.Row[Any]:
    row = connection.execute(sa.select(sets).where(sets.c.set_id == set_id)).first()
    if row is None:
        raise NotThere("set")
    return row


def _new_id() -> str:
    return base64.b32encode(secrets.token_bytes(8)).decode("ascii")[:12].lower()
