"""Running sets: start, watch, cancel, draw again. Ids go in and out, so any page, route or thread may ask."""

from __future__ import annotations

import asyncio
import atexit
import itertools
import logging
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import replace
from functools import cache
from typing import Any, TypeVar

from carimg.board import Board, Snapshot, ViewProgress
from carimg.catalog import Angle, catalog
from carimg.consistency import Report
from carimg.consistency.judges import Opinion
from carimg.errors import CarimgError, InputError, NotThere, StoreError
from carimg.events import Event, LogLine, ViewEnded
from carimg.identity import generate_consistent_session_id
from carimg.opinions import Opinions
from carimg.owners import died_here, owner_name
from carimg.pipeline import generate
from carimg.prompts import check_prompts
from carimg.reports import Reports
from carimg.runtime import Runtime, background
from carimg.settings import Settings, settings
from carimg.spec import SetSpec, parse_changes, parse_kept, parse_spec
from carimg.store import Store, StoredSet, StoredView, open_store
from carimg.tools import Tools, open_tools
from carimg.views import Picture, SetState, View, ViewState

log = logging.getLogger("carimg.jobs")

T = TypeVar("T")

HEARTBEAT_S = 5.0
BEATS_A_PURGE = 720
"""Deleted sets are looked over at the start and every hour."""
STALE_AFTER_S = 20.0
PURGE_AFTER_S = 7 * 86_400.0
"""How long a deleted set can be brought back."""
STORE_TIMEOUT_S = 30.0
"""How long a set waits for the store to keep a view, or its end; longer than SQLite waits for a lock."""
KEEP_FINISHED = 64
"""Finished boards kept in memory; older ones are read from the store."""


