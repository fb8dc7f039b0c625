"""Evidence → report: gates first, then paint, angles and geometry, then the verdict in words. Cheap, so it is drawn
again with every view that arrives."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from carimg.consistency import paint
from carimg.consistency.copies import find_copies
from carimg.consistency.draft import Draft
from carimg.consistency.evidence import Evidence, ViewInput, examine
from carimg.consistency.findings import Plausibility, Report, State, Swatch, Verdict, ViewReport
from carimg.consistency.judging import judge_angles, judge_paint, judge_pairs
from carimg.consistency.limits import LIMITS, Limits
from carimg.consistency.messages import Message, Value
from carimg.consistency.picture import Floats, from_hex, to_hex


def report(views: Sequence[ViewInput], requested_hex: str | None = None, limits: Limits = LIMITS) -> Report:
    """Examine and conclude in one call. `requested_hex` is '#rrggbb'; any other text raises ValueError."""
    return conclude([examine(view, limits) for view in views], requested_hex, limits)


def conclude(evidence: Sequence[Evidence], requested_hex: str | None = None, limits: Limits = LIMITS) -> Report:
    """The report over the views so far, in their order; the first is the set's main view.

    `requested_hex` is '#rrggbb'; any other text raises ValueError.
    """
    requested = from_hex(requested_hex) if requested_hex else None
    drafts = [Draft(found) for found in evidence]
    find_copies(drafts, limits)
    usable = [draft for draft in drafts if not draft.gated]
    agreed = judge_paint(usable, limits)
    judge_angles(usable, limits)
    pairs = judge_pairs(usable, limits)
    verdict, sentence, odd = _verdict(drafts, usable, agreed, limits)
    reason, margin = odd.main_reason if odd else None, _margin(usable) if odd else None
    asked_e, asked_state, asked = _judge_request(agreed, requested, requested_hex, limits)
    return Report(
        verdict=verdict,
        sentence=sentence,
        views=tuple(_view_report(draft, requested) for draft in drafts),
        consensus_hex=to_hex(agreed) if agreed is not None else None,
        consensus_palette=_set_palette(usable),
        requested_hex=requested_hex,
        requested_delta_e=asked_e,
        requested_state=asked_state,
        requested=asked,
        odd_one_out=odd.found.angle if odd else None,
        odd_reason=reason,
        odd_margin=margin,
        odd_confidence=min(1.0, margin / 2) if margin is not None else None,
        pairs=tuple(pairs),
    )


def _verdict(
    drafts: list[Draft], usable: list[Draft], agreed: Floats | None, limits: Limits
) -> tuple[Verdict, Message, Draft | None]:
    """The set's verdict, its sentence, and the odd one out where one can be named."""
    total = len(drafts)
    counts: dict[str, Value] = {"usable": len(usable), "total": total}
    if total < 2:
        return Verdict.NOT_MEASURABLE, Message("verdict.single" if total else "verdict.none"), None
    if len(usable) < 2 or 2 * len(usable) < total:
        return Verdict.NOT_MEASURABLE, Message("verdict.unmeasurable", counts), None
    odd = _odd_one(usable)
    red = [draft for draft in usable if draft.state is State.RED]
    if red:
        return Verdict.DIFFERENT, _different(usable, red, odd), odd
    amber = [draft for draft in usable if draft.state is State.AMBER]
    if amber:
        return Verdict.DOUBTFUL, _doubtful(amber, odd), odd
    lost = [draft for draft in drafts if draft.gated]
    if len(lost) == 1:
        why: dict[str, Value | Message] = {"angle": lost[0].found.angle, "reason": lost[0].messages[0]}
        return Verdict.DOUBTFUL, Message("verdict.gap", {**counts, **why}), None
    if lost:
        names = tuple(draft.found.angle for draft in lost)
        return Verdict.DOUBTFUL, Message("verdict.gaps", {**counts, "angles": names}), None
    neutral = agreed is not None and float(np.hypot(agreed[1], agreed[2])) < limits.neutral_chroma
    return Verdict.SAME, Message("verdict.same.neutral" if neutral else "verdict.same", {"total": total}), None


