"""One view's report while it is being made."""

from __future__ import annotations

from dataclasses import dataclass, field

from carimg.consistency.angles import AngleFinding, Sight
from carimg.consistency.evidence import Evidence
from carimg.consistency.findings import State
from carimg.consistency.messages import Message

_RANK = {State.OK: 0, State.AMBER: 1, State.RED: 2}


@dataclass
class Draft:
    """`strengths` are the reasons to call it odd, in units of their amber limits."""

    found: Evidence
    state: State = State.OK
    messages: list[Message] = field(default_factory=list)
    strengths: list[tuple[float, Message | None]] = field(default_factory=list)
    delta_e: float | None = None
    palette_distance: float | None = None
    angle: AngleFinding = field(default_factory=AngleFinding)
    copy_of: str | None = None
    mirrored_of: str | None = None

    def __post_init__(self) -> None:
        if self.found.problem:
            self.gate(self.found.problem)

    @property
    def gated(self) -> bool:
        return self.state is State.NOT_MEASURABLE

    @property
    def oddness(self) -> float:
        return max((strength for strength, _ in self.strengths), default=0.0)

    @property
    def main_reason(self) -> Message | None:
        told = [(strength, i) for i, (strength, message) in enumerate(self.strengths) if message]
        if told:
            return self.strengths[max(told)[1]][1]
        return self.messages[0] if self.messages else None

    @property
    def heading(self) -> tuple[float, float]:
        return self.found.yaw, self.found.elevation

    @property
    def sight(self) -> Sight:
        """What a measurable view shows of its angle."""
        found = self.found
        assert found.shape is not None  # measurable views have one
        lamps = (found.lamps.share, found.lamps.side) if found.lamps else (None, None)
        return Sight(found.angle, found.yaw, found.elevation, found.shape.aspect, found.shape.tilt, *lamps)

    def gate(self, message: Message) -> None:
        self.state = State.NOT_MEASURABLE
        self.messages.append(message)

    def say(self, state: State, message: Message) -> None:
        if _RANK[state] > _RANK[self.state]:
            self.state = state
        self.messages.append(message)


def pairs_of(drafts: list[Draft]) -> list[tuple[Draft, Draft]]:
    return [(one, other) for i, one in enumerate(drafts) for other in drafts[i + 1 :]]
