"""Optional second opinions, off unless configured: each is reported apart and never part of the report's verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from carimg.consistency.messages import Message
from carimg.consistency.onnx_judge import OnnxJudge
from carimg.consistency.opinion import Opinion
from carimg.consistency.vision_judge import VisionJudge
from carimg.settings import Settings

__all__ = ["Judges", "OnnxJudge", "Opinion", "VisionJudge", "configured"]


@dataclass(frozen=True, slots=True)
class Judges:
    """The judges that the settings ask for; None where they do not."""

    onnx: OnnxJudge | None = None
    vision: VisionJudge | None = None
    unusable: Mapping[str, Message] = field(default_factory=dict)
    """Judges that are asked for and cannot work, and why."""

    def to_json(self) -> dict[str, Any]:
        return {
            "onnx": self.onnx is not None,
            "vision": self.vision is not None,
            "unusable": {name: message.to_json() for name, message in self.unusable.items()},
        }


def configured(settings: Settings) -> Judges:
    """Judges by `onnx_judge` (a model file) and `vision_judge` (needs an OpenAI key or server); nothing is loaded or
    asked yet."""
    unusable: dict[str, Message] = {}
    vision = None
    if settings.vision_judge and settings.has_openai:
        vision = VisionJudge(
            api_key=settings.openai_api_key.get_secret_value(),
            base_url=settings.openai_base_url,
            model=settings.openai_text_model,
            timeout_s=settings.engine_timeout_s,
        )
    elif settings.vision_judge:
        unusable["vision"] = Message("judge.failed", {"why": "CARIMG_VISION_JUDGE needs OPENAI_API_KEY."})
    return Judges(OnnxJudge(settings.onnx_judge) if settings.onnx_judge else None, vision, unusable)
