"""One view again, in a real browser: another seed, the same seed, another prompt, an earlier take."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.browsing import drawn, shot

pytestmark = pytest.mark.e2e
expect.set_options(timeout=30_000)


def board(page: Page, url: str, model: str) -> dict:
    """Open a set with the views front and side that was just drawn."""
    made = drawn(url, model, angles=["front", "side"])
    page.goto(f"{url}/?set={made['set_id']}")
    expect(card(page, "side")).to_contain_text("seed")
    return made


def card(page: Page, angle: str) -> Locator:
    return page.locator(f".st-key-view_{angle}")


def again(page: Page, angle: str) -> None:
    card(page, angle).get_by_role("button", name="Again", exact=True).click()


def seed(page: Page, angle: str) -> str:
    found = re.search(r"seed (\d+)", card(page, angle).inner_text())
    assert found
    return found[1]


def source(page: Page, angle: str) -> str:
    return card(page, angle).locator("img[src*='/pages/']").first.get_attribute("src") or ""


def test_another_seed_the_same_seed_and_an_earlier_take(page: Page, scripted: str) -> None:
    """A reroll draws this view alone with a new seed; the same seed draws the same again; any take can be shown."""
    board(page, scripted, "Again")
    first, side, picture = seed(page, "front"), seed(page, "side"), source(page, "front")
    again(page, "front")
    page.get_by_role("button", name=re.compile("New seed")).click()
    expect(card(page, "front")).to_contain_text("take 2")
    second = seed(page, "front")
    assert second != first
    assert seed(page, "side") == side
    expect(card(page, "side")).not_to_contain_text("take")
    again(page, "front")
    page.get_by_role("button", name=re.compile(rf"Same seed \({second}\)")).click()
    expect(card(page, "front")).to_contain_text("take 3")
    assert seed(page, "front") == second
    again(page, "front")
    shot(page, "takes")
    page.get_by_role("button", name=f"Show take 1 (seed {first})").click()
    expect(card(page, "front")).to_contain_text(f"seed {first}")
    expect(card(page, "front").locator(f"img[src='{picture}']").first).to_be_visible()
    page.reload()
    expect(card(page, "front")).to_contain_text(f"seed {first}")


def test_a_prompt_of_its_own(page: Page, scripted: str) -> None:
    """The prompt of one view can be edited; only that view is drawn with it, and it is what the page shows."""
    board(page, scripted, "Edited")
    again(page, "side")
    field = page.get_by_label("Prompt of this view")
    field.fill("A blue car beside a lighthouse, side view.")
    field.press("Tab")
    page.get_by_role("button", name=re.compile("Draw with this prompt")).click()
    expect(card(page, "side")).to_contain_text("take 2")
    card(page, "side").get_by_role("button", name=re.compile("Prompt")).click()
    expect(page.get_by_text("A blue car beside a lighthouse, side view.", exact=True)).to_be_visible()
    page.keyboard.press("Escape")
    expect(card(page, "front")).not_to_contain_text("take")


def test_an_empty_prompt_is_refused(page: Page, scripted: str) -> None:
    """A view without a prompt is not drawn: the page says so, and the view stays as it was."""
    board(page, scripted, "Empty")
    again(page, "side")
    field = page.get_by_label("Prompt of this view")
    field.fill("  ")
    field.press("Tab")
    page.get_by_role("button", name=re.compile("Draw with this prompt")).click()
    expect(page.get_by_text("The prompt of a view is empty")).to_be_visible()
    expect(card(page, "side")).not_to_contain_text("take")
