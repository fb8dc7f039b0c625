"""Pages over jobs with a script engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from carimg.generation import jobs as sets
from carimg.generation.jobs import Jobs
from carimg.ui import session
from tests.support.kit import open_script_jobs
from tests.support.script_engine import Act, ScriptEngine

ROOT = Path(__file__).resolve().parent.parent.parent
MAIN = str(ROOT / "carimg" / "ui" / "navigation.py")
Open = Callable[..., AppTest]


def choice_of(at: AppTest, key: str) -> Any:
    """The select that chooses what stands in the session under `key`: its own key changes with the names it shows."""
    return next(one for one in at.selectbox if str(one.key).startswith(f"{key}_"))


@pytest.fixture
def engine() -> ScriptEngine:
    return ScriptEngine(otherwise=Act(0.0))


@pytest.fixture
def jobs(tmp_path: Path, engine: ScriptEngine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Jobs]:
    """The jobs that the pages find: their own store in a folder of the test."""
    with open_script_jobs(tmp_path, engine, ScriptEngine(id="idle", title="Idle", lacks="Idle needs a key.")) as jobs:
        monkeypatch.setattr(sets, "shared", lambda: jobs)
        session.jobs.clear()
        yield jobs
        session.jobs.clear()


@pytest.fixture
def open_page(jobs: Jobs) -> Open:
    """Open a page as a visitor with a fresh session does."""

    def opened(name: str = "generate", locale: str = "en-US", **query: str) -> AppTest:
        at = AppTest.from_file(MAIN, default_timeout=30)
        at.context = {"locale": locale}
        for key, value in query.items():
            at.query_params[key] = value
        at.run()
        if name != "generate":
            at.switch_page(f"../../pages/{name}.py").run()
        assert not at.exception
        return at

    return opened
