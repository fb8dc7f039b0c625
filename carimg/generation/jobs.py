"""Running sets: start, watch, cancel, draw again. Ids go in and out, so any page, route or thread may ask."""

from __future__ import annotations

import asyncio
import atexit
import logging
import time
from collections.abc import AsyncIterator, Coroutine
from concurrent.futures import Future
from dataclasses import replace
from functools import cache
from typing import Any

from carimg.consistency import Report
from carimg.domain.identity import generate_consistent_session_id
from carimg.domain.order import Order, Redo
from carimg.domain.set_record import SetRecord
from carimg.domain.view import Picture, SetState, View
from carimg.engines.base import Drawn
from carimg.engines.directory import EngineDirectory
from carimg.errors import CarimgError, InputError, NotThere, StoreError
from carimg.generation.background import Background, background
from carimg.generation.context import Context, open_context
from carimg.generation.events import Event, LogLine, ViewEnded
from carimg.generation.heartbeat import HEARTBEAT_S, beat, owner_name, take_over_from_the_dead
from carimg.generation.live import LiveSet, Snapshot
from carimg.generation.opinions import Opinions
from carimg.generation.persistence import Persistence
from carimg.generation.pipeline import generate
from carimg.generation.reports import Reports
from carimg.prompts.template import check_prompts
from carimg.settings import Settings, settings
from carimg.store import Store, open_store

log = logging.getLogger("carimg.generation.jobs")

KEEP_FINISHED = 64
"""Finished sets kept in memory; older ones are read from the store."""
_STILL_DRAWN = "This set is still being drawn: wait for it, or cancel it first."


