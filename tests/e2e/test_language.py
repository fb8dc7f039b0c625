"""The language, switched as often as one likes: every text follows, every choice stays, and a set is drawn after it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from carimg.domain.catalog import catalog
from carimg.ui.i18n import LANGUAGES, Texts, texts
from tests.support.browsing import rested, shot

pytestmark = [pytest.mark.e2e, pytest.mark.parametrize("scripted", ["sqlite"], indirect=True)]
"""Once is enough: nothing here depends on the database."""
expect.set_options(timeout=30_000)

BACK_AND_FORTH = ("uk", "en", "uk")
CHOSEN = {
    "form.body": lambda t: t.name(catalog().bodies["suv"]),
    "form.color": lambda t: t.name(catalog().colors["red"]),
    "form.engine": lambda t: "Second",
    "form.strategy": lambda t: t("strategy.shared-seed"),
    "form.fallback": lambda t: t("fallback.set"),
}
"""What is chosen on the form, as it is called in each language."""


def switch(page: Page, language: str) -> Texts:
    page.get_by_role("radio", name=LANGUAGES[language], exact=True).click()
    t = texts(language)
    expect(page.get_by_role("link", name=t("nav.history"))).to_be_visible()
    return t


def select(page: Page, label: str) -> Locator:
    return page.get_by_role("combobox", name=label, exact=True)


def choose(page: Page, label: str, option: str) -> None:
    select(page, label).scroll_into_view_if_needed()  # a list that opens while the page scrolls shuts again
    select(page, label).click()
    page.get_by_role("option", name=option, exact=True).click()
    expect(select(page, label)).to_have_value(option)
    idle(page)


def idle(page: Page) -> None:
    """Wait until the page has taken in the last click: what stands below may move until then."""
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")


def no_error(page: Page) -> None:
    expect(page.get_by_test_id("stException")).to_have_count(0)


def test_the_form_keeps_its_choices_through_every_language_and_draws(page: Page, scripted: str) -> None:
    """English, Ukrainian, English, Ukrainian on Generate: the selects show what was chosen, in the page's language, and
    a set is drawn with it. Then the lab, likewise."""
    page.goto(scripted)
    t = texts("en")
    page.get_by_text(t("form.more"), exact=True).click()
    for label, named in CHOSEN.items():
        choose(page, t(label), named(t))
    page.get_by_label(t("form.model"), exact=True).fill("Austral")
    page.get_by_label(t("form.model"), exact=True).press("Enter")
    for language in BACK_AND_FORTH:
        t = switch(page, language)
        for label, named in CHOSEN.items():
            expect(select(page, t(label))).to_have_value(named(t))
        expect(page.get_by_text(t("strategy_help.shared-seed"))).to_be_visible()
        no_error(page)
    shot(page, "language-form")
    page.get_by_role("button", name=re.compile(t("form.generate"))).click()
    expect(page.get_by_role("heading", name="Renault Austral 2019")).to_be_visible()
    expect(page.get_by_text(re.compile(r"^3 види за [\d,]+ с"))).to_be_visible()
    for angle in ("front", "side", "rear"):
        expect(page.locator(f".st-key-view_{angle}")).to_contain_text("Second ·")
    rested(page)
    for language in ("en", "uk", "en"):
        t = switch(page, language)
        expect(page.get_by_role("heading", name="Renault Austral 2019")).to_be_visible()
        no_error(page)
    expect(page.get_by_text(t("strategy.shared-seed")).first).to_be_visible()
    lab(page)


def lab(page: Page) -> None:
    """The same on the prompt lab, where the form of Generate stands too."""
    t = texts("en")
    page.get_by_role("link", name=t("nav.prompt_lab")).click()
    page.get_by_role("radio", name=t("lab.view_grid"), exact=True).click()
    choose(page, t("lab.rows"), t("lab.kind_hints"))
    choose(page, t("lab.columns"), t("lab.kind_strategies"))
    for language in BACK_AND_FORTH:
        t = switch(page, language)
        expect(select(page, t("lab.rows"))).to_have_value(t("lab.kind_hints"))
        expect(select(page, t("lab.columns"))).to_have_value(t("lab.kind_strategies"))
        expect(select(page, t("form.body"))).to_have_value(CHOSEN["form.body"](t))
        expect(page.get_by_text(t("lab.hints_none"), exact=True)).to_be_visible()
        expect(page.get_by_role("radio", name=t("lab.view_grid"), exact=True)).to_be_checked()
        no_error(page)
    page.get_by_role("button", name=re.compile(t("lab.run", n=12).split()[0])).click()
    expect(page.get_by_role("heading", name="Renault Austral 2019")).to_be_visible()
    expect(page.get_by_role("button", name=t("lab.table"))).to_be_visible()
    expect(page.locator(".st-key-lab_row_1")).to_contain_text(t("lab.hints_none"))
    shot(page, "language-lab")
    no_error(page)


def test_compare_and_templates_keep_their_choices_too(page: Page, scripted: str) -> None:
    """The way of comparing, the chosen views and the template that one started from outlast a change of language."""
    page.goto(scripted)
    page.get_by_role("button", name=re.compile(texts("en")("form.generate"))).click()
    rested(page)
    t = texts("en")
    page.get_by_role("link", name=t("nav.compare")).click()
    page.get_by_role("radio", name=t("compare.mode_slider"), exact=True).click()
    page.get_by_role("radio", name="Rear", exact=True).first.click()
    expect(page.locator(".compare figcaption").first).to_contain_text("Rear")
    for language in BACK_AND_FORTH:
        t = switch(page, language)
        expect(page.locator(".compare")).to_have_attribute("data-mode", "slider")
        expect(page.locator(".compare figcaption").first).to_contain_text(t.name(catalog().angles["rear"]))
        no_error(page)
    page.get_by_role("link", name=t("nav.prompt_lab")).click()
    for language in ("en", "uk"):
        t = switch(page, language)
        expect(select(page, t("template.saved"))).to_have_value(t("template.built_in"))
        no_error(page)
