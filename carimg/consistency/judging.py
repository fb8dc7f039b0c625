"""What speaks for or against each measurable view: paint, angles, pairs. Each judge writes into the drafts."""

from __future__ import annotations

import numpy as np

from carimg.consistency import angles, geometry, paint, shape
from carimg.consistency.draft import Draft, pairs_of
from carimg.consistency.findings import PairKind, PairReport, State
from carimg.consistency.limits import Limits
from carimg.consistency.masks import MaskSource
from carimg.consistency.messages import Message, Value
from carimg.consistency.picture import Floats, to_hex

_SIDE = 0.9  # |sin yaw| from which a view is a side view
_WRONG_WAY = 1.5  # in units of the amber limits: how odd a view is that faces the wrong way or shows the wrong end


def judge_paint(usable: list[Draft], limits: Limits) -> Floats | None:
    """Each view's paint against the set's; returns the set's paint in Lab."""
    labs = [draft.found.paint.lab for draft in usable if draft.found.paint]
    if not labs:
        return None
    agreed = paint.consensus(labs, [draft.found.mask_confidence for draft in usable])
    for i, draft in enumerate(usable):
        against = labs[1 - i] if len(usable) == 2 else agreed
        mine = _paint_of(draft, against, limits)
        draft.delta_e = float(paint.delta_e(mine, against)) if len(usable) > 1 else None
        if draft.delta_e is not None:
            _say_paint(draft, usable, mine, against, limits)
    if len(usable) > 1:
        _judge_palettes(usable, limits)
    return agreed


def _paint_of(draft: Draft, against: Floats, limits: Limits) -> Floats:
    """A view's paint, looked for once more where the first look found something pale and unlike the set's."""
    found = draft.found
    assert found.paint is not None and found.palette is not None  # measurable views have both
    if float(paint.delta_e(found.paint.lab, against)) <= limits.paint_amber:
        return found.paint.lab
    there = paint.outshone(found.paint, found.palette, against, limits.paint_amber)
    return found.paint.lab if there is None else there


def _say_paint(draft: Draft, usable: list[Draft], mine: Floats, against: Floats, limits: Limits) -> None:
    """A difference in lightness alone counts half: a face turned to the light does that too. So does one between two
    colours that are nearly black, which nobody sees."""
    delta = draft.delta_e or 0.0
    slight = paint.hue_difference(mine, against) < limits.paint_hue or max(mine[0], against[0]) < limits.nearly_black
    strength = delta / limits.paint_amber / (limits.light_slack if slight else 1)
    message = None
    if strength > 1:
        state = State.RED if strength > limits.paint_red / limits.paint_amber else State.AMBER
        params: dict[str, Value] = {"hex": to_hex(mine), "consensus": to_hex(against), "delta": delta}
        kind = "paint"
        if len(usable) == 2:
            kind = "paint.pair"
            params["other"] = next(other for other in usable if other is not draft).found.angle
        message = Message(f"{kind}.{state.value}", params)
        draft.say(state, message)
    draft.strengths.append((strength, message))


def _judge_palettes(usable: list[Draft], limits: Limits) -> None:
    """Each view's palette against the others', by the median: a second look that needs no paint to be found."""
    palettes = [draft.found.palette for draft in usable if draft.found.palette]
    apart = np.array([[paint.palette_distance(one, other) for other in palettes] for one in palettes])
    for i, draft in enumerate(usable):
        distance = float(np.median(np.delete(apart[i], i)))
        draft.palette_distance = distance
        message = None
        if distance > limits.palette_amber:
            message = Message("paint.palette", {"delta": distance})
            draft.say(State.AMBER, message)
        draft.strengths.append((distance / limits.palette_amber, message))


def judge_angles(usable: list[Draft], limits: Limits) -> None:
    sights = [draft.sight for draft in usable]
    for draft, finding in zip(usable, angles.check(sights, limits), strict=True):
        draft.angle = finding
        if finding.checked:
            _say_angle(draft, finding, limits)


def _say_angle(draft: Draft, finding: angles.AngleFinding, limits: Limits) -> None:
    """One message, the most telling."""
    strength = abs(finding.surprise) / limits.surprise_amber
    message = None
    if finding.swapped_with:
        message = Message("angle.swapped", {"other": finding.swapped_with})
    elif finding.looks_like_yaw is not None:
        message = Message("angle.looks-like", {"heading": _heading_word(finding.looks_like_yaw)})
    elif finding.wrong_end or finding.turned:
        message = Message("angle.wrong-end" if finding.wrong_end else "angle.turned")
        strength = max(strength, _WRONG_WAY)
    elif abs(finding.surprise) > limits.surprise_amber:
        key = "angle.wide" if finding.excess > 0 else "angle.narrow"
        message = Message(key, {"percent": 100 * abs(finding.excess)})
    elif finding.disordered:
        message = Message("angle.disordered", {"others": finding.disordered})
    if message:
        draft.say(State.AMBER, message)
    draft.strengths.append((strength, message))


def _heading_word(yaw: float) -> str:
    sideness = abs(np.sin(np.radians(yaw)))
    return "end" if sideness < 0.3 else "side" if sideness > _SIDE else "quarter"


def judge_pairs(usable: list[Draft], limits: Limits) -> list[PairReport]:
    """Views that are exchanged are left out: their headings are not theirs."""
    told = [draft for draft in usable if draft.angle.swapped_with is None]
    found = []
    for one, other in pairs_of(told):
        if geometry.is_left_right(one.heading, other.heading, limits):
            found += _silhouettes(one, other, limits)
        elif geometry.is_near(one.heading, other.heading, limits):
            found += _shared_features(one, other, limits)
    return found


def _silhouettes(one: Draft, other: Draft, limits: Limits) -> list[PairReport]:
    if not (one.found.shape and other.found.shape):
        return []
    mirrored = shape.overlap(one.found.shape, other.found.shape, mirrored=True)
    direct = shape.overlap(one.found.shape, other.found.shape)
    key = None
    if direct > mirrored + limits.same_way_margin:
        key = "pair.same-way"
    elif mirrored < _least_overlap(one, other, limits):
        key = "pair.silhouette"
    message = Message(key, {"other": one.found.angle, "overlap": mirrored}) if key else None
    if message:
        other.say(State.AMBER, message)
        one.say(State.AMBER, Message(message.key, {**message.params, "other": other.found.angle}))
    state = State.AMBER if message else State.OK
    return [PairReport(one.found.angle, other.found.angle, PairKind.SILHOUETTE, mirrored, state, message)]


def _least_overlap(one: Draft, other: Draft, limits: Limits) -> float:
    if not _is_side(one):
        return limits.silhouette_quarter
    exact = one.found.mask_source is other.found.mask_source is MaskSource.ENGINE
    return limits.silhouette_exact if exact else limits.silhouette_side


def _is_side(draft: Draft) -> bool:
    return bool(abs(np.sin(np.radians(draft.found.yaw))) > _SIDE)


def _shared_features(one: Draft, other: Draft, limits: Limits) -> list[PairReport]:
    """Reported as a hint, never a reason for a verdict: details are few on smooth cars."""
    if not (one.found.features and other.found.features):
        return []
    share = geometry.feature_agreement(one.found.features, other.found.features)
    if share is None:
        return []
    weak = share < limits.features_weak
    message = Message("pair.features", {"other": one.found.angle, "share": share}) if weak else None
    state = State.AMBER if weak else State.OK
    return [PairReport(one.found.angle, other.found.angle, PairKind.FEATURES, share, state, message)]
