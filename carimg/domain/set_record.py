"""One set: its order and its views, and what follows from them wherever it is shown, answered or exported."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from carimg.domain.car import Car
from carimg.domain.identity import display_id
from carimg.domain.order import Order
from carimg.domain.view import SetState, View


@dataclass(frozen=True, slots=True)
class SetRecord:
    """A set with the chosen take of each view, in the order of its angles. `set_id` is '' for one that no store keeps;
    `created_at` is a Unix time, `seconds` the wall time of the whole set."""

    set_id: str
    session_id: str
    order: Order = field(repr=False)
    state: SetState
    created_at: float
    seconds: float
    views: tuple[View, ...] = field(repr=False)
    tags: tuple[str, ...] = ()
    favourite: bool = False
    spent_usd: float = 0.0
    """What all takes together cost, also those that failed or are not chosen."""
    owner: str = ""
    """The server process that draws it."""

    @property
    def display_id(self) -> str:
        return display_id(self.session_id)

    @property
    def car(self) -> Car:
        return self.order.car

    @property
    def angles(self) -> tuple[str, ...]:
        return tuple(view.angle for view in self.views)

    @property
    def drawn(self) -> tuple[View, ...]:
        """The views that have a picture."""
        return tuple(view for view in self.views if view.drawn)

    @property
    def missing(self) -> tuple[str, ...]:
        """Angles without a picture: what 'draw the rest' draws."""
        return tuple(view.angle for view in self.views if not view.drawn)

    @property
    def engines(self) -> tuple[str, ...]:
        """The engines that drew its views, each once, in order of appearance."""
        return tuple(dict.fromkeys(view.engine for view in self.drawn))

    @property
    def mixed(self) -> bool:
        """Several engines or models drew it, so it cannot be consistent."""
        return len({(view.engine, view.model) for view in self.drawn}) > 1

    @property
    def cost_usd(self) -> float:
        """What the views that are shown cost, failed attempts included."""
        return sum((view.cost_usd for view in self.views), 0.0)

    @property
    def one_after_another_s(self) -> float:
        """Seconds the views that are drawn would have taken one after another."""
        return sum((view.work_s for view in self.drawn), 0.0)

    @property
    def recalled(self) -> dict[str, Any]:
        """The order, as plain JSON, that repeats this set: its session id and the seeds of the chosen takes are fixed
        in it. For a remix leave out `session_id` and `seeds`."""
        seeds = {view.angle: view.seed for view in self.views if view.seed is not None}
        order = self.order.to_json()
        return order | {"session_id": self.session_id, "seeds": {**order["seeds"], **seeds}}

    def view(self, angle: str) -> View | None:
        return next((view for view in self.views if view.angle == angle), None)


def outcome_of(views: tuple[View, ...]) -> SetState:
    """How a set has ended, by the views it has."""
    done = sum(view.drawn for view in views)
    return SetState.DONE if done == len(views) else SetState.PARTIAL if done else SetState.FAILED
