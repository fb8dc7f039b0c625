"""The live picture of one running set: events in, immutable snapshots out, safe across threads."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace

from carimg.consistency import Report
from carimg.events import (
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
from carimg.spec import SetSpec
from carimg.views import AnglePrompt, Attempt, SetState, ViewState

MAX_LOG_LINES = 500


@dataclass(frozen=True, slots=True)
class ViewProgress:
    """One view as the page shows it. `sha256` names its stored picture, `page_sha256` the JPEG made for the page;
    `partial` is a preview (encoded bytes) while it is being drawn; `started_at` a Unix time in seconds."""

    angle: str
    seed: int = 0
    state: ViewState = ViewState.WAITING
    engine: str = ""
    model: str = ""
    prompt: AnglePrompt | None = None
    attempts: tuple[Attempt, ...] = ()
    started_at: float | None = None
    seconds: float = 0.0
    work_s: float = 0.0
    cost_usd: float = 0.0
    error: str = ""
    seed_honoured: bool = False
    simulated: bool = False
    width: int = 0
    height: int = 0
    sha256: str = ""
    page_sha256: str = ""
    take: int = 0
    partial: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One set at one moment. `version` grows with every change."""

    set_id: str
    session_id: str
    spec: SetSpec
    state: SetState
    started_at: float
    seconds: float
    views: tuple[ViewProgress, ...]
    log: tuple[LogLine, ...] = ()
    engines: tuple[str, ...] = ()
    version: int = 0
    live: bool = False
    """True while a job works on it in this process."""
    report: Report | None = field(default=None, repr=False)
    """Is it one car? Over the views examined so far; None before the first."""
    unexamined: int = 0
    """Views with a picture that the report does not know yet, while they are being examined."""
    trouble: str = ""
    """What the store said when something of this set could not be kept; '' when all was."""

    @property
    def done(self) -> tuple[ViewProgress, ...]:
        return tuple(view for view in self.views if view.state is ViewState.DONE)

    @property
    def one_after_another_s(self) -> float:
        """Seconds the finished views would have taken one after another."""
        return sum(view.work_s for view in self.done)

    @property
    def cost_usd(self) -> float:
        return sum(view.cost_usd for view in self.views)

    @property
    def drew(self) -> tuple[str, ...]:
        """The engines that drew its pictures, in order of appearance."""
        return tuple(dict.fromkeys(view.engine for view in self.done))

    @property
    def mixed(self) -> bool:
        return len(self.drew) > 1

    @property
    def changing(self) -> bool:
        """Whether anything about it may still change by itself."""
        return self.live or self.unexamined > 0


class Board:
    """Keeps one set's snapshot current. `take` runs on the background loop; reading is safe from any thread."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._lock = threading.Lock()
        self._now = snapshot
        self._listeners: set[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = set()

    @property
    def snapshot(self) -> Snapshot:
        with self._lock:
            now = self._now
        return replace(now, seconds=time.time() - now.started_at) if now.state is SetState.RUNNING else now

    def take(self, event: Event, **kept: object) -> None:
        """Work one event in; `kept` are more fields of the view it is about (its stored picture)."""
        with self._lock:
            changed = _after(self._now, event, kept)
            self._now = replace(changed, version=self._now.version + 1)
        self._ring()

    def finish(self, state: SetState) -> None:
        """No job works on it any more; views that were never reached count as cancelled."""
        with self._lock:
            open_states = (ViewState.WAITING, ViewState.PROMPT, ViewState.DRAWING)
            views = tuple(
                replace(v, state=ViewState.CANCELLED, partial=None) if v.state in open_states else v
                for v in self._now.views
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


def _after(now: Snapshot, event: Event, kept: dict[str, object]) -> Snapshot:
    match event:
        case LogLine():
            return replace(now, log=(*now.log, event)[-MAX_LOG_LINES:])
        case SetPlanned():
            views = tuple(replace(v, seed=event.seeds.get(v.angle, v.seed)) for v in now.views)
            return replace(now, views=views, engines=event.engines)
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
            return _with(now, event.view.angle, **_ended(event), **kept)
        case SetEnded():
            return replace(now, state=event.state, seconds=event.seconds)


def _ended(event: ViewEnded) -> dict[str, object]:
    view, picture = event.view, event.view.picture
    facts: dict[str, object] = {
        "state": view.state,
        "prompt": view.prompt,
        "attempts": view.attempts,
        "seconds": view.seconds,
        "work_s": view.work_s,
        "cost_usd": view.cost_usd,
        "error": view.error,
        "partial": None,
    }
    if picture is not None:
        facts |= {
            "engine": picture.engine,
            "model": picture.model,
            "seed_honoured": picture.seed_honoured,
            "simulated": picture.simulated,
            "width": picture.width,
            "height": picture.height,
        }
    return facts


def _with(now: Snapshot, angle: str, **changes: object) -> Snapshot:
    views = tuple(replace(v, **changes) if v.angle == angle else v for v in now.views)  # type: ignore[arg-type]
    return replace(now, views=views)
