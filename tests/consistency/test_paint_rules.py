"""Each rule by which a car's paint is found, on cars whose every pixel is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from carimg.consistency import examine, paint
from carimg.consistency.picture import Floats, decode, decode_mask, encode_mask, from_hex, to_hex
from tests.support.drawn_car import Drawn
from tests.support.drawn_car import view as drawn_view
from tests.support.flat_car import BOTTOM, LEFT, TOP, FlatCar

BLUE, SHADED, GLASS, SILVER, RED = "#1f4fb0", "#123a86", "#23282c", "#a8aab0", "#b5121b"


def pixels_of(car: FlatCar, elevation: float = 5.0) -> Floats:
    return paint.body_pixels(car.lab, car.mask, elevation)


def paint_of(*stripes: tuple[str, float]) -> paint.Paint:
    pixels = pixels_of(FlatCar(stripes))
    return paint.paint(pixels, paint.palette(pixels))


def colours(pixels: Floats) -> set[str]:
    return {to_hex(one) for one in np.unique(pixels, axis=0)}


def apart(one: Floats, colour: str) -> float:
    return float(paint.delta_e(one, from_hex(colour)))


def test_the_body_is_looked_at_between_roof_and_tyres() -> None:
    """From 28 to 82 % of the car's height: what lies above and below is no body, and the band is taken whole."""
    car = FlatCar(((BLUE, 1.0),))
    lab = car.lab
    low, high = TOP + round(0.28 * (BOTTOM - TOP)), TOP + round(0.82 * (BOTTOM - TOP))
    lab[low, :], lab[high - 1, :] = from_hex("#00ff00"), from_hex("#ff00ff")
    assert colours(paint.body_pixels(lab, car.mask, 5.0)) == {BLUE, "#00ff00", "#ff00ff"}


@pytest.mark.parametrize(("elevation", "seen"), [(59.0, {BLUE}), (60.0, {BLUE, "#ffffff", "#101012"})])
def test_from_above_the_whole_car_is_its_body(elevation: float, seen: set[str]) -> None:
    """From 60° the roof is what is seen most."""
    assert colours(pixels_of(FlatCar(((BLUE, 1.0),)), elevation)) == seen


def test_from_above_a_twentieth_at_either_end_is_left_out() -> None:
    """Bumpers, lamps and their shadows lie there."""
    car = FlatCar(((BLUE, 1.0),))
    lab, edge = car.lab, round(0.05 * (BOTTOM - TOP))
    lab[TOP : TOP + edge], lab[BOTTOM - edge : BOTTOM] = from_hex("#00ff00"), from_hex("#ff00ff")
    assert not {"#00ff00", "#ff00ff"} & colours(paint.body_pixels(lab, car.mask, 90.0))
    lab[TOP + edge], lab[BOTTOM - edge - 1] = from_hex("#00ff00"), from_hex("#ff00ff")
    assert {"#00ff00", "#ff00ff"} <= colours(paint.body_pixels(lab, car.mask, 90.0))


@pytest.mark.parametrize("elevation", [5.0, 90.0])
def test_the_cars_outermost_pixels_are_left_out(elevation: float) -> None:
    """Two pixels along the outline are mixed with the backdrop; the third is the car's own."""
    car = FlatCar(((BLUE, 1.0),), rim="#ff00ff")
    assert "#ff00ff" not in colours(pixels_of(car, elevation))
    assert "#ff00ff" not in colours(pixels_of(replace(car, rim=None), elevation))
    lab = car.lab
    lab[:, LEFT + 2] = from_hex("#00ff00")
    assert "#00ff00" in colours(paint.body_pixels(lab, car.mask, elevation))


