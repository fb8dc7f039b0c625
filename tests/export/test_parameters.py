"""Pictures that carry their parameters, for other tools and for the way back."""

from __future__ import annotations

import io
import json
import re
import struct
from dataclasses import replace

import pytest
from PIL import Image

from carimg.domain.set_record import SetRecord
from carimg.domain.view import View
from carimg.errors import InputError, StoreError
from carimg.export import picture_with_parameters, recall
from carimg.export.containers import exif_block, jpeg_with_exif
from carimg.store import Store
from tests.support.stores import FORMATS, SESSION, TYPES, image_bytes


def pixels(data: bytes) -> bytes:
    with Image.open(io.BytesIO(data)) as image:
        return image.convert("RGBA").tobytes()


def with_prompt(record: SetRecord, text: str, english: str | None = None) -> View:
    """The first view as if it had been drawn from that prompt."""
    view = record.views[0]
    assert view.prompt
    return replace(view, prompt=replace(view.prompt, prompt=text, prompt_en=english))


def parameters_in(data: bytes) -> str:
    """As other tools read them."""
    with Image.open(io.BytesIO(data)) as image:
        if image.format == "PNG":
            return str(image.info["parameters"])
        comment = image.getexif().get_ifd(0x8769)[0x9286]
    assert comment.startswith(b"UNICODE\0")
    return bytes(comment[8:]).decode("utf-16-be")


@pytest.mark.parametrize("angle", list(TYPES))
@pytest.mark.parametrize("format", ["png", "jpeg", "webp"])
def test_a_picture_carries_its_parameters(shelf: Store, mixed: SetRecord, angle: str, format: str) -> None:
    """Every original in every format: prompt and parameters in AUTOMATIC1111's form, and the way back; in the
    original's own format the pixels stay."""
    view = mixed.view(angle)
    assert view
    data = shelf.read_picture(view.sha256)
    made = picture_with_parameters(mixed, view, data, format)
    with Image.open(io.BytesIO(made)) as image:
        image.load()
        assert (image.format, image.size) == (format.upper(), (300, 200))
    prompt, _, line = parameters_in(made).rpartition("\n")
    fields = {
        name.strip(): value for name, value in re.findall(r'\s*(\w[\w \-/]+):\s*("(?:\\.|[^\\"])+"|[^,]*)(?:,|$)', line)
    }
    assert view.prompt and prompt == view.prompt.prompt
    assert (fields["Seed"], fields["Size"], fields["Model"]) == (str(view.seed), "300x200", view.model)
    assert json.loads(fields["Car"]) == "Renault Clio 2019, blue, hatchback"
    assert recall(made) == mixed.order.changed(session_id=SESSION, seeds={angle: view.seed}).to_json()
    if FORMATS[view.mime] == format.upper():
        assert pixels(made) == pixels(data)


def test_parameters_replace_older_ones(shelf: Store, mixed: SetRecord) -> None:
    """Putting parameters into a picture that has some leaves one set of them."""
    for angle, format in (("front", "png"), ("side", "jpeg"), ("rear", "webp")):
        view = mixed.view(angle)
        assert view
        once = picture_with_parameters(mixed, view, shelf.read_picture(view.sha256), format)
        other = replace(view, seed=777)
        twice = picture_with_parameters(mixed, other, once, format)
        assert "Seed: 777" in parameters_in(twice)
        assert abs(len(twice) - len(once)) < 16


def test_ukrainian_prompts_are_kept_in_every_format(shelf: Store, mixed: SetRecord) -> None:
    """Text beyond Latin-1 survives in PNG, JPEG and WebP."""
    view = with_prompt(mixed, "Рено Кліо, ґанок: 2019 🚗")
    data = shelf.read_picture(view.sha256)
    for format in ("png", "jpeg", "webp"):
        made = picture_with_parameters(mixed, view, data, format)
        assert parameters_in(made).startswith("Рено Кліо, ґанок: 2019 🚗\n"), format


def test_the_english_prompt_is_what_other_tools_read(shelf: Store, mixed: SetRecord) -> None:
    """`parameters` holds the prompt that went out, which is the translation."""
    view = with_prompt(mixed, "синє авто", "blue car")
    made = picture_with_parameters(mixed, view, shelf.read_picture(view.sha256), "png")
    assert parameters_in(made).startswith("blue car\n")


def test_the_user_comment_has_the_type_that_exif_asks_for() -> None:
    """Tag 0x9286 is of type UNDEFINED (7), so that readers take its first 8 bytes as the character code."""
    block = exif_block("comment", b"private")
    at = struct.unpack(">I", block[18:22])[0]
    assert struct.unpack(">HHH", block[at : at + 6]) == (2, 0x9286, 7)


@pytest.mark.parametrize("mode", ["RGBA", "RGB"])
@pytest.mark.parametrize("lossless", [True, False])
def test_webp_keeps_what_it_has(mixed: SetRecord, mode: str, lossless: bool) -> None:
    """Lossless or not, with an alpha channel or without: pixels and transparency stay."""
    out = io.BytesIO()
    Image.open(io.BytesIO(image_bytes(mode=mode, size=(300, 200)))).save(out, "WEBP", lossless=lossless)
    made = picture_with_parameters(mixed, replace(mixed.views[0], mime="image/webp"), out.getvalue(), "webp")
    assert pixels(made) == pixels(out.getvalue())
    with Image.open(io.BytesIO(made)) as image:
        assert image.mode == mode


def test_a_transparent_picture_becomes_a_jpeg_on_white(mixed: SetRecord) -> None:
    """JPEG has no alpha channel: what shines through is white."""
    made = picture_with_parameters(mixed, mixed.views[0], image_bytes(mode="RGBA", size=(300, 200)), "jpeg")
    with Image.open(io.BytesIO(made)) as image:
        assert min(image.getpixel((0, 0))) > 250


def test_what_does_not_fit_into_a_jpeg_gets_a_sentence() -> None:
    """EXIF in a JPEG ends at 64 KB: more is refused with what to do instead."""
    with pytest.raises(InputError, match="download PNG or WebP"):
        jpeg_with_exif(image_bytes("image/jpeg"), bytes(70_000))


def test_bytes_that_are_no_picture_get_a_sentence(mixed: SetRecord) -> None:
    """Converting what is no picture raises StoreError."""
    with pytest.raises(StoreError, match="cannot be read"):
        picture_with_parameters(mixed, mixed.views[0], b"nonsense", "webp")
