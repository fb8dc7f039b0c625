"""Does a view show the angle it claims? Order, proportions, lean, tail lamps."""

import numpy as np
import pytest

from carimg.consistency import LIMITS, Report, angles, conclude, examine, lamps
from carimg.consistency.picture import from_hex
from tests.support.drawn_car import USUAL, Drawn, evidence, evidences, mirrored, shown_as, view

CAR = Drawn()
LONG, WIDE = 2.9, 1.25


def _sight(name: str, yaw: float, elevation: float = 5.0, factor: float = 1.0, tilt: float = 0.0) -> angles.Sight:
    return angles.Sight(name, yaw, elevation, angles.predicted_aspect(yaw, elevation, LONG, WIDE) * factor, tilt)


def _swapped(one: str, other: str) -> Report:
    shown = {angle: evidence(CAR, angle) for angle in USUAL}
    shown[one] = examine(shown_as(view(CAR, other), one))
    shown[other] = examine(shown_as(view(CAR, one), other))
    return conclude(list(shown.values()))


def test_a_car_is_as_wide_as_its_length_from_the_side() -> None:
    """At eye level the aspect is length / height from the side and width / height from the front; from a corner less
    than both sides of a box would make it, since a car's corners are rounded."""
    assert angles.predicted_aspect(90, 0, LONG, WIDE) == pytest.approx(LONG)
    assert angles.predicted_aspect(180, 0, LONG, WIDE) == pytest.approx(WIDE)
    box = LONG * np.sin(np.radians(38)) + WIDE * np.cos(np.radians(38))
    assert WIDE < angles.predicted_aspect(38, 0, LONG, WIDE) == pytest.approx(0.85 * box, abs=0.03 * box)


def test_a_true_set_of_angles_surprises_nowhere() -> None:
    """Aspects of one box at six angles are plausible, and none is disordered."""
    found = angles.check([_sight(str(yaw), yaw) for yaw in (0, 38, 90, 142, 180, 270)], LIMITS)
    assert all(finding.checked and abs(finding.surprise) < 1 and not finding.disordered for finding in found)


def test_one_view_of_other_proportions_surprises_most() -> None:
    """A side view half as wide again for its height is the one that the others do not predict."""
    sights = [_sight(str(yaw), yaw, factor=1.5 if yaw == 90 else 1.0) for yaw in (0, 38, 90, 142, 180, 270)]
    found = angles.check(sights, LIMITS)
    assert max(range(6), key=lambda i: abs(found[i].surprise)) == 2
    assert found[2].surprise > LIMITS.surprise_amber
    assert found[2].excess == pytest.approx(0.45, abs=0.15)


def test_views_from_above_take_no_part() -> None:
    """A top view has another aspect by nature and is not checked."""
    found = angles.check([_sight("front", 0), _sight("side", 90), _sight("top", 90, elevation=88)], LIMITS)
    assert [finding.checked for finding in found] == [True, True, False]


def test_one_view_alone_is_not_checked() -> None:
    """There is nothing to compare it with."""
    assert angles.check([_sight("front", 0)], LIMITS) == [angles.AngleFinding()]


def test_a_front_wider_than_the_side_is_out_of_order() -> None:
    """Two views suffice to see that the order of aspects is wrong."""
    found = angles.check([_sight("front", 0, factor=3.2), _sight("side", 90)], LIMITS)
    assert found[0].disordered == ("side",) or found[0].swapped_with == "side"


@pytest.mark.parametrize(
    ("one", "other"),
    [("front", "side"), ("front_three_quarter", "rear_three_quarter"), ("front", "rear"), ("side", "side_right")],
)
def test_exchanged_angles_are_named_as_such(one: str, other: str) -> None:
    """Two views under each other's angle: both are told, by name, and the set is doubtful."""
    found = _swapped(one, other)
    assert found.verdict == "doubtful"
    assert (found.view(one).swapped_with, found.view(other).swapped_with) == (other, one)
    assert found.view(one).angle_plausibility == "doubtful"
    assert found.view("rear_three_quarter" if "rear_three_quarter" not in (one, other) else "side").state == "ok"


@pytest.mark.parametrize("angle", ["front_three_quarter", "side", "rear_three_quarter"])
def test_a_mirrored_view_faces_the_wrong_way(angle: str) -> None:
    """One mirrored view is named: it leans, or has its tail lamps, on the wrong side."""
    names = ("front", "front_three_quarter", "side", "rear_three_quarter", "rear")
    shown = [evidence(CAR, name) for name in names]
    shown[names.index(angle)] = examine(mirrored(view(CAR, angle)))
    found = conclude(shown)
    assert found.odd_one_out == angle
    assert found.odd_reason is not None and found.odd_reason.key == "angle.turned"


def test_a_rear_view_in_the_front_s_place_shows_the_wrong_end() -> None:
    """Tail lamps where the front should be."""
    names = ("front", "front_three_quarter", "side", "rear_three_quarter")
    shown = [evidence(CAR, name) for name in names]
    shown[0] = examine(shown_as(view(CAR, "rear"), "front"))
    found = conclude(shown)
    assert found.view("front").state == "amber"
    assert "angle.wrong-end" in [message.key for message in found.view("front").messages]


def test_tail_lamps_lie_at_the_rear_end() -> None:
    """Right in the picture from the car's left, left from its right, none from the front."""
    left, right, front = (evidence(CAR, angle).lamps for angle in ("side", "side_right", "front"))
    assert left and right and front
    assert left.side > 0.8 and right.side < -0.8
    assert front.share == 0
    rear = evidence(CAR, "rear").lamps
    assert rear and rear.share > 0.02


def test_a_red_car_s_lamps_say_nothing() -> None:
    """Red lamps on red paint cannot be told apart, so nothing is claimed."""
    assert evidence(Drawn(paint="#b5121b"), "rear").lamps is None
    seen = evidence(CAR, "rear")
    assert seen.paint is not None
    assert isinstance(seen.lamps, lamps.Lamps)
    assert float(seen.paint.lab[2]) < 0 < float(from_hex("#b5121b")[1])


def test_a_clean_set_is_plausible_everywhere() -> None:
    """All six usual angles of one car."""
    found = conclude(evidences(CAR))
    assert {view.angle_plausibility for view in found.views} == {"plausible"}
