"""Views that show nothing of their own: copies and mirrored copies of other views."""

from __future__ import annotations

from carimg.consistency import angles, geometry, integrity
from carimg.consistency.draft import Draft, pairs_of
from carimg.consistency.evidence import Evidence
from carimg.consistency.limits import Limits
from carimg.consistency.messages import Message

_CLEARLY = 0.5  # standard deviations of an aspect


def find_copies(drafts: list[Draft], limits: Limits) -> None:
    """Of two views with one picture, the one that fits its angle worse is gated. Of two that mirror each other
    likewise, unless they are a left and a right view: those may."""
    for one, other in pairs_of(drafts):
        if not (one.gated or other.gated) and _is_copy(one, other, limits):
            copy, source = _worse_first(one, other, drafts, limits)
            copy.copy_of = source.found.angle
            copy.gate(Message("gate.copy", {"other": source.found.angle}))
    mirrored = [pair for pair in pairs_of(drafts) if _mirrors(*pair, limits)]
    headings = _headings(drafts, limits) if mirrored else {}
    for one, other in mirrored:
        if one.gated or other.gated:
            continue
        first, second = (headings[draft.found.angle] for draft in (one, other))
        if geometry.is_left_right(first, second, limits):
            other.mirrored_of = one.found.angle
            other.messages.append(Message("hint.mirrored", {"other": one.found.angle}))
        elif not _alike(first, (-second[0], second[1]), limits):
            copy, source = _worse_first(one, other, drafts, limits)
            copy.mirrored_of = source.found.angle
            copy.gate(Message("gate.mirrored", {"other": source.found.angle}))


def _is_copy(one: Draft, other: Draft, limits: Limits) -> bool:
    first, second = one.found.frame_print, other.found.frame_print
    if first is None or second is None:
        return False
    if _alike(one.heading, other.heading, limits):
        return integrity.is_copy(first, second, limits.exact_phash, limits.exact_thumb)
    return _same_picture(one.found, other.found, False, limits)


def _mirrors(one: Draft, other: Draft, limits: Limits) -> bool:
    return not (one.gated or other.gated) and _same_picture(one.found, other.found, True, limits)


def _alike(one: tuple[float, float], other: tuple[float, float], limits: Limits) -> bool:
    """Whether two (yaw, elevation) are so near that their pictures look like copies of each other."""
    return geometry.turn(one[0], other[0]) <= limits.alike_yaw and abs(one[1] - other[1]) <= limits.alike_elevation


def _headings(drafts: list[Draft], limits: Limits) -> dict[str, tuple[float, float]]:
    """What each view shows rather than what it claims, where two are exchanged."""
    usable = [draft for draft in drafts if not draft.gated]
    claimed = {draft.found.angle: draft.heading for draft in usable}
    findings = angles.check([draft.sight for draft in usable], limits)
    return {
        draft.found.angle: claimed[finding.swapped_with or draft.found.angle]
        for draft, finding in zip(usable, findings, strict=True)
    }


def _worse_first(one: Draft, other: Draft, drafts: list[Draft], limits: Limits) -> tuple[Draft, Draft]:
    """The later of two is the worse one unless it clearly fits its angle better."""
    rest = [draft.sight for draft in drafts if not draft.gated and draft is not one and draft is not other]
    first, second = (angles.misfit(draft.sight, rest, limits) for draft in (one, other))
    return (one, other) if first > second + _CLEARLY else (other, one)


def _same_picture(one: Evidence, other: Evidence, mirrored: bool, limits: Limits) -> bool:
    """By the whole frames, or by the cars cut out of them, which cropping and zooming leave alone."""
    frames, cars = (one.frame_print, other.frame_print), (one.car_print, other.car_print)
    whole = (limits.frame_phash, limits.frame_thumb, mirrored)
    if frames[0] and frames[1] and integrity.is_copy(frames[0], frames[1], *whole):
        return True
    cut = (limits.copy_phash, limits.copy_thumb, mirrored)
    return bool(cars[0] and cars[1] and integrity.is_copy(cars[0], cars[1], *cut))
