"""Templates with their versions."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from carimg.errors import InputError, StoreError
from carimg.store import Store, open_store


def test_templates_have_versions(store: Store) -> None:
    """Saving under a name adds a version, unless nothing changed; every version stays readable."""
    first = store.save_template("Night  shot", "{{ brand }}", now=1.0)
    assert (first.name, first.version) == ("Night shot", 1)
    assert store.save_template("Night shot", "{{ brand }}", now=2.0) == first
    second = store.save_template("Night shot", "{{ brand }} at night", now=3.0)
    store.save_template("Абетка", "{{ model }}", now=4.0)
    assert second.version == 2
    assert store.template("Night shot") == second
    assert store.template("Night shot", 1) == first
    assert [(found.name, found.version) for found in store.templates()] == [
        ("Night shot", 2),
        ("Night shot", 1),
        ("Абетка", 1),
    ]
    with pytest.raises(StoreError, match="no template"):
        store.template("Day shot")


def test_templates_of_many_threads_get_different_versions(store: Store) -> None:
    """Twelve versions saved at once are numbered 1 to 12."""
    with ThreadPoolExecutor(6) as pool:
        saved = list(pool.map(lambda number: store.save_template("t", f"source {number}"), range(12)))
    assert sorted(template.version for template in saved) == list(range(1, 13))


@pytest.mark.parametrize(("name", "source"), [("", "x"), (" ", "x"), ("n" * 61, "x"), ("n", " "), ("n", "x" * 20_001)])
def test_wrong_templates_are_refused(tmp_path: Path, name: str, source: str) -> None:
    """A template needs a name and a source of sensible length."""
    store = open_store("", tmp_path)
    with pytest.raises(InputError):
        store.save_template(name, source)
    store.close()
