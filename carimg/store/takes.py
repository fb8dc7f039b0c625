"""Takes: the rows of the views of one set, written and read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa

from carimg.errors import StoreError
from carimg.store.files import KeptFile, KeptPicture
from carimg.store.records import StoredView, attempt_of, view_of
from carimg.store.schema import attempts, photos, views
from carimg.views import Attempt, View, ViewState

MAX_OUTCOME = 64
"""Letters of an attempt's outcome that its column holds; a service's own code may be longer."""
_ENDED = (ViewState.DONE, ViewState.FAILED, ViewState.CANCELLED)


def read_takes(
    connection: sa.Connection, row: sa.Row[Any], condition: sa.ColumnElement[bool]
) -> tuple[StoredView, ...]:
    wanted = sa.select(views).where(views.c.set_number == row.number, condition).order_by(views.c.take)
    found = connection.execute(wanted).all()
    tried = _attempts(connection, [view.view_id for view in found])
    return tuple(view_of(view, tried[view.view_id], row.set_id, row.session_id, row.order) for view in found)


def _attempts(connection: sa.Connection, view_ids: list[int]) -> dict[int, list[Attempt]]:
    wanted = (
        sa.select(attempts).where(attempts.c.view_id.in_(view_ids)).order_by(attempts.c.view_id, attempts.c.position)
    )
    tried: dict[int, list[Attempt]] = defaultdict(list)
    for row in connection.execute(wanted):
        tried[row.view_id].append(attempt_of(row))
    return tried


def write_take(connection: sa.Connection, number: int, view: View, values: dict[str, Any]) -> int:
    """Write the row of a view: over the last take when nothing came of that, else as a new take; returns the take."""
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


def columns_of(view: View, kept: KeptPicture | None, photo_files: Sequence[KeptFile], now: float) -> dict[str, Any]:
    """All columns that follow from the view, also those that are empty: a row may be written over."""
    values: dict[str, Any] = {
        "state": view.state.value,
        "saved_at": now,
        "seconds": view.seconds,
        "work_s": view.work_s,
        "cost_usd": view.cost_usd,
        "error": _text(view.error),
        "sha256": kept.original.sha256 if kept else "",
        "page_sha256": kept.page.sha256 if kept else "",
        "thumb_sha256": kept.thumb.sha256 if kept else "",
        "car_mask_sha256": kept.car_mask.sha256 if kept and kept.car_mask else "",
        "paint_mask_sha256": kept.paint_mask.sha256 if kept and kept.paint_mask else "",
    }
    if view.prompt is not None:
        prompt = view.prompt
        values |= {
            "seed": prompt.seed,
            "prompt": _text(prompt.prompt),
            "prompt_en": None if prompt.prompt_en is None else _text(prompt.prompt_en),
            "translated_by": prompt.translated_by,
            "badge": _text(prompt.badge),
            "badge_source": _text(prompt.badge_source),
            "references": [
                {
                    "source_url": _text(item.source_url),
                    "title": _text(item.title),
                    "role": item.role,
                    "mime": item.mime,
                    "sha256": photo.sha256,
                }
                for item, photo in zip(prompt.references, photo_files, strict=True)
            ],
        }
    if view.picture is not None:
        picture = view.picture
        values |= {
            "engine": picture.engine,
            "model": _text(picture.model),
            "seed_honoured": picture.seed_honoured,
            "simulated": picture.simulated,
            "mime": picture.mime,
            "width": picture.width,
            "height": picture.height,
            "facts": [[_text(name), _text(value)] for name, value in picture.facts],
        }
    return values


def end_takes(connection: sa.Connection, numbers: list[int], reason: str, now: float) -> None:
    unfinished = views.c.set_number.in_(numbers) & views.c.state.not_in([state.value for state in _ENDED])
    values = {"state": ViewState.CANCELLED.value, "error": reason, "saved_at": now}
    connection.execute(views.update().where(unfinished).values(values))


def _text(text: str) -> str:
    """Text that every database takes: no NUL, no lone surrogates."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")
