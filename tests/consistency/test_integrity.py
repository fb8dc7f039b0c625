"""Placeholders, copies, hashes."""

import io
import json

import numpy as np
import pytest
from PIL import Image, ImageDraw

from carimg import images
from carimg.consistency import ViewInput, examine, integrity
from carimg.consistency.picture import decode, from_hex, to_hex
from tests.support.drawn_car import Drawn, encoded, evidence, pixels, view

CAR = Drawn()


def _problem(data: bytes) -> str | None:
    problem = examine(ViewInput("front", 0, 5, data)).problem
    return problem.key if problem else None


def _grey(name: str) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(view(CAR, name).data)).convert("L"))


@pytest.mark.parametrize(
    "data", [b"", b"<html>429</html>", view(CAR, "front").data[:2000], b"\x89PNG\r\n\x1a\n" + b"\0" * 90]
)
def test_bytes_that_are_no_picture_are_said_to_be_unreadable(data: bytes) -> None:
    """Empty, HTML, cut off and corrupt files get a problem, not an exception."""
    assert _problem(data) == "gate.unreadable"


def test_a_tiny_picture_is_unreadable() -> None:
    """A tracking pixel is not measured."""
    assert _problem(encoded(np.zeros((1, 1, 3), np.uint8))) == "gate.unreadable"


def test_an_even_surface_is_a_placeholder() -> None:
    """One grey with a little grain shows nothing."""
    grain = np.random.default_rng(1).normal(128, 2, (256, 384, 3)).clip(0, 255).astype(np.uint8)
    assert _problem(encoded(grain)) == "gate.placeholder.uniform"


def test_a_card_with_writing_is_a_placeholder() -> None:
    """Text on a plain ground is not a car, also after JPEG."""
    card = Image.new("RGB", (512, 384), "#f0f0f4")
    ImageDraw.Draw(card).text((90, 170), "Image not available", fill="#444444", font_size=34)
    assert _problem(encoded(np.asarray(card), "JPEG")) == "gate.placeholder.card"


def test_a_white_car_on_white_is_not_taken_for_a_card() -> None:
    """A pale car on a pale ground is a solid thing, not writing."""
    seen = evidence(Drawn(paint="#f2f2ef", backdrop=("#fbfbfb", "#f6f6f6")), "side")
    assert seen.problem is None or seen.problem.key == "gate.mask"


def test_a_known_placeholder_is_recognised_by_its_bytes(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    """A file whose MD5 is in the list is no picture, whatever it shows."""
    data = view(CAR, "front").data
    frame = decode(data)
    assert frame is not None
    print_ = integrity.fingerprint(data, frame)
    assert integrity.placeholder(print_, frame) is None
    listed = tmp_path / "placeholders.json"
    listed.write_text(json.dumps([{"md5": print_.md5, "service": "x", "meaning": "y", "source": "z"}]))
    monkeypatch.setattr(images, "_PLACEHOLDERS", listed)
    images.known_placeholders.cache_clear()
    try:
        assert integrity.placeholder(print_, frame) == "known"
    finally:
        images.known_placeholders.cache_clear()


def test_the_list_of_placeholders_is_well_formed() -> None:
    """Every entry is an MD5 in hex."""
    known = images.known_placeholders()
    assert known
    assert all(len(digest) == 32 and int(digest, 16) >= 0 for digest in known)


def test_phash_survives_encoding_and_scaling_but_tells_angles_apart() -> None:
    """Half the size changes few of the 63 bits, another angle many."""
    quarter, side = _grey("front_three_quarter"), _grey("side")
    half = np.asarray(Image.fromarray(quarter).resize((192, 128)))
    assert (integrity.phash(quarter) ^ integrity.phash(half)).bit_count() <= 4
    assert (integrity.phash(quarter) ^ integrity.phash(side)).bit_count() >= 10
    assert integrity.phash(quarter).bit_length() <= 64


def test_a_mirrored_picture_is_recognised() -> None:
    """The fingerprint knows its own mirror image, and only when asked."""
    data = view(CAR, "front_three_quarter").data
    flipped = encoded(np.ascontiguousarray(pixels(data)[:, ::-1]))
    frames = [decode(one) for one in (data, flipped)]
    assert frames[0] and frames[1]
    one, other = (integrity.fingerprint(b, f) for b, f in zip((data, flipped), frames, strict=True))
    assert integrity.is_copy(one, other, 2, 1.0, mirrored=True)
    assert not integrity.is_copy(one, other, 10, 8.0)


def test_colours_survive_the_way_through_lab() -> None:
    """Hex to Lab and back is exact."""
    assert to_hex(from_hex("#1f4fb0")) == "#1f4fb0"
    with pytest.raises(ValueError, match="not a colour"):
        from_hex("blue")
