"""Fixtures of several test modules: stores on SQLite and PostgreSQL, and a place for studio cars."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from carimg.domain.set_record import SetRecord
from carimg.domain.view import SetState
from carimg.store import Store, open_store
from tests.support.postgres import new_database, postgres_server
from tests.support.stores import SESSION, TYPES, done, failed, order_of

LONGEST = (
    "tests/test_server.py",
    "tests/studio/",
    "tests/test_cli.py",
    "tests/engines/test_responses.py",
    "tests/pages/",
)
"""What takes long goes first, so that no process is left alone with it at the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(
        key=lambda item: next((n for n, path in enumerate(LONGEST) if item.nodeid.startswith(path)), len(LONGEST))
    )


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A server for the whole run; a test that asks for it where none is installed fails."""
    with postgres_server() as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """'' (SQLite in the data folder), and a new PostgreSQL database."""
    if request.param == "sqlite":
        yield ""
        return
    with new_database(request.getfixturevalue("postgres_url")) as url:
        yield url


@pytest.fixture(scope="session")
def studio_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where studio cars are kept, so that each is built once a run, also where several processes share it."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "studio-models"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture
def store(database_url: str, tmp_path: Path) -> Iterator[Store]:
    opened = open_store(database_url, tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Store]:
    """A store on SQLite, for what does not depend on the database."""
    opened = open_store("", tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def mixed(shelf: Store) -> SetRecord:
    """Four views: PNG, JPEG and WebP by two engines, and one that failed."""
    order = order_of(angles=[*TYPES, "top"])
    set_id = shelf.create_set(order, SESSION, owner="me", now=1_795_575_787.0)
    for number, (angle, mime) in enumerate(TYPES.items()):
        engine = "openai" if angle == "rear" else "studio"
        view = done(order, angle, mime=mime, engine=engine, seed=100 + number, cost_usd=0.02, size=(300, 200))
        shelf.save_view(set_id, view)
    shelf.save_view(set_id, failed(order, "top", seed=103))
    shelf.finish_set(set_id, SetState.PARTIAL, 3.0)
    return shelf.load_set(set_id)
