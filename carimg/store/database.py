"""The database behind the store: SQLite by default, PostgreSQL by URL; transactions, migrations, foreign exceptions."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from carimg.errors import StoreError

MIGRATIONS = Path(__file__).resolve().parent / "migrations"
SQLITE_FILE = "carimg.db"
BUSY_TIMEOUT_S = 15
MIGRATION_LOCK = 0x_CA51_36
"""Key of PostgreSQL's advisory lock: any number that only carimg takes."""

_one_migration = threading.Lock()


class Database:
    """Open connections and two kinds of transactions. Safe from any thread."""

    def __init__(self, url: str, folder: Path) -> None:
        self.engine = _engine(_checked_url(url, folder))
        self.is_sqlite = self.engine.dialect.name == "sqlite"

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """One consistent look. Raises StoreError."""
        with _mapped(), self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """All or nothing. Raises StoreError; nothing was written then.

        SQLite's transaction takes the write lock when it begins: one that began with reading could only fail later,
        without waiting, when another connection has written in between.
        """
        with _mapped(), self.engine.connect() as connection:
            connection = connection.execution_options(carimg_writes=True)
            with connection.begin():
                yield connection

    def migrate(self) -> None:
        """Bring the tables to the newest version. Servers that start at once wait for each other."""
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
        with _one_migration, self.writing() as connection:
            if not self.is_sqlite:
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(MIGRATION_LOCK)))
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    def close(self) -> None:
        self.engine.dispose()


@contextmanager
def _mapped() -> Iterator[None]:
    """SQLAlchemy's exceptions as ours. Their texts stay out: they carry statements, values and addresses."""
    try:
        yield
    except SQLAlchemyError as exc:
        cause = getattr(exc, "orig", None) or exc
        kind = type(cause).__name__
        raise StoreError(
            f"The database did not do what was asked ({kind}). Check that it runs, that CARIMG_DATABASE_URL is right, "
            "and that the disk is not full; then try again."
        ) from exc


def _checked_url(text: str, folder: Path) -> URL:
    if not text:
        return URL.create("sqlite", database=str(folder / SQLITE_FILE))
    try:
        url = make_url(text)
    except ArgumentError:
        url = None
    if url is not None and url.drivername in ("postgres", "postgresql", "postgresql+psycopg"):
        return url.set(drivername="postgresql+psycopg")
    if url is not None and url.drivername == "sqlite" and url.database not in (None, "", ":memory:"):
        return url
    raise StoreError(
        "CARIMG_DATABASE_URL must look like postgresql://user:password@host/name or sqlite:////path/to/file."
    )


def _engine(url: URL) -> sa.Engine:
    if url.drivername != "sqlite":
        return sa.create_engine(
            url, pool_size=5, max_overflow=20, pool_pre_ping=True, connect_args={"connect_timeout": 10}
        )
    engine = sa.create_engine(url, connect_args={"timeout": BUSY_TIMEOUT_S}, pool_size=5, max_overflow=20)
    sa.event.listen(engine, "connect", _prepare_sqlite)
    sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(raw: Any, _record: Any) -> None:
    raw.isolation_level = None  # the driver would begin transactions by itself, and too late
    deadline = time.monotonic() + BUSY_TIMEOUT_S
    while True:
        try:
            raw.execute("PRAGMA journal_mode=WAL")
            break
        except sqlite3.OperationalError:  # changing the mode does not wait for locks as other statements do
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
    raw.execute("PRAGMA synchronous=FULL")
    raw.execute("PRAGMA foreign_keys=ON")


def _begin_sqlite(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get("carimg_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
