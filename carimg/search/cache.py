"""Hits kept on disk for a week, so that one car is not searched for twice."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

T = TypeVar("T")

WEEK_S = 7 * 24 * 3600.0
MAX_FILE = 256 * 1024
"""Bytes: no answer of ours is longer; what is, is not read."""


class HitCache:
    """One JSON file a query in a folder. Blocking, and safe to use from several processes.

    A file that is old, damaged or cannot be read counts as not there; one that cannot be written is left out.
    """

    def __init__(self, folder: Path, ttl_s: float = WEEK_S, clock: Callable[[], float] = time.time) -> None:
        self._folder = folder
        self._ttl_s = ttl_s
        self._clock = clock

    def get(self, kind: str, query: str, shape: TypeAdapter[T]) -> T | None:
        """The kept answer of that shape, None when there is none."""
        path = self._path(kind, query)
        try:
            if path.stat().st_size > MAX_FILE:
                return None
            kept = json.loads(path.read_text("utf-8"))
            if kept["query"] != query or not 0 <= self._clock() - float(kept["at"]) < self._ttl_s:
                return None
            return shape.validate_python(kept["hits"])
        except (OSError, ValueError, KeyError, TypeError, ValidationError):
            return None

    def put(self, kind: str, query: str, hits: T, shape: TypeAdapter[T]) -> None:
        """Keep an answer; a half-written file is never seen."""
        entry = {"query": query, "at": self._clock(), "hits": shape.dump_python(hits, mode="json")}
        with contextlib.suppress(OSError, UnicodeError):  # foreign text may hold what no file can
            data = json.dumps(entry, ensure_ascii=False).encode()
            self._drop_old()
            self._folder.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self._folder, suffix=".part")
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            Path(name).replace(self._path(kind, query))

    def _drop_old(self) -> None:
        oldest = self._clock() - self._ttl_s
        for path in self._folder.glob("*.json"):
            if path.stat().st_mtime < oldest:
                path.unlink(missing_ok=True)

    def _path(self, kind: str, query: str) -> Path:
        digest = hashlib.sha256(f"{kind}\n{query}".encode()).hexdigest()[:32]
        return self._folder / f"{kind}-{digest}.json"
