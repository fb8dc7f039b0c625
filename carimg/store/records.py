"""What comes out of the store: frozen records of sets, views and templates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import sqlalchemy as sa

from carimg.car import Car
from carimg.identity import display_id
from carimg.views import AnglePrompt, Attempt, Reference, SetState, ViewState


@dataclass(frozen=True, slots=True)
class StoredReference:
    """A reference photo of a view and where it came from; its file is `sha256`, kind 'photo'."""

    source_url: str
    title: str
    role: str
    mime: str
    sha256: str = ""
    """'' for sets that older versions drew: they kept no photos."""


@dataclass(frozen=True, slots=True)
class StoredView:
    """One take of one view. The hashes name files (`Store.picture_path`), '' where there is none; `seed` is None while
    the view has no prompt yet; `saved_at` in Unix seconds; `order` is the order of its set."""

    set_id: str
    session_id: str
    angle: str
    take: int
    chosen: bool
    state: ViewState
    saved_at: float
    seconds: float
    work_s: float
    cost_usd: float
    error: str
    seed: int | None
    prompt: str
    prompt_en: str | None
    translated_by: str
    badge: str
    badge_source: str
    references: tuple[StoredReference, ...]
    engine: str
    model: str
    seed_honoured: bool
    simulated: bool
    mime: str
    width: int
    height: int
    sha256: str
    page_sha256: str
    thumb_sha256: str
    car_mask_sha256: str
    paint_mask_sha256: str
    facts: tuple[tuple[str, str], ...]
    attempts: tuple[Attempt, ...]
    order: dict[str, Any] = field(repr=False)

    @property
    def drawn(self) -> bool:
        return self.state is ViewState.DONE and bool(self.sha256)

    @property
    def display_id(self) -> str:
        return display_id(self.session_id)

    @property
    def car(self) -> Car:
        return Car(**self.order["car"])

    def angle_prompt(self, car: Car, session_id: str, photos: tuple[Reference, ...] = ()) -> AnglePrompt | None:
        """The view's prompt as the pipeline knew it, with the photos of `Store.photos`; None when it had none yet."""
        if self.seed is None:
            return None
        return AnglePrompt(
            car=car,
            angle=self.angle,
            prompt=self.prompt,
            seed=self.seed,
            session_id=session_id,
            prompt_en=self.prompt_en,
            translated_by=self.translated_by,
            references=photos,
            badge=self.badge,
            badge_source=self.badge_source,
        )


@dataclass(frozen=True, slots=True)
class StoredSet:
    """One set with the chosen take of each view, in the order of its angles. `order` is what `parse_spec` takes;
    `seconds` is the wall time of the whole set."""

    set_id: str
    session_id: str
    owner: str
    state: SetState
    created_at: float
    seconds: float
    order: dict[str, Any] = field(repr=False)
    views: tuple[StoredView, ...] = field(repr=False)
    tags: tuple[str, ...] = ()
    favourite: bool = False
    spent_usd: float = 0.0
    """What all takes together cost, also those that failed or are not chosen."""

    @property
    def display_id(self) -> str:
        return display_id(self.session_id)

    @property
    def car(self) -> Car:
        return Car(**self.order["car"])

    @property
    def angles(self) -> tuple[str, ...]:
        return tuple(view.angle for view in self.views)

    @property
    def drawn(self) -> tuple[StoredView, ...]:
        """The views that have a picture."""
        return tuple(view for view in self.views if view.drawn)

    @property
    def missing(self) -> tuple[str, ...]:
        """Angles without a picture: what 'draw the rest' draws."""
        return tuple(view.angle for view in self.views if not view.drawn)

    @property
    def engines(self) -> tuple[str, ...]:
        """The engines that drew its views, each once."""
        return tuple(dict.fromkeys(view.engine for view in self.drawn))

    @property
    def mixed(self) -> bool:
        """Several engines or models drew it, so it cannot be consistent."""
        return len({(view.engine, view.model) for view in self.drawn}) > 1

    @property
    def recalled(self) -> dict[str, Any]:
        """The order that repeats this set: its session id and the seeds of the chosen takes are fixed in it. For a
        remix leave out `session_id` and `seeds`."""
        seeds = {view.angle: view.seed for view in self.views if view.seed is not None}
        return self.order | {"session_id": self.session_id, "seeds": {**self.order["seeds"], **seeds}}

    def view(self, angle: str) -> StoredView | None:
        return next((view for view in self.views if view.angle == angle), None)


@dataclass(frozen=True, slots=True)
class HistoryItem:
    """One set in the history. `thumbs` are (angle, hash of the thumbnail) of the views that are drawn, in the set's
    order; `total_views` counts all views, drawn or not."""

    set_id: str
    session_id: str
    car: Car
    state: SetState
    created_at: float
    seconds: float
    thumbs: tuple[tuple[str, str], ...]
    engines: tuple[str, ...]
    tags: tuple[str, ...]
    favourite: bool
    cost_usd: float
    total_views: int

    @property
    def display_id(self) -> str:
        return display_id(self.session_id)

    def to_json(self) -> dict[str, Any]:
        """The same facts as plain JSON."""
        return asdict(self) | {"session_id": self.display_id, "thumbs": dict(self.thumbs)}


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """A page of the history, newest first. `page` is 1 … `pages`; `total` counts the sets of all pages."""

    items: tuple[HistoryItem, ...]
    total: int
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class StoredTemplate:
    """One version of a named prompt template; versions count from 1."""

    name: str
    version: int
    source: str
    created_at: float


@dataclass(frozen=True, slots=True)
class StoredLab:
    """A grid of the prompt lab: its plan as plain JSON, and the sets that its runs became, by the run's position; ''
    for a run that was called off before it began."""

    lab_id: str
    created_at: float
    plan: dict[str, Any] = field(repr=False)
    set_ids: dict[int, str] = field(repr=False)


def view_of(
    row: sa.Row[Any], attempts: Sequence[Attempt], set_id: str, session_id: str, order: dict[str, Any]
) -> StoredView:
    """A row of `views` with its attempts."""
    values = dict(row._mapping)
    for name in ("view_id", "set_number"):
        del values[name]
    values["state"] = ViewState(values["state"])
    values["references"] = tuple(StoredReference(**item) for item in values["references"])
    values["facts"] = tuple((name, value) for name, value in values["facts"])
    return StoredView(set_id=set_id, session_id=session_id, order=order, attempts=tuple(attempts), **values)


def attempt_of(row: sa.Row[Any]) -> Attempt:
    return Attempt(row.engine, row.outcome, row.message, row.seconds, row.cost_usd)
