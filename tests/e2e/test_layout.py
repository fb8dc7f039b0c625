"""What one sees of the pages, measured: nothing is cut off, nothing moves without need, every page has its address."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from carimg.ui.i18n import texts
from tests.support.browsing import draw, drawn, rested, shot, watched_page

pytestmark = [pytest.mark.e2e, pytest.mark.parametrize("scripted", ["sqlite"], indirect=True)]
"""Once is enough: nothing here depends on the database."""
expect.set_options(timeout=30_000)

EVERYTHING = """
  const inside = one => (one.shadowRoot ? [one, ...all(one.shadowRoot)] : [one])
  const all = root => [...root.querySelectorAll("*")].flatMap(inside)
  const above = one => one.parentElement ?? one.getRootNode().host
  const every = all(document.querySelector("[data-testid=stMain]"))
"""
CUT_OFF = f"""() => {{ {EVERYTHING}
  const name = one => one.getAttribute("aria-label") || one.textContent || one.tagName
  const cut = one => {{
    const mine = one.getBoundingClientRect()
    if (mine.right > innerWidth + 1 || mine.left < -1) return "outside the window"
    const short = part => part.clientWidth > 1 && part.scrollWidth > part.clientWidth + 1
    const hides = part => getComputedStyle(part).overflowX !== "visible" && short(part)
    if (!one.matches("input, textarea") && [one, ...one.querySelectorAll("*")].some(hides)) return "its text is cut"
    for (let box = above(one); box; box = above(box)) {{
      const frame = box.getBoundingClientRect()
      if (getComputedStyle(box).overflowX !== "visible" && (mine.left < frame.left - 1 || mine.right > frame.right + 1))
        return "cut by what is around it"
    }}
  }}
  return every
    .filter(one => one.matches("input:not([type=checkbox]), button, textarea, [data-testid=stCheckbox] label"))
    .filter(one => one.offsetWidth && one.offsetHeight && one.checkVisibility({{ visibilityProperty: true }}))
    .map(one => [name(one).slice(0, 40), cut(one)])
    .filter(([_, why]) => why)
}}"""
"""Every field and button of a page that is not wholly to be seen, with the reason."""

COVERED = f"""() => {{ {EVERYTHING}
  const dots = every.filter(one => one.matches("[data-id]")).map(one => [one.title, one.getBoundingClientRect()])
  const apart = (one, other) => Math.hypot(one.x - other.x, one.y - other.y) / one.width
  const after = (one, at) => dots.slice(at + 1).map(other => [one[0], other[0], apart(one[1], other[1])])
  return [dots.length, dots.flatMap(after).filter(([, , distance]) => distance < 0.75)]
}}"""
"""How many cameras the ring has, and the pairs of them that cover each other by more than a quarter."""

RESTLESS = f"""() => {{ {EVERYTHING}
  const moving = every.filter(one => one.getAnimations().some(animation => animation.playState === "running"))
  const faint = one => one && (Number(getComputedStyle(one).opacity) < 1 ? one : faint(above(one)))
  const pictures = every.filter(one => one.tagName === "IMG" && one.offsetWidth)
  return [pictures.length, moving.map(one => one.className), pictures.filter(faint).map(one => one.alt)]
}}"""
"""How many pictures there are, what moves, and the pictures that are not in full colour."""


@pytest.mark.parametrize("locale", ["en-US", "uk-UA"])
@pytest.mark.parametrize("width", [1024, 1280, 1366, 1440])
def test_the_form_is_whole_on_every_laptop(browser: Browser, scripted: str, width: int, locale: str) -> None:
    """On Generate and in the lab, with 'More' open, every field and button is inside its column, with its whole text,
    and no camera of the ring lies on another."""
    t = texts(locale[:2])
    with watched_page(browser, width=width, height=768, locale=locale) as page:
        for path in ("", "/prompt_lab"):
            page.goto(scripted + path)
            page.get_by_text(t("form.more"), exact=True).click()
            expect(page.get_by_role("textbox", name=t("form.session"))).to_be_visible()
            expect(page.get_by_role("group", name=t("form.angles"))).to_be_visible()
            count, covered = page.evaluate(COVERED)
            assert count == 12
            assert covered == []
            assert page.evaluate(CUT_OFF) == []
        page.get_by_role("radio", name=t("lab.view_grid"), exact=True).click()
        expect(page.get_by_role("combobox", name=t("lab.rows"), exact=True)).to_be_visible()
        assert page.evaluate(CUT_OFF) == []
        shot(page, f"form-{width}-{locale[:2]}")


def test_nothing_moves_or_is_faint_after_a_set_has_ended(page: Page, scripted: str) -> None:
    """When the last view has come, it stands still and in full colour like the others: on the board and in the lab."""
    draw(page, scripted, "Calm")
    rested(page)
    comes_to_rest(page)
    page.get_by_role("link", name="Prompt lab").click()
    page.get_by_role("radio", name="Grid", exact=True).click()
    page.get_by_role("button", name=re.compile(r"Run: \d+ pictures")).click()
    expect(page.get_by_role("button", name="CSV")).to_be_visible()
    comes_to_rest(page)


def comes_to_rest(page: Page) -> None:
    """Three pictures or more, and what Streamlit fades in has been faded in: what moves for ever never gets here."""
    calm = f"() => {{ const [n, moving, faint] = ({RESTLESS})(); return n >= 3 && !moving.length && !faint.length }}"
    page.wait_for_function(calm)


def test_a_view_breathes_while_it_is_drawn(page: Page, scripted: str) -> None:
    """The sign of work is there as long as there is work: on the view that is missing, and on no other."""
    page.goto(scripted)
    field = page.get_by_label("Model", exact=True)
    field.fill("Slow")
    field.press("Enter")
    page.get_by_role("button", name=re.compile("Generate")).click()
    expect(page.locator(".st-key-view_side")).to_contain_text("Script ·")
    expect(page.locator(".st-key-picture_rear")).to_have_css("animation-name", "breathe")
    expect(page.locator(".st-key-picture_side")).to_have_css("animation-name", "none")
    page.get_by_role("button", name=re.compile("Cancel")).click()
    expect(page.locator(".st-key-picture_rear")).to_have_css("animation-name", "none")


def test_the_front_page_has_its_name_in_the_address_too(page: Page, scripted: str) -> None:
    """`/generate` opens the page Generate, with the set that the link names; a set that is not there gets a sentence,
    and none of its signs is taken for a link or a picture."""
    made = drawn(scripted, "Named")
    page.goto(f"{scripted}/generate?set={made['set_id']}")
    expect(page.get_by_role("heading", name="Renault Named 2019")).to_be_visible()
    assert page.url.endswith(f"/?set={made['set_id']}")
    page.goto(f"{scripted}/generate")
    expect(page.get_by_role("heading", name="One car, every view")).to_be_visible()
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url))
    for path in ("/", "/generate", "/consistency"):
        page.goto(
            f"{scripted}{path}?set=[Sign in](http://evil.example) ![a](http://127.0.0.1:9/a.png) http://evil.example"
        )
        expect(page.get_by_text("There is no such set.")).to_be_visible()
        assert page.locator("[data-testid=stMain] a[href*=evil]").count() == 0
        assert "evil.example" not in page.get_by_test_id("stMain").inner_text()
    assert not [url for url in fetched if url.startswith("http://127.0.0.1:9/")]
    page.goto(f"{scripted}/prompt_lab?lab=[Sign in](http://evil.example)")
    expect(page.get_by_text("There is no such grid.")).to_be_visible()
    assert page.locator("[data-testid=stMain] a[href*=evil]").count() == 0
