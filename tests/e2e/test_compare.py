"""The page Compare in a real browser: its modes, zoom that stays, and its keys."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browsing import draw, drawn, shot, watched_page

pytestmark = [pytest.mark.e2e, pytest.mark.parametrize("scripted", ["sqlite"], indirect=True)]
expect.set_options(timeout=30_000)


def compare(page: Page, url: str, model: str) -> None:
    """Draw a set and open the page with it on the left: its front beside its side."""
    draw(page, url, model)
    page.get_by_role("link", name="Compare").click()
    expect(page.locator(".compare img")).to_have_count(2)
    expect(page.get_by_text("What differs")).to_be_visible()


def captions(page: Page) -> list[str]:
    return page.locator(".compare figcaption").all_inner_texts()


def transform(page: Page) -> str:
    return str(page.locator(".compare img").first.evaluate("image => getComputedStyle(image).transform"))


def test_modes_show_the_same_two_pictures(page: Page, scripted: str) -> None:
    """Side by side, slider, hover, difference: the pictures stay, only their arrangement changes."""
    compare(page, scripted, "Captur")
    titles = captions(page)
    assert "Front" in titles[0]
    page.get_by_role("radio", name="Slider").click()
    slider = page.get_by_role("slider", name="Where the left picture ends")
    slider.fill("20")
    expect(page.locator(".compare")).to_have_attribute("style", re.compile(r"--cut: 20%"))
    shot(page, "compare_slider")
    page.get_by_role("radio", name="Difference").click()
    expect(slider).to_be_hidden()
    blend = page.locator(".compare figure").nth(1).evaluate("figure => getComputedStyle(figure).mixBlendMode")
    assert blend == "difference"
    shot(page, "compare_difference")
    page.get_by_role("radio", name="Side by side").click()
    expect(page.locator(".compare figcaption")).to_have_text(titles)
    shot(page, "compare_side")


def test_hover_shows_the_other_picture_in_place(page: Page, scripted: str) -> None:
    """The pointer, or Space, shows the right picture where the left one was, and a screen reader hears which."""
    compare(page, scripted, "Espace")
    page.get_by_role("radio", name="Hover").click()
    left, right = page.locator(".compare figure").nth(0), page.locator(".compare figure").nth(1)
    expect(right).to_have_css("opacity", "0")
    page.locator(".compare .view").hover()
    expect(right).to_have_css("opacity", "1")
    expect(left).to_have_css("opacity", "0")
    shot(page, "compare_hover")
    page.get_by_role("heading", name="Compare").hover()
    expect(right).to_have_css("opacity", "0")
    page.locator(".compare .view").press(" ")
    expect(right).to_have_css("opacity", "1")
    expect(page.locator(".compare [role=status]")).to_have_text(captions(page)[1].removeprefix("◆ "))


def test_zoom_is_kept_from_mode_to_mode_and_view_to_view(page: Page, scripted: str) -> None:
    """Zoomed and moved once, every mode and every picture shows the same part until it is reset."""
    compare(page, scripted, "Scenic")
    view = page.locator(".compare .view")
    for key in ("+", "+", "ArrowRight"):
        view.press(key)
    zoomed = transform(page)
    assert zoomed.startswith("matrix(1.5625")
    page.get_by_role("radio", name="Slider").click()
    assert transform(page) == zoomed
    page.get_by_role("radio", name="Rear", exact=True).first.click()
    expect(page.locator(".compare figcaption").first).to_have_text(re.compile("Rear"))
    assert transform(page) == zoomed
    page.get_by_role("button", name="Reset zoom").click()
    assert transform(page) in ("matrix(1, 0, 0, 1, 0, 0)", "none")


IN_PLACE = ("none", "matrix(1, 0, 0, 1, 0, 0)")


def dragged(page: Page, right: int, down: int) -> None:
    """Press on the middle of the left picture, move so far, let go."""
    box = page.locator(".compare .frame").first.bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + right, y + down, steps=4)
    page.mouse.up()


def test_what_is_not_enlarged_stays_in_its_frame(page: Page, scripted: str) -> None:
    """In every mode a drag and the arrow keys leave the pictures where they are."""
    compare(page, scripted, "Modus")
    for mode in ("Side by side", "Slider", "Hover", "Difference"):
        page.get_by_role("radio", name=mode).click()
        dragged(page, 200, 90)
        page.locator(".compare .view").press("ArrowLeft")
        assert transform(page) in IN_PLACE, mode


def test_an_enlarged_picture_moves_to_the_edge_of_its_frame_and_no_farther(page: Page, scripted: str) -> None:
    """However far it is dragged, or pushed by keys, no grey comes in beside it; made small again it is in place."""
    compare(page, scripted, "Avantime")
    view = page.locator(".compare .view")
    for _ in range(3):
        view.press("+")
    width, height = page.locator(".compare .frame").first.evaluate("frame => [frame.clientWidth, frame.clientHeight]")
    zoom = 1.25**3
    for _ in range(8):
        dragged(page, 900, 700)
    scale, _, _, _, x, y = map(float, re.findall(r"-?[\d.]+", transform(page)))
    assert scale == pytest.approx(zoom, abs=0.001)
    assert (x, y) == pytest.approx((width * (zoom - 1) / 2, height * (zoom - 1) / 2), abs=0.6)
    for _ in range(60):
        view.press("ArrowRight")
    assert float(re.findall(r"-?[\d.]+", transform(page))[4]) == pytest.approx(-width * (zoom - 1) / 2, abs=0.6)
    for _ in range(3):
        view.press("-")
    assert transform(page) in IN_PLACE


def test_a_phone_scrolls_past_the_pictures(browser: Browser, scripted: str) -> None:
    """A finger that starts on a picture scrolls the page; enlarged, it moves the picture."""
    drawn(scripted, "Zoe")
    with watched_page(browser, width=390, height=844, touch=True) as page:
        page.goto(f"{scripted}/compare")
        expect(page.locator(".compare img")).to_have_count(2)
        page.locator(".compare .frame").first.scroll_into_view_if_needed()
        swipe(page, -250)
        page.wait_for_function("document.querySelector('[data-testid=stMain]').scrollTop > 150")
        assert transform(page) in IN_PLACE
        for _ in range(3):
            page.locator(".compare .view").press("+")
        before, enlarged = scrolled(page), transform(page)
        swipe(page, -60)
        expect(page.locator(".compare img").first).not_to_have_css("transform", enlarged)
        assert scrolled(page) == before


def scrolled(page: Page) -> float:
    return float(page.evaluate("document.querySelector('[data-testid=stMain]').scrollTop"))


def swipe(page: Page, down: int) -> None:
    """One finger, put on the first picture that is in sight, moved and lifted."""
    box = page.locator(".compare .frame").first.bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    session = page.context.new_cdp_session(page)
    session.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for step in range(1, 11):
        finger = {"x": x, "y": y + down * step / 10}
        session.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [finger]})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


@pytest.mark.parametrize(
    ("key", "drawn", "model", "session"),
    [
        ("a", "Kangoo", "Kangoo", "^[0-9a-f]{12}$"),
        ("r", "Trafic", "Trafic", "^$"),
        ("s", "Koleos", "Megane", "^$"),
        ("p", "Arkana", "Megane", "^$"),
    ],
)
def test_keys_take_over_what_they_say(
    page: Page, scripted: str, key: str, drawn: str, model: str, session: str
) -> None:
    """A everything, R all but session and seeds, S the seeds alone, P the prompt alone; the form is open then."""
    draw(page, scripted, drawn)
    page.get_by_role("link", name="Prompt lab").click()
    expect(page.locator(".st-key-preview_front")).to_contain_text(drawn)
    page.get_by_label("Model", exact=True).fill("Megane")
    page.get_by_label("Model", exact=True).press("Enter")
    expect(page.locator(".st-key-preview_front")).to_contain_text("Megane")
    page.get_by_role("link", name="Compare").click()
    expect(page.get_by_text("What differs")).to_be_visible()
    expect(page.locator(".st-key-compare_star button")).to_have_attribute("aria-keyshortcuts", ".")
    page.keyboard.press(key)
    expect(page.get_by_label("Model", exact=True)).to_have_value(model)
    page.get_by_text("More", exact=True).click()
    expect(page.get_by_role("textbox", name="Session id")).to_have_value(re.compile(session))
    expect(page.get_by_text("Seeds of an earlier set")).to_have_count(int(key in "as"))


def test_keys_swap_and_star(page: Page, scripted: str) -> None:
    """C changes the sides, '.' stars the left set; while somebody writes, keys are letters."""
    compare(page, scripted, "Talisman")
    before = captions(page)
    page.keyboard.press("c")
    expect(page.locator(".compare figcaption").first).to_have_text(before[1])
    assert captions(page) == before[::-1]
    expect(page.get_by_role("button", name=re.compile("^Star|Favourite|Add to"))).to_be_visible()
    page.keyboard.press(".")
    expect(page.locator(".st-key-compare_star")).to_contain_text(re.compile("Remove|Unstar|No longer"))
    assert page.locator(".st-key-compare_swap button").get_attribute("aria-keyshortcuts") == "c"
    box = page.get_by_role("combobox").first
    box.click()
    box.press("c")
    assert captions(page) == before[::-1]


def test_compare_on_a_phone_in_the_dark(browser: Browser, scripted: str) -> None:
    """Pictures stand below each other and nothing is wider than the screen."""
    with watched_page(browser, width=390, height=844, dark=True) as page:
        draw(page, scripted, "Rafale")
        page.goto(f"{scripted}/compare")
        expect(page.locator(".compare img")).to_have_count(2)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        shot(page, "compare_phone")
