"""The page History in a real browser: finding sets, keeping order among them, and taking them up again."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.support.browsing import drawn, rested, shot, watched_page

pytestmark = pytest.mark.e2e
expect.set_options(timeout=30_000)


def history(page: Page, url: str, query: str = "") -> Page:
    """Open the page and search for something."""
    page.goto(f"{url}/history")
    field = page.get_by_label("Search", exact=True)
    expect(field).to_be_visible()
    if query:
        settled(page)
        field.fill(query)
    return page


def settled(page: Page) -> None:
    """Wait for the thumbnails: those that a search takes off the page can no longer be fetched."""
    expect(page.get_by_text(re.compile(r"^\d+ (sets?|наб[іо]р\S*)$"))).to_be_visible()
    page.wait_for_function("[...document.images].every(image => image.complete)")


def found(page: Page, url: str, made: dict) -> Page:
    """Open the page with this set alone."""
    history(page, url, made["session_id"])
    expect(page.get_by_text("1 set", exact=True)).to_be_visible()
    return page


def card(page: Page, made: dict) -> Locator:
    return page.locator(f".st-key-set_{made['set_id']}")


def more(page: Page, made: dict) -> None:
    card(page, made).locator(f".st-key-more_{made['set_id']} button").first.click()


def recall(page: Page, made: dict, what: str) -> None:
    """Choose one way of recalling a set; the form is open then."""
    card(page, made).get_by_role("button", name=re.compile("Recall")).click()
    page.get_by_text(what, exact=True).click()
    expect(page.get_by_role("button", name=re.compile("Generate"))).to_be_visible()


def session(page: Page) -> Locator:
    page.get_by_text("More", exact=True).click()
    return page.get_by_role("textbox", name="Session id", exact=True)


def test_search_finds_a_set_by_what_people_know(page: Page, scripted: str) -> None:
    """Car, words of a prompt, session id, engine: the set is found while somebody types, others are not."""
    other = drawn(scripted, "Elsewhere")
    made = drawn(scripted, "Findable", engines=["second"], prompts={"side": "A lighthouse at dusk"})
    history(page, scripted)
    settled(page)
    expect(card(page, other)).to_be_visible()
    for words in ("findable", "lighthouse dusk", made["session_id"], "second findable"):
        page.get_by_label("Search", exact=True).fill(words)
        expect(card(page, other)).to_have_count(0)
        expect(card(page, made)).to_be_visible()
        expect(page.get_by_text("1 set", exact=True)).to_be_visible()
        page.get_by_label("Search", exact=True).fill("")
        expect(card(page, other)).to_be_visible()


def test_the_newest_set_comes_first(page: Page, scripted: str) -> None:
    """The list starts with what was drawn last."""
    for year in (2017, 2015, 2016):
        drawn(scripted, "Ordered", car={"year": year}, angles=["front"])
    history(page, scripted, "ordered")
    expect(page.get_by_text("3 sets", exact=True)).to_be_visible()
    expect(page.locator("[class*='st-key-set_']")).to_contain_text(["Ordered 2016", "Ordered 2015", "Ordered 2017"])


def test_nothing_found_is_said(page: Page, scripted: str) -> None:
    """A search without a hit says what to do; what was typed stays."""
    drawn(scripted, "Clio")
    history(page, scripted, "no such car anywhere")
    expect(page.get_by_text("No set matches. Try fewer words.")).to_be_visible()
    expect(page.get_by_label("Search", exact=True)).to_have_value("no such car anywhere")


def test_favourites_and_tags_narrow_the_list(page: Page, scripted: str) -> None:
    """A star and a tag stay with a set, and both find it again; a tag can be taken off."""
    made, other = drawn(scripted, "Starred"), drawn(scripted, "Plain")
    history(page, scripted)
    card(page, made).locator(f".st-key-star_{made['set_id']} button").first.click()
    expect(card(page, made).get_by_text("star", exact=True).first).to_be_visible()
    page.get_by_text("Favourites", exact=True).click()
    expect(card(page, other)).to_have_count(0)
    more(page, made)
    field = page.get_by_label("Add a tag")
    field.fill("autumn")
    field.press("Enter")
    expect(card(page, made)).to_contain_text("autumn")
    page.keyboard.press("Escape")
    shot(page, "history-tagged")
    page.reload()
    page.get_by_label("Tag", exact=True).click()
    page.get_by_role("option", name="autumn (1)").click()
    expect(card(page, other)).to_have_count(0)
    expect(card(page, made)).to_be_visible()
    more(page, made)
    page.get_by_role("button", name=re.compile("Remove tag autumn")).click()
    expect(card(page, made)).not_to_contain_text("autumn")


def test_a_deleted_set_can_be_brought_back(page: Page, scripted: str) -> None:
    """Delete takes the set away at once, undo brings it back as it was."""
    made = drawn(scripted, "Deleted")
    found(page, scripted, made)
    more(page, made)
    page.get_by_role("button", name=re.compile("Delete this set")).click()
    expect(card(page, made)).to_have_count(0)
    expect(page.get_by_text("Deleted: Renault Deleted 2019")).to_be_visible()
    page.get_by_role("button", name=re.compile("Undo")).click()
    expect(card(page, made)).to_be_visible()
    expect(card(page, made)).to_contain_text("3 views")


def test_a_set_opens_by_its_link(page: Page, scripted: str) -> None:
    """`?set=CAR-…` opens the set for somebody who has never been here; a wrong link gets a sentence."""
    made = drawn(scripted, "Linked")
    page.goto(f"{scripted}/?set={made['session_id']}")
    expect(page.get_by_role("heading", name=re.compile("Linked 2019"))).to_be_visible()
    expect(page.locator(".st-key-view_rear")).to_contain_text("seed")
    page.goto(f"{scripted}/?set=CAR-00000000")
    expect(page.get_by_text("There is no such set.")).to_be_visible()


def test_everything_is_recalled(page: Page, scripted: str) -> None:
    """Car, angles, session id: the form stands as it stood, and the same seeds come out again."""
    made = drawn(scripted, "Recalled", car={"color": "red"}, angles=["rear", "top"])
    recall(found(page, scripted, made), made, "Everything")
    expect(page.get_by_label("Model", exact=True)).to_have_value("Recalled")
    expect(page.get_by_text("Rear · Top", exact=True)).to_be_visible()
    expect(session(page)).to_have_value(re.compile("^(CAR-)?" + made["session_id"].removeprefix("CAR-")))
    page.get_by_role("button", name=re.compile("Generate")).click()
    expect(page.get_by_text(re.compile("^2 views in"))).to_be_visible()
    for image in made["images"]:
        expect(page.locator(f".st-key-view_{image['angle']}")).to_contain_text(f"seed {image['seed']}")


def test_a_remix_recalls_all_but_the_seeds(page: Page, scripted: str) -> None:
    """The car and its angles are there, the session id is a new one."""
    made = drawn(scripted, "Remixed", angles=["rear", "top"])
    recall(found(page, scripted, made), made, "Remix: all but the seeds")
    expect(page.get_by_label("Model", exact=True)).to_have_value("Remixed")
    expect(page.get_by_text("Rear · Top", exact=True)).to_be_visible()
    expect(session(page)).to_have_value("")


def test_only_the_seeds_are_recalled(page: Page, scripted: str) -> None:
    """The form keeps its own car and says that it carries seeds; they are what is drawn with."""
    made = drawn(scripted, "Seeds")
    recall(found(page, scripted, made), made, "Only the seeds")
    expect(page.get_by_label("Model", exact=True)).to_have_value("Clio")
    page.get_by_role("button", name=re.compile("Generate")).click()
    expect(page.get_by_text(re.compile("^3 views in"))).to_be_visible()
    for image in made["images"]:
        expect(page.locator(f".st-key-view_{image['angle']}")).to_contain_text(f"seed {image['seed']}")


def test_only_the_prompt_is_recalled(page: Page, scripted: str) -> None:
    """The form keeps its own car and draws it with the template of the other set."""
    made = drawn(scripted, "Prompted", template="{{ model }} under water, {{ angle }} view")
    recall(found(page, scripted, made), made, "Only the prompt")
    expect(page.get_by_label("Model", exact=True)).to_have_value("Clio")
    expect(page.get_by_text("A prompt template of your own")).to_be_visible()
    page.get_by_role("button", name=re.compile("Generate")).click()
    expect(page.get_by_text(re.compile("^3 views in"))).to_be_visible()
    rested(page)
    page.locator(".st-key-view_rear").get_by_text("Prompt").first.click()
    expect(page.get_by_text("Clio under water, rear view", exact=True)).to_be_visible()


def test_ukrainian_on_a_phone_in_the_dark(browser: Browser, scripted: str) -> None:
    """Cards stand below each other and nothing is wider than the screen."""
    drawn(scripted, "Телефон", car={"color": "синій"})
    with watched_page(browser, width=390, height=844, locale="uk-UA", dark=True) as page:
        page.goto(f"{scripted}/history")
        settled(page)
        page.get_by_label("Пошук", exact=True).fill("телефон")
        expect(page.get_by_text("1 набір", exact=True)).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        shot(page, "history-phone-uk-dark")
