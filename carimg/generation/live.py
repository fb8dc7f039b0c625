"""One running set: events in, immutable snapshots out, safe across threads."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, fields, replace
from typing import Any

from carimg.consistency import Report
from carimg.domain.set_record import SetRecord
from carimg.domain.view import SetState, ViewState
from carimg.generation.events import (
    AttemptEnded,
    EngineStarted,
    Event,
    LogLine,
    PartialPicture,
    PromptReady,
    SetEnded,
    SetPlanned,
    ViewEnded,
)

MAX_LOG_LINES = 500


@dataclass(frozen=True, slots=True)
class Snapshot(SetRecord):
    """One set at one moment, with what is known of it while it is drawn. `version` grows with every change."""

    started_at: float = 0.0
    """Unix time in seconds of the last start: of the order, or of a redo."""
    log: tuple[LogLine, ...] = ()
    version: int = 0
    live: bool = False
    """True while a job works on it in this process."""
    report: Report | None = field(default=None, repr=False)
    """Is it one car? Over the views examined so far; None before the first."""
    unexamined: int = 0
    """Views with a picture that the report does not know yet, while they are being examined."""
    trouble: str = ""
    """What the store said when something of this set could not be kept; '' when all was."""

    @classmethod
    def of(cls, stored: SetRecord) -> Snapshot:
        """A stored set in the form of a live one. Views that were never planned get the seeds that they would have."""
        planned = {angle.id: stored.order.seed(stored.session_id, angle) for angle in stored.order.angles}
        views = tuple(
            view if view.seed is not None else replace(view, seed=planned.get(view.angle)) for view in stored.views
        )
        kept = {item.name: getattr(stored, item.name) for item in fields(SetRecord)}
        return cls(**{**kept, "views": views}, started_at=stored.created_at)

    @property
    def changing(self) -> bool:
        """Whether anything about it may still change by itself."""
        return self.live or self.unexamined > 0


class LiveSet:
    """Keeps one set's snapshot current. `note` runs on the background loop; reading is safe from any thread."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._lock = threading.Lock()
        self._now = snapshot
        self._listeners: set[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = set()

    @property
    def snapshot(self) -> Snapshot:
        with self._lock:
            now = self._now
        return replace(now, seconds=time.time() - now.started_at) if now.state is SetState.RUNNING else now

    def note(self, event: Event) -> None:
        """Work one event in."""
        with self._lock:
            changed = _after(self._now, event)
            self._now = replace(changed, version=self._now.version + 1)
        self._ring()

    def finish(self, state: SetState) -> None:
        """No job works on it any more; views that were never reached count as cancelled."""
        with self._lock:
            views = tuple(
                v if v.state.ended else replace(v, state=ViewState.CANCELLED, partial=None) for v in self._now.views
            )
            self._now = replace(self._now, views=views, state=state, live=False, version=self._now.version + 1)
        self._ring()

    def warn(self, trouble: str) -> None:
        """The store did not keep something of this set, and this is what it said. The first word counts: it is nearest
        to the cause."""
        with self._lock:
            self._now = replace(self._now, trouble=self._now.trouble or trouble, version=self._now.version + 1)
        self._ring()

    def examine(self, report: Report | None, unexamined: int) -> None:
        """A view more, or less, is left to be examined; `report` None keeps the one there is."""
        with self._lock:
            report = report or self._now.report
            self._now = replace(self._now, report=report, unexamined=unexamined, version=self._now.version + 1)
        self._ring()

    async def changes(self, since: int = -1, at_most_s: float = 15.0) -> AsyncIterator[int]:
        """Versions, as they come, from any loop; the last one repeats every `at_most_s` seconds as a sign of life.
        Ends when no job works on the set any more."""
        changed = asyncio.Event()
        listener = (asyncio.get_running_loop(), changed)
        self._listeners.add(listener)
        try:
            while True:
                now = self.snapshot
                yield now.version
                if not now.changing:
                    return
                changed.clear()
                if self.snapshot.version == now.version:
                    try:
                        async with asyncio.timeout(at_most_s):
                            await changed.wait()
                    except TimeoutError:
                        continue
        finally:
            self._listeners.discard(listener)

    def _ring(self) -> None:
        for loop, event in tuple(self._listeners):
            try:
                loop.call_soon_threadsafe(event.set)
            except RuntimeError:  # that loop has closed: nobody listens there any more
                self._listeners.discard((loop, event))


def _after(now: Snapshot, event: Event) -> Snapshot:
    match event:
        case LogLine():
            return replace(now, log=(*now.log, event)[-MAX_LOG_LINES:])
        case SetPlanned():
            return replace(now, views=tuple(replace(v, seed=event.seeds.get(v.angle, v.seed)) for v in now.views))
        case PromptReady():
            return _with(now, event.prompt.angle, prompt=event.prompt, state=ViewState.PROMPT)
        case EngineStarted():
            started = next((v.started_at for v in now.views if v.angle == event.angle), None) or time.time()
            return _with(now, event.angle, state=ViewState.DRAWING, engine=event.engine, started_at=started)
        case AttemptEnded():
            tried = next((v.attempts for v in now.views if v.angle == event.angle), ())
            return _with(now, event.angle, attempts=(*tried, event.attempt))
        case PartialPicture():
            return _with(now, event.angle, partial=event.data)
        case ViewEnded():
            ended = replace(event.view, picture=None)
            return replace(now, views=tuple(ended if v.angle == ended.angle else v for v in now.views))
        case SetEnded():
            return replace(now, state=event.state, seconds=event.seconds)


def _with(now: Snapshot, angle: str, **changes: Any) -> Snapshot:
    return replace(now, views=tuple(replace(v, **changes) if v.angle == angle else v for v in now.views))
