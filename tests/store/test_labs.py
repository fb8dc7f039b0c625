"""Grids of the prompt lab in the store, on SQLite and PostgreSQL."""

from __future__ import annotations

import pytest

from carimg.errors import StoreError
from carimg.store import Store
from tests.support.stores import drawn_set


def test_a_grid_comes_back_with_its_sets(store: Store) -> None:
    """The plan and the set of each position come back; the sets carry the tag 'lab' and are found by it."""
    lab_id = store.create_lab({"repeats": 2, "назва": "ніч"}, now=5.0)
    first, second = drawn_set(store, "front"), drawn_set(store, "side")
    store.add_lab_run(lab_id, 0, first)
    store.add_lab_run(lab_id, 1, second)
    found = store.load_lab(lab_id)
    assert (found.plan, found.created_at) == ({"repeats": 2, "назва": "ніч"}, 5.0)
    assert found.set_ids == {0: first, 1: second}
    assert store.load_set(first).tags == ("lab",)
    assert {item.set_id for item in store.history(tag="lab").items} == {first, second}


def test_a_run_that_is_drawn_anew_takes_the_place(store: Store) -> None:
    """A second set at a position replaces the first, which stays in the history."""
    lab_id = store.create_lab({})
    first, second = drawn_set(store, "front"), drawn_set(store, "front")
    store.add_lab_run(lab_id, 0, first)
    store.add_lab_run(lab_id, 0, second)
    assert store.load_lab(lab_id).set_ids == {0: second}
    assert store.history(tag="lab").total == 2


def test_runs_are_called_off_and_begun_anew(store: Store) -> None:
    """A run that has not begun can be called off; one that has begun in the meantime is named, so that its set can be
    cancelled. Cleared runs are as if never begun."""
    lab_id, set_id = store.create_lab({}), drawn_set(store, "front")
    store.add_lab_run(lab_id, 0, set_id)
    assert store.skip_lab_run(lab_id, 0) == set_id
    assert store.skip_lab_run(lab_id, 1) == ""
    assert store.load_lab(lab_id).set_ids == {0: set_id, 1: ""}
    store.clear_lab_runs(lab_id, [0, 1, 2])
    assert store.load_lab(lab_id).set_ids == {}
    assert store.load_set(set_id).set_id == set_id


def test_grids_are_listed_newest_first(store: Store) -> None:
    """The newest grids come first, at most as many as asked for."""
    ids = [store.create_lab({"number": number}, now=float(number)) for number in range(3)]
    assert [lab.lab_id for lab in store.labs(2)] == [ids[2], ids[1]]


def test_what_is_not_there_gets_a_sentence(store: Store) -> None:
    """An unknown grid, or a set that is gone, is said in one sentence; nothing is kept then."""
    with pytest.raises(StoreError, match="no such grid"):
        store.load_lab("nowhere")
    with pytest.raises(StoreError, match="no such grid"):
        store.add_lab_run("nowhere", 0, drawn_set(store, "front"))
    lab_id = store.create_lab({})
    with pytest.raises(StoreError, match="no such set"):
        store.add_lab_run(lab_id, 0, "gone")
    assert store.load_lab(lab_id).set_ids == {}


def test_a_run_that_was_called_off_while_it_began_says_so(store: Store) -> None:
    """Calling off comes between the set's start and its entry: the entry is made, and the caller told to cancel."""
    lab_id = store.create_lab({"runs": 2})
    first, second = drawn_set(store, "front"), drawn_set(store, "side")
    store.skip_lab_run(lab_id, 0)
    assert store.add_lab_run(lab_id, 0, first) is False
    assert store.add_lab_run(lab_id, 1, second) is True
    assert store.load_lab(lab_id).set_ids == {0: first, 1: second}