def test_a_few_thousand_pixels_are_taken_from_all_over_the_body() -> None:
    """At most 4,000, each stripe with its share, and the same ones every time."""
    pixels = pixels_of(FlatCar(((BLUE, 0.5), (RED, 0.3), (SILVER, 0.2))))
    assert 2000 < len(pixels) <= 4000
    shares = [float((np.abs(pixels - from_hex(one)).max(axis=1) < 0.1).mean()) for one in (BLUE, RED, SILVER)]
    assert shares == pytest.approx([0.5, 0.3, 0.2], abs=0.02)
    assert len(paint.thin(np.zeros((4000, 3), np.float32))) == 4000
    assert len(paint.thin(np.zeros((4001, 3), np.float32))) == 2001


def test_where_there_is_no_car_there_is_no_body() -> None:
    """An empty mask gives no pixel and no error."""
    car = FlatCar(((BLUE, 1.0),))
    assert paint.body_pixels(car.lab, np.zeros_like(car.mask), 5.0).shape == (0, 3)


def test_dark_glass_and_grilles_are_not_the_paint_though_there_is_more_of_them() -> None:
    """Two thirds of the band are nearly black: the silver third is the paint."""
    assert apart(paint_of((GLASS, 0.66), (SILVER, 0.34)).lab, SILVER) < 1


def test_a_black_car_is_black_all_the_same() -> None:
    """Dark counts a third, not nothing: four fifths of black beside a fifth of chrome is a black car."""
    assert apart(paint_of((GLASS, 0.8), (SILVER, 0.2)).lab, GLASS) < 1


def test_graphite_is_no_glass() -> None:
    """A grey that is dark, but not as dark as glass, counts whole."""
    graphite = "#3a3d42"
    assert 20 < from_hex(graphite)[0] < 30
    assert apart(paint_of((graphite, 0.6), (SILVER, 0.4)).lab, graphite) < 1


def test_a_dark_colour_is_no_glass() -> None:
    """Navy is as dark as glass and has a hue that glass has not: half of it beside half of white is a navy car."""
    navy = "#101a55"
    assert from_hex(navy)[0] < 20
    assert apart(paint_of((navy, 0.4), ("#e8e8e8", 0.6)).lab, navy) < 1


def test_a_vivid_colour_beats_more_of_a_pale_one() -> None:
    """A red car of which 60 % mirrors the sky, or is chrome and lamps."""
    assert apart(paint_of((RED, 0.4), ("#b8b8b8", 0.6)).lab, RED) < 1


def test_a_neon_sticker_is_not_the_paint() -> None:
    """A colour's claim has a ceiling: a fifth of the brightest green on a white car is decoration."""
    assert apart(paint_of(("#00ff00", 0.22), ("#e8e8e8", 0.78)).lab, "#e8e8e8") < 1


@pytest.mark.parametrize(
    ("colour", "belongs"),
    [
        (SHADED, True),  # the same paint in the shade
        ("#4a78dc", True),  # and in the light
        (RED, False),  # another hue
        ("#505a95", True),  # three fifths of its colour
        ("#575b83", False),  # the hue and the light, but two fifths of the colour: what mirrors the sky
        ("#a9c4ff", False),  # the hue, but far too light
        (GLASS, False),
    ],
)
def test_light_and_shade_of_the_paint_belong_to_it_and_nothing_else_does(colour: str, belongs: bool) -> None:
    """The share of the body that is this paint tells: 60 % alone, all of it with its shade."""
    found = paint_of((BLUE, 0.6), (colour, 0.4))
    assert found.share == pytest.approx(1.0 if belongs else 0.6, abs=0.02)


@pytest.mark.parametrize(
    ("colour", "belongs"), [("#8c8e92", True), ("#9a9ca0", True), ("#b0b2b6", False), ("#8c7c62", False)]
)
def test_grey_paint_goes_with_greys_of_nearly_its_lightness(colour: str, belongs: bool) -> None:
    """Neutral paint has no hue to go by: half the difference in lightness is allowed, and no colour."""
    found = paint_of(("#808286", 0.6), (colour, 0.4))
    assert found.share == pytest.approx(1.0 if belongs else 0.6, abs=0.02)


