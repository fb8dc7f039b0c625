"""What speaks for or against each view: copies, paint, angles, pairs. Each judge writes into the drafts."""

from __future__ import annotations

import numpy as np

from carimg.consistency import angles, geometry, integrity, paint, shape
from carimg.consistency.draft import Draft
from carimg.consistency.evidence import Evidence
from carimg.consistency.findings import PairKind, PairReport, State
from carimg.consistency.limits import Limits
from carimg.consistency.messages import Message, Value
from carimg.consistency.picture import Floats, to_hex


def find_copies(drafts: list[Draft], limits: Limits) -> None:
    """Every later copy of an earlier view is gated; a mirrored copy too, unless the two are a left and a right view."""
    for i, later in enumerate(drafts):
        for earlier in drafts[:i]:
            if later.gated:
                break
            if earlier.found.frame_print is None or earlier.copy_of or earlier.found.problem:
                continue
            if _is_copy(earlier.found, later.found, False, limits):
                later.copy_of = earlier.found.angle
                later.gate(Message("gate.copy", {"other": earlier.found.angle}))
            elif _is_copy(earlier.found, later.found, True, limits) and not _mirror_is_plausible(earlier, later):
                later.mirrored_of = earlier.found.angle
                if geometry.is_left_right(earlier.heading, later.heading, limits):
                    later.messages.append(Message("hint.mirrored", {"other": earlier.found.angle}))
                else:
                    later.gate(Message("gate.mirrored", {"other": earlier.found.angle}))


def _mirror_is_plausible(one: Draft, other: Draft) -> bool:
    """A front or rear is its own mirror image, so two such views of one side differ by nothing that mirroring tells."""
    return all(min(geometry.turn(yaw, 0), geometry.turn(yaw, 180)) < 12 for yaw in (one.found.yaw, other.found.yaw))


def _is_copy(one: Evidence, other: Evidence, mirrored: bool, limits: Limits) -> bool:
    if one.frame_print is None or other.frame_print is None:
        return False
    if integrity.is_copy(one.frame_print, other.frame_print, limits.frame_phash, limits.frame_thumb, mirrored):
        return True
    if one.car_print is None or other.car_print is None:
        return False
    return integrity.is_copy(one.car_print, other.car_print, limits.copy_phash, limits.copy_thumb, mirrored)


def judge_paint(usable: list[Draft], limits: Limits) -> Floats | None:
    """Each view's paint against the set's; returns the set's paint in Lab."""
    labs = [draft.found.paint.lab for draft in usable if draft.found.paint]
    if not labs:
        return None
    agreed = paint.consensus(labs, [draft.found.mask_confidence for draft in usable])
    if len(usable) > 1:
        _judge_palettes(usable, limits)
    for i, draft in enumerate(usable):
        mine = labs[i]
        against = labs[1 - i] if len(usable) == 2 else agreed
        draft.delta_e = float(paint.delta_e(mine, against)) if len(usable) > 1 else None
        if draft.delta_e is not None:
            _say_paint(draft, usable, mine, against, limits)
    return agreed


def _say_paint(draft: Draft, usable: list[Draft], mine: Floats, against: Floats, limits: Limits) -> None:
    delta = draft.delta_e or 0.0
    message = None
    if delta > limits.paint_amber:
        state = State.RED if delta > limits.paint_red else State.AMBER
        params: dict[str, Value] = {"hex": to_hex(mine), "consensus": to_hex(against), "delta": delta}
        kind = "paint"
        if len(usable) == 2:
            kind = "paint.pair"
            params["other"] = next(other for other in usable if other is not draft).found.angle
        message = Message(f"{kind}.{state.value}", params)
        draft.say(state, message)
    draft.strengths.append((delta / limits.paint_amber, message))


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
    sights = [
        angles.Sight(found.angle, found.yaw, found.elevation, found.shape.aspect, found.shape.tilt)
        for found in (draft.found for draft in usable)
        if found.shape
    ]
    for draft, finding in zip(usable, angles.check(sights, limits), strict=True):
        draft.angle = finding
        if finding.checked:
            _say_angle(draft, finding, limits)


def _say_angle(draft: Draft, finding: angles.AngleFinding, limits: Limits) -> None:
    """One message, the most telling."""
    strength = abs(finding.surprise) / limits.surprise_amber
    state, message = State.AMBER, None
    if finding.swapped_with:
        message = Message("angle.swapped", {"other": finding.swapped_with})
    elif finding.looks_like_yaw is not None:
        message = Message("angle.looks-like", {"heading": _heading_word(finding.looks_like_yaw)})
    elif finding.turned:
        message = Message("angle.turned")
        strength = max(strength, 1.0)
    elif abs(finding.surprise) > limits.surprise_amber:
        state = State.RED if abs(finding.surprise) > limits.surprise_red else State.AMBER
        key = "angle.wide" if finding.excess > 0 else "angle.narrow"
        message = Message(key, {"percent": 100 * abs(finding.excess)})
    elif finding.disordered:
        message = Message("angle.disordered", {"others": finding.disordered})
    if message:
        draft.say(state, message)
    draft.strengths.append((strength, message))


def _heading_word(yaw: float) -> str:
    sideness = abs(np.sin(np.radians(yaw)))
    return "end" if sideness < 0.3 else "side" if sideness > 0.9 else "quarter"


def judge_pairs(usable: list[Draft], limits: Limits) -> list[PairReport]:
    pairs = []
    for i, one in enumerate(usable):
        for other in usable[i + 1 :]:
            if geometry.is_left_right(one.heading, other.heading, limits):
                pairs += _silhouettes(one, other, limits)
            elif geometry.is_near(one.heading, other.heading, limits):
                pairs += _shared_features(one, other, limits)
    return pairs


def _silhouettes(one: Draft, other: Draft, limits: Limits) -> list[PairReport]:
    if not (one.found.shape and other.found.shape):
        return []
    mirrored = shape.overlap(one.found.shape, other.found.shape, mirrored=True)
    direct = shape.overlap(one.found.shape, other.found.shape)
    key = None
    if direct > mirrored + limits.same_way_margin:
        key = "pair.same-way"
    elif mirrored < limits.silhouette_amber:
        key = "pair.silhouette"
    message = Message(key, {"other": one.found.angle, "overlap": mirrored}) if key else None
    if message:
        other.say(State.AMBER, message)
        one.say(State.AMBER, Message(message.key, {**message.params, "other": other.found.angle}))
    state = State.AMBER if message else State.OK
    return [PairReport(one.found.angle, other.found.angle, PairKind.SILHOUETTE, mirrored, state, message)]


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
