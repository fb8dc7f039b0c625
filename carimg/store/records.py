"""What comes out of the store beside sets: entries of the history, templates, grids."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from carimg.domain.car import Car
from carimg.domain.identity import display_id
from carimg.domain.view import SetState


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