def mixed_with_white(colour: str, most: float, count: int = 400) -> Floats:
    """(count, 3) Lab: a colour under more and more glare, up to a share of white."""
    share = np.linspace(0, most, count, dtype=np.float32)[:, None]
    return (from_hex(colour) * (1 - share) + from_hex("#ffffff") * share).astype(np.float32)


def test_the_paints_colour_is_that_under_the_glare() -> None:
    """What a clear coat mirrors is white on top of the paint: the more saturated half tells what lies below."""
    pixels = mixed_with_white(BLUE, 0.6)
    found = paint.paint(pixels, paint.palette(pixels, clusters=1))
    assert apart(found.lab, BLUE) < 5
    assert float(paint.delta_e(found.lab, np.median(pixels, axis=0))) > 5


def test_grey_paint_is_the_median_of_all_of_it() -> None:
    """There the most saturated half would be what reflects something coloured."""
    pixels = np.array([[50, 0, tint] for tint in np.linspace(0, 8, 401)], dtype=np.float32)
    found = paint.paint(pixels, paint.palette(pixels, clusters=1))
    assert found.lab == pytest.approx([50, 0, 4], abs=0.05)


def masked(*groups: tuple[tuple[float, float, float], int]) -> paint.Paint | None:
    """The paint of pixels in Lab where an engine's mask says that all of them are paint."""
    pixels = np.repeat([lab for lab, _ in groups], [count for _, count in groups], axis=0).astype(np.float32)
    lab = np.zeros((len(pixels) // 20 + 4, 24, 3), dtype=np.float32)
    lab[2:-2, 2:-2] = pixels.reshape(-1, 20, 3)
    mask = np.ones(lab.shape[:2], dtype=np.bool_)
    return paint.masked_paint(lab, mask)


def test_shade_is_the_paints_own_light_and_glare_is_not() -> None:
    """In the shade a paint has half the chroma and half the lightness: it counts. Under glare it keeps more chroma
    than that, and far too much lightness for it: it does not."""
    found = masked(((40, 0, -48), 300), ((20, 0, -24), 300), ((80, 0, -30), 400))
    assert found is not None
    assert found.lab == pytest.approx([30, 0, -36], abs=0.1)


def test_nearly_black_pixels_have_no_colour_to_speak_of() -> None:
    """Chroma ÷ lightness of a gap's noise is huge and means nothing: the paint's own pixels win."""
    found = masked(((45, 20, -60), 400), ((34, 20, -55), 160), ((2, 3, -9), 440))
    assert found is not None
    assert found.lab[0] > 30


def test_what_is_brighter_than_any_paint_is_glare() -> None:
    """Under an engine's mask 60 % of pure white do not make blue paint white; a white car is white all the same."""
    blue = (36.0, 20.0, -55.0)
    found = masked(((99, 0, 0), 600), (blue, 400))
    assert found is not None and found.lab == pytest.approx(blue)
    below = masked(((97, 0, 0), 600), (blue, 400))
    assert below is not None and below.lab[0] == pytest.approx(97)
    white = masked(((99, 0, 0), 1000))
    assert white is not None and white.lab == pytest.approx((99, 0, 0))
    assert white.share == 1.0


@pytest.mark.parametrize(("inside", "found"), [((7, 7), False), ((5, 10), True)])
def test_a_paint_mask_of_next_to_nothing_is_passed_over(inside: tuple[int, int], found: bool) -> None:
    """49 pixels within the outline are too few, 50 are enough; the outline itself does not count."""
    mask = np.zeros((40, 40), dtype=np.bool_)
    mask[4 : 8 + inside[0], 4 : 8 + inside[1]] = True
    lab = np.full((40, 40, 3), 50, dtype=np.float32)
    assert (paint.masked_paint(lab, mask) is not None) is found


def test_the_outline_of_a_paint_mask_is_left_out() -> None:
    """Its two outermost pixels are mixed with what lies beside the paint."""
    mask = np.zeros((60, 20), dtype=np.bool_)
    mask[3:57, 5:15] = True
    lab = np.full((60, 20, 3), (90, 0, 0), dtype=np.float32)
    lab[5:55, 7:13] = from_hex(BLUE)
    found = paint.masked_paint(lab, mask)
    assert found is not None and to_hex(found.lab) == BLUE
    lab[5:55, 7:13] = (50, 0, 0)
    lab[5:55, 7:9] = lab[5:55, 11:13] = from_hex(BLUE)
    found = paint.masked_paint(lab, mask)
    assert found is not None and to_hex(found.lab) == BLUE


@pytest.mark.parametrize("colour", [BLUE, "#141416"])
def test_an_engines_paint_mask_beats_the_guess(colour: str) -> None:
    """The drawn car's own mask gives the paint, and says that all of it is paint."""
    seen = drawn_view(Drawn(paint=colour), "side", masks=True)
    found = examine(seen).paint
    assert found is not None and found.share == 1.0
    assert apart(found.lab, colour) < 4
    frame = decode(seen.data)
    assert frame is not None
    elsewhere = np.zeros(frame.lab.shape[:2], dtype=np.bool_)
    elsewhere[4:30, 4:60] = True
    wrong = examine(replace(seen, paint_mask=encode_mask(elsewhere))).paint
    assert wrong is not None and apart(wrong.lab, "#d8d8d4") < 6
    tiny = examine(replace(seen, paint_mask=encode_mask(np.zeros_like(elsewhere)))).paint
    assert tiny is not None and tiny.share < 1.0 and apart(tiny.lab, colour) < 6


@pytest.mark.parametrize(("width", "measured"), [(7, False), (8, True)])
def test_a_body_of_next_to_nothing_is_not_measured(width: int, measured: bool) -> None:
    """A mask whose body band has fewer than 100 pixels within its outline is of no use: here 13 rows of 7, or 8."""
    mask = np.zeros((213, 320), dtype=np.bool_)
    mask[100:123, 60:260] = True
    mask[106:119, 60 + width + 4 : 260] = False
    found = examine(replace(drawn_view(Drawn(), "side"), car_mask=encode_mask(mask)))
    assert (found.problem is None) is measured
    assert (found.paint is not None) is measured


def palette_of(*stripes: tuple[str, float]) -> paint.Palette:
    return paint.palette(pixels_of(FlatCar(stripes)))


def test_palettes_are_compared_both_ways() -> None:
    """What one car has and the other has not counts, whichever of the two is asked first: half of 40 % of the
    difference from red to blue."""
    plain, striped = palette_of((BLUE, 1.0)), palette_of((BLUE, 0.6), (RED, 0.4))
    one, other = paint.palette_distance(plain, striped), paint.palette_distance(striped, plain)
    difference = float(paint.delta_e(from_hex(BLUE), from_hex(RED)))
    assert one == pytest.approx(other)
    assert one == pytest.approx(0.4 * difference / 2, rel=0.05)
    assert paint.palette_distance(plain, palette_of((RED, 1.0))) == pytest.approx(difference, rel=0.02)


def test_a_palette_names_the_most_frequent_colour_first() -> None:
    """Six colours at most, each with its share."""
    found = palette_of((RED, 0.2), (BLUE, 0.5), (SILVER, 0.3))
    assert paint.CLUSTERS == 6
    assert [to_hex(one) for one in found.colors[:3]] == [BLUE, SILVER, RED]
    assert found.weights[:3] == pytest.approx([0.5, 0.3, 0.2], abs=0.02)


def test_lightness_counts_half_and_hue_counts_whole() -> None:
    """Ten steps of lightness are worth less than ten of colour; brought to one lightness the former are nothing."""
    grey, light, tinted = (np.array(lab, np.float32) for lab in ((50, 0, 0), (60, 0, 0), (50, 10, 0)))
    assert float(paint.delta_e(grey, light)) == pytest.approx(4.73, abs=0.02)
    assert float(paint.delta_e(grey, tinted)) == pytest.approx(11.2, abs=0.05)
    assert paint.hue_difference(grey, light) == pytest.approx(0, abs=1e-4)
    assert paint.hue_difference(light, tinted) == pytest.approx(float(paint.delta_e(grey, tinted)), abs=0.2)


AGREED = np.array([40, 0, -50], np.float32)


def shown(mine: tuple[float, float, float], share: float, agreed: Floats = AGREED) -> Floats | None:
    """What is taken for a view's paint where a share of its body has the set's paint and the rest looks like `mine`."""
    colors = paint.Palette(np.stack([np.array(mine, np.float32), agreed]), np.array([1 - share, share], np.float32))
    return paint.outshone(paint.Paint(colors.colors[0], 1 - share), colors, agreed, 4.0)


@pytest.mark.parametrize(("share", "there"), [(0.14, False), (0.16, True)])
def test_the_sets_paint_has_to_be_there(share: float, there: bool) -> None:
    """15 % of the body in it are enough, less is a reflection."""
    assert (shown((80, 0, -5), share) is not None) is there


@pytest.mark.parametrize(("chroma", "glare"), [(29, True), (31, False)])
def test_only_what_is_clearly_paler_is_glare(chroma: float, glare: bool) -> None:
    """Less than three fifths of the set's chroma: more is a paint of its own."""
    assert (shown((60, 0, -chroma), 0.5) is not None) is glare


@pytest.mark.parametrize(("chroma", "glare"), [(9, True), (11, False)])
def test_on_a_grey_car_only_grey_is_glare(chroma: float, glare: bool) -> None:
    """A colour on a view of a grey set is another paint."""
    assert (shown((70, chroma, 0), 0.5, np.array([45, 0, 0], np.float32)) is not None) is glare


@pytest.mark.parametrize(("share", "there"), [(0.45, False), (0.55, True)])
def test_on_a_black_car_more_has_to_be_black_than_pale(share: float, there: bool) -> None:
    """Glass and tyres are black on every car."""
    assert (shown((85, 0, 0), share, np.array([10, 0, 0], np.float32)) is not None) is there


def test_a_dark_set_with_a_hue_needs_no_more_than_any_other() -> None:
    """Navy is on no tyre: a fifth is enough."""
    assert shown((85, 0, 0), 0.2, np.array([15, 10, -30], np.float32)) is not None


def test_the_paint_that_was_outshone_is_the_mean_of_what_is_near_it() -> None:
    """Weighted by how much there is of each."""
    near = [np.array(lab, np.float32) for lab in ((40, 0, -50), (44, 0, -50))]
    colors = paint.Palette(np.stack([np.array([85, 0, 0], np.float32), *near]), np.array([0.4, 0.45, 0.15], np.float32))
    found = paint.outshone(paint.Paint(colors.colors[0], 0.4), colors, AGREED, 4.0)
    assert found == pytest.approx([41, 0, -50])


def test_the_consensus_follows_what_is_surer() -> None:
    """Two against two: the masks that are trusted more decide."""
    blue, red = from_hex(BLUE), from_hex(RED)
    assert apart(paint.consensus([blue, blue, red, red], [0.9, 0.9, 0.5, 0.5]), BLUE) < 3
    assert apart(paint.consensus([blue, blue, red, red], [0.5, 0.5, 0.9, 0.9]), RED) < 3


@pytest.mark.parametrize("colour", [BLUE, "#f2f2ef", "#141416"])
def test_a_drawn_cars_paint_is_the_same_with_its_mask_and_without(colour: str) -> None:
    """The guess of the body band and the engine's paint mask agree within ΔE 3."""
    seen = drawn_view(Drawn(paint=colour), "front_three_quarter", masks=True)
    by_mask, guessed = examine(seen).paint, examine(replace(seen, paint_mask=None)).paint
    assert by_mask is not None and guessed is not None
    assert float(paint.delta_e(by_mask.lab, guessed.lab)) < 3
    assert guessed.share < 1.0
    mask = decode_mask(seen.car_mask or b"", (320, 213))
    assert mask is not None and mask.any()
