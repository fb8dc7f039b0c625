"""Consistency reports of sets: every picture is examined once, on a thread of its own, and kept by its hash."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from cachetools import LRUCache

from carimg.consistency import Evidence, Report, ViewInput, conclude, examine
from carimg.domain.catalog import catalog
from carimg.domain.set_record import SetRecord
from carimg.domain.view import View
from carimg.errors import StoreError
from carimg.generation.live import Snapshot
from carimg.store import Store

KEEP = 1024
"""Pictures whose evidence stays in memory (some tens of kilobytes each)."""
KEEP_REPORTS = 256
"""Reports that stay in memory: a conclusion over twelve views takes a third of a second."""

Pictures = tuple[tuple[str, str], ...]
"""(hash, angle) of each view."""


@dataclass(frozen=True, slots=True)
class Progress:
    """A report over the views examined so far; `missing` counts the views with a picture that are still to come."""

    report: Report
    missing: int


class Reports:
    """Examines pictures off the loop, one at a time, and draws conclusions over any set. Thread-safe."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="carimg-report")
        self._lock = threading.Lock()
        self._kept: LRUCache[tuple[str, str], Evidence] = LRUCache(KEEP)
        self._concluded: LRUCache[tuple[Pictures, str], Report] = LRUCache(KEEP_REPORTS)

    async def examined(self, view: View) -> None:
        """Wait until a view's picture has been examined."""
        await asyncio.get_running_loop().run_in_executor(self._pool, self._examine, view)

    async def grown(self, load: Callable[[], SetRecord]) -> Report:
        """The report over what has been examined of the set that `load` reads. One after another, so that a later
        one never knows less."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, lambda: self.so_far(load()).report)

    def so_far(self, stored: SetRecord) -> Progress:
        """The report over what has been examined. Examines nothing; for any thread but the loop's."""
        there = {(view.sha256, view.angle): found for view in stored.drawn if (found := self._find(view))}
        return Progress(self._conclude(there, _asked_for(stored)), len(stored.drawn) - len(there))

    def known(self, now: Snapshot) -> Report | None:
        """The report of a set as far as it is known, without examining anything; None when a finished set was never
        examined or is gone. For any thread but the loop's."""
        if now.report and (now.changing or len(now.report.views) == len(now.drawn)):
            return now.report
        if now.changing:
            return None
        try:
            progress = self.so_far(self._store.load_set(now.set_id))
        except StoreError:
            return None
        return None if progress.missing else progress.report

    def of(self, stored: SetRecord) -> Report:
        """The whole report, examining what is missing (blocking: up to half a second a view)."""
        evidence = self._pool.map(self._examine, stored.drawn)
        there = {(view.sha256, view.angle): found for view, found in zip(stored.drawn, evidence, strict=True)}
        return self._conclude(there, _asked_for(stored))

    def step_by_step(self, stored: SetRecord) -> Iterator[int]:
        """The same examination as `of` for who wants to show how far it is: how many views are done, as it goes on.
        Raises StoreError when a picture is gone."""
        for number, _ in enumerate(self._pool.map(self._examine, stored.drawn), 1):
            yield number

    def missing(self, stored: SetRecord) -> int:
        """How many pictures of a set have not been examined yet."""
        return sum(self._find(view) is None for view in stored.drawn)

    def inputs(self, stored: SetRecord) -> list[ViewInput]:
        """The pictures with their masks, as judges take them. Raises StoreError when one is gone."""
        return [self._input(view) for view in stored.drawn]

    def evidence(self, view: View) -> Evidence | None:
        """What was found in one view, if it has been examined: its mask and its paint."""
        return self._find(view)

    def close(self) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _conclude(self, there: dict[tuple[str, str], Evidence], requested_hex: str) -> Report:
        key = (tuple(there), requested_hex)
        with self._lock:
            report = self._concluded.get(key)
        if report is None:
            report = conclude(list(there.values()), requested_hex)
            with self._lock:
                self._concluded[key] = report
        return report

    def _find(self, view: View) -> Evidence | None:
        with self._lock:
            return self._kept.get((view.sha256, view.angle))

    def _examine(self, view: View) -> Evidence:
        found = self._find(view)
        if found is not None:
            return found
        found = examine(self._input(view))
        with self._lock:
            self._kept[(view.sha256, view.angle)] = found
        return found

    def _input(self, view: View) -> ViewInput:
        angle = catalog().angle(view.angle)
        return ViewInput(
            angle=view.angle,
            yaw=angle.yaw if angle else 0.0,
            elevation=angle.elevation if angle else 0.0,
            data=self._store.read_picture(view.sha256),
            car_mask=self._mask(view.car_mask_sha256),
            paint_mask=self._mask(view.paint_mask_sha256),
        )

    def _mask(self, sha256: str) -> bytes | None:
        return self._store.read_picture(sha256, "mask") if sha256 else None


def _asked_for(stored: SetRecord) -> str:
    return catalog().color(stored.car.color).hex
