"""The page Generate in a real browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browsing import rested, shot, watched_page

pytestmark = pytest.mark.e2e
expect.set_options(timeout=30_000)

THREE = re.compile(r"^3 views in [\d.]+ s")


def opened(page: Page, url: str) -> Page:
    page.goto(url)
    expect(button(page, "Generate")).to_be_visible()
    return page


def button(page: Page, name: str):
    return page.get_by_role("button", name=re.compile(rf"(^|\s){name}( Shortcut .*)?$"))


def generate(page: Page, model: str = "Clio") -> None:
    """Order a car of this model; what the script engines do follows from it."""
    field = page.get_by_label("Model", exact=True)
    if field.input_value() != model:
        field.fill(model)
        field.press("Enter")
    button(page, "Generate").click()
    expect(page.get_by_role("heading", name=re.compile(f"{model} \\d+"))).to_be_visible()


def card(page: Page, angle: str):
    return page.locator(f".st-key-view_{angle}")


def test_one_click_draws_three_views(page: Page, scripted: str) -> None:
    """The form is filled in already: one click gives three pictures, each with seed, engine and prompt."""
    generate(opened(page, scripted))
    expect(page.get_by_text(THREE)).to_be_visible()
    for angle in ("front", "side", "rear"):
        picture = card(page, angle).locator("img[src*='/pages/']").first
        expect(picture).to_be_visible()
        expect(picture).to_have_js_property("complete", True)
        expect(card(page, angle)).to_contain_text(re.compile(r"Script · [\d.]+ s · seed \d+"))
    rested(page)
    card(page, "side").get_by_text("Prompt").first.click()
    expect(page.get_by_text("2019 Renault Clio hatchback, blue, side view.")).to_be_visible()
    shot(page, "generate-done")


def test_views_arrive_one_by_one_and_a_refresh_finds_them(page: Page, scripted: str) -> None:
    """While a set runs, the first picture is there already; after a refresh it still is, and the set goes on."""
    generate(opened(page, scripted), "Slow")
    expect(card(page, "front")).to_contain_text("Script ·")
    expect(card(page, "rear")).to_contain_text("Script is drawing")
    shot(page, "generate-running")
    page.reload()
    expect(card(page, "front")).to_contain_text("Script ·")
    expect(card(page, "side")).to_contain_text("Script ·")
    expect(page.get_by_text(re.compile("2 of 3 views"))).to_be_visible()
    button(page, "Cancel").click()
    expect(card(page, "rear")).to_contain_text("Cancelled")
    expect(button(page, "Draw the rest")).to_be_visible()


def test_a_second_tab_opens_the_set_by_its_link(browser: Browser, scripted: str) -> None:
    """The address of a set opens it for somebody else."""
    with watched_page(browser) as mine, watched_page(browser) as theirs:
        generate(opened(mine, scripted))
        expect(mine.get_by_text(THREE)).to_be_visible()
        theirs.goto(mine.url)
        expect(theirs.get_by_text(THREE)).to_be_visible()


def test_wrong_input_gets_a_sentence_and_loses_nothing(page: Page, scripted: str) -> None:
    """A year that cannot be is said beside the field; nothing starts, and what was typed is still there."""
    opened(page, scripted)
    year = page.get_by_label("Year", exact=True)
    year.fill("1066")
    year.press("Tab")
    button(page, "Generate").click()
    expect(page.get_by_text("The year must be a whole number from 1886 to next year.")).to_be_visible()
    expect(year).to_have_value("1066")
    expect(page.get_by_role("heading", name="One car, every view")).to_be_visible()


def test_a_colour_and_a_size_of_ones_own(page: Page, scripted: str) -> None:
    """Any colour can be typed; the swatch shows how it was read. A size that cannot be is refused beside its field."""
    opened(page, scripted)
    for field, text in (("Colour", "#ff8800"), ("Size", "99x99")):
        box = page.get_by_label(field, exact=True)
        box.click()
        box.fill(text)
        box.press("Enter")
    expect(page.get_by_role("img", name="Colour sample #ff8800")).to_be_visible()
    button(page, "Generate").click()
    expect(page.get_by_text("Write the size as WIDTHxHEIGHT")).to_be_visible()
    expect(page.get_by_label("Colour", exact=True)).to_have_value("#ff8800")


def test_a_mixed_set_is_said_loudly_and_redone_on_one_engine(page: Page, scripted: str) -> None:
    """When a second engine had to help, the page warns; one button draws the whole set on one engine."""
    generate(opened(page, scripted), "Mixed")
    expect(page.get_by_text("This is not one car")).to_be_visible()
    shot(page, "generate-mixed")
    button(page, "Redo all on Second").click()
    expect(page.get_by_text("This is not one car")).to_be_hidden()
    expect(page.get_by_text(THREE)).to_be_visible()
    expect(card(page, "front")).to_contain_text("Second ·")


def test_failed_views_say_why_and_can_be_drawn_again(page: Page, scripted: str) -> None:
    """A view that no engine drew shows the reason and a button."""
    generate(opened(page, scripted), "Broken")
    expect(card(page, "front")).to_contain_text("Broken on purpose.")
    expect(card(page, "front").get_by_text("Draw again")).to_be_visible()
    shot(page, "generate-failed")


def test_the_angle_picker_chooses_what_is_drawn(page: Page, scripted: str) -> None:
    """Cameras around the car are buttons; the order of clicks is the order of the views."""
    opened(page, scripted)
    page.get_by_role("button", name="Front", exact=True).click()
    page.get_by_role("button", name="Rear", exact=True).click()
    page.get_by_role("button", name="Top", exact=True).click()
    expect(page.get_by_text("Side · Top", exact=True)).to_be_visible()
    button(page, "Generate").click()  # at once: what was picked last counts, and no late answer brings the rear back
    expect(page.get_by_text(re.compile("2 views in"))).to_be_visible()
    expect(page.get_by_text("Side · Top", exact=True)).to_be_visible()
    expect(card(page, "top")).to_be_visible()
    expect(card(page, "front")).to_have_count(0)


def test_the_language_can_be_switched(page: Page, scripted: str) -> None:
    """The switch in the sidebar changes every text, and the pictures stay."""
    generate(opened(page, scripted))
    expect(page.get_by_text(THREE)).to_be_visible()
    page.get_by_text("Українська", exact=True).click()
    expect(page.get_by_text(re.compile(r"3 види за [\d,]+ с"))).to_be_visible()
    expect(page.get_by_text("Ракурси", exact=False).first).to_be_attached()


def test_the_browsers_language_comes_first(browser: Browser, scripted: str) -> None:
    """A Ukrainian browser gets Ukrainian pages."""
    with watched_page(browser, locale="uk-UA", dark=True) as page:
        page.goto(scripted)
        expect(page.get_by_role("heading", name="Одне авто, усі ракурси")).to_be_visible()
        shot(page, "empty-uk-dark")


def test_phone_width(browser: Browser, scripted: str) -> None:
    """On a phone the page goes to the board when a set starts, and nothing is wider than the screen."""
    with watched_page(browser, width=390, height=844) as page:
        generate(opened(page, scripted))
        expect(page.get_by_text(THREE)).to_be_visible()
        expect(card(page, "front")).to_be_in_viewport()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        shot(page, "generate-phone")


def test_a_picture_opens_large(page: Page, scripted: str) -> None:
    """A click on a picture shows it large; another closes it."""
    generate(opened(page, scripted))
    expect(page.get_by_text(THREE)).to_be_visible()
    card(page, "front").get_by_role("button", name="Renault Clio, Front").click()
    expect(card(page, "front").locator("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(card(page, "front").locator("dialog")).to_be_hidden()


def test_the_studio_draws_a_set(page: Page, studio: str) -> None:
    """As it ships, without keys: the offline studio draws three views and says that they are simulated."""
    opened(page, studio)
    size = page.get_by_label("Size", exact=True)
    size.click()
    page.get_by_role("option", name="384 × 256").click()
    button(page, "Generate").click()
    expect(page.get_by_text(THREE)).to_be_visible(timeout=120_000)
    expect(card(page, "front")).to_contain_text("simulated: 3D render")
    shot(page, "generate-studio")