class Jobs:
    """All sets of one server process: the ones it draws now, and through the store those of before.

    Beside them stands what pages and routes need to know: `engines`, `reports`, `opinions`, and the `store`.
    """

    def __init__(
        self,
        background: Background,
        context: Context,
        store: Store,
        settings: Settings,
        heartbeat_s: float = HEARTBEAT_S,
    ) -> None:
        self.settings = settings
        self.store = store
        self.engines = EngineDirectory(context.chain)
        self.reports = Reports(store)
        self.opinions = Opinions(background, self.reports, settings)
        self._background = background
        self._context = context
        self._owner = owner_name()
        self._persistence = Persistence(store)
        self._live: dict[str, LiveSet] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._examining: dict[str, set[asyncio.Task[None]]] = {}
        self._pulse: Future[None] = background.submit(beat(store, self._persistence, self._owner, heartbeat_s))

    def parse(self, order: dict[str, Any]) -> Order:
        """An order from a form, a route or a file, checked against the engines that are set up. Raises InputError."""
        return Order.parse(order, self.engines.ids)

    def start(self, order: Order) -> str:
        """Begin to draw a set; returns its id at once. Blocking only for one small write.

        Raises TemplateError and StoreError; nothing has been asked of any engine then.
        """
        car = order.car
        session_id = order.session_id or generate_consistent_session_id(
            car.brand, car.model, car.year, car.color, car.body_type
        )
        order = order.changed(session_id=session_id)
        check_prompts(order)
        set_id = self.store.create_set(order, session_id, owner=self._owner)
        views = tuple(View(angle.id, is_main=angle == order.main_angle) for angle in order.angles)
        now = time.time()
        snapshot = Snapshot(
            set_id, session_id, order, SetState.RUNNING, now, 0.0, views, owner=self._owner, started_at=now, live=True
        )
        self._launch(set_id, LiveSet(snapshot), order, None)
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
            raise InputError("set_id", _STILL_DRAWN)
        asked = Redo.checked({"angles": angles, "seeds": seeds or {}, "prompts": prompts or {}})
        for angle in asked.angles:
            if before.view(angle.id) is None:
                raise InputError("angles", f"This set has no view '{angle.id}'.")
        seeds_of_all = _seeds(before) | dict(asked.seeds)
        order = before.order.changed(
            angles=asked.angles,
            session_id=before.session_id,
            seeds={angle.id: seeds_of_all[angle.id] for angle in asked.angles},
            prompts={**before.order.prompts, **asked.prompts},
            main=before.order.main_angle,
        )
        check_prompts(order)
        self.store.set_state(set_id, SetState.RUNNING, owner=self._owner)
        again = {angle.id for angle in asked.angles}
        views = tuple(
            View(view.angle, seed=seeds_of_all[view.angle], is_main=view.is_main) if view.angle in again else view
            for view in before.views
        )
        now = replace(
            before,
            views=views,
            state=SetState.RUNNING,
            started_at=time.time(),
            live=True,
            trouble="",
            unexamined=0,  # what is still being examined tells the live set of before
        )
        self._launch(set_id, LiveSet(now), order, self._main_picture(before, order))

    def draw_rest(self, set_id: str) -> None:
        """Draw the views of a set that are not there yet. Raises InputError when none is missing."""
        missing = list(self.snapshot(set_id).missing)
        if not missing:
            raise InputError("set_id", "Every view of this set is there already.")
        self.redo(set_id, missing)

    def choose_take(self, set_id: str, angle: str, take: int) -> None:
        """Show an earlier take of a view; the others are kept. Raises InputError while the set is drawn, StoreError."""
        if set_id in self._tasks:
            raise InputError("set_id", _STILL_DRAWN)
        self.store.choose_take(set_id, angle, take)
        self._live.pop(set_id, None)

    def snapshot(self, set_id: str) -> Snapshot:
        """The set as it is now, live or from the store. `set_id` may be a displayed id ('CAR-1a2b3c4d': the newest
        set of that session). Raises StoreError when there is none."""
        live = self._live.get(set_id)
        if live is not None:
            return live.snapshot
        stored = self.stored(set_id)
        live = self._live.get(stored.set_id)
        return live.snapshot if live else Snapshot.of(stored)

    def stored(self, set_id: str) -> SetRecord:
        """The set as the store has it, by its id or a displayed id. Raises StoreError when there is none."""
        stored = self.store.find_set(set_id)
        if stored is None:
            raise NotThere("set")
        return stored

    async def changes(self, set_id: str, since: int = -1) -> AsyncIterator[int]:
        """Version numbers of a set as it changes, on any loop; ends when nothing more will change."""
        live = self._live.get(set_id)
        if live is not None:
            async for version in live.changes(since):
                yield version

    def run_task(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        """Do other work beside the sets, under a name that is no set's: `cancel` stops it, and so does closing."""

        async def run_to_its_end() -> None:
            try:
                await work
            finally:
                self._tasks.pop(name, None)

        self._background.run(self._begin(name, run_to_its_end()))

    def runs_task(self, name: str) -> bool:
        """Whether that work still goes on in this process."""
        return name in self._tasks

    def cancel(self, set_id: str) -> None:
        """Stop what has not been drawn yet. What is there stays. Cancelling a finished set does nothing."""
        self._background.loop.call_soon_threadsafe(self._cancel, set_id)

    def wait(self, set_id: str, timeout_s: float | None = None) -> Snapshot:
        """Block until a set ends (any thread but the loop's). Raises TimeoutError."""
        self._background.run(self._ended(set_id), timeout_s)
        return self.snapshot(set_id)

    async def finished(self, set_id: str) -> Snapshot:
        """The same for another loop (a route): await until a set ends."""
        await asyncio.wrap_future(self._background.submit(self._ended(set_id)))
        return await asyncio.to_thread(self.snapshot, set_id)

    def report(self, set_id: str) -> Report:
        """Is it one car? The report over all pictures of a set, examining what has not been (blocking). Raises
        StoreError."""
        return self.reports.of(self.stored(set_id))

    def try_engine(self, engine_id: str) -> Drawn:
        """Draw one small view with one engine now (blocking). Raises InputError, NoEngineDrew, BudgetError."""
        return self._background.run(self._context.try_engine(engine_id))

    def stop(self) -> None:
        """End all sets; each keeps the views it has. Blocking, from any thread but the loop's."""
        self._background.run(self._stop())

    def close(self) -> None:
        """Stop all sets, then close the context and the store."""
        self.stop()
        self._pulse.cancel()
        self._background.run(self._context.aclose())
        self.reports.close()
        self.store.close()

    def _main_picture(self, before: Snapshot, order: Order) -> Picture | None:
        """The stored main picture, as an anchor for views that are drawn again."""
        view = before.view(order.main_angle.id)
        if order.main_angle in order.angles or view is None or not view.sha256:
            return None
        data = self.store.read_picture(view.sha256, "original")
        return Picture(data, view.mime, view.width, view.height, view.engine, view.model, view.seed_honoured)

    def _launch(self, set_id: str, live: LiveSet, order: Order, anchor: Picture | None) -> None:
        self._forget_old()
        self._persistence.begin(set_id)
        self._live[set_id] = live
        self._background.run(self._begin(set_id, self._draw(set_id, live, order, anchor)))

    async def _begin(self, set_id: str, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work, name=f"set {set_id}")
        await asyncio.sleep(0)  # it has begun now: a task that is cancelled before it began could not tidy up
        if not task.done():
            self._tasks[set_id] = task

    async def _draw(self, set_id: str, live: LiveSet, order: Order, anchor: Picture | None) -> None:
        async def on_event(event: Event) -> None:
            if not isinstance(event, ViewEnded):
                live.note(event)
                return
            kept = await self._persistence.keep(set_id, live, event.view)
            if kept is not None and kept.sha256:
                self._examine(set_id, live, kept)

        state = SetState.FAILED
        try:
            state = (await generate(order, self._context, on_event, anchor=anchor)).state
        except asyncio.CancelledError:
            state = SetState.CANCELLED
        except CarimgError as exc:
            live.note(LogLine("AsyncGen", f"⚠️ {exc}", time.time()))
        except Exception:  # a job ends here and is recorded: the bug is logged whole, the page says that there was one
            log.exception("set %s broke", set_id)
            live.note(LogLine("AsyncGen", "⚠️ An internal error stopped this set; the server log has it.", time.time()))
        finally:
            await asyncio.shield(self._finish(set_id, live, state))

    async def _finish(self, set_id: str, live: LiveSet, state: SetState) -> None:
        try:
            await self._persistence.finish(set_id, live, state)
        finally:
            self._tasks.pop(set_id, None)

    def _examine(self, set_id: str, live: LiveSet, view: View) -> None:
        """Have a view examined for the report while the set goes on."""

        async def work() -> None:
            report = None
            try:
                await self.reports.examined(view)
                report = await self.reports.grown(lambda: self.store.load_set(set_id))
            except StoreError as exc:
                log.warning("report of %s: %s", set_id, exc)
            finally:
                live.examine(report, max(0, live.snapshot.unexamined - 1))

        live.examine(None, live.snapshot.unexamined + 1)
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

    def _forget_old(self) -> None:
        finished = [set_id for set_id, live in self._live.items() if not live.snapshot.changing]
        for set_id in finished[: max(0, len(finished) - KEEP_FINISHED)]:
            del self._live[set_id]
            self._examining.pop(set_id, None)


def _seeds(before: Snapshot) -> dict[str, int]:
    """The seed of every view of a set: as it was drawn, or as it would be."""
    planned = {angle.id: before.order.seed(before.session_id, angle) for angle in before.order.angles}
    return planned | {view.angle: view.seed for view in before.views if view.seed is not None}


def open_jobs(settings: Settings, background: Background) -> Jobs:
    """Open the store and the context, and take up work. Raises SettingsError, StoreError."""
    store = open_store(settings.database_url.get_secret_value(), settings.data_dir)
    take_over_from_the_dead(store)
    context = background.run(open_context(settings, store.spent_today_usd(time.time())))
    return Jobs(background, context, store, settings)


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
