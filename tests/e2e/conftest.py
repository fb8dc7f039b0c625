"""One server of each kind and one browser for the whole run, a fresh page for every test."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.support.browsing import ROOT, running, watched_page
from tests.support.postgres import new_database

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]


@pytest.fixture(scope="session", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def scripted(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app over script engines, its store on SQLite and on PostgreSQL."""
    app, folder = ROOT / "tests" / "support" / "script_app.py", tmp_path_factory.mktemp("scripted")
    with ExitStack() as opened:
        database = ""
        if request.param == "postgres":
            database = opened.enter_context(new_database(request.getfixturevalue("postgres_url")))
        yield opened.enter_context(running(app, folder, "script,second", database))


@pytest.fixture(scope="session")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app as it ships, on the offline studio."""
    with running(ROOT / "app.py", tmp_path_factory.mktemp("studio"), "studio") as url:
        yield url


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A wide page in English and light colours; an error in its console fails the test."""
    with watched_page(browser) as page:
        yield page
