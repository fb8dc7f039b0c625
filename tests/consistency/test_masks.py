"""Car masks: given, from alpha, segmented; and what their confidence means."""

import io

import numpy as np
import pytest
from PIL import Image

from carimg.consistency import examine, overlay
from carimg.consistency.masks import MaskSource, car_mask
from carimg.consistency.picture import decode, decode_mask
from tests.support.drawn_car import Drawn, encoded, pixels, view

BLUE = Drawn()


def _overlap(car: Drawn, angle: str) -> tuple[float, float]:
    """Overlap of the segmentation with the exact mask, and its confidence."""
    seen = view(car, angle, masks=True)
    frame = decode(seen.data)
    assert frame is not None and seen.car_mask is not None
    mask = car_mask(frame, None)
    true = decode_mask(seen.car_mask, (frame.rgb.shape[1], frame.rgb.shape[0]))
    return float((mask.pixels & true).sum() / (mask.pixels | true).sum()), mask.confidence


@pytest.mark.parametrize(
    "car",
    [
        BLUE,
        Drawn(paint="#f2f2ef", backdrop=("#d0d0d0", "#c0c0c0")),
        Drawn(paint="#141416", backdrop=("#505458", "#2c2e30")),
        Drawn(paint="#b5121b", backdrop=("#b9a48a", "#e8ddcc")),
    ],
    ids=["blue on grey", "white on grey", "black on dark", "red on warm"],
)
@pytest.mark.parametrize("angle", ["front", "rear_three_quarter"])
def test_a_car_on_a_plain_backdrop_is_found(car: Drawn, angle: str) -> None:
    """The segmentation overlaps the exact mask by 0.9 and more, and trusts itself."""
    overlap, confidence = _overlap(car, angle)
    assert overlap > 0.9
    assert confidence > 0.5


@pytest.mark.parametrize("angle", ["front", "side"])
def test_a_white_car_on_a_pale_backdrop_is_found_or_not_trusted(angle: str) -> None:
    """Where most of the outline is invisible, a poor mask comes with a low confidence."""
    overlap, confidence = _overlap(Drawn(paint="#f2f2ef", backdrop=("#e4e4e2", "#dcdcda")), angle)
    assert overlap > 0.9 or confidence < 0.5


def test_an_engines_own_mask_is_taken_as_it_is() -> None:
    """With a mask from the engine nothing is segmented and the confidence is full."""
    seen = examine(view(BLUE, "side", masks=True))
    assert (seen.mask_source, seen.mask_confidence) == (MaskSource.ENGINE, 1.0)


def test_an_empty_engine_mask_is_passed_over() -> None:
    """A mask that says nothing is no mask: the car is segmented instead."""
    frame = decode(view(BLUE, "side").data)
    assert frame is not None
    assert car_mask(frame, encoded(np.zeros((256, 384, 3), np.uint8))).source is MaskSource.SEGMENTED
    assert car_mask(frame, b"not a picture").source is MaskSource.SEGMENTED


def test_a_transparent_backdrop_is_the_mask() -> None:
    """A cut-out with alpha needs no segmentation."""
    seen = view(BLUE, "front", masks=True)
    assert seen.car_mask is not None
    image = Image.open(io.BytesIO(seen.data)).convert("RGB")
    image.putalpha(Image.open(io.BytesIO(seen.car_mask)))
    out = io.BytesIO()
    image.save(out, "PNG")
    frame = decode(out.getvalue())
    assert frame is not None
    mask = car_mask(frame, None)
    assert mask.source is MaskSource.ALPHA
    assert 0.1 < mask.pixels.mean() < 0.5


def test_a_car_that_melts_into_its_backdrop_is_not_measurable() -> None:
    """Nothing but noise differs: the view says that the car cannot be told from its backdrop."""
    noise = np.random.default_rng(3).normal(120, 25, (256, 384, 3)).clip(0, 255).astype(np.uint8)
    problem = examine(view(BLUE, "front").__class__("front", 0, 5, encoded(noise))).problem
    assert problem is not None and problem.key == "gate.mask"


def test_a_busy_backdrop_still_yields_a_mask_or_says_that_it_does_not() -> None:
    """On coloured clouds the mask is good, or its confidence is low; never a bad one that is trusted."""
    seen = view(Drawn(paint="#e8b90c"), "side", masks=True)
    assert seen.car_mask is not None
    rng = np.random.default_rng(5)
    clouds = np.asarray(Image.fromarray(rng.integers(40, 120, (16, 24, 3), dtype=np.uint8)).resize((384, 256)))
    alpha = np.asarray(Image.open(io.BytesIO(seen.car_mask)))[..., None] / 255
    mixed = (pixels(seen.data) * alpha + clouds * (1 - alpha)).astype(np.uint8)
    frame = decode(encoded(mixed))
    assert frame is not None
    mask = car_mask(frame, None)
    true = decode_mask(seen.car_mask, (frame.rgb.shape[1], frame.rgb.shape[0]))
    overlap = (mask.pixels & true).sum() / (mask.pixels | true).sum()
    assert overlap > 0.8 or mask.confidence < 0.5


def test_the_overlay_dims_all_but_the_car() -> None:
    """The page's overlay is a JPEG of the asked size, dark outside the car."""
    seen = view(BLUE, "side")
    shown = overlay(seen.data, examine(seen), edge=200)
    assert shown is not None
    image = np.asarray(Image.open(io.BytesIO(shown)))
    assert image.shape == (133, 200, 3)
    assert image[5, 5].mean() < 0.5 * pixels(seen.data)[5, 5].mean()
