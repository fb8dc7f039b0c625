"""What the report finds in a view, remembered on disk: a bench that is run again has it at once."""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import carimg.consistency
from bench.consistency_sets import PROCESSES, without_masks
from carimg.consistency import Evidence, ViewInput, examine


class Examiner:
    """`examine` with a memory on disk that forgets when the package's source changes; with exact masks or none."""

    def __init__(self, cache: Path, masks: bool) -> None:
        source = b"".join(path.read_bytes() for path in sorted(Path(carimg.consistency.__path__[0]).glob("*.py")))
        self._file = (
            cache / f"evidence-{hashlib.sha256(source).hexdigest()[:12]}-{'masks' if masks else 'plain'}.pickle"
        )
        self._masks = masks
        self._known: dict[str, Evidence] = pickle.loads(self._file.read_bytes()) if self._file.is_file() else {}

    def __call__(self, view: ViewInput) -> Evidence:
        seen = self._seen(view)
        key = self._key(seen)
        if key not in self._known:
            self._known[key] = examine(seen)
        return self._known[key]

    def learn(self, views: Sequence[ViewInput]) -> None:
        """Examine many, in two processes."""
        seen = {self._key(one): one for one in map(self._seen, views)}
        missing = {key: one for key, one in seen.items() if key not in self._known}
        with ProcessPoolExecutor(PROCESSES, get_context("spawn")) as pool:
            self._known |= dict(zip(missing, pool.map(examine, missing.values(), chunksize=8), strict=True))

    def _seen(self, view: ViewInput) -> ViewInput:
        return view if self._masks else without_masks(view)

    @staticmethod
    def _key(seen: ViewInput) -> str:
        text = f"{seen.angle} {seen.yaw} {seen.elevation}".encode() + seen.data + (seen.car_mask or b"")
        return hashlib.sha256(text).hexdigest()

    def keep(self) -> None:
        self._file.write_bytes(pickle.dumps(self._known))
