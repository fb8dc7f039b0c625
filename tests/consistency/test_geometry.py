"""Silhouettes of both sides, local features of neighbours."""

import numpy as np
import pytest

from carimg.consistency import LIMITS, conclude, examine, geometry, shape
from tests.support.drawn_car import Drawn, evidence, mirrored, shown_as, view

CAR = Drawn()


def test_the_shape_of_a_rectangle_is_its_aspect() -> None:
    """A 100 × 40 block in a 200 × 120 frame: aspect 2.5, its own mirror image, no lean."""
    mask = np.zeros((120, 200), bool)
    mask[50:90, 30:130] = True
    found = shape.measure(mask)
    assert found is not None
    assert found.aspect == pytest.approx(2.5)
    assert found.symmetry == pytest.approx(1.0)
    assert found.tilt == pytest.approx(0.0)
    assert found.box == (30, 50, 130, 90)


def test_an_empty_mask_has_no_shape() -> None:
    """Nothing to measure."""
    assert shape.measure(np.zeros((50, 80), bool)) is None


def test_a_thin_mast_does_not_make_a_car_higher() -> None:
    """An aerial of a few columns is left out of the box."""
    mask = np.zeros((120, 200), bool)
    mask[50:90, 30:130] = True
    mask[20:50, 80:82] = True
    found = shape.measure(mask)
    assert found is not None and found.aspect == pytest.approx(2.5)


def test_the_lean_is_towards_the_nearer_side() -> None:
    """A three-quarter view stands lower where it is nearer."""
    near, far = evidence(CAR, "front_three_quarter").shape, evidence(CAR, "rear_three_quarter").shape
    assert near and far
    assert near.tilt > 0.08 and far.tilt < -0.08


def test_left_and_right_of_one_car_mirror_each_other() -> None:
    """The mirrored outlines overlap; unmirrored ones less."""
    left, right = evidence(CAR, "side").shape, evidence(CAR, "side_right").shape
    assert left and right
    assert shape.overlap(left, right, mirrored=True) > 0.95
    assert shape.overlap(left, right) < shape.overlap(left, right, mirrored=True) - 0.06


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [((90, 4), (270, 4), True), ((38, 9), (322, 9), True), ((38, 9), (142, 10), False), ((0, 5), (180, 6), False)],
)
def test_which_views_are_a_left_and_a_right(
    one: tuple[float, float], other: tuple[float, float], expected: bool
) -> None:
    """Both sides and both front three-quarters are; two of one side and front and rear are not."""
    assert geometry.is_left_right(one, other, LIMITS) is expected


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [((0, 5), (38, 9), True), ((38, 9), (90, 4), False), ((350, 5), (20, 5), True), ((38, 9), (38, 30), False)],
)
def test_features_are_compared_between_neighbours_only(
    one: tuple[float, float], other: tuple[float, float], expected: bool
) -> None:
    """At most 45° apart, across the zero too, and never with another camera height."""
    assert geometry.is_near(one, other, LIMITS) is expected


def test_a_van_s_side_does_not_mirror_a_saloon_s() -> None:
    """One side of a much higher body: the pair is told, both ways."""
    van = Drawn(height=2.1, cabin=(-2.1, 1.7))
    shown = [evidence(CAR, "front"), evidence(CAR, "side"), evidence(CAR, "rear"), evidence(van, "side_right")]
    found = conclude(shown)
    assert found.verdict in ("doubtful", "different")
    pair = next(pair for pair in found.pairs if pair.kind == "silhouette")
    assert pair.state == "amber" and pair.score < LIMITS.silhouette_side
    told = [message for message in found.view("side_right").messages if message.key == "pair.silhouette"]
    assert told and told[0].params["other"] == "side"


def test_engines_own_masks_are_compared_more_strictly() -> None:
    """A cabin that sits 40 cm further back is told where both outlines are exact."""
    other = Drawn(height=1.5, cabin=(-1.6, 1.2))
    shown = [examine(view(CAR, angle, masks=True)) for angle in ("front", "side", "rear")]
    found = conclude([*shown, examine(view(other, "side_right", masks=True))])
    pair = next(pair for pair in found.pairs if pair.kind == "silhouette")
    assert LIMITS.silhouette_side < pair.score < LIMITS.silhouette_exact
    assert pair.state == "amber"


def test_two_sides_that_face_the_same_way_are_told() -> None:
    """A red car, whose lamps say nothing: only the outlines betray that a side was drawn facing the other way."""
    red = Drawn(paint="#b5121b", width=1.7)
    turned = examine(mirrored(view(red, "side_right")))
    found = conclude([evidence(red, "front"), evidence(red, "side"), evidence(red, "rear"), turned])
    keys = {message.key for message in found.view("side_right").messages}
    assert keys & {"pair.same-way", "gate.copy", "pair.silhouette"}


def test_features_of_the_same_view_agree_and_of_another_car_do_not() -> None:
    """Shares of local features in common, 0 … 1."""
    one, other = evidence(CAR, "front").features, evidence(Drawn(height=1.9, paint="#e8b90c"), "rear").features
    assert one and other
    same = geometry.feature_agreement(one, one)
    different = geometry.feature_agreement(one, other)
    assert same is None or same > 0.6
    assert different is None or different < 0.3


def test_too_few_features_say_nothing() -> None:
    """An even patch has no details to compare."""
    none = geometry.features(np.full((100, 150), 90, np.uint8), np.ones((100, 150), bool))
    assert geometry.feature_agreement(none, none) is None


def test_a_picture_under_another_angle_keeps_its_bytes() -> None:
    """The planting helper changes the claim, not the picture."""
    assert shown_as(view(CAR, "side"), "front").data == view(CAR, "side").data
