"""Palette, paint, consensus, colour differences."""

import numpy as np
import pytest

from carimg.consistency import conclude, paint, report
from carimg.consistency.picture import decode, from_hex, to_hex
from tests.support.drawn_car import Drawn, evidence, evidences, shown_as, view, views


def test_colour_difference_counts_lightness_half() -> None:
    """CIEDE2000 of L 50 against L 60 is 9.47 with kL = 1 and half of that with kL = 2; no hue is in it."""
    one, other = np.array([50, 0, 0], np.float32), np.array([60, 0, 0], np.float32)
    assert float(paint.delta_e(one, other)) == pytest.approx(9.47 / 2, abs=0.01)
    assert paint.hue_difference(one, other) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("colour", ["#1f4fb0", "#b5121b", "#f2f2ef", "#141416", "#2f6b3a", "#e8b90c", "#7c7f82"])
@pytest.mark.parametrize("angle", ["front", "rear_three_quarter"])
def test_the_paint_is_found_among_glass_tyres_and_lamps(colour: str, angle: str) -> None:
    """Without any mask given, the paint comes out within ΔE 4 of what was drawn."""
    seen = evidence(Drawn(paint=colour), angle)
    assert seen.paint is not None
    assert float(paint.delta_e(seen.paint.lab, from_hex(colour))) < 4


def test_paint_by_an_engines_mask_is_the_median_of_its_pixels() -> None:
    """A paint mask beats the guess, also on a two-tone look."""
    seen = view(Drawn(), "side", masks=True)
    frame = decode(seen.data)
    assert frame is not None
    mask = np.zeros(frame.lab.shape[:2], bool)
    mask[20:40, 20:80] = True
    found = paint.masked_paint(frame.lab, mask)
    assert found is not None
    assert np.allclose(found.lab, np.median(frame.lab[22:38, 22:78].reshape(-1, 3), axis=0), atol=0.5)


def test_a_palette_repeats_and_adds_up() -> None:
    """No chance in it: the same pixels give the same six colours, whose shares make one."""
    pixels = np.random.default_rng(2).normal(50, 20, (3000, 3)).astype(np.float32)
    one, other = paint.palette(pixels), paint.palette(pixels)
    assert np.array_equal(one.colors, other.colors)
    assert one.weights.sum() == pytest.approx(1, abs=1e-5)
    assert len(one.weights) == paint.CLUSTERS
    assert list(one.weights) == sorted(one.weights, reverse=True)
    assert paint.palette_distance(one, other) == pytest.approx(0, abs=1e-4)


def test_one_colour_is_a_palette_too() -> None:
    """A single even pixel block does not break the clustering."""
    found = paint.palette(np.full((200, 3), 42, np.float32))
    assert np.allclose(found.colors[0], 42)
    assert found.weights.sum() == pytest.approx(1)


def test_the_consensus_is_not_moved_by_one_odd_view() -> None:
    """Five blues and one red agree on blue."""
    blue, red = from_hex("#1f4fb0"), from_hex("#b5121b")
    agreed = paint.consensus([blue] * 5 + [red], [1.0] * 6)
    assert float(paint.delta_e(agreed, blue)) < 1


@pytest.mark.parametrize(("colour", "state"), [("#1f4fb0", "ok"), ("#c8161e", "red")])
def test_the_requested_paint_is_compared_apart(colour: str, state: str) -> None:
    """Another paint than the requested one is said, and does not make the views different cars."""
    found = conclude(evidences(Drawn(), "front", "side", "rear"), colour)
    assert found.requested_state == state
    assert found.verdict == "same"
    assert found.requested_delta_e is not None
    assert (found.requested is None) == (state == "ok")


def test_a_view_in_another_paint_is_named_with_both_colours() -> None:
    """One red view among blue ones is red, odd, and the sentence shows the two colours."""
    shown = views(Drawn())
    shown[4] = shown_as(view(Drawn(paint="#b5121b"), "rear"), "rear")
    found = report(shown)
    assert found.verdict == "different"
    assert found.odd_one_out == "rear"
    assert found.view("rear").delta_e_consensus is not None and found.view("rear").delta_e_consensus > 20
    assert found.consensus_hex is not None and found.consensus_hex in found.sentence.text
    assert to_hex(from_hex(found.consensus_hex)) == found.consensus_hex


def test_light_alone_is_judged_more_mildly_than_hue() -> None:
    """A little lighter in one view is fine; another hue by as much is not."""
    lighter, greener = Drawn(paint="#3d6cd0"), Drawn(paint="#1f78b0")
    for car, verdict in ((lighter, "same"), (greener, "doubtful")):
        shown = [evidence(Drawn(), angle) for angle in ("front", "side", "rear_three_quarter")]
        found = conclude([*shown, evidence(car, "front_three_quarter")])
        assert found.verdict in ((verdict,) if verdict == "same" else ("doubtful", "different"))


@pytest.mark.parametrize(
    ("asked", "taken", "colors", "weights", "found"),
    [
        ("#0c0e10", "#b8babc", ["#0a0a0c", "#b8babc", "#4a4b4d"], [0.6, 0.2, 0.2], "#0a0a0c"),
        ("#0c0e10", "#eeeeea", ["#eeeeea", "#0a0a0c", "#808080"], [0.6, 0.3, 0.1], None),
        ("#101030", "#606266", ["#606266", "#111032", "#020202"], [0.4, 0.3, 0.3], "#111032"),
        ("#101030", "#b5121b", ["#b5121b", "#111032", "#020202"], [0.4, 0.3, 0.3], None),
    ],
    ids=["chrome on a black car", "a white car", "glare on a blue car", "a red car"],
)
def test_glare_and_chrome_are_not_another_paint(
    asked: str, taken: str, colors: list[str], weights: list[float], found: str | None
) -> None:
    """Where the set's paint is on a view as well, something pale does not count as its paint; a colour does, and so
    does a pale car's paint in a black set, since tyres and glass are black on every car."""
    palette = paint.Palette(np.stack([from_hex(one) for one in colors]), np.array(weights, np.float32))
    mine = paint.Paint(from_hex(taken), weights[colors.index(taken)])
    there = paint.outshone(mine, palette, from_hex(asked), 4.0)
    assert (None if there is None else to_hex(there)) == found


def test_what_is_nearly_black_may_differ_more() -> None:
    """The paint's own limit is wider between two colours that nobody can tell from black."""
    shown = [evidence(Drawn(paint="#180f23"), angle) for angle in ("front", "side", "rear_three_quarter")]
    found = conclude([*shown, evidence(Drawn(paint="#100c2b"), "front_three_quarter")])
    odd = found.view("front_three_quarter")
    assert odd.delta_e_consensus is not None and odd.delta_e_consensus > 4
    assert not {"paint.amber", "paint.red"} & {message.key for message in odd.messages}
