"""Takes: the rows of the views of one set, written and read. A column bears the name of the View's field it keeps."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from carimg.domain.car import Car
from carimg.domain.view import AnglePrompt, Attempt, Reference, View, ViewState
from carimg.errors import StoreError
from carimg.store.schema import attempts, photos, views

MAX_OUTCOME = 64
"""Letters of an attempt's outcome that its column holds."""
_OF_PROMPT: dict[str, Any] = {"prompt": "", "prompt_en": None, "translated_by": "", "badge": "", "badge_source": ""}
"""Columns that keep the view's prompt, with their values where it has none yet."""
_OF_ROW = ("view_id", "set_number", "references")
"""Columns that are not fields of a view."""
_OF_VIEW = tuple(column.name for column in views.c if column.name not in (*_OF_PROMPT, *_OF_ROW))
_ENDED = tuple(state.value for state in ViewState if state.ended)


def read_takes(connection: sa.Connection, row: sa.Row[Any], condition: sa.ColumnElement[bool]) -> tuple[View, ...]:
    wanted = sa.select(views).where(views.c.set_number == row.number, condition).order_by(views.c.take)
    found = connection.execute(wanted).all()
    tried = _attempts(connection, [view.view_id for view in found])
    return tuple(_view_of(view, tried[view.view_id], row) for view in found)


def _attempts(connection: sa.Connection, view_ids: list[int]) -> dict[int, list[Attempt]]:
    wanted = (
        sa.select(attempts).where(attempts.c.view_id.in_(view_ids)).order_by(attempts.c.view_id, attempts.c.position)
    )
    tried: dict[int, list[Attempt]] = defaultdict(list)
    for row in connection.execute(wanted):
        tried[row.view_id].append(Attempt(row.engine, row.outcome, row.message, row.seconds, row.cost_usd))
    return tried


def write_take(connection: sa.Connection, number: int, view: View) -> int:
    """Write the row of a view: over the last take when nothing came of that, else as a new take; returns the take."""
    values = {name: value for name, value in columns_of(view).items() if name not in ("angle", "take", "chosen")}
    this_view = (views.c.set_number == number) & (views.c.angle == view.angle)
    takes = connection.execute(sa.select(views).where(this_view).order_by(views.c.take)).all()
    if not takes:
        raise StoreError(f"This set has no view '{view.angle}'.")
    if not values["sha256"] and any(row.sha256 and row.chosen for row in takes):
        values["chosen"] = False
    else:
        connection.execute(views.update().where(this_view).values(chosen=False))
        values["chosen"] = True
    last = takes[-1]
    if _empty(connection, last):
        take, view_id = last.take, last.view_id
        connection.execute(views.update().where(views.c.view_id == view_id).values(values))
        for table in (attempts, photos):
            connection.execute(table.delete().where(table.c.view_id == view_id))
    else:
        take = last.take + 1
        values |= {"set_number": number, "angle": view.angle, "take": take}
        view_id = connection.execute(views.insert().values(values).returning(views.c.view_id)).scalar_one()
    rows = [
        {
            **asdict(attempt),
            "view_id": view_id,
            "position": position,
            "outcome": _text(attempt.outcome)[:MAX_OUTCOME],
            "message": _text(attempt.message),
        }
        for position, attempt in enumerate(view.attempts)
    ]
    if rows:
        connection.execute(attempts.insert(), rows)
    if named := {item["sha256"] for item in values.get("references", ())}:
        connection.execute(photos.insert(), [{"view_id": view_id, "sha256": sha256} for sha256 in sorted(named)])
    return int(take)


def _empty(connection: sa.Connection, row: sa.Row[Any]) -> bool:
    """Nothing came of this take: it never ended, or it ended before any engine was asked."""
    if row.state not in _ENDED:
        return True
    tried = sa.select(attempts.c.position).where(attempts.c.view_id == row.view_id).limit(1)
    return not row.sha256 and row.state != ViewState.FAILED and connection.execute(tried).first() is None


def columns_of(view: View) -> dict[str, Any]:
    """All columns of a view, also those that are empty: a row may be written over."""
    prompt = view.prompt
    values = {name: _stored(getattr(view, name)) for name in _OF_VIEW}
    values |= {name: _stored(getattr(prompt, name)) if prompt else default for name, default in _OF_PROMPT.items()}
    references = [{name: _stored(value) for name, value in item.to_json().items()} for item in view.references]
    return values | {"references": references}


def _view_of(row: sa.Row[Any], tried: Sequence[Attempt], set_row: sa.Row[Any]) -> View:
    """A row of `views` with its attempts; `set_row` is its set's."""
    own = {name: getattr(row, name) for name in _OF_VIEW if name != "cost_usd"}
    own |= {"state": ViewState(row.state), "facts": tuple((name, value) for name, value in row.facts)}
    own["is_main"] = row.angle == set_row.angles[0]
    prompt = None
    if row.seed is not None:
        prompt = AnglePrompt(
            car=Car(set_row.brand, set_row.model, set_row.year, set_row.color, set_row.body_type),
            angle=row.angle,
            seed=row.seed,
            session_id=set_row.session_id,
            references=tuple(Reference(b"", **item) for item in row.references),
            **{name: getattr(row, name) for name in _OF_PROMPT},
        )
    return View(prompt=prompt, attempts=tuple(tried), **own)


def _stored(value: Any) -> Any:
    """A value as its column takes it."""
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, tuple):
        return [_stored(item) for item in value]
    return _text(value) if isinstance(value, str) else value


def end_takes(connection: sa.Connection, numbers: list[int], reason: str, now: float) -> None:
    unfinished = views.c.set_number.in_(numbers) & views.c.state.not_in(_ENDED)
    values = {"state": ViewState.CANCELLED.value, "error": reason, "saved_at": now}
    connection.execute(views.update().where(unfinished).values(values))


def _text(text: str) -> str:
    """Text that every database takes: no NUL, no lone surrogates."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")
