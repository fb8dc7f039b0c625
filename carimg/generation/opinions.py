"""Second opinions on sets: the configured judges, asked when somebody wants it, their answers kept by the pictures."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cachetools import LRUCache

from carimg.consistency import Evidence, Message, ViewInput
from carimg.consistency.judges import OnnxJudge, Opinion, VisionJudge
from carimg.domain.set_record import SetRecord
from carimg.errors import CarimgError
from carimg.generation.background import Background
from carimg.generation.reports import Reports
from carimg.settings import Settings

KEEP = 64
"""Sets whose opinions stay in memory."""

Pictures = tuple[tuple[str, str], ...]


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


class Opinions:
    """Asks the judges that the settings name. Thread-safe. Nothing here touches a report's verdict."""

    def __init__(self, background: Background, reports: Reports, settings: Settings) -> None:
        self.judges = configured(settings)
        self._background = background
        self._reports = reports
        self._lock = threading.Lock()
        self._asking = threading.Lock()  # one set at a time: an ONNX session is not made for several threads
        self._kept: LRUCache[Pictures, tuple[Opinion, ...]] = LRUCache(KEEP)

    @property
    def wanted(self) -> bool:
        """Whether any judge is asked for by the settings, usable or not."""
        return bool(self.judges.onnx or self.judges.vision or self.judges.unusable)

    def known(self, stored: SetRecord) -> tuple[Opinion, ...]:
        """What was said of exactly these pictures before; cheap, and asks nobody."""
        with self._lock:
            return self._kept.get(_pictures(stored), ())

    def ask(self, stored: SetRecord) -> tuple[Opinion, ...]:
        """Every judge's opinion; a judge that failed before is asked again. Blocking: seconds for a large model.

        Raises StoreError when a picture is gone.
        """
        with self._asking:
            before = {opinion.judge: opinion for opinion in self.known(stored) if not opinion.failed}
            self._reports.of(stored)
            inputs = self._reports.inputs(stored)
            opinions = [Opinion(name, "", why, failed=True) for name, why in self.judges.unusable.items()]
            if self.judges.onnx:
                opinions.append(before.get("onnx") or self._ask_onnx(self.judges.onnx, stored, inputs))
            if self.judges.vision:
                opinions.append(before.get("vision") or self._background.run(self.judges.vision.judge(inputs)))
            with self._lock:
                self._kept[_pictures(stored)] = tuple(opinions)
        return tuple(opinions)

    def _ask_onnx(self, judge: OnnxJudge, stored: SetRecord, inputs: Sequence[ViewInput]) -> Opinion:
        evidence = [
            self._reports.evidence(view) or _nothing(seen) for view, seen in zip(stored.drawn, inputs, strict=True)
        ]
        try:
            return judge.judge(inputs, evidence)
        except CarimgError as exc:
            return Opinion("onnx", judge.path.name, Message("judge.failed", {"why": str(exc)}), failed=True)


def _pictures(stored: SetRecord) -> Pictures:
    return tuple((view.angle, view.sha256) for view in stored.drawn)


def _nothing(seen: ViewInput) -> Evidence:
    return Evidence(seen.angle, seen.yaw, seen.elevation)
