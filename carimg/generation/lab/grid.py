"""Grids of the prompt lab: one car, one session, the same seeds, and one thing varied against another."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from carimg.domain.catalog import Angle, catalog
from carimg.domain.identity import canonical_id, generate_consistent_seed, generate_consistent_session_id
from carimg.domain.order import Order, Strategy, parse_angles, parse_size
from carimg.errors import InputError
from carimg.prompts.template import check_prompts, expand_variants, hint_names, prompt_of

MAX_RUNS = 48
MAX_PICTURES = 144
"""As many as one labelled picture of the grid can hold."""
MAX_REPEATS = 8
ALL_HINTS, NO_HINTS = "all", "none"
"""Values of the axis `hints` beside the names of hint blocks, each of which stands for 'without this one'."""


class AxisKind(StrEnum):
    """What rows or columns stand for."""

    PROMPTS = "prompts"
    """Template sources, '' = the built-in one."""
    HINTS = "hints"
    """'all', 'none', or the hint block that is left out."""
    ANGLES = "angles"
    """Angle ids."""
    ENGINES = "engines"
    """Engine ids: a cell is drawn by this engine or not at all."""
    STRATEGIES = "strategies"
    SIZES = "sizes"
    """Like '768x512'."""


@dataclass(frozen=True, slots=True)
class Value:
    """One row or column. `name` is a person's own name for it; '' = a name follows from kind and value."""

    value: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Axis:
    kind: AxisKind
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Run:
    """One set of the grid, at a row, a column and a repeat (all from 0). `shown` are the angles of its cell: the order
    may have the main view besides, where a strategy needs it."""

    row: int
    column: int
    repeat: int
    order: Order
    shown: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """A checked plan. `columns` None = a single column. `base` has a session id; runs go row by row."""

    base: Order
    rows: Axis
    columns: Axis | None
    repeats: int
    runs: tuple[Run, ...] = field(repr=False)

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.rows.values), len(self.columns.values) if self.columns else 1

    @property
    def pictures(self) -> int:
        """How many pictures the grid orders."""
        return sum(len(run.order.angles) for run in self.runs)

    def first(self, row: int, column: int = 0) -> Run:
        """The first repeat of a cell."""
        return next(run for run in self.runs if (run.row, run.column, run.repeat) == (row, column, 0))


def plan(base: Order, rows: Axis, columns: Axis | None = None, repeats: int = 1, *, now: float | None = None) -> Grid:
    """Cross two axes over an order. Every cell has the same session id and, repeat by repeat, the same seeds: those of
    the session first, further ones derived from it.

    Raises InputError for an empty axis, one kind twice, unknown values, or a grid that is too large; TemplateError for
    a prompt that cannot be rendered.
    """
    _check_axes(rows, columns, repeats)
    car = base.car
    session_id = base.session_id or generate_consistent_session_id(
        car.brand, car.model, car.year, car.color, car.body_type, now=time.time() if now is None else now
    )
    base = base.changed(session_id=session_id)
    runs = tuple(
        _run(base, _varied(_varied(base, rows, row), columns, column), (row, column, repeat))
        for row in range(len(rows.values))
        for column in range(len(columns.values) if columns else 1)
        for repeat in range(repeats)
    )
    grid = Grid(base, rows, columns, repeats, runs)
    for run in runs:
        if len(expand_variants(run.order.template or "")) > 1:
            raise InputError(
                "grid_choices", "This prompt has choices {a|b}: make prompts one of the axes to run them all."
            )
        check_prompts(run.order)
    if grid.pictures > MAX_PICTURES:
        raise InputError(
            "grid_pictures", f"This grid has {grid.pictures} pictures; at most {MAX_PICTURES} fit: fewer values."
        )
    return grid


def _check_axes(rows: Axis, columns: Axis | None, repeats: int) -> None:
    for axis in (rows, columns):
        if axis and not axis.values:
            raise InputError("grid_empty", f"Choose at least one of the {axis.kind}.")
        if axis and len({value.value for value in axis.values}) < len(axis.values):
            raise InputError("grid_twice", f"One of the {axis.kind} is there twice.")
    if columns and rows.kind is columns.kind:
        raise InputError("grid_axes", "Rows and columns must stand for different things.")
    if not 1 <= repeats <= MAX_REPEATS:
        raise InputError("repeats", f"Repeat each cell 1 to {MAX_REPEATS} times.")
    runs = len(rows.values) * (len(columns.values) if columns else 1) * repeats
    if runs > MAX_RUNS:
        raise InputError("grid_runs", f"This grid has {runs} runs; at most {MAX_RUNS} can go at once: fewer values.")


