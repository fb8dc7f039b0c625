"""The page Engines in a real browser; and keys, which are on no page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browsing import ROOT, draw, running, shot, watched_page

pytestmark = pytest.mark.e2e
expect.set_options(timeout=30_000)


def leave_for(page: Page, name: str) -> None:
    page.get_by_role("link", name=re.compile(name)).click()
    expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()


def test_an_engine_can_be_tried(page: Page, scripted: str) -> None:
    """The test button draws one small picture with that engine."""
    page.goto(scripted)
    leave_for(page, "Engines")
    page.get_by_role("button", name=re.compile("Draw a test picture")).nth(1).click()
    expect(page.get_by_role("img", name="Test picture")).to_be_visible()
    expect(page.get_by_text(re.compile(r"Test picture · [\d.]+ s · free"))).to_be_visible()
    shot(page, "engines")


def test_a_planted_key_is_on_no_page(browser: Browser, tmp_path: Path) -> None:
    """Keys in the server's environment show on no page, and not in its log."""
    keys = {"OPENAI_API_KEY": "sk-planted-Zk3yWx81qLmN", "POLLINATIONS_API_KEY": "sk_planted_Qw7Rt5Yu2Io9"}
    app = ROOT / "tests" / "support" / "script_app.py"
    with (
        running(app, tmp_path, "script,openai,pollinations", keys=keys) as url,
        watched_page(browser) as page,
    ):
        draw(page, url, "Zoe")
        for name in ("Generate", "Consistency", "Prompt lab", "Compare", "History", "Engines"):
            page.get_by_role("link", name=name, exact=True).first.click()
            expect(page.get_by_role("link", name=name, exact=True).first).to_be_visible()
            page.wait_for_timeout(800)
            assert not any(key in page.content() for key in keys.values()), name
        assert not any(key in (tmp_path / "server.log").read_text("utf-8") for key in keys.values())
