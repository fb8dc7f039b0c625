"""Several servers on one store, killed servers, and databases that cannot be opened."""

from __future__ import annotations

import hashlib
import io
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from PIL import Image

from carimg.domain.view import SetState
from carimg.errors import StoreError
from carimg.store import Store, open_store
from carimg.store.schema import metadata
from tests.support.stores import SESSION, done, drawn_set, order_of


def test_only_sets_of_silent_servers_are_interrupted(store: Store) -> None:
    """A running set whose server sent no heartbeat for long is interrupted; its pictures stay, the rest is missing."""
    order = order_of()
    dead = store.create_set(order, SESSION, owner="dead", now=1000.0)
    alive = store.create_set(order, SESSION, owner="alive", now=1000.0)
    ended = store.create_set(order, SESSION, owner="dead", now=1000.0)
    store.finish_set(ended, SetState.PARTIAL, 1.0)
    store.save_view(dead, done(order, "side"))
    store.heartbeat("alive", 1100.0)
    assert store.mark_interrupted(1010.0, 20.0) == 0
    assert store.mark_interrupted(1110.0, 20.0) == 1
    assert store.mark_interrupted(1110.0, 20.0) == 0
    stored = store.load_set(dead)
    assert stored.state is SetState.INTERRUPTED
    assert stored.missing == ("front", "rear")
    assert "server stopped" in stored.views[0].error
    assert store.load_set(alive).state is SetState.RUNNING
    assert store.load_set(ended).state is SetState.PARTIAL


def test_a_set_taken_up_again_belongs_to_its_new_server(store: Store) -> None:
    """set_state with an owner lets another server draw the rest, and that one's heartbeat counts."""
    set_id = store.create_set(order_of(), SESSION, owner="dead", now=1000.0)
    store.mark_interrupted(1100.0, 20.0)
    store.set_state(set_id, SetState.RUNNING, owner="new", now=1100.0)
    assert store.mark_interrupted(1110.0, 20.0) == 0
    assert store.load_set(set_id).owner == "new"


def test_two_servers_see_each_others_sets(store: Store, database_url: str, tmp_path: Path) -> None:
    """A second store on the same database and folder has the first one's sets, pictures and takes, and adds its own."""
    set_id = drawn_set(store, "front")
    other = open_store(database_url, tmp_path)
    view = other.load_set(set_id).views[0]
    assert other.read_picture(view.sha256) == store.read_picture(view.sha256)
    assert other.save_view(set_id, done(order_of(angles=["front"]), "front")).take == 2
    assert store.load_set(set_id).views[0].take == 2
    other.close()


def test_many_threads_write_one_set(store: Store) -> None:
    """24 views and 24 more takes from 12 threads: none is lost, none is there twice."""
    angles = [f"yaw_{yaw:03d}" for yaw in range(0, 360, 15)]
    order = order_of(angles=angles)
    ids = [angle.id for angle in order.angles]
    set_id = store.create_set(order, SESSION, owner="me")
    with ThreadPoolExecutor(12) as pool:
        kept = list(pool.map(lambda angle: store.save_view(set_id, done(order, angle)), ids * 2))
    assert sorted((view.angle, view.take) for view in kept) == sorted((angle, take) for angle in ids for take in (1, 2))
    assert len(store.load_set(set_id).drawn) == 24


def test_the_migrations_make_the_schema(store: Store) -> None:
    """The newest migration and `schema.py` describe the same tables."""
    options = {"include_name": lambda name, kind, _: not (kind == "table" and (name or "").startswith("words"))}
    with store.database.reading() as connection:
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []


OPEN = """
import sys
from pathlib import Path
from carimg.store import open_store
open_store(sys.argv[1], Path(sys.argv[2])).close()
"""


def test_servers_that_start_at_once_do_not_collide(database_url: str, tmp_path: Path) -> None:
    """Three processes open a new database at the same time; all succeed, and the tables are there."""
    command = [sys.executable, "-c", OPEN, database_url, str(tmp_path)]
    started = [
        subprocess.Popen(command, stderr=subprocess.PIPE, cwd=Path(__file__).parent.parent.parent) for _ in range(3)
    ]
    for process in started:
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors.decode()
    store = open_store(database_url, tmp_path)
    assert store.history().total == 0
    store.close()


