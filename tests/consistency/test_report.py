"""The verdict: over whole sets, view by view, and with each planted failure."""

import json
import pickle

import numpy as np
import pytest

from carimg.consistency import Evidence, State, Verdict, ViewInput, conclude, examine, report
from tests.support.drawn_car import USUAL, Drawn, encoded, evidence, evidences, mirrored, pixels, shown_as, view, views

CAR = Drawn()


def _with(angle: str, found: Evidence) -> list[Evidence]:
    return [found if name == angle else evidence(CAR, name) for name in USUAL]


def test_one_car_is_the_same_in_all_views() -> None:
    """Six views of one car: same, every view ok, nobody odd."""
    found = conclude(evidences(CAR))
    assert found.verdict is Verdict.SAME
    assert {view.state for view in found.views} == {State.OK}
    assert (found.odd_one_out, found.odd_reason, found.odd_margin) == (None, None, None)
    assert "6 views" in found.sentence.text


def test_examine_and_conclude_are_the_report() -> None:
    """The two halves give what the one call gives."""
    shown = views(CAR, "front", "side", "rear")
    assert report(shown).to_json() == conclude([examine(one) for one in shown]).to_json()


def test_masks_from_the_engine_are_used() -> None:
    """With exact masks the verdict is the same and the source is said."""
    found = report(views(CAR, "front", "side", "rear", masks=True))
    assert found.verdict is Verdict.SAME
    assert {view.mask_source for view in found.views} == {"engine"}


def test_no_view_and_one_view_are_not_measurable() -> None:
    """There is nothing to compare yet, and the sentence says so."""
    assert conclude([]).verdict is Verdict.NOT_MEASURABLE
    one = conclude(evidences(CAR, "front"))
    assert (one.verdict, one.sentence.key) == (Verdict.NOT_MEASURABLE, "verdict.single")
    assert one.consensus_hex is not None


def test_the_report_grows_view_by_view() -> None:
    """Each further view of one car keeps the verdict at 'same' from the second on."""
    seen = evidences(CAR)
    verdicts = [conclude(seen[:n]).verdict for n in range(1, 7)]
    assert verdicts == [Verdict.NOT_MEASURABLE] + [Verdict.SAME] * 5


def test_a_grey_car_comes_with_a_caution() -> None:
    """White, grey and black cars look alike, so 'same' is said with a reservation."""
    found = conclude(evidences(Drawn(paint="#7c7f82", backdrop=("#f4f0e8", "#e8e2d8")), "front", "side", "rear"))
    assert (found.verdict, found.sentence.key) == (Verdict.SAME, "verdict.same.neutral")


@pytest.mark.parametrize("broken", [b"", b"not a picture"])
def test_a_broken_view_makes_the_set_doubtful_not_same(broken: bytes) -> None:
    """A view that cannot be measured is named; the others still count."""
    found = conclude(_with("side", examine(shown_as(view(CAR, "side"), "side", broken))))
    assert found.verdict is Verdict.DOUBTFUL
    assert found.sentence.params["angle"] == "side"
    assert found.sentence.text.endswith("side does not count. The file is not a picture that can be read.")
    gone = found.view("side")
    assert gone.state is State.NOT_MEASURABLE
    assert (gone.paint_hex, gone.delta_e_consensus, gone.oddness) == (None, None, None)


def test_mostly_unmeasurable_sets_are_not_measurable() -> None:
    """Four broken views of six: no score, only that nothing can be said."""
    shown = [
        evidence(CAR, name) if name in ("front", "rear") else examine(ViewInput(name, 0, 5, b"")) for name in USUAL
    ]
    found = conclude(shown)
    assert (found.verdict, found.sentence.key) == (Verdict.NOT_MEASURABLE, "verdict.unmeasurable")
    assert found.sentence.params == {"usable": 2, "total": 6}


def test_six_copies_of_one_placeholder_are_not_measurable() -> None:
    """A service that answers every view with one picture cannot get 'same'."""
    one = view(CAR, "front")
    found = report([shown_as(one, name) for name in USUAL])
    assert found.verdict is Verdict.NOT_MEASURABLE


def test_a_cropped_and_re_encoded_copy_is_found() -> None:
    """The front once more in the side's place: it is gated as a copy, and the real front stays."""
    copied = pixels(view(CAR, "front").data)[8:, :372]
    found = conclude(_with("side", examine(shown_as(view(CAR, "side"), "side", encoded(copied, "JPEG")))))
    assert found.view("side").duplicate_of == "front"
    assert found.view("side").state is State.NOT_MEASURABLE
    assert found.view("front").state is State.OK
    assert found.verdict is not Verdict.SAME


def test_a_mirrored_copy_of_another_angle_is_found() -> None:
    """A mirrored front three-quarter handed in as the rear three-quarter shows nothing of its own."""
    fake = shown_as(
        view(CAR, "front_three_quarter"), "rear_three_quarter", mirrored(view(CAR, "front_three_quarter")).data
    )
    found = conclude(_with("rear_three_quarter", examine(fake)))
    assert found.view("rear_three_quarter").mirrored_of == "front_three_quarter"
    assert found.view("rear_three_quarter").state is State.NOT_MEASURABLE


