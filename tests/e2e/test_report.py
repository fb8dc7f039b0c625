"""The consistency report in a real browser."""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browsing import ROOT, running, shot, watched_page

pytestmark = pytest.mark.e2e
expect.set_options(timeout=30_000)

ANGLES = ["front", "front_three_quarter", "side", "rear_three_quarter", "rear", "side_right"]
ODD = "Not one car: Rear is the odd one out. Another paint:"


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app over an engine that draws a car."""
    with running(ROOT / "tests" / "support" / "car_app.py", tmp_path_factory.mktemp("drawn"), "drawn") as url:
        yield url


@pytest.fixture(scope="module")
def planted(drawn: str) -> str:
    """A set of six views whose rear has another paint; it is left as it is."""
    return ordered(drawn, "Planted", ANGLES)


def ordered(url: str, model: str, angles: list[str]) -> str:
    """Draw a set through the REST route; returns its id."""
    car = {"brand": "Renault", "model": model, "year": 2019, "color": "blue", "body_type": "hatchback"}
    body = json.dumps({"car_data": car, "angles": angles, "size": "384x256"}).encode()
    request = urllib.request.Request(f"{url}/api/chat/generate-car-images/", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        told: dict[str, Any] = json.load(answer)
    return str(told["set_id"])


def card(page: Page, angle: str):
    return page.locator(f".st-key-report_{angle}")


def opened(page: Page, url: str, set_id: str) -> Page:
    """From the board, as people come: a deep link makes Streamlit's own client ask for addresses that are not there."""
    page.goto(f"{url}?set={set_id}")
    page.locator(".st-key-verdict_line").get_by_role("button").click()
    expect(page.locator(".st-key-report_odd")).to_be_visible()
    return page


def test_from_the_board_to_the_report_and_a_redo_that_heals(page: Page, drawn: str) -> None:
    """A set with one view in another paint: the board names it, the report says why, 'redo' draws only that view, and
    the verdict changes."""
    set_id = ordered(drawn, "Planted", ["front", "front_three_quarter", "side", "rear"])
    page.goto(f"{drawn}?set={set_id}")
    line = page.locator(".st-key-verdict_line")
    expect(line).to_contain_text(ODD)
    shot(page, "board-verdict")
    line.get_by_role("button").click()
    odd = page.locator(".st-key-report_odd")
    expect(odd).to_contain_text("Odd one out: Rear")
    expect(card(page, "rear")).to_contain_text("differs")
    expect(card(page, "side")).to_contain_text("fits")
    odd.get_by_role("button", name="Redo this view").click()
    expect(page.get_by_text("Nothing measured speaks against one car in all 4 views")).to_be_visible()
    expect(odd).to_have_count(0)
    expect(card(page, "rear")).to_contain_text("fits")
    shot(page, "report-healed")
    with urllib.request.urlopen(f"{drawn}/api/sets/{set_id}", timeout=10) as answer:
        takes = {image["angle"]: image["take"] for image in json.load(answer)["images"]}
    assert takes == {"front": 1, "front_three_quarter": 1, "side": 1, "rear": 2}


def test_the_report_grows_while_a_set_arrives(page: Page, drawn: str) -> None:
    """On the board the verdict comes by itself once two views have been examined."""
    page.goto(drawn)
    page.get_by_role("button", name=re.compile("Generate")).last.click()
    line = page.locator(".st-key-verdict_line")
    expect(line).to_contain_text("Nothing measured speaks against one car in all 3 views")


def test_paint_masks_and_blind_spots(page: Page, drawn: str, planted: str) -> None:
    """Swatches with words, masks on demand, the pair of sides, and what the report cannot see."""
    opened(page, drawn, planted)
    expect(card(page, "rear")).to_contain_text(re.compile(r"ΔE \d\d\.\d: another paint"))
    expect(card(page, "side")).to_contain_text("no difference to see")
    expect(card(page, "side").get_by_role("img", name=re.compile("^Palette: #"))).to_be_visible()
    expect(page.get_by_text("the mirrored outlines overlap by")).to_be_visible()
    shot(page, "report-wide")
    page.get_by_text("Show what was taken for the car").click()
    expect(card(page, "side").get_by_role("img", name="all but the car dimmed")).to_be_visible()
    page.get_by_text("What this report cannot see").click()
    expect(page.get_by_text("A hint is not a guarantee.")).to_be_visible()
    shot(page, "report-masks")


def test_phone_width(browser: Browser, drawn: str, planted: str) -> None:
    """On a phone the verdict is in sight at once and nothing is wider than the screen."""
    with watched_page(browser, width=390, height=844) as page:
        opened(page, drawn, planted)
        expect(page.get_by_text(ODD)).to_be_in_viewport()
        expect(card(page, "side_right")).to_be_attached()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        shot(page, "report-phone")


def test_dark_and_ukrainian(browser: Browser, drawn: str, planted: str) -> None:
    """A Ukrainian browser in dark colours gets the report in Ukrainian."""
    with watched_page(browser, locale="uk-UA", dark=True) as page:
        opened(page, drawn, planted)
        expect(page.get_by_text("Це не одне авто: вирізняється вид Ззаду.")).to_be_visible()
        expect(card(page, "rear")).to_contain_text("інша фарба")
        shot(page, "report-uk-dark")
