"""What a judge says of a set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from carimg.consistency.messages import Message


@dataclass(frozen=True, slots=True)
class Opinion:
    """`judge` is 'onnx' or 'vision', `model` the file or model asked. `same_car` is None where the judge has no opinion
    (an embedding has none: its scale is the model's own). `scores` are by angle: the ONNX judge's likeness to the other
    views, −1 … 1. `angles_ok` says by angle whether the view shows it. `details` holds 'same', 'different' or 'unclear'
    for paint, wheels, lights and badge. `tokens` are those that the service counted, and charges for. `failed` is True
    when the message says why there is no opinion.
    """

    judge: str
    model: str
    message: Message
    same_car: bool | None = None
    scores: Mapping[str, float] = field(default_factory=dict)
    angles_ok: Mapping[str, bool] = field(default_factory=dict)
    details: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    tokens: int = 0
    failed: bool = False

    def to_json(self) -> dict[str, Any]:
        return {
            "judge": self.judge,
            "model": self.model,
            "message": self.message.to_json(),
            "same_car": self.same_car,
            "scores": {angle: round(score, 4) for angle, score in self.scores.items()},
            "angles_ok": dict(self.angles_ok),
            "details": dict(self.details),
            "seconds": round(self.seconds, 3),
            "tokens": self.tokens,
            "failed": self.failed,
        }
