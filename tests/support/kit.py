"""What tests build sets with: a real context around script engines, nothing that leaves the machine."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount

from carimg.api import api
from carimg.api import jobs as jobs_of_the_process
from carimg.engines.fallback import FallbackChain
from carimg.generation.background import Background
from carimg.generation.context import Context
from carimg.generation.events import Event, LogLine
from carimg.generation.jobs import Jobs
from carimg.prompts.translate import Translator
from carimg.search import Search
from carimg.settings import Settings, load_settings
from carimg.store import open_store
from tests.support.script_engine import ScriptEngine


def quiet_settings(folder: Path, **changes: Any) -> Settings:
    """Settings of a machine without keys, whose data live in `folder`."""
    return load_settings(_env_file=None, data_dir=folder, search=False, engine_timeout_s=5.0, workers=1, **changes)


def script_context(
    folder: Path, *engines: ScriptEngine, timeout_s: float = 60.0, set_budget_usd: float | None = None
) -> Context:
    """A context whose fallback chain is the given engines, in this order; `set_budget_usd` is the operator's cap."""
    settings = quiet_settings(folder)
    chain = FallbackChain({engine.id: engine for engine in engines}, timeout_s)
    return Context(Search(settings), Translator(settings), chain, set_budget_usd)


class Listener:
    """Keeps every event; `log` is the log as the page shows it."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    async def __call__(self, event: Event) -> None:
        self.events.append(event)

    @property
    def log(self) -> str:
        return "\n".join(str(event) for event in self.events if isinstance(event, LogLine))

    def kinds(self, angle: str) -> list[str]:
        """The kinds of events about one angle, in order."""
        return [type(event).__name__ for event in self.events if _angle_of(event) == angle]


def _angle_of(event: Event) -> str | None:
    for name in ("view", "prompt"):
        part = getattr(event, name, None)
        if part is not None:
            return str(part.angle)
    return getattr(event, "angle", None)


@contextmanager
def open_script_jobs(
    folder: Path, *engines: ScriptEngine, set_budget_usd: float | None = None, **settings: Any
) -> Iterator[Jobs]:
    """Jobs with a loop, a store in `folder` and script engines of their own, closed at the end."""
    loop = Background()
    context = script_context(folder, *engines, set_budget_usd=set_budget_usd)
    jobs = Jobs(loop, context, open_store("", folder), quiet_settings(folder, **settings))
    try:
        yield jobs
    finally:
        jobs.close()
        loop.close()


@contextmanager
def serving(jobs: Jobs) -> Iterator[str]:
    """The REST routes over a real socket; yields the base URL, under which they stand at /api."""
    application = Starlette(routes=[Mount("/api", app=api)])
    api.dependency_overrides[jobs_of_the_process] = lambda: jobs
    server = uvicorn.Server(
        uvicorn.Config(application, port=0, log_level="error", ws="none", timeout_graceful_shutdown=2)
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 10
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)
        api.dependency_overrides.clear()