def _varied(order: Order, axis: Axis | None, index: int) -> Order:
    """The order with one value of an axis put in. Raises InputError."""
    if axis is None:
        return order
    value = axis.values[index].value
    match axis.kind:
        case AxisKind.PROMPTS:
            return order.changed(template=value or None, prompts={})
        case AxisKind.HINTS:
            return order.changed(hints_off=_hints_off(order.hints_off, value))
        case AxisKind.ANGLES:
            return order.changed(angles=parse_angles([value]), main=order.main_angle)
        case AxisKind.ENGINES:
            return order.changed(engines=(value,))
        case AxisKind.STRATEGIES:
            if value not in list(Strategy):
                raise InputError("strategy", f"Strategy '{value}' is not known; choose {', '.join(Strategy)}.")
            return order.changed(strategy=Strategy(value))
        case AxisKind.SIZES:
            return order.changed(size=parse_size(value))


def _hints_off(before: frozenset[str], value: str) -> frozenset[str]:
    if value == ALL_HINTS:
        return frozenset()
    if value == NO_HINTS:
        return frozenset(hint_names())
    if value not in hint_names():
        raise InputError("hints", f"There is no hint '{value}'; there are {', '.join(hint_names())}.")
    return before | {value}


def _run(base: Order, order: Order, place: tuple[int, int, int]) -> Run:
    """A cell's order with its seeds fixed: an order of one angle would else take that one for the main view."""
    row, column, repeat = place
    shown = tuple(angle.id for angle in order.angles)
    main = base.main_angle
    if order.strategy is Strategy.ANCHORED and main not in order.angles:
        order = order.changed(angles=(main, *order.angles))
    seeds = {angle.id: _seed(base, order, angle, repeat) for angle in order.angles}
    return Run(row, column, repeat, order.changed(seeds=seeds, main=None), shown)


def _seed(base: Order, order: Order, angle: Angle, repeat: int) -> int:
    varied = order.changed(main=base.main_angle)
    session_id = base.session_id or ""
    if repeat == 0:
        return varied.seed(session_id, angle)
    source = varied.main_angle if order.strategy is Strategy.SHARED_SEED else angle
    return generate_consistent_seed(f"{canonical_id(session_id)} repeat {repeat + 1}", source.id)


def prompts(axis: Axis, grid: Grid) -> tuple[str, ...]:
    """The prompt of each value of an axis for the first angle of its first cell, with the catalogue's badge: what to
    compare word by word. The other axis stays at its first value."""
    places = [(index, 0) if axis == grid.rows else (0, index) for index in range(len(axis.values))]
    runs = [grid.first(*place) for place in places]
    badge = catalog().badge(grid.base.car.brand)
    angles = [next(angle for angle in run.order.angles if angle.id == run.shown[0]) for run in runs]
    return tuple(
        prompt_of(run.order, angle, run.order.session_id or "", badge) for run, angle in zip(runs, angles, strict=True)
    )


def to_json(grid: Grid) -> dict[str, Any]:
    """The grid as plain JSON; `from_json` reads it back."""
    return {
        "base": grid.base.to_json(),
        "rows": _axis_json(grid.rows),
        "columns": _axis_json(grid.columns) if grid.columns else None,
        "repeats": grid.repeats,
    }


def from_json(data: Mapping[str, Any]) -> Grid:
    """Raises InputError, TemplateError for a plan that cannot be carried out any more."""
    columns = data["columns"]
    return plan(Order.kept(data["base"]), _axis(data["rows"]), _axis(columns) if columns else None, data["repeats"])


def _axis_json(axis: Axis) -> dict[str, Any]:
    return {"kind": axis.kind.value, "values": [[value.value, value.name] for value in axis.values]}


def _axis(data: Mapping[str, Any]) -> Axis:
    return Axis(AxisKind(data["kind"]), tuple(Value(value, name) for value, name in data["values"]))
