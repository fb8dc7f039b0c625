"""The embedded engine: what it makes of a request, and the picture that comes back."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from carimg.domain.car import Car
from carimg.domain.catalog import catalog
from carimg.domain.kinds import Finish
from carimg.engines.base import DrawRequest
from carimg.engines.studio import StudioEngine, shape, shot
from carimg.errors import EngineRefused

SESSION = "1a2b3c4d5e6f"
CAR = Car("Renault", "Clio", 2019, "blue", "hatchback")


def request(angle: str = "side", **changes: object) -> DrawRequest:
    found = catalog().angle(angle)
    assert found is not None
    return replace(DrawRequest(CAR, found, "", 4711, SESSION, (256, 256)), **changes)  # type: ignore[arg-type]


async def test_a_view_comes_with_preview_masks_and_facts(studio_cache: Path) -> None:
    """The preview first; then a PNG of the size asked for, masks of that size, and what it is: simulated, free."""
    engine = StudioEngine(1, studio_cache)
    previews: list[bytes] = []

    async def keep(jpeg: bytes) -> None:
        previews.append(jpeg)

    try:
        picture = await engine.draw(request(), keep)
    finally:
        await engine.aclose()
    assert len(previews) == 1 and Image.open(BytesIO(previews[0])).format == "JPEG"
    assert picture.car_mask is not None and picture.paint_mask is not None
    sizes = {Image.open(BytesIO(data)).size for data in (picture.data, picture.car_mask, picture.paint_mask)}
    assert sizes == {(256, 256)} == {(picture.width, picture.height)}
    assert (picture.engine, picture.mime, picture.cost_usd) == ("studio", "image/png", 0)
    assert picture.simulated and picture.seed_honoured and picture.work_s
    assert {"samples", "cpu seconds"} <= dict(picture.facts).keys()


async def test_what_cannot_be_drawn_is_refused_in_a_sentence(studio_cache: Path) -> None:
    """A size out of range, and a body type that is not in the catalogue; no process is started for either."""
    engine = StudioEngine(1, studio_cache)
    try:
        with pytest.raises(EngineRefused, match="256 to 2048 pixels"):
            await engine.draw(request(size=(100, 100)))
        with pytest.raises(EngineRefused, match="knows no body type 'hovercraft'"):
            await engine.draw(request(car=replace(CAR, body_type="hovercraft")))
    finally:
        await engine.aclose()


def test_views_of_one_set_share_car_paint_scene_and_plate() -> None:
    """Only camera and seed tell the shots of a set apart, however the session id is written."""
    side, front = shot(request()), shot(request("front", seed=12, session_id="CAR-1a2b3c4d"))
    assert replace(front, camera=side.camera, seed=side.seed) == side
    assert (side.plate, side.scene) == ("CAR-1a2b3c4d", "1a2b3c4d")


def test_the_face_follows_from_brand_and_model() -> None:
    """The same in every spelling of the brand and for every colour; another model looks otherwise."""
    clio = shape(CAR)
    assert shape(replace(CAR, brand="renault ", model=" clio", color="red")) == clio
    faces = {(s.grille, s.lamps, s.wheels) for s in (shape(replace(CAR, model=name)) for name in ("Clio", "5", "Zoe"))}
    assert len(faces) == 3
    assert clio.initial == "R"


def test_the_era_follows_from_the_year() -> None:
    """0 up to 1990, 1 from 2026 on, rising between."""
    eras = [shape(replace(CAR, year=year)).era for year in (1950, 1990, 2008, 2026, 2027)]
    assert eras == [0, 0, 0.5, 1, 1]


def test_dimensions_and_paint_come_from_the_catalogue() -> None:
    """Lengths in metres by body type; hex and finish by colour."""
    van, body = shape(replace(CAR, body_type="van")), catalog().bodies["van"]
    assert (van.length, van.width, van.height, van.wheelbase) == (
        body.length_m,
        body.width_m,
        body.height_m,
        body.wheelbase_m,
    )
    paint = shot(request(car=replace(CAR, color="matte black"))).paint
    assert paint.finish is Finish.MATTE and paint.hex == catalog().color("matte black").hex


def test_a_brand_without_a_latin_letter_still_has_an_initial() -> None:
    """The first letter or digit of the name, whatever its script."""
    assert shape(replace(CAR, brand="Їжачок")).initial == "Ї"
    assert shape(replace(CAR, brand="«9x»")).initial == "9"