SAVE_UNTIL_KILLED = """
import sys
from pathlib import Path
from tests.support.stores import SESSION, done, order_of
from carimg.store import open_store
store = open_store(sys.argv[1], Path(sys.argv[2]))
order = order_of(angles=[f"yaw_{yaw:03d}" for yaw in range(0, 360, 5)])
set_id = store.create_set(order, SESSION, owner="killed")
print(set_id, flush=True)
for number, angle in enumerate(order.angles):
    view = store.save_view(set_id, done(order, angle.id, size=(600, 400), color=f"#{number:06x}"))
    print(angle.id, view.sha256, flush=True)
"""


def test_kill_9_loses_no_finished_view(database_url: str, tmp_path: Path) -> None:
    """A server killed in mid-set: every view it had reported is there, whole; the set is interrupted, the rest
    missing."""
    command = [sys.executable, "-c", SAVE_UNTIL_KILLED, database_url, str(tmp_path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parent.parent.parent)
    assert process.stdout
    set_id = process.stdout.readline().strip()
    reported = [process.stdout.readline().split() for _ in range(8)]
    os.kill(process.pid, signal.SIGKILL)
    reported += [line.split() for line in process.communicate(timeout=30)[0].splitlines() if len(line.split()) == 2]
    store = open_store(database_url, tmp_path)
    assert store.mark_interrupted(time.time() + 60, 20.0) == 1
    stored = store.load_set(set_id)
    assert stored.state is SetState.INTERRUPTED
    assert 8 <= len(stored.drawn) < 72
    assert {(view.angle, view.sha256) for view in stored.drawn} >= {(angle, sha256) for angle, sha256 in reported}
    for view in stored.drawn:
        data = store.read_picture(view.sha256)
        assert hashlib.sha256(data).hexdigest() == view.sha256
        with Image.open(io.BytesIO(data)) as picture:
            picture.load()
        assert store.picture_path(view.page_sha256, "page").stat().st_size > 0
    assert set(stored.missing) == {view.angle for view in stored.views} - {view.angle for view in stored.drawn}
    store.close()


@pytest.mark.parametrize(
    "url", ["mysql://u:geheim@h/x", "nonsense geheim", "sqlite://", "postgresql+asyncpg://u:geheim@h/x"]
)
def test_a_wrong_database_url_gets_a_sentence(tmp_path: Path, url: str) -> None:
    """The message tells what a URL looks like and never repeats the one that was given."""
    with pytest.raises(StoreError, match="CARIMG_DATABASE_URL must look like") as caught:
        open_store(url, tmp_path)
    assert "geheim" not in str(caught.value)


def test_an_unreachable_database_gets_a_sentence_without_its_password(tmp_path: Path) -> None:
    """A server that does not answer is told as such; address and password stay out of the message."""
    with pytest.raises(StoreError, match="CARIMG_DATABASE_URL") as caught:
        open_store("postgresql://carimg:geheim@127.0.0.1:1/carimg", tmp_path)
    assert "geheim" not in str(caught.value)
    assert "127.0.0.1" not in str(caught.value)


def test_a_folder_that_cannot_be_made_gets_a_sentence(tmp_path: Path) -> None:
    """CARIMG_DATA_DIR that is a file is told as such."""
    (tmp_path / "data").write_text("here is a file")
    with pytest.raises(StoreError, match="CARIMG_DATA_DIR"):
        open_store("", tmp_path / "data")


def test_a_damaged_database_file_gets_a_sentence(tmp_path: Path) -> None:
    """A carimg.db that is none raises StoreError, not SQLite's exception."""
    (tmp_path / "carimg.db").write_bytes(b"this is not a database, " * 100)
    with pytest.raises(StoreError):
        open_store("", tmp_path)
