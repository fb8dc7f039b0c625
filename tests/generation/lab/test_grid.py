"""Plans of the prompt lab."""

from __future__ import annotations

from typing import Any

import pytest

from carimg.domain.identity import generate_consistent_seed
from carimg.domain.order import Order, Strategy
from carimg.errors import InputError, TemplateError
from carimg.generation.lab.grid import MAX_RUNS, Axis, AxisKind, Grid, Value, from_json, plan, prompts, to_json
from tests.support.orders import order

SESSION = "1a2b3c4d5e6f"


def base(**changes: Any) -> Order:
    return Order.parse(order(session_id=SESSION) | changes)


def axis(kind: str, *values: str) -> Axis:
    return Axis(AxisKind(kind), tuple(Value(value) for value in values))


def orders(grid: Grid) -> dict[tuple[int, int, int], Order]:
    return {(run.row, run.column, run.repeat): run.order for run in grid.runs}


def test_prompts_against_angles() -> None:
    """Every prompt meets every angle, row by row, with one session id and each angle's own seed."""
    grid = plan(base(), axis("prompts", "", "{{ brand }} at night"), axis("angles", "front", "rear"))
    assert grid.shape == (2, 2)
    assert grid.pictures == 4
    found = orders(grid)
    assert found[0, 0, 0].template is None
    assert found[1, 1, 0].template == "{{ brand }} at night"
    assert [angle.id for angle in found[1, 1, 0].angles] == ["rear"]
    for (_, column, _), wanted in found.items():
        angle = ("front", "rear")[column]
        assert wanted.session_id == SESSION
        assert wanted.seeds == {angle: generate_consistent_seed(SESSION, angle)}


def test_a_single_column_draws_every_angle_in_each_cell() -> None:
    """Without columns a cell is a whole set."""
    grid = plan(base(), axis("sizes", "256x256", "768x512"))
    assert grid.shape == (2, 1)
    assert [run.shown for run in grid.runs] == [("front", "side", "rear")] * 2
    assert [run.order.size for run in grid.runs] == [(256, 256), (768, 512)]


def test_repeats_have_the_same_further_seeds_in_every_cell() -> None:
    """The first repeat keeps the session's seeds; the second one's are others, but the same in all cells and plans."""
    found = orders(plan(base(), axis("engines", "a", "b"), None, repeats=3))
    assert found[0, 0, 0].seeds["side"] == generate_consistent_seed(SESSION, "side")
    for repeat in range(3):
        assert found[0, 0, repeat].seeds == found[1, 0, repeat].seeds
    assert len({found[0, 0, repeat].seeds["side"] for repeat in range(3)}) == 3
    assert orders(plan(base(), axis("engines", "a", "b"), None, repeats=3)) == found


def test_given_seeds_are_kept() -> None:
    """Seeds that the order fixes are those of the first repeat."""
    grid = plan(base(seeds={"side": 42}), axis("engines", "a"), axis("angles", "front", "side"))
    assert grid.runs[1].order.seeds == {"side": 42}


def test_the_shared_seed_is_the_main_views_in_every_cell() -> None:
    """An angle by itself would be its own main view: its seed is fixed to the main view's of the whole grid."""
    grid = plan(base(), axis("strategies", "hints", "shared-seed"), axis("angles", "front", "side"), repeats=2)
    main = generate_consistent_seed(SESSION, "front")
    found = orders(grid)
    assert found[1, 1, 0].seeds == {"side": main}
    assert found[1, 1, 1].seeds["side"] == found[1, 0, 1].seeds["front"] != main
    assert found[0, 1, 0].seeds["side"] != main


def test_an_anchored_angle_brings_its_main_view_along() -> None:
    """The strategy needs the main picture, so a cell of another angle orders it too, and counts it."""
    grid = plan(base(strategy="anchored"), axis("engines", "a"), axis("angles", "front", "side"))
    assert [[angle.id for angle in run.order.angles] for run in grid.runs] == [["front"], ["front", "side"]]
    assert [run.shown for run in grid.runs] == [("front",), ("side",)]
    assert grid.pictures == 3


