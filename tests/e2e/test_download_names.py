"""A file has one name, wherever it is saved: the pages' buttons say what the routes say."""

from __future__ import annotations

import re
import urllib.request

import pytest
from playwright.sync_api import Page, expect

from tests.support.browsing import drawn

pytestmark = [pytest.mark.e2e, pytest.mark.parametrize("scripted", ["sqlite"], indirect=True)]
expect.set_options(timeout=30_000)


def told(address: str) -> str:
    """The file name that a route answers with."""
    with urllib.request.urlopen(address, timeout=20) as answer:
        found = re.search(r'filename="([^"]+)"', answer.headers["Content-Disposition"])
    assert found
    return found[1]


def saved(page: Page, name: str) -> str:
    """The file name that a click on a download button saves under."""
    with page.expect_download() as download:
        page.get_by_role("button", name=re.compile(rf"(^|\s){name}$")).click()
    return download.value.suggested_filename


def test_pages_and_routes_name_files_alike(page: Page, scripted: str) -> None:
    """A view's original, the archive and the contact sheet; another format of a view differs in its ending alone."""
    made = drawn(scripted, "Named", angles=["front", "side"])
    page.goto(f"{scripted}/?set={made['set_id']}")
    expect(page.locator(".st-key-view_side")).to_contain_text("seed")
    page.locator(".st-key-view_side").get_by_role("button", name=re.compile("Download")).click()
    original = told(scripted + made["images"][1]["url"])
    assert original == f"renault-named-2019_side_seed-{made['images'][1]['seed']}.png"
    names = [saved(page, format) for format in ("PNG", "JPEG", "WebP")]
    assert names == [original, original.replace(".png", ".jpg"), original.replace(".png", ".webp")]
    page.keyboard.press("Escape")
    of_set = f"{scripted}/api/sets/{made['set_id']}"
    assert saved(page, "ZIP") == told(f"{of_set}/archive.zip")
    assert saved(page, "Contact sheet") == told(f"{of_set}/contact-sheet.png")
