"""What leaves the house through the browser, and comes back through it."""

from __future__ import annotations

import io
import json
import re
import zipfile
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.support.browsing import drawn, shot

pytestmark = pytest.mark.e2e
expect.set_options(timeout=30_000)


def board(page: Page, url: str, model: str) -> dict:
    """Open a red car that was just drawn from the front and the side."""
    made = drawn(url, model, car={"color": "red"}, angles=["front", "side"])
    page.goto(f"{url}/?set={made['set_id']}")
    expect(page.locator(".st-key-view_side")).to_contain_text("seed")
    return made


def saved(page: Page, name: str) -> tuple[str, bytes]:
    """Click a download button: the file's name and bytes."""
    with page.expect_download() as download:
        page.get_by_role("button", name=re.compile(rf"(^|\s){name}$")).click()
    return download.value.suggested_filename, Path(download.value.path()).read_bytes()


def parameters(data: bytes) -> str:
    """As other tools read them: the text chunk of a PNG, else EXIF UserComment."""
    with Image.open(io.BytesIO(data)) as image:
        if image.format == "PNG":
            return str(image.info["parameters"])
        return bytes(image.getexif().get_ifd(0x8769)[0x9286][8:]).decode("utf-16-be")


def take_in(page: Page, url: str, name: str, data: bytes) -> None:
    """Give the page History a file, and fill the form from it."""
    page.goto(f"{url}/history")
    page.get_by_role("button", name=re.compile("From a file")).click()
    page.locator("input[type=file]").set_input_files({"name": name, "mimeType": "", "buffer": data})


def expect_form(page: Page, model: str, made: dict) -> None:
    found = page.get_by_test_id("stPopoverBody").get_by_text(f"Renault {model} 2019", exact=True)
    expect(found).to_be_visible()
    page.get_by_role("button", name=re.compile("Fill the form")).click()
    expect(page.get_by_label("Model", exact=True)).to_have_value(model)
    expect(page.get_by_text("Front · Side", exact=True)).to_be_visible()
    page.get_by_text("More", exact=True).click()
    session = page.get_by_role("textbox", name="Session id", exact=True)
    expect(session).to_have_value(re.compile(made["session_id"].removeprefix("CAR-")))


def test_a_view_is_saved_in_three_formats_with_its_parameters(page: Page, scripted: str) -> None:
    """PNG, JPEG and WebP: named after car, angle and seed, with prompt and seed inside; each recalls its set."""
    made = board(page, scripted, "Saved")
    image = made["images"][1]
    page.locator(".st-key-view_side").get_by_role("button", name=re.compile("Download")).click()
    shot(page, "downloads")
    files = {name: saved(page, name) for name in ("PNG", "JPEG", "WebP")}
    for name, (title, data) in files.items():
        assert title.startswith(f"renault-saved-2019_side_seed-{image['seed']}.")
        with Image.open(io.BytesIO(data)) as opened:
            assert (opened.format, opened.size) == (name.upper(), (768, 512))
        text = parameters(data)
        assert text.startswith(image["prompt"])
        assert f"Seed: {image['seed']}" in text
    for title, data in (files["PNG"], files["WebP"]):
        take_in(page, scripted, title, data)
        expect_form(page, "Saved", made)


def test_a_set_is_saved_and_comes_back(page: Page, scripted: str) -> None:
    """The ZIP holds pictures, manifest, prompts and contact sheet; the sheet comes alone too; ZIP and JSON recall the
    set."""
    made = board(page, scripted, "Packed")
    zip_name, packed = saved(page, "ZIP")
    assert zip_name == f"renault-packed-2019_{made['session_id'].lower()}.zip"
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        assert sorted(archive.namelist()) == sorted(
            [f"renault-packed-2019_{image['angle']}_seed-{image['seed']}.png" for image in made["images"]]
            + ["manifest.json", "prompts.csv", "contact-sheet.png"]
        )
        assert json.loads(archive.read("manifest.json"))["session_id"] == made["session_id"]
    _, sheet = saved(page, "Contact sheet")
    with Image.open(io.BytesIO(sheet)) as opened:
        assert opened.format == "PNG"
        assert opened.width > 1200
    json_name, facts = saved(page, "JSON")
    assert [image["seed"] for image in json.loads(facts)["images"]] == [image["seed"] for image in made["images"]]
    for title, data in ((zip_name, packed), (json_name, facts)):
        take_in(page, scripted, title, data)
        expect_form(page, "Packed", made)


def test_a_foreign_file_gets_a_sentence(page: Page, scripted: str) -> None:
    """A file that was not made here is refused in a sentence; the right one can be given at once."""
    made = board(page, scripted, "Foreign")
    _, facts = saved(page, "JSON")
    take_in(page, scripted, "garbage.png", b"\x89PNG\r\n\x1a\n" + b"garbage" * 40)
    alert = page.get_by_role("alert").filter(has_text=re.compile(r"\w+.*\."))
    expect(alert).to_be_visible()
    shot(page, "recall-garbage")
    page.locator("input[type=file]").set_input_files({"name": "set.json", "mimeType": "", "buffer": facts})
    expect_form(page, "Foreign", made)