def test_hints_are_switched_off_one_by_one() -> None:
    """'all' switches every hint on, 'none' off; a name leaves that one out, beside those that are off already."""
    grid = plan(base(hints_off=["backdrop"]), axis("hints", "all", "consistency", "none"))
    off = [run.order.hints_off for run in grid.runs]
    assert off[:2] == [frozenset(), frozenset({"backdrop", "consistency"})]
    assert "references" in off[2]


def test_every_kind_sets_its_field() -> None:
    """Engines, strategies and sizes go where they belong."""
    assert plan(base(), axis("engines", "a")).runs[0].order.engines == ("a",)
    assert plan(base(), axis("strategies", "anchored")).runs[0].order.strategy is Strategy.ANCHORED


def test_without_a_session_id_one_is_made() -> None:
    """All runs share a new session id that follows from car and time."""
    grid = plan(base(session_id=None), axis("engines", "a", "b"), now=1_700_000_000.0)
    assert grid.base.session_id is not None
    assert {run.order.session_id for run in grid.runs} == {grid.base.session_id}


@pytest.mark.parametrize(
    ("rows", "columns", "repeats", "sentence"),
    [
        (axis("engines"), None, 1, "at least one of the engines"),
        (axis("engines", "a"), axis("engines", "b"), 1, "different things"),
        (axis("engines", "a", "a"), None, 1, "twice"),
        (axis("engines", "a"), None, 0, "1 to 8 times"),
        (axis("engines", *map(str, range(7))), axis("prompts", *map(str, range(7))), 1, f"at most {MAX_RUNS}"),
        (axis("sizes", "9x9"), None, 1, "256 to 2048"),
        (axis("angles", "inside"), None, 1, "not known"),
        (axis("hints", "louder"), None, 1, "no hint 'louder'"),
        (axis("strategies", "luck"), None, 1, "not known"),
    ],
)
def test_wrong_grids_get_a_sentence(rows: Axis, columns: Axis | None, repeats: int, sentence: str) -> None:
    """Nothing is planned for a grid that makes no sense or is too large, and a sentence says why."""
    with pytest.raises(InputError, match=sentence):
        plan(base(), rows, columns, repeats)


def test_too_many_pictures_get_a_sentence() -> None:
    """The number of pictures is bounded too, however few the runs."""
    angles = [f"yaw_{number}" for number in range(0, 72, 2)]
    with pytest.raises(InputError, match="180 pictures; at most 144"):
        plan(base(angles=angles), axis("sizes", "256x256", "300x300", "400x400", "500x500", "600x600"))


def test_a_bad_prompt_starts_nothing() -> None:
    """An unknown variable in one of the prompts is found when the grid is planned."""
    with pytest.raises(TemplateError, match="no variable 'speed'"):
        plan(base(), axis("prompts", "", "{{ speed }}"))


def test_choices_need_prompts_as_an_axis() -> None:
    """`{a|b}` is refused where it would go out to the engine as it stands."""
    with pytest.raises(InputError, match="choices"):
        plan(base(template="{{ brand }} {a|b}"), axis("sizes", "256x256"))


def test_a_grid_survives_being_kept() -> None:
    """As JSON and back it is the same grid, with the names that people gave."""
    rows = Axis(AxisKind.PROMPTS, (Value("", "plain"), Value("{{ brand }}", "ніч")))
    grid = plan(base(), rows, axis("angles", "front", "side"), repeats=2)
    assert from_json(to_json(grid)) == grid


def test_prompts_to_compare() -> None:
    """One prompt a value, for the first angle, with session and seed of the grid."""
    rows = axis("prompts", "", "{{ brand }} {{ angle }}, seed {{ seed }}")
    grid = plan(base(), rows, axis("angles", "front", "side"))
    first, second = prompts(rows, grid)
    assert first.startswith("2019 Renault Clio")
    assert second == f"Renault front, seed {generate_consistent_seed(SESSION, 'front')}"
