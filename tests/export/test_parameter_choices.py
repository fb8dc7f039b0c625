"""What is written into pictures, and how good they are once converted."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace

import pytest
from PIL import Image, ImageDraw

from carimg.domain.set_record import SetRecord
from carimg.domain.view import SetState, View
from carimg.export.parameters import Format, parameters_of, picture_with_parameters
from tests.support.stores import SESSION, done, image_bytes, order_of


def record(*views: View, **car: object) -> SetRecord:
    ordered = order_of()
    return SetRecord(
        "0a1b2c", SESSION, ordered.changed(car=replace(ordered.car, **car)), SetState.DONE, 0.0, 1.0, views
    )


def view(**changes: object) -> View:
    return replace(done(order_of(), "front", text="A blue car."), **changes)  # type: ignore[arg-type]


def line_of(made: str) -> str:
    return made.rpartition("\n")[2]


def test_the_line_is_written_as_other_tools_write_it() -> None:
    """The prompt, then one line of names and values, 'Steps' first, in this order."""
    assert parameters_of(record(), view()) == (
        "A blue car.\n"
        "Steps: 0, Seed: 123456, Size: 96x64, Model: studio-1, Engine: studio, Seed honoured: yes, Angle: front, "
        'Session: CAR-1a2b3c4d, Car: "Renault Clio 2019, blue, hatchback", Version: carimg'
    )
    assert "Seed honoured: no" in parameters_of(record(), view(seed_honoured=False))


@pytest.mark.parametrize(
    ("facts", "steps"),
    [
        ((("steps", "30"), ("samples", "64")), "30"),
        ((("samples", "64"), ("steps", "30")), "30"),
        ((("samples", "64"),), "64"),
        ((("steps", ""), ("samples", "64")), "64"),
        ((("quality", "high"),), "0"),
        ((), "0"),
    ],
)
def test_steps_are_the_engines_steps_else_its_samples_else_none(facts: tuple[tuple[str, str], ...], steps: str) -> None:
    """Readers find the line by 'Steps', so it is always there."""
    assert line_of(parameters_of(record(), view(facts=facts))).startswith(f"Steps: {steps}, Seed: ")


@pytest.mark.parametrize("model", ["Clio: RS", "Clio, RS", 'Clio "RS"', "Clio\nRS", "Кліо: RS"])
def test_a_value_that_would_break_the_line_is_quoted_as_json(model: str) -> None:
    """Commas, colons, quotes and line breaks, in the engine's model as in the car."""
    line = line_of(parameters_of(record(), view(model=model)))
    assert f"Model: {json.dumps(model, ensure_ascii=False)}, Engine: studio" in line
    car = line_of(parameters_of(record(model=model), view()))
    found = re.search(r'Car: ("(?:\\.|[^"\\])*"), Version', car)
    assert found and json.loads(found[1]) == f"Renault {model} 2019, blue, hatchback"


def test_the_prompt_is_the_one_that_went_out() -> None:
    """Its translation, where there is one."""
    shown = view()
    assert shown.prompt is not None
    typed = replace(shown, prompt=replace(shown.prompt, prompt="Синє авто.", prompt_en="A blue car, translated."))
    assert parameters_of(record(), typed).startswith("A blue car, translated.\nSteps: ")


def test_other_values_stand_as_they_are() -> None:
    """Also those with blanks, brackets and letters of any alphabet."""
    assert "Model: Кліо (RS) 2.0, Engine" in parameters_of(record(), view(model="Кліо (RS) 2.0"))


def colourful() -> bytes:
    """A PNG with thin red and blue lines: what coarse colour sampling smears."""
    image = Image.new("RGB", (96, 64), "#2030c0")
    pen = ImageDraw.Draw(image)
    for x in range(0, 96, 2):
        pen.line((x, 0, x, 63), fill="#d01010")
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def test_a_jpeg_is_made_at_quality_95_with_full_colour() -> None:
    """The quantisation tables are those of quality 95, and colour has as many samples as light (4:4:4)."""
    made = picture_with_parameters(record(view()), view(), colourful(), "jpeg")
    out = io.BytesIO()
    Image.open(io.BytesIO(colourful())).convert("RGB").save(out, "JPEG", quality=95, subsampling="4:4:4")
    with Image.open(io.BytesIO(made)) as image, Image.open(io.BytesIO(out.getvalue())) as same:
        assert image.format == "JPEG"
        assert image.quantization == same.quantization  # type: ignore[attr-defined]
        assert [layer[1:3] for layer in image.layer] == [(1, 1)] * 3  # type: ignore[attr-defined]
    assert [_red_and_blue(made, x) for x in (40, 41)] == ["red", "blue"]


def _red_and_blue(data: bytes, x: int) -> str:
    with Image.open(io.BytesIO(data)) as image:
        red, _, blue = image.convert("RGB").getpixel((x, 32))  # type: ignore[misc]
    return "red" if red > 2 * blue else "blue" if blue > 2 * red else "smeared"


def test_a_webp_is_made_at_quality_95() -> None:
    """The very pixels that Pillow writes at that quality, and neither coarser nor lossless."""
    made = picture_with_parameters(record(view()), view(), colourful(), "webp")
    assert made[12:16] == b"VP8X" and b"VP8L" not in made[:64]
    out = io.BytesIO()
    Image.open(io.BytesIO(colourful())).save(out, "WEBP", quality=95)
    with Image.open(io.BytesIO(made)) as image, Image.open(io.BytesIO(out.getvalue())) as same:
        assert image.convert("RGB").tobytes() == same.convert("RGB").tobytes()


@pytest.mark.parametrize(("format", "clear"), [("png", 0), ("webp", 0), ("jpeg", None)])
def test_what_is_transparent_stays_so_where_the_format_can(format: Format, clear: int | None) -> None:
    """PNG and WebP keep the alpha channel; a JPEG shows it on white."""
    source = image_bytes("image/webp" if format == "png" else "image/png", mode="RGBA")
    mime = "image/webp" if format == "png" else "image/png"
    made = picture_with_parameters(record(view()), view(mime=mime), source, format)
    with Image.open(io.BytesIO(made)) as image:
        corner = image.getpixel((1, 1))
    assert isinstance(corner, tuple)
    assert corner[3] == clear if clear is not None else min(corner) > 250