def _doubtful(amber: list[Draft], odd: Draft | None) -> Message:
    names = tuple(draft.found.angle for draft in amber)
    if len(amber) == 2 and amber[0].angle.swapped_with == names[1]:
        return Message("verdict.swapped", {"angle": names[0], "other": names[1]})
    first = odd or max(amber, key=lambda draft: draft.oddness)
    reason = first.main_reason or first.messages[0]
    if len(amber) == 1:
        return Message("verdict.doubtful", {"angles": names, "reason": reason})
    return Message("verdict.several", {"angles": names, "angle": first.found.angle, "reason": reason})


def _different(usable: list[Draft], red: list[Draft], odd: Draft | None) -> Message:
    reason = (odd or red[0]).main_reason or (odd or red[0]).messages[0]
    if len(usable) == 2:
        one, other = (draft.found.angle for draft in usable)
        return Message("verdict.two", {"angle": one, "other": other, "reason": reason})
    if odd is not None and odd.state is State.RED:
        return Message("verdict.odd", {"angle": odd.found.angle, "reason": reason})
    return Message("verdict.different", {"angles": tuple(draft.found.angle for draft in red)})


def _odd_one(usable: list[Draft]) -> Draft | None:
    """The view that stands apart from all others; None when none does or, in a set of two, nobody can tell."""
    if len(usable) < 3:
        return None
    top = max(usable, key=lambda draft: draft.oddness)
    return top if top.oddness > 1 and top.state in (State.AMBER, State.RED) and _margin(usable) > 0.1 else None


def _margin(usable: list[Draft]) -> float:
    first, second = sorted((draft.oddness for draft in usable), reverse=True)[:2]
    return first - second


def _judge_request(
    agreed: Floats | None, requested: Floats | None, requested_hex: str | None, limits: Limits
) -> tuple[float | None, State, Message | None]:
    if agreed is None or requested is None or requested_hex is None:
        return None, State.NOT_MEASURABLE, None
    delta = float(paint.delta_e(agreed, requested))
    if delta <= limits.requested_amber:
        return delta, State.OK, None
    state = State.RED if delta > limits.requested_red else State.AMBER
    key = f"paint.requested.{state.value}"
    return delta, state, Message(key, {"hex": to_hex(agreed), "requested": requested_hex, "delta": delta})


def _set_palette(usable: list[Draft]) -> tuple[Swatch, ...]:
    """The palettes of all views clustered once more, each view counting the same."""
    palettes = [draft.found.palette for draft in usable if draft.found.palette]
    if not palettes:
        return ()
    pixels = np.concatenate(
        [np.repeat(one.colors, np.maximum(1, np.round(one.weights * 100)).astype(int), axis=0) for one in palettes]
    )
    return _swatches(paint.palette(pixels.astype(np.float32)))


def _swatches(colors: paint.Palette) -> tuple[Swatch, ...]:
    return tuple(Swatch(to_hex(lab), float(share)) for lab, share in zip(colors.colors, colors.weights, strict=True))


def _view_report(draft: Draft, requested: Floats | None) -> ViewReport:
    found, finding = draft.found, draft.angle
    measured = not draft.gated
    plausible = Plausibility.NOT_CHECKED
    if measured and finding.checked:
        doubtful = any(message.key.startswith("angle.") for message in draft.messages)
        plausible = Plausibility.DOUBTFUL if doubtful else Plausibility.PLAUSIBLE
    mine = found.paint.lab if measured and found.paint else None
    return ViewReport(
        angle=found.angle,
        state=draft.state,
        messages=tuple(draft.messages),
        mask_source=found.mask_source,
        mask_confidence=found.mask_confidence,
        angle_plausibility=plausible,
        paint_hex=to_hex(mine) if mine is not None else None,
        palette=_swatches(found.palette) if measured and found.palette else (),
        delta_e_consensus=draft.delta_e,
        delta_e_requested=float(paint.delta_e(mine, requested)) if mine is not None and requested is not None else None,
        palette_distance=draft.palette_distance,
        surprise=finding.surprise if finding.checked else None,
        oddness=draft.oddness if measured and draft.strengths else None,
        duplicate_of=draft.copy_of,
        mirrored_of=draft.mirrored_of,
        swapped_with=finding.swapped_with,
    )