class Jobs:
    """All sets of one server process: the ones it draws now, and through the store those of before."""

    def __init__(
        self, runtime: Runtime, tools: Tools, store: Store, settings: Settings, heartbeat_s: float = HEARTBEAT_S
    ) -> None:
        self.runtime = runtime
        self.tools = tools
        self.store = store
        self.settings = settings
        self.owner = owner_name()
        self._boards: dict[str, Board] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._unended: dict[str, tuple[SetState, float]] = {}
        """Sets whose end the store did not keep: told to it again at every heartbeat."""
        self.reports = Reports(store)
        self.second = Opinions(runtime, self.reports, settings)
        self._examining: dict[str, set[asyncio.Task[None]]] = {}
        self._pulse: Future[None] = runtime.submit(self._heartbeat(heartbeat_s))

    def parse(self, order: dict[str, Any]) -> SetSpec:
        """An order from a form, a route or a file, checked against the engines that are set up. Raises InputError."""
        return parse_spec(order, tuple(self.tools.ladder.engines))

    def start(self, spec: SetSpec) -> str:
        """Begin to draw a set; returns its id at once. Blocking only for one small write.

        Raises TemplateError and StoreError; nothing has been asked of any engine then.
        """
        car = spec.car
        session_id = spec.session_id or generate_consistent_session_id(
            car.brand, car.model, car.year, car.color, car.body_type
        )
        spec = replace(spec, session_id=session_id)
        check_prompts(spec)
        set_id = self.store.create_set(spec, session_id, owner=self.owner)
        views = tuple(ViewProgress(angle.id) for angle in spec.angles)
        snapshot = Snapshot(set_id, session_id, spec, SetState.RUNNING, time.time(), 0.0, views, live=True)
        self._launch(set_id, Board(snapshot), spec, None)
        return set_id

    def redo(
        self,
        set_id: str,
        angles: list[str],
        *,
        seeds: dict[str, int] | None = None,
        prompts: dict[str, str] | None = None,
    ) -> None:
        """Draw some views of a finished set again, as new takes: with the same seeds unless `seeds` gives others, with
        the template's prompts unless `prompts` gives them word for word. Raises InputError, StoreError."""
        before = self.snapshot(set_id)
        if before.live:
            raise InputError("set_id", "This set is still being drawn: wait for it, or cancel it first.")
        asked = parse_changes(angles, seeds or {}, prompts or {})
        wanted = self._angles_of(before, asked.angles)
        kept = {view.angle: view.seed for view in before.views} | asked.seeds
        spec = replace(
            before.spec,
            angles=wanted,
            session_id=before.session_id,
            seeds={angle.id: kept[angle.id] for angle in wanted},
            prompts=dict(before.spec.prompts) | asked.prompts,
            main=before.spec.main_angle,
        )
        check_prompts(spec)
        self.store.set_state(set_id, SetState.RUNNING, owner=self.owner)
        views = tuple(
            ViewProgress(view.angle, seed=kept[view.angle]) if view.angle in asked.angles else view
            for view in before.views
        )
        now = replace(before, views=views, state=SetState.RUNNING, started_at=time.time(), live=True, trouble="")
        board = Board(now)
        self._launch(set_id, board, spec, self._main_picture(before, wanted))

    def draw_rest(self, set_id: str) -> None:
        """Draw the views of a set that are not there yet. Raises InputError when none is missing."""
        before = self.snapshot(set_id)
        missing = [view.angle for view in before.views if view.state is not ViewState.DONE]
        if not missing:
            raise InputError("set_id", "Every view of this set is there already.")
        self.redo(set_id, missing)

    def choose_take(self, set_id: str, angle: str, take: int) -> None:
        """Show an earlier take of a view; the others are kept. Raises InputError while the set is drawn, StoreError."""
        if set_id in self._tasks:
            raise InputError("set_id", "This set is still being drawn: wait for it, or cancel it first.")
        self.store.choose_take(set_id, angle, take)
        self._boards.pop(set_id, None)

    def snapshot(self, set_id: str) -> Snapshot:
        """The set as it is now, live or from the store. `set_id` may be a displayed id ('CAR-1a2b3c4d': the newest
        set of that session). Raises StoreError when there is none."""
        board = self._boards.get(set_id)
        if board is not None:
            return board.snapshot
        stored = self.stored(set_id)
        board = self._boards.get(stored.set_id)
        return board.snapshot if board else snapshot_of(stored, self.store)

    def stored(self, set_id: str) -> StoredSet:
        """The set as the store has it, by its id or a displayed id. Raises StoreError when there is none."""
        stored = self.store.find_set(set_id)
        if stored is None:
            raise NotThere("set")
        return stored

    async def changes(self, set_id: str, since: int = -1) -> AsyncIterator[int]:
        """Version numbers of a set as it changes, on any loop; ends when nothing more will change."""
        board = self._boards.get(set_id)
        if board is not None:
            async for version in board.changes(since):
                yield version

    def attend(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        """Do other work beside the sets, under a name that is no set's: `cancel` stops it, and so does closing."""

        async def attended() -> None:
            try:
                await work
            finally:
                self._tasks.pop(name, None)

        self.runtime.run(self._begin(name, attended()))

    def attends(self, name: str) -> bool:
        """Whether that work still goes on in this process."""
        return name in self._tasks

    def cancel(self, set_id: str) -> None:
        """Stop what has not been drawn yet. What is there stays. Cancelling a finished set does nothing."""
        self.runtime.loop.call_soon_threadsafe(self._cancel, set_id)

    def wait(self, set_id: str, timeout_s: float | None = None) -> Snapshot:
        """Block until a set ends (any thread but the loop's). Raises TimeoutError."""
        self.runtime.run(self._ended(set_id), timeout_s)
        return self.snapshot(set_id)

    def report(self, set_id: str) -> Report:
        """Is it one car? The report over all pictures of a set, examining what has not been (blocking). Raises
        StoreError."""
        return self.reports.of(self.stored(set_id))

    def opinions(self, set_id: str) -> tuple[Opinion, ...]:
        """What the configured judges say of a set, apart from its report (blocking, and may cost money). Raises
        StoreError."""
        return self.second.ask(self.stored(set_id))

    async def finished(self, set_id: str) -> Snapshot:
        """The same for another loop (a route): await until a set ends."""
        await asyncio.wrap_future(self.runtime.submit(self._ended(set_id)))
        return await asyncio.to_thread(self.snapshot, set_id)

    def stop(self) -> None:
        """End all sets; each keeps the views it has. Blocking, from any thread but the loop's."""
        self.runtime.run(self._stop())

    def close(self) -> None:
        """Stop all sets, then close the tools and the store."""
        self.stop()
        self._pulse.cancel()
        self.runtime.run(self.tools.aclose())
        self.reports.close()
        self.store.close()

    def _angles_of(self, snapshot: Snapshot, ids: list[str]) -> tuple[Angle, ...]:
        there = {view.angle for view in snapshot.views}
        for angle in ids:
            if angle not in there:
                raise InputError("angles", f"This set has no view '{angle}'.")
        return tuple(_angle(angle) for angle in ids)

    def _main_picture(self, before: Snapshot, wanted: tuple[Angle, ...]) -> Picture | None:
        """The stored main picture, as an anchor for views that are drawn again."""
        main = before.spec.main_angle
        view = next((v for v in before.views if v.angle == main.id and v.sha256), None)
        if main in wanted or view is None:
            return None
        stored = self.store.load_set(before.set_id)
        mime = next(v.mime for v in stored.views if v.angle == main.id)
        data = self.store.read_picture(view.sha256, "original")
        return Picture(data, mime, view.width, view.height, view.engine, view.model, view.seed_honoured)

    def _launch(self, set_id: str, board: Board, spec: SetSpec, anchor: Picture | None) -> None:
        self._forget_old()
        self._unended.pop(set_id, None)
        self._boards[set_id] = board
        self.runtime.run(self._begin(set_id, self._draw(set_id, board, spec, anchor)))

    async def _begin(self, set_id: str, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work, name=f"set {set_id}")
        await asyncio.sleep(0)  # it has begun now: a task that is cancelled before it began could not tidy up
        if not task.done():
            self._tasks[set_id] = task

    async def _draw(self, set_id: str, board: Board, spec: SetSpec, anchor: Picture | None) -> None:
        async def on_event(event: Event) -> None:
            if isinstance(event, ViewEnded):
                await self._take_view(set_id, board, event.view)
            else:
                board.take(event)

        state = SetState.FAILED
        try:
            result = await generate(spec, self.tools, on_event, anchor=anchor)
            state = result.state
        except asyncio.CancelledError:
            state = SetState.CANCELLED
        except CarimgError as exc:
            board.take(LogLine("AsyncGen", f"⚠️ {exc}", time.time()))
        except Exception:  # a job ends here and is recorded: the bug is logged whole, the page says that there was one
            log.exception("set %s broke", set_id)
            board.take(LogLine("AsyncGen", "⚠️ An internal error stopped this set; the server log has it.", time.time()))
        finally:
            await asyncio.shield(self._finish(set_id, board, state))

    async def _take_view(self, set_id: str, board: Board, view: View) -> None:
        """Keep a view that has ended, then show it. One that the store does not keep has failed, and says why."""
        try:
            stored = await self._in_store(lambda: self.store.save_view(set_id, view))
        except Exception as exc:  # whatever the store says, the set goes on
            trouble = _trouble(exc, f"view {view.angle} of set {set_id} was not kept")
            board.warn(trouble)
            if view.picture is not None:
                view = replace(view, state=ViewState.FAILED, picture=None, error=trouble)
            board.take(ViewEnded(view))
            return
        board.take(ViewEnded(view), sha256=stored.sha256, page_sha256=stored.page_sha256, take=stored.take)
        if stored.sha256:
            self._examine(set_id, board, stored)

    async def _finish(self, set_id: str, board: Board, state: SetState) -> None:
        """End a set in the store if it can be, and in memory whatever the store says."""
        now = board.snapshot
        state = _ending(state, now)
        try:
            await self._in_store(lambda: self.store.finish_set(set_id, state, now.seconds))
        except Exception as exc:  # see above
            board.warn(_trouble(exc, f"the end of set {set_id} was not kept"))
            self._unended[set_id] = (state, now.seconds)
        finally:
            board.finish(state)
            self._tasks.pop(set_id, None)

    async def _in_store(self, work: Callable[[], T]) -> T:
        """Blocking work of the store. Raises what it raises, and StoreError when it takes too long."""
        try:
            async with asyncio.timeout(STORE_TIMEOUT_S):
                return await asyncio.to_thread(work)
        except TimeoutError as exc:
            raise StoreError(f"The store gave no answer within {STORE_TIMEOUT_S:g} s.") from exc

    def _examine(self, set_id: str, board: Board, view: StoredView) -> None:
        """Have a view examined for the report while the set goes on."""

        async def work() -> None:
            report = None
            try:
                await self.reports.examined(view)
                report = await self.reports.grown(lambda: self.store.load_set(set_id))
            except StoreError as exc:
                log.warning("report of %s: %s", set_id, exc)
            finally:
                board.examine(report, max(0, board.snapshot.unexamined - 1))

        board.examine(None, board.snapshot.unexamined + 1)
        tasks = self._examining.setdefault(set_id, set())
        task = asyncio.create_task(work(), name=f"report {set_id} {view.angle}")
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    def _cancel(self, set_id: str) -> None:
        task = self._tasks.get(set_id)
        if task is not None:
            task.cancel()

    async def _ended(self, set_id: str) -> None:
        task = self._tasks.get(set_id)
        if task is not None:
            await asyncio.wait([task])

    async def _stop(self) -> None:
        tasks = [*self._tasks.values(), *(task for tasks in self._examining.values() for task in tasks)]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    async def _heartbeat(self, every_s: float) -> None:
        """Tell other servers on the same database that this one lives, and mark the sets of those that died."""
        for beat in itertools.count():
            try:
                await asyncio.to_thread(self.store.heartbeat, self.owner)
                await asyncio.to_thread(self.store.mark_interrupted, time.time(), STALE_AFTER_S)
                if beat % BEATS_A_PURGE == 0:
                    await asyncio.to_thread(self.store.purge_deleted, PURGE_AFTER_S)
                await self._tell_ends()
            except StoreError as exc:
                log.warning("heartbeat: %s", exc)
            except Exception:  # a heart that stops once would have every set of this server marked as interrupted
                log.exception("heartbeat")
            await asyncio.sleep(every_s)

    async def _tell_ends(self) -> None:
        """Tell the store how sets ended that it did not hear of. Raises StoreError while it still cannot be told."""
        for set_id, (state, seconds) in tuple(self._unended.items()):
            with suppress(NotThere):  # it was deleted meanwhile
                await asyncio.to_thread(self.store.finish_set, set_id, state, seconds)
            self._unended.pop(set_id, None)

    def _forget_old(self) -> None:
        finished = [set_id for set_id, board in self._boards.items() if not board.snapshot.changing]
        for set_id in finished[: max(0, len(finished) - KEEP_FINISHED)]:
            del self._boards[set_id]
            self._examining.pop(set_id, None)


def _ending(state: SetState, now: Snapshot) -> SetState:
    """How a set has ended, by the views it has; one that was cancelled stays so."""
    if state is SetState.CANCELLED:
        return state
    done = len(now.done)
    return SetState.DONE if done == len(now.views) else SetState.PARTIAL if done else SetState.FAILED


def _trouble(exc: Exception, what: str) -> str:
    """What the store said, for people; anything but its own sentences goes to the log whole."""
    if isinstance(exc, StoreError):
        log.warning("%s: %s", what, exc)
        return str(exc)
    log.exception("%s", what, exc_info=exc)
    return f"The store failed for an internal error ({type(exc).__name__}); the server's log has it."


def _angle(angle_id: str) -> Angle:
    angle = catalog().angle(angle_id)
    if angle is None:
        raise InputError("angles", f"Angle '{angle_id}' is not known any more.")
    return angle


def snapshot_of(stored: StoredSet, store: Store) -> Snapshot:
    """A stored set in the form of a live one."""
    spec = parse_kept(stored.order)
    views = tuple(
        ViewProgress(
            angle=view.angle,
            seed=view.seed if view.seed is not None else spec.seed(stored.session_id, _angle(view.angle)),
            state=view.state,
            engine=view.engine,
            model=view.model,
            prompt=view.angle_prompt(spec.car, stored.session_id, store.photos(view)),
            attempts=view.attempts,
            seconds=view.seconds,
            work_s=view.work_s,
            cost_usd=view.cost_usd,
            error=view.error,
            seed_honoured=view.seed_honoured,
            simulated=view.simulated,
            width=view.width,
            height=view.height,
            sha256=view.sha256,
            page_sha256=view.page_sha256,
            take=view.take,
        )
        for view in stored.views
    )
    return Snapshot(
        stored.set_id,
        stored.session_id,
        spec,
        stored.state,
        stored.created_at,
        stored.seconds,
        views,
        engines=spec.engines,
    )


def open_jobs(settings: Settings, runtime: Runtime) -> Jobs:
    """Open the store and the tools, and take up work. Raises SettingsError, StoreError."""
    store = open_store(settings.database_url.get_secret_value(), settings.data_dir)
    for owner in store.running_owners():
        if died_here(owner):
            store.heartbeat(owner, now=0.0)
    store.mark_interrupted(time.time(), STALE_AFTER_S)
    tools = runtime.run(open_tools(settings, store.spent_today_usd(time.time())))
    return Jobs(runtime, tools, store, settings)


@cache
def shared() -> Jobs:
    """The process's own jobs, opened at the first call, closed at exit."""
    jobs = open_jobs(settings(), background())
    atexit.register(close_shared)
    return jobs


def close_shared() -> None:
    """Close the process's jobs if they were opened; the next `shared()` opens new ones."""
    if shared.cache_info().currsize:
        shared().close()
        shared.cache_clear()
