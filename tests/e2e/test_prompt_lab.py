"""The page Prompt lab in a real browser: the template editor, and grids live."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest
from e2e.browsing import shot, watched_page
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, TimeoutError, expect

pytestmark = pytest.mark.e2e
expect.set_options(timeout=30_000)


def opened(page: Page, url: str, **query: str) -> Page:
    page.goto(f"{url}/prompt_lab" + "".join(f"?{name}={value}" for name, value in query.items()))
    expect(page.get_by_text("Hint blocks").first).to_be_visible()
    return page


def button(page: Page | Locator, name: str) -> Locator:
    return page.get_by_role("button", name=re.compile(rf"(^|\s){name}( Shortcut .*)?$"))


def typed(page: Page, source: str) -> None:
    field = page.get_by_label("Prompt template", exact=True)
    field.fill(source)
    field.press("Control+Enter")


def on_grid(page: Page) -> Page:
    page.get_by_role("radio", name="Grid").or_(page.get_by_role("button", name="Grid", exact=True)).first.click()
    expect(page.get_by_text("cells,")).to_be_visible()
    return page


def model(page: Page, name: str) -> None:
    field = page.get_by_label("Model", exact=True)
    field.fill(name)
    field.press("Enter")


def choose(page: Page, label: str, option: str) -> None:
    """Pick from a list; a list that a rerun of the page closed is opened again."""
    shown = page.get_by_role("option", name=option, exact=True)
    for _ in range(4):
        page.get_by_label(label, exact=True).click()
        try:
            shown.wait_for(timeout=4_000)
        except TimeoutError:
            continue
        shown.click()
        break
    expect(page.get_by_label(label, exact=True)).to_have_value(option)


def cell(page: Page, row: int, column: int) -> Locator:
    return page.locator(f".st-key-lab_cell_{row}_{column}")


def test_the_template_is_edited_with_a_preview_for_every_angle(page: Page, scripted: str) -> None:
    """The preview follows the editor for each picked angle; an error gets a sentence with its line, and nothing is
    lost."""
    opened(page, scripted)
    expect(page.locator(".st-key-preview_rear")).to_contain_text("2019 Renault Clio hatchback, blue, rear view.")
    typed(page, "{{ year }} {{ brand }} {{ model }} at night, {{ angle }} view.\n{{ consistency }}")
    expect(page.locator(".st-key-preview_side")).to_contain_text("2019 Renault Clio at night, side view.")
    shot(page, "lab-template")
    typed(page, "{{ brand }}\n{{ speed }}")
    expect(page.get_by_text("Line 2: there is no variable “speed”")).to_be_visible()
    expect(page.get_by_label("Prompt template", exact=True)).to_have_value("{{ brand }}\n{{ speed }}")
    shot(page, "lab-template-wrong")


def test_versions_are_kept_and_recalled(page: Page, scripted: str) -> None:
    """A template is kept under a name, in versions, and taken up again after a reload."""
    opened(page, scripted)
    for source in ("{{ brand }} in the rain, {{ angle }}", "{{ brand }} in the snow, {{ angle }}"):
        typed(page, source)
        name = page.get_by_label("Name", exact=True)
        name.fill("Weather")
        name.press("Enter")
        button(page, "Save").click()
        expect(page.get_by_text(re.compile("Saved: Weather, version")).last).to_be_visible()
        page.wait_for_timeout(300)
    page.reload()
    start = page.get_by_label("Start from", exact=True)
    start.click()
    page.get_by_role("option", name="Weather, version 1").click()
    expect(page.get_by_label("Prompt template", exact=True)).to_have_value("{{ brand }} in the rain, {{ angle }}")
    expect(page.locator(".st-key-preview_front")).to_contain_text("Renault in the rain, front")


def test_a_template_and_its_hints_go_to_the_page_generate(page: Page, scripted: str) -> None:
    """'Use' leads to Generate, which draws with this template and without the hint that is off."""
    opened(page, scripted)
    typed(page, "{{ brand }} {{ model }} at night, {{ angle }} view. {{ same_car }}")
    page.get_by_text("Same car, other angle", exact=True).click()
    expect(page.locator(".st-key-preview_front")).not_to_contain_text("Same exact vehicle")
    button(page, "Use on Generate").click()
    expect(page.get_by_text("A prompt template of your own")).to_be_visible()
    button(page, "Generate").click()
    expect(page.get_by_text(re.compile(r"^3 views in"))).to_be_visible()
    page.locator(".st-key-view_side").get_by_text("Prompt").first.click()
    expect(page.get_by_text("Renault Clio at night, side view.", exact=True)).to_be_visible()


def test_prompts_against_angles(page: Page, scripted: str) -> None:
    """Two prompts and three angles: one click, six pictures in named rows and columns, the words that differ marked;
    as one picture and as a table they can be downloaded; a reload finds the grid."""
    opened(page, scripted)
    typed(page, "{{ year }} {{ brand }} {{ model }} at night, {{ angle }} view.\n{{ consistency }}")
    on_grid(page)
    expect(page.get_by_text("2 × 3 cells, 6 sets · free")).to_be_visible()
    button(page, "Run: 6 pictures").click()
    expect(page.get_by_text("6 of 6 pictures")).to_be_visible()
    for column, angle in enumerate(("Front", "Side", "Rear")):
        expect(cell(page, 1, column)).to_contain_text(re.compile(rf"{angle}.*Script · [\d.]+ s · seed \d+", re.S))
    seeds = [
        re.search(r"seed (\d+)", cell(page, row, 0).inner_text())[1]
        for row in (0, 1)  # type: ignore[index]
    ]
    assert seeds[0] == seeds[1]
    page.get_by_text("Prompts, with the words that differ").click()
    expect(page.get_by_text("at night,", exact=True).last).to_be_visible()
    shot(page, "lab-grid")
    with page.expect_download() as picture:
        button(page, "Grid as picture").click()
    with Image.open(picture.value.path()) as image:
        assert image.width > 1000
    with page.expect_download() as table:
        button(page, "CSV").click()
    lines = list(csv.DictReader(io.StringIO(Path(table.value.path()).read_text("utf-8-sig"))))
    assert len(lines) == 6
    assert {line["row"] for line in lines} == {"Built-in prompt", "In the editor"}
    page.reload()
    expect(page.get_by_text("6 of 6 pictures")).to_be_visible()


def test_a_grid_is_live_and_a_cell_can_be_cancelled(page: Page, scripted: str) -> None:
    """Pictures land one by one; one cell is cancelled alone, then all; what was drawn stays, the rest can be drawn."""
    opened(page, scripted)
    model(page, "Slow")
    on_grid(page)
    button(page, "Run: 3 pictures").click()
    expect(cell(page, 0, 0)).to_contain_text("Script ·")
    expect(cell(page, 0, 2)).to_contain_text("Drawing")
    shot(page, "lab-running")
    expect(cell(page, 0, 1)).to_contain_text("Script ·")
    button(cell(page, 0, 2), "Cancel").click()
    expect(cell(page, 0, 2)).to_contain_text("Cancelled")
    expect(page.get_by_text("2 of 3 pictures")).to_be_visible()
    button(page, "Draw what is missing").click()
    expect(cell(page, 0, 2)).to_contain_text("Drawing")
    button(page, "Cancel all").click()
    expect(cell(page, 0, 2)).to_contain_text("Cancelled")


def test_engines_with_repeats_on_a_phone(browser: Browser, scripted: str) -> None:
    """Engines down the rows, whole sets in the cells, two repeats each: nothing is wider than a phone."""
    with watched_page(browser, width=390, height=844) as page:
        opened(page, scripted)
        on_grid(page)
        for side, kind in (("Rows", "Engines"), ("Columns", "One column")):
            choose(page, side, kind)
        repeats = page.get_by_label("Repeats", exact=True)
        repeats.fill("2")
        repeats.press("Enter")
        button(page, "Run: 12 pictures").click()
        expect(page.get_by_text("12 of 12 pictures")).to_be_visible()
        expect(cell(page, 1, 0)).to_contain_text(re.compile(r"6 of 6 · Second · [\d.]+ s \([\d.]+ to [\d.]+\)"))
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        shot(page, "lab-phone")


def test_dark_and_ukrainian(browser: Browser, scripted: str) -> None:
    """The lab in Ukrainian and dark colours: the editor with its error, and a grid over hint blocks."""
    with watched_page(browser, locale="uk-UA", dark=True) as page:
        page.goto(f"{scripted}/prompt_lab")
        field = page.get_by_label("Шаблон промпту", exact=True)
        field.fill("{{ brand }}\n{% for x in brand %}{% endfor %}")
        field.press("Control+Enter")
        expect(page.get_by_text("Рядок 2: цикли у шаблоні промпту не можна використовувати.")).to_be_visible()
        field.fill("{{ year }} {{ brand }} {{ model }} {удень|уночі}, {{ angle }}. {{ same_car }}")
        field.press("Control+Enter")
        expect(page.get_by_text(re.compile("2 промпти з варіантів"))).to_be_visible()
        shot(page, "lab-template-uk-dark")
        page.get_by_role("radio", name="Сітка").or_(page.get_by_role("button", name="Сітка", exact=True)).first.click()
        page.get_by_role("button", name=re.compile("Запустити: 9 зображень")).click()
        expect(page.get_by_text("9 з 9 зображень")).to_be_visible()
        shot(page, "lab-grid-uk-dark")


def test_the_car_of_the_page_generate_is_the_car_of_the_lab(page: Page, scripted: str) -> None:
    """What was typed on Generate is there in the lab, and the other way round."""
    page.goto(scripted)
    model(page, "Megane")
    page.get_by_role("link", name="Prompt lab").click()
    expect(page.locator(".st-key-preview_front")).to_contain_text("Renault Megane")
    model(page, "Twingo")
    expect(page.locator(".st-key-preview_front")).to_contain_text("Renault Twingo")
    page.get_by_role("link", name="Generate").click()
    expect(page.get_by_label("Model", exact=True)).to_have_value("Twingo")
