"""The server as it ships, as a process of its own: what it looks up, where it listens, how it stops."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from carimg.domain.view import SetState
from carimg.store import open_store
from tests.support.orders import CLIO

ROOT = Path(__file__).resolve().parent.parent
STOPS_WITHIN_S = 5.0
LOUD = """
import os, socket
real = socket.getaddrinfo
HERE = {"", "localhost", "127.0.0.1", "0.0.0.0", "::1", "::", socket.gethostname()}

def getaddrinfo(host, *rest, **more):
    name = host.decode() if isinstance(host, bytes) else host or ""
    if name not in HERE:
        with open(os.environ["LOOKED_UP"], "a") as file:
            print(name, file=file)
        raise socket.gaierror(socket.EAI_NONAME, f"{name} was looked up")
    return real(host, *rest, **more)

socket.getaddrinfo = getaddrinfo
"""
"""A resolver that fails loudly: Python runs it before anything else, and it keeps the outside names it is asked for."""


@dataclass
class Served:
    """A running server; `looked_up` is the file of outside names it asked for."""

    process: subprocess.Popen[bytes]
    port: int
    looked_up: Path
    log: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, **changes: Any) -> str:
        """Order a set; returns its address."""
        order = {"car_data": CLIO, "angles": ["front", "side", "rear"], "size": "384x256"} | changes
        answer = httpx.post(f"{self.url}/api/sets", json=order, timeout=30).raise_for_status()
        return str(self.url + answer.json()["url"])

    def stop(self) -> float:
        """SIGTERM to the process that was started; returns the seconds until it has ended and its port is closed."""
        told = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)
        while listens("127.0.0.1", self.port):
            assert time.monotonic() < told + 60, "something of it goes on serving"
            time.sleep(0.05)
        return time.monotonic() - told


@contextmanager
def served(folder: Path, *command: str, **environment: str) -> Iterator[Served]:
    """Run a command that serves, offline, behind the loud resolver; `{port}` in it is a free port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (folder / "sitecustomize.py").write_text(LOUD, "utf-8")
    looked_up, log = folder / "looked-up.txt", folder / "server.log"
    looked_up.touch()
    ours = ("OPENAI_", "POLLINATIONS_", "CARIMG_", "STREAMLIT_")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    clean |= {"PYTHONPATH": str(folder), "LOOKED_UP": str(looked_up), "CARIMG_DATA_DIR": str(folder / "data")}
    clean |= {"CARIMG_WORKERS": "1", **environment}
    with log.open("wb") as output:
        arguments = [sys.executable, "-m", *(part.format(port=port) for part in command)]
        process = subprocess.Popen(arguments, cwd=ROOT, env=clean, stdout=output, stderr=output, start_new_session=True)
    server = Served(process, port, looked_up, log)
    try:
        deadline = time.monotonic() + 60
        while not listens("127.0.0.1", port):
            assert process.poll() is None and time.monotonic() < deadline, log.read_text("utf-8")
            time.sleep(0.05)
        httpx.get(f"{server.url}/api/health", timeout=60).raise_for_status()
        yield server
    finally:
        with suppress(ProcessLookupError):  # the process and whatever it started
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(20)


def listens(host: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((host, port)) == 0


SERVE = ("carimg", "serve", "--port", "{port}")
RUN = ("streamlit", "run", "app.py", "--server.port", "{port}")


@pytest.mark.parametrize("command", [SERVE, RUN], ids=["serve", "streamlit run"])
def test_by_default_it_serves_this_machine_alone_and_asks_nobody(command: tuple[str, ...], tmp_path: Path) -> None:
    """It listens on 127.0.0.1 and on no other address of this machine, and no outside name was looked up. It stops
    within seconds of SIGTERM."""
    with served(tmp_path, *command) as server:
        assert not listens("127.0.0.2", server.port)
        assert server.stop() < STOPS_WITHIN_S
        assert server.looked_up.read_text() == ""


@pytest.mark.parametrize(
    ("command", "environment"),
    [((*SERVE, "--address", "0.0.0.0"), {}), (RUN, {"STREAMLIT_SERVER_ADDRESS": "0.0.0.0"})],
    ids=["serve", "streamlit run"],
)
def test_opened_to_all_it_asks_nobody_either(
    command: tuple[str, ...], environment: dict[str, str], tmp_path: Path
) -> None:
    """Its own outside address is not looked up for the welcome line."""
    with served(tmp_path, *command, **environment) as server:
        assert listens("127.0.0.2", server.port)
        assert server.stop() < STOPS_WITHIN_S
        assert server.looked_up.read_text() == ""
        assert "http://localhost" in server.log.read_text("utf-8")


def test_it_stops_within_seconds_of_sigterm_in_the_middle_of_its_work(tmp_path: Path, studio_cache: Path) -> None:
    """After a set that was cancelled while it was drawn, with one being drawn whose events somebody follows: the
    process that was started has ended, nothing of it serves on, and the set is not left running."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "studio-cache").symlink_to(studio_cache)
    with served(tmp_path, *SERVE) as server:
        cancelled = server.start()
        until_drawing(cancelled)
        httpx.post(f"{cancelled}/cancel", timeout=30).raise_for_status()
        running = server.start(angles=[f"yaw_{yaw:03d}" for yaw in range(0, 360, 30)])
        until_drawing(running)
        with httpx.stream("GET", f"{running}/events", timeout=30) as events:
            lines = events.iter_lines()  # held: one that is let go hangs up
            next(lines)
            assert server.stop() < STOPS_WITHIN_S
            assert "event: end" in list(lines)
        assert "Traceback" not in server.log.read_text("utf-8")
    store = open_store("", tmp_path / "data")
    assert store.load_set(running.rpartition("/")[2]).state in (SetState.CANCELLED, SetState.INTERRUPTED)
    store.close()


def until_drawing(address: str) -> None:
    """Follow a set until its first picture is there: with one worker, the next is being drawn then."""
    with httpx.stream("GET", f"{address}/events", timeout=60) as events:
        assert any(line == "event: view" for line in events.iter_lines())


def test_what_hangs_does_not_keep_it(tmp_path: Path) -> None:
    """A call that never answers holds a thread; the process ends all the same, and says by which signal."""
    hanging = """
import threading, time
from carimg.server import on_stop_signal
threading.Thread(target=time.sleep, args=(600,)).start()
with on_stop_signal(lambda: print("sets are ended", flush=True)):
    print("up", flush=True)
    time.sleep(600)
"""
    with subprocess.Popen([sys.executable, "-c", hanging], cwd=ROOT, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"up\n"
        process.send_signal(signal.SIGTERM)
        told = time.monotonic()
        assert process.stdout.read() == b"sets are ended\n"
        assert process.wait(60) == 128 + signal.SIGTERM
        assert time.monotonic() - told < STOPS_WITHIN_S
