"""Fixtures of several test modules: stores on SQLite and PostgreSQL, and a place for studio cars."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from postgres import new_database, postgres_server
from stores import SESSION, TYPES, done, failed, spec_of

from carimg.store import Store, StoredSet, open_store
from carimg.views import SetState


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
    """Where studio cars are kept, so that each is built once a run."""
    return tmp_path_factory.mktemp("studio-models")


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
def mixed(shelf: Store) -> StoredSet:
    """Four views: PNG, JPEG and WebP by two engines, and one that failed."""
    spec = spec_of(angles=[*TYPES, "top"])
    set_id = shelf.create_set(spec, SESSION, owner="me", now=1_795_575_787.0)
    for number, (angle, mime) in enumerate(TYPES.items()):
        engine = "openai" if angle == "rear" else "studio"
        view = done(spec, angle, mime=mime, engine=engine, seed=100 + number, cost_usd=0.02, size=(300, 200))
        shelf.save_view(set_id, view)
    shelf.save_view(set_id, failed(spec, "top", seed=103))
    shelf.finish_set(set_id, SetState.PARTIAL, 3.0)
    return shelf.load_set(set_id)
