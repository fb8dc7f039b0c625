"""The report's parts: plain frozen data, ready for a page, a table or JSON."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from carimg.consistency.masks import MaskSource
from carimg.consistency.messages import Message


class Verdict(StrEnum):
    SAME = "same"
    DOUBTFUL = "doubtful"
    DIFFERENT = "different"
    NOT_MEASURABLE = "not-measurable"


class State(StrEnum):
    OK = "ok"
    AMBER = "amber"
    RED = "red"
    NOT_MEASURABLE = "not-measurable"


class Plausibility(StrEnum):
    """Whether a view shows the angle it claims."""

    PLAUSIBLE = "plausible"
    DOUBTFUL = "doubtful"
    NOT_CHECKED = "not-checked"


class PairKind(StrEnum):
    SILHOUETTE = "silhouette"
    FEATURES = "features"


@dataclass(frozen=True, slots=True)
class Swatch:
    """`hex` is '#rrggbb', `share` 0 … 1 of the car's body band."""

    hex: str
    share: float

    def to_json(self) -> dict[str, Any]:
        return {"hex": self.hex, "share": round(self.share, 3)}


@dataclass(frozen=True, slots=True)
class ViewReport:
    """One view. Colour differences are ΔE2000 with kL = 2; None where nothing was measured.

    `delta_e_consensus` is to the set's paint, in a set of two to the other view. `oddness` says how far the view stands
    apart from the rest, in units of the amber limits (1 = at the limit). `surprise` is the aspect's distance from what
    the other views predict, in standard deviations.
    """

    angle: str
    state: State
    messages: tuple[Message, ...]
    mask_source: MaskSource
    mask_confidence: float
    angle_plausibility: Plausibility = Plausibility.NOT_CHECKED
    paint_hex: str | None = None
    palette: tuple[Swatch, ...] = ()
    delta_e_consensus: float | None = None
    delta_e_requested: float | None = None
    palette_distance: float | None = None
    surprise: float | None = None
    oddness: float | None = None
    duplicate_of: str | None = None
    mirrored_of: str | None = None
    swapped_with: str | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "angle": self.angle,
            "state": self.state.value,
            "messages": [message.to_json() for message in self.messages],
            "mask": {"source": self.mask_source.value, "confidence": round(self.mask_confidence, 3)},
            "angle_plausibility": self.angle_plausibility.value,
            "paint_hex": self.paint_hex,
            "palette": [swatch.to_json() for swatch in self.palette],
            "delta_e_consensus": _rounded(self.delta_e_consensus),
            "delta_e_requested": _rounded(self.delta_e_requested),
            "palette_distance": _rounded(self.palette_distance),
            "surprise": _rounded(self.surprise),
            "oddness": _rounded(self.oddness),
            "duplicate_of": self.duplicate_of,
            "mirrored_of": self.mirrored_of,
            "swapped_with": self.swapped_with,
        }


@dataclass(frozen=True, slots=True)
class PairReport:
    """Two views against each other: overlap of mirrored silhouettes, or share of local features in common, 0 … 1."""

    first: str
    second: str
    kind: PairKind
    score: float
    state: State
    message: Message | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "first": self.first,
            "second": self.second,
            "kind": self.kind.value,
            "score": _rounded(self.score),
            "state": self.state.value,
            "message": self.message.to_json() if self.message else None,
        }


@dataclass(frozen=True, slots=True)
class Report:
    """Is it one car? `views` and `pairs` in the set's order.

    `odd_one_out` is an angle id, with `odd_reason`, the margin of its oddness over the next view's and a confidence
    0 … 1 that follows from it; all None when no view stands apart or nobody can tell which. `requested` compares the
    set's paint with what was asked for; it says nothing about one car or several.
    """

    verdict: Verdict
    sentence: Message
    views: tuple[ViewReport, ...] = ()
    consensus_hex: str | None = None
    consensus_palette: tuple[Swatch, ...] = ()
    requested_hex: str | None = None
    requested_delta_e: float | None = None
    requested_state: State = State.NOT_MEASURABLE
    requested: Message | None = None
    odd_one_out: str | None = None
    odd_reason: Message | None = None
    odd_margin: float | None = None
    odd_confidence: float | None = None
    pairs: tuple[PairReport, ...] = ()

    def view(self, angle: str) -> ViewReport:
        """Raises KeyError when the angle is not in the set."""
        for view in self.views:
            if view.angle == angle:
                return view
        raise KeyError(angle)

    def to_json(self) -> dict[str, Any]:
        return {
            "verdict": self.verdict.value,
            "sentence": self.sentence.to_json(),
            "views": [view.to_json() for view in self.views],
            "consensus_hex": self.consensus_hex,
            "consensus_palette": [swatch.to_json() for swatch in self.consensus_palette],
            "requested_hex": self.requested_hex,
            "requested_delta_e": _rounded(self.requested_delta_e),
            "requested_state": self.requested_state.value,
            "requested": self.requested.to_json() if self.requested else None,
            "odd_one_out": self.odd_one_out,
            "odd_reason": self.odd_reason.to_json() if self.odd_reason else None,
            "odd_margin": _rounded(self.odd_margin),
            "odd_confidence": _rounded(self.odd_confidence),
            "pairs": [pair.to_json() for pair in self.pairs],
        }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
