"""PNG, JPEG and WebP are opened, and nothing else: at every door through which foreign bytes come in."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from PIL import Image

from carimg import images
from carimg.consistency import examine
from carimg.consistency.evidence import overlay
from carimg.consistency.masks import MaskSource
from carimg.consistency.picture import decode, decode_mask
from carimg.domain.set_record import SetRecord
from carimg.domain.view import Picture, SetState
from carimg.errors import BadPicture, InputError, Reason, StoreError
from carimg.export import contact_sheet, grid_sheet, picture_with_parameters, recall
from carimg.images import PictureError
from carimg.store import Store
from carimg.store.files import prepare
from tests.support.drawn_car import Drawn
from tests.support.drawn_car import view as drawn_view
from tests.support.stores import SESSION, done, order_of

SIZE = (192, 128)
OTHERS = ["GIF", "BMP", "TIFF", "ICO", "PPM", "TGA", "JPEG2000"]
KNOWN = ["PNG", "JPEG", "WEBP"]


def car_as(form: str, mode: str = "RGB") -> bytes:
    """The side of a drawn car in a format."""
    with Image.open(io.BytesIO(drawn_view(Drawn(), "side").data)) as image:
        small = image.convert(mode).resize(SIZE)
    out = io.BytesIO()
    small.save(out, form, **({"sizes": [SIZE]} if form == "ICO" else {}))
    return out.getvalue()


def picture(data: bytes, mime: str = "image/png") -> Picture:
    return Picture(data, mime, *SIZE, engine="studio", model="m", seed_honoured=True)


def record() -> SetRecord:
    view = done(order_of(), "front", size=SIZE)
    return SetRecord("0a1b2c", SESSION, order_of(), SetState.DONE, 0.0, 1.0, (replace(view, sha256="0" * 64),))


def keep(data: bytes) -> Any:
    return prepare(picture(data))


def convert(data: bytes) -> Any:
    made = record()
    return picture_with_parameters(made, made.views[0], data, "jpeg")


DOORS: dict[str, tuple[Callable[[bytes], Any], type[Exception]]] = {
    "images.header": (images.header, PictureError),
    "images.decoded": (images.decoded, PictureError),
    "images.check": (lambda data: images.check(data, "OpenAI", SIZE), BadPicture),
    "images.reference_picture": (images.reference_picture, PictureError),
    "the store": (keep, StoreError),
    "contact sheet": (lambda data: contact_sheet(record(), lambda _: data), StoreError),
    "grid sheet": (lambda data: grid_sheet(["a"], ["b"], [[data]]), StoreError),
    "conversion": (convert, StoreError),
}


@pytest.mark.parametrize("form", OTHERS)
def test_the_samples_are_sound_pictures(form: str) -> None:
    """What is refused below is refused for its format, not for damage."""
    with Image.open(io.BytesIO(car_as(form))) as image:
        image.load()
        assert image.size == SIZE


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("form", KNOWN)
def test_the_three_formats_come_in(door: str, form: str) -> None:
    """At every door."""
    if door == "conversion" and form == "JPEG":
        return
    assert DOORS[door][0](car_as(form))


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("form", OTHERS)
def test_no_other_format_comes_in(door: str, form: str) -> None:
    """A sound picture of a car is refused where Pillow could open it: each decoder more is one more to attack."""
    call, error = DOORS[door]
    with pytest.raises(error) as caught:
        call(car_as(form))
    bad = caught.value if isinstance(caught.value, BadPicture | PictureError) else caught.value.__cause__
    assert getattr(bad, "reason", None) is Reason.NOT_A_PICTURE


@pytest.mark.parametrize("form", OTHERS)
def test_no_other_format_is_shown_as_a_preview(form: str) -> None:
    """A preview goes to the browser as it came."""
    assert not images.is_preview(car_as(form))
    assert all(images.is_preview(car_as(known)) for known in KNOWN)


@pytest.mark.parametrize("form", OTHERS)
def test_no_other_format_is_kept_by_the_store(shelf: Store, form: str) -> None:
    """The set has no such view, and no file lies in the folder."""
    set_id = shelf.create_set(order_of(), SESSION, owner="me")
    view = done(order_of(), "front", size=SIZE)
    with pytest.raises(StoreError, match="cannot be read"):
        shelf.save_view(set_id, replace(view, picture=picture(car_as(form))))
    assert not [view for view in shelf.load_set(set_id).views if view.sha256]


@pytest.mark.parametrize("form", OTHERS)
def test_no_order_is_read_from_another_format(form: str) -> None:
    """The file as it is holds none, whatever a decoder could find in it; behind the first bytes of a known format it is
    damaged."""
    data = car_as(form)
    with pytest.raises(InputError, match="no carimg order"):
        recall(data)
    for start in (b"\x89PNG", b"\xff\xd8", b"RIFF"):
        with pytest.raises(InputError, match="damaged"):
            recall(start + data[len(start) :])


@pytest.mark.parametrize("form", OTHERS)
def test_the_report_does_not_look_at_another_format(form: str) -> None:
    """Such a view is unreadable, such a mask none."""
    seen = drawn_view(Drawn(), "side", masks=True)
    found = examine(replace(seen, data=car_as(form)))
    assert found.problem is not None and found.problem.key == "gate.unreadable"
    assert decode(car_as(form)) is None
    assert overlay(car_as(form), replace(found, mask_png=seen.car_mask)) is None
    with Image.open(io.BytesIO(seen.car_mask or b"")) as mask:
        out = io.BytesIO()
        mask.convert("RGB" if form == "JPEG2000" else "L").save(out, form)
    assert decode_mask(out.getvalue(), SIZE) is None


def test_a_mask_in_another_format_is_as_if_it_were_not_there() -> None:
    """The car is looked for in the picture itself."""
    seen = drawn_view(Drawn(), "side", masks=True)
    out = io.BytesIO()
    with Image.open(io.BytesIO(seen.car_mask or b"")) as mask:
        mask.save(out, "BMP")
    assert examine(seen).mask_source is MaskSource.ENGINE
    assert examine(replace(seen, car_mask=out.getvalue())).mask_source is MaskSource.SEGMENTED
