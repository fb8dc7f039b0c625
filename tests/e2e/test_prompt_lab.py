"""The page Prompt lab in a real browser: the template editor, and grids live."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, TimeoutError, expect

from tests.support.browsing import rested, shot, watched_page

pytestmark = [pytest.mark.e2e, pytest.mark.parametrize("scripted", ["sqlite"], indirect=True)]
expect.set_options(timeout=30_000)


def opened(page: Page, url: str, **query: str) -> Page:
    page.goto(f"{url}/prompt_lab" + "".join(f"?{name}={value}" for name, value in query.items()))
    expect(page.get_by_text("Hint blocks").first).to_be_visible()
    return page


def button(page: Page | Locator, name: str) -> Locator:
    return page.get_by_role("button", name=re.compile(rf"(^|\s){name}( Shortcut .*)?$"))


def editor(page: Page) -> Locator:
    return page.get_by_label("Prompt template", exact=True)


def caret(field: Locator) -> tuple[int, int]:
    start, end = field.evaluate("area => [area.selectionStart, area.selectionEnd]")
    return start, end


def typed(page: Page, source: str) -> None:
    editor(page).fill(source)


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
    """The preview of each picked angle follows while somebody types; they stay in the field, with their caret."""
    opened(page, scripted)
    expect(page.locator(".st-key-preview_rear")).to_contain_text("2019 Renault Clio hatchback, blue, rear view.")
    field = editor(page)
    field.press("Control+a")
    field.press_sequentially("{{ brand }} crisp racer, {{ angle }} view.")
    for angle in ("front", "side", "rear"):
        expect(page.locator(f".st-key-preview_{angle}")).to_contain_text(f"Renault crisp racer, {angle} view.")
    for _ in range(len("racer, {{ angle }} view.")):
        field.press("ArrowLeft")
    field.press_sequentially("red ")
    expect(page.locator(".st-key-preview_rear")).to_contain_text("Renault crisp red racer, rear view.")
    expect(field).to_be_focused()
    assert caret(field) == (22, 22)
    shot(page, "lab-template")


def test_an_answer_to_an_older_text_takes_nothing_back(page: Page, scripted: str) -> None:
    """While the page answers to what was typed before, typing in the middle goes on, key by key."""
    opened(page, scripted)
    typed(page, "{{ brand }} from \n{{ angle }}")
    field = editor(page)
    field.evaluate("area => area.setSelectionRange(17, 17)")
    words = [f"word{number} " for number in range(8)]
    for number, word in enumerate(words):
        field.press_sequentially(word)
        if number % 3 == 0:  # the page draws this one; then it is asked again, and typing goes on at once
            expect(page.locator(".st-key-preview_rear")).to_contain_text(word.strip())
        field.press("Control+Enter")
    expect(field).to_have_value("{{ brand }} from " + "".join(words) + "\n{{ angle }}")
    expect(page.locator(".st-key-preview_rear")).to_contain_text("word7 rear")
    assert caret(field) == (17 + 8 * 6, 17 + 8 * 6)
    expect(field).to_have_value("{{ brand }} from " + "".join(words) + "\n{{ angle }}")


def test_an_error_gets_a_sentence_and_marks_its_line(page: Page, scripted: str) -> None:
    """An unknown variable: a sentence with the line, the line marked, told to screen readers; the last right preview
    stays; once it is right, all of that goes."""
    opened(page, scripted)
    field, marks = editor(page), page.locator(".live-text .lines .wrong")
    field.press("Control+a")
    field.press_sequentially("{{ brand }} at dusk")
    expect(page.locator(".st-key-preview_side")).to_contain_text("Renault at dusk")
    field.press_sequentially("\n{{ speed }}")
    expect(page.get_by_text("Line 2: there is no variable “speed”")).to_be_visible()
    expect(marks).to_have_text(["{{ speed }}"])
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_accessible_description(re.compile("Line 2: there is no variable"))
    expect(page.get_by_text("This template cannot be used yet")).to_be_visible()
    expect(page.locator(".st-key-preview_side")).to_contain_text("Renault at dusk")
    expect(field).to_have_value("{{ brand }} at dusk\n{{ speed }}")
    shot(page, "lab-template-wrong")
    for _ in "speed }}":
        field.press("Backspace")
    field.press_sequentially("model }}")
    expect(page.locator(".st-key-preview_side")).to_contain_text("Renault at dusk Clio")
    expect(marks).to_have_count(0)
    expect(field).to_have_attribute("aria-invalid", "false")
    expect(field).to_have_accessible_description("The preview follows while you type.")
    field.press("Tab")
    expect(page.get_by_label("Name", exact=True)).to_be_focused()


def test_a_long_template_scrolls_and_stays_where_it_is(page: Page, scripted: str) -> None:
    """Lines that wrap keep their numbers beside them; far down, an answer of the page moves nothing."""
    opened(page, scripted)
    typed(page, "\n".join([*(f"word{n} " * 30 for n in range(30)), "{{ brand }} end"]))
    expect(page.locator(".st-key-preview_rear")).to_contain_text("word29 Renault end")
    field, pane = editor(page), page.locator(".live-text .pane")
    field.press("Control+End")
    field.press_sequentially("less {{ angle }}")
    before = pane.evaluate("pane => pane.scrollTop")
    assert before > 0
    expect(page.locator(".st-key-preview_rear")).to_contain_text("endless rear")
    assert pane.evaluate("pane => pane.scrollTop") == before
    heights = "pane => [pane.querySelector('.lines').scrollHeight, pane.querySelector('textarea').scrollHeight]"
    lines, area = pane.evaluate(heights)
    assert lines == area


def test_choices_are_previewed_one_by_one_and_run_side_by_side(page: Page, scripted: str) -> None:
    """`{a|b}` makes two prompts: one is chosen for the preview, and the grid has a row for each."""
    opened(page, scripted)
    typed(page, "{{ brand }} by {day|night}, {{ angle }}")
    expect(page.get_by_text("2 prompts from the choices")).to_be_visible()
    expect(page.locator(".st-key-preview_rear")).to_contain_text("Renault by day, rear")
    choose(page, "Choice", "night")
    expect(page.locator(".st-key-preview_rear")).to_contain_text("Renault by night, rear")
    button(page, "Run in a grid").click()
    expect(page.get_by_text("3 × 3 cells, 9 sets · free")).to_be_visible()
    button(page, "Run: 9 pictures").click()
    expect(page.get_by_text("9 of 9 pictures")).to_be_visible()
    expect(page.get_by_text("In the editor · night", exact=True).filter(visible=True)).to_have_count(1)


def test_versions_are_kept_and_recalled(page: Page, scripted: str) -> None:
    """A template is kept under a name, in versions, straight from the keyboard, and taken up again after a reload;
    what was in the field comes back."""
    opened(page, scripted)
    name = page.get_by_label("Name", exact=True)
    name.fill("Weather")
    name.press("Enter")
    for number, weather in enumerate(("rain", "snow"), 1):
        typed(page, f"{{{{ brand }}}} in the {weather}, {{{{ angle }}}}")
        button(page, "Save").click()
        expect(page.get_by_label("Start from", exact=True)).to_have_value(f"Weather, version {number}")
    page.reload()
    typed(page, "{{ brand }} of my own, {{ angle }}")
    choose(page, "Start from", "Weather, version 1")
    expect(editor(page)).to_have_value("{{ brand }} in the rain, {{ angle }}")
    expect(page.locator(".st-key-preview_front")).to_contain_text("Renault in the rain, front")
    button(page, "My text").click()
    expect(editor(page)).to_have_value("{{ brand }} of my own, {{ angle }}")
    editor(page).press_sequentially(" view")
    expect(page.locator(".st-key-preview_front")).to_contain_text("Renault of my own, front view")


def test_a_template_and_its_hints_go_to_the_page_generate(page: Page, scripted: str) -> None:
    """'Use' leads to Generate, which draws with this template and without the hint that is off; the lab still has its
    text afterwards."""
    opened(page, scripted)
    typed(page, "{{ brand }} {{ model }} at night, {{ angle }} view. {{ same_car }}")
    page.get_by_text("Same car, other angle", exact=True).click()
    expect(page.locator(".st-key-preview_front")).not_to_contain_text("Same exact vehicle")
    button(page, "Use on Generate").click()
    expect(page.get_by_text("A prompt template of your own")).to_be_visible()
    button(page, "Generate").click()
    expect(page.get_by_text(re.compile(r"^3 views in"))).to_be_visible()
    rested(page)
    page.locator(".st-key-view_side").get_by_text("Prompt").first.click()
    expect(page.get_by_text("Renault Clio at night, side view.", exact=True)).to_be_visible()
    page.get_by_role("link", name="Prompt lab").click()
    expect(editor(page)).to_have_value("{{ brand }} {{ model }} at night, {{ angle }} view. {{ same_car }}")
    editor(page).press("Control+End")
    editor(page).press_sequentially(" again")
    expect(page.locator(".st-key-preview_front")).to_contain_text("Renault Clio at night, front view. again")


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
        expect(page.get_by_text("Рядок 2: цикли у шаблоні промпту не можна використовувати.")).to_be_visible()
        shot(page, "lab-template-wrong-uk-dark")
        field.fill("{{ year }} {{ brand }} {{ model }} {удень|уночі}, {{ angle }}. {{ same_car }}")
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
    page.get_by_role("button", name="Top", exact=True).click()
    expect(page.get_by_text("Front · Side · Rear · Top", exact=True)).to_be_visible()
    page.get_by_role("link", name="Prompt lab").click()
    expect(page.locator(".st-key-preview_front")).to_contain_text("Renault Megane")
    model(page, "Twingo")
    expect(page.locator(".st-key-preview_front")).to_contain_text("Renault Twingo")
    page.get_by_role("link", name="Generate").click()
    expect(page.get_by_label("Model", exact=True)).to_have_value("Twingo")
