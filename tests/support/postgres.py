"""A private PostgreSQL server for tests and benches: its own folder, its own port on the loopback, gone afterwards.

Uses the installed binaries (Debian: package `postgresql`). The server refuses to run as root, so root runs it as
'postgres'. Where CARIMG_TEST_POSTGRES_URL names a server, databases are made there instead.
"""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import psycopg
from psycopg import sql

START_WITHIN_S = 60.0


@contextmanager
def postgres_server() -> Iterator[str]:
    """The URL of a running server's database 'postgres'. Raises FileNotFoundError where no server is installed."""
    given = os.environ.get("CARIMG_TEST_POSTGRES_URL", "")
    if given:
        yield given
        return
    binaries = _binaries()
    folder = Path(tempfile.mkdtemp(prefix="carimg-pg-", dir="/tmp"))
    try:
        if os.getuid() == 0:
            shutil.chown(folder, "postgres")
        data = folder / "data"
        _run(binaries / "initdb", "-D", data, "-A", "trust", "-U", "carimg", "-E", "UTF8", "--locale=C", "--no-sync")
        port = _free_port()
        options = f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories={folder}"
        log = folder / "log"
        _run(binaries / "pg_ctl", "-D", data, "-l", log, "-o", options, "-w", "-t", START_WITHIN_S, "start")
        try:
            yield f"postgresql://carimg@127.0.0.1:{port}/postgres"
        finally:
            _run(binaries / "pg_ctl", "-D", data, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def new_database(server_url: str) -> Iterator[str]:
    """The URL of a new, empty database on the server; dropped afterwards."""
    name = f"carimg_test_{secrets.token_hex(6)}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    try:
        yield server_url.rpartition("/")[0] + f"/{name}"
    finally:
        with psycopg.connect(server_url, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _binaries() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).resolve().parent
    if not found:
        raise FileNotFoundError("no PostgreSQL server is installed (Debian: apt-get install postgresql).")
    return found[-1].parent


def _run(*command: object) -> None:
    as_user = (
        partial(subprocess.run, user="postgres", group="postgres", extra_groups=[])
        if os.getuid() == 0
        else subprocess.run
    )
    # pg_ctl's child keeps inherited pipes open for as long as the server runs, so its output goes to a file
    with tempfile.TemporaryFile() as output:
        done = as_user(
            [str(part) for part in command], stdout=output, stderr=output, cwd="/", timeout=START_WITHIN_S * 2
        )
        if done.returncode != 0:
            output.seek(0)
            raise RuntimeError(f"{command[0]} failed: {output.read().decode(errors='replace')[-2000:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