def test_left_and_right_may_mirror_each_other() -> None:
    """A true pair of sides looks mirrored: a hint, not an error."""
    found = conclude(evidences(CAR, "front", "side", "side_right"))
    assert found.view("side_right").state is State.OK
    assert found.view("side_right").mirrored_of == "side"
    assert [message.key for message in found.view("side_right").messages] == ["hint.mirrored"]


def test_front_and_low_front_are_no_copies() -> None:
    """Cameras a few degrees apart see nearly the same; that is no fault."""
    found = conclude(evidences(CAR, "front", "low_front", "side"))
    assert {view.duplicate_of for view in found.views} == {None}
    assert found.verdict is Verdict.SAME


def test_another_car_among_six_is_named_with_margin() -> None:
    """A yellow, higher car in one view: different, named, with a reason and a confidence."""
    other = Drawn(paint="#e8b90c", height=1.9)
    found = conclude(_with("rear_three_quarter", evidence(other, "rear_three_quarter")))
    assert found.verdict is Verdict.DIFFERENT
    assert found.odd_one_out == "rear_three_quarter"
    assert found.odd_margin is not None and found.odd_margin > 1
    assert found.odd_confidence is not None and 0.5 < found.odd_confidence <= 1
    assert found.sentence.key == "verdict.odd"
    assert found.sentence.text.startswith("Not one car: rear three quarter is the odd one out. Another paint")


def test_a_van_in_the_same_paint_is_not_the_same_car() -> None:
    """Proportions alone: a side view of a much higher body is noticed without any help of colour."""
    van = Drawn(height=2.3, cabin=(-2.1, 1.8))
    found = conclude(_with("side", evidence(van, "side")))
    assert found.verdict in (Verdict.DOUBTFUL, Verdict.DIFFERENT)
    keys = {message.key for view in found.views for message in view.messages}
    assert keys & {"angle.narrow", "angle.wide", "pair.silhouette", "angle.looks-like"}


def test_with_two_views_nobody_is_the_odd_one() -> None:
    """Two cars in two views: different, but which is wrong cannot be known."""
    found = conclude([evidence(CAR, "front"), evidence(Drawn(paint="#b5121b"), "side")])
    assert (found.verdict, found.odd_one_out) == (Verdict.DIFFERENT, None)
    assert found.sentence.key == "verdict.two"
    assert found.view("front").delta_e_consensus == found.view("side").delta_e_consensus


def test_evidence_can_be_pickled() -> None:
    """It travels between processes."""
    again = pickle.loads(pickle.dumps(evidences(CAR, "front", "side", "rear")))
    assert conclude(again).to_json() == conclude(evidences(CAR, "front", "side", "rear")).to_json()


def test_the_json_is_plain_and_complete() -> None:
    """It survives json, and says verdict, sentence, views, palette and pairs."""
    told = json.loads(json.dumps(conclude(evidences(CAR), "#1f4fb0").to_json()))
    assert told["verdict"] == "same"
    assert told["sentence"]["text"]
    assert [one["angle"] for one in told["views"]] == list(USUAL)
    assert told["requested_state"] == "ok"
    assert told["odd_one_out"] is None
    assert sum(swatch["share"] for swatch in told["consensus_palette"]) == pytest.approx(1, abs=0.01)
    assert {pair["kind"] for pair in told["pairs"]} >= {"silhouette"}


def test_a_nonsense_request_is_refused() -> None:
    """The requested colour must be a hex colour."""
    with pytest.raises(ValueError, match="not a colour"):
        conclude(evidences(CAR, "front"), "sky blue")


def test_a_top_view_is_measured_by_its_paint_only() -> None:
    """From above, paint counts, aspect does not."""
    found = conclude(evidences(CAR, "front", "side", "top"))
    assert found.view("top").angle_plausibility == "not-checked"
    assert found.view("top").delta_e_consensus is not None


def test_a_photo_of_something_else_never_raises() -> None:
    """Noise, stripes, black: a state and a reason, no exception."""
    rng = np.random.default_rng(0)
    stripes = np.tile(np.repeat([20, 230], 8), (200, 20))[..., None].repeat(3, axis=2).astype(np.uint8)
    for odd in (rng.integers(0, 255, (200, 300, 3), dtype=np.uint8), stripes, np.zeros((300, 200, 3), np.uint8)):
        found = conclude([*evidences(CAR, "front", "rear"), examine(ViewInput("side", 90, 4, encoded(odd)))])
        assert found.view("side").state is not State.OK


def test_several_doubtful_views_say_whose_reason_it_is() -> None:
    """With two views to look at, the reason comes with the name of its view; two exchanged ones are named as a pair."""
    van = Drawn(height=1.95, cabin=(-2.1, 1.7))
    several = conclude(_with("side_right", evidence(van, "side_right"))).sentence
    assert several.key == "verdict.several"
    assert several.text.startswith("Look closer at side and side right. side right: ")
    front, side = (
        examine(shown_as(view(CAR, shown), claimed)) for shown, claimed in (("side", "front"), ("front", "side"))
    )
    swapped = conclude([front, *(evidence(CAR, angle) for angle in ("front_three_quarter", "rear")), side]).sentence
    assert swapped.text == "front and side look exchanged: each shows the other's angle."
