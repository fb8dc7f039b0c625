"""Second opinions on sets: the configured judges, asked when somebody wants it, their answers kept by the pictures."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence

from carimg.consistency import Evidence, Message, ViewInput
from carimg.consistency.judges import OnnxJudge, Opinion, configured
from carimg.errors import CarimgError
from carimg.reports import Reports
from carimg.runtime import Runtime
from carimg.settings import Settings
from carimg.store import StoredSet

KEEP = 64
"""Sets whose opinions stay in memory."""

Pictures = tuple[tuple[str, str], ...]


class Opinions:
    """Asks the judges that the settings name. Thread-safe. Nothing here touches a report's verdict."""

    def __init__(self, runtime: Runtime, reports: Reports, settings: Settings) -> None:
        self.judges = configured(settings)
        self._runtime = runtime
        self._reports = reports
        self._asking = threading.Lock()  # one set at a time: an ONNX session is not made for several threads
        self._kept: OrderedDict[Pictures, tuple[Opinion, ...]] = OrderedDict()

    @property
    def wanted(self) -> bool:
        """Whether any judge is asked for by the settings, usable or not."""
        return bool(self.judges.onnx or self.judges.vision or self.judges.unusable)

    def known(self, stored: StoredSet) -> tuple[Opinion, ...]:
        """What was said of exactly these pictures before; cheap, and asks nobody."""
        return self._kept.get(_pictures(stored), ())

    def ask(self, stored: StoredSet) -> tuple[Opinion, ...]:
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
                opinions.append(before.get("vision") or self._runtime.run(self.judges.vision.judge(inputs)))
            self._keep(_pictures(stored), tuple(opinions))
        return tuple(opinions)

    def _ask_onnx(self, judge: OnnxJudge, stored: StoredSet, inputs: Sequence[ViewInput]) -> Opinion:
        evidence = [
            self._reports.evidence(view) or _nothing(seen) for view, seen in zip(stored.drawn, inputs, strict=True)
        ]
        try:
            return judge.judge(inputs, evidence)
        except CarimgError as exc:
            return Opinion("onnx", judge.path.name, Message("judge.failed", {"why": str(exc)}), failed=True)

    def _keep(self, pictures: Pictures, opinions: tuple[Opinion, ...]) -> None:
        self._kept[pictures] = opinions
        while len(self._kept) > KEEP:
            self._kept.popitem(last=False)


def _pictures(stored: StoredSet) -> Pictures:
    return tuple((view.angle, view.sha256) for view in stored.drawn)


def _nothing(seen: ViewInput) -> Evidence:
    return Evidence(seen.angle, seen.yaw, seen.elevation)
