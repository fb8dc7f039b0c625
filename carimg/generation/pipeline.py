"""One car, many views: from an order to pictures.

Stage 1: the badge is looked up once for the set, a reference photo for every angle in parallel; then the prompts.
Stage 2: prompts go into English, and every view is drawn, all in parallel. There is no barrier between the stages: a
view goes on as soon as its own inputs are there.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from carimg.domain.catalog import Angle
from carimg.domain.identity import display_id, generate_consistent_session_id
from carimg.domain.order import Fallback, Order
from carimg.domain.set_record import SetRecord, outcome_of
from carimg.domain.view import AnglePrompt, Attempt, Picture, SetState, View, ViewState
from carimg.engines.base import DrawCallbacks, Drawn, DrawRequest
from carimg.engines.fallback import NoEngineDrew
from carimg.engines.prices import Budget
from carimg.errors import BudgetError, EngineError, Reason
from carimg.generation.context import Context
from carimg.generation.events import (
    AttemptEnded,
    EngineStarted,
    Event,
    LogLine,
    OnEvent,
    PartialPicture,
    PromptReady,
    SetEnded,
    SetPlanned,
    ViewEnded,
    nobody,
)
from carimg.generation.strategies import references_for
from carimg.prompts.template import check_prompts, prompt_of
from carimg.search import Badge, Found

log = logging.getLogger("carimg.generation.pipeline")

DrawOne = Callable[[Angle], Coroutine[Any, Any, View]]


@dataclass
class Run:
    """One set while it is being drawn."""

    order: Order
    context: Context
    on_event: OnEvent
    session_id: str
    budget: Budget
    created_at: float
    engines: tuple[str, ...] = ()
    skipped: tuple[Attempt, ...] = ()
    seeds: dict[str, int] = field(default_factory=dict)
    views: dict[str, View] = field(default_factory=dict)
    anchor: Picture | None = None
    main_picture: asyncio.Future[Picture] | None = None

    async def say(self, stage: str, text: str) -> None:
        log.info("[%s] %s", stage, text)
        await self.on_event(LogLine(stage, text, time.time()))

    async def emit(self, event: Event) -> None:
        """Tell the listener; a cancelled view still finishes telling (and so keeping) what it has."""
        await asyncio.shield(self.on_event(event))


async def generate(
    order: Order,
    context: Context,
    on_event: OnEvent = nobody,
    *,
    anchor: Picture | None = None,
    now: float | None = None,
) -> SetRecord:
    """Draw a whole set. Cancelling the coroutine stops the views that are still open, keeps the others, and re-raises.

    `anchor` is the set's main picture where it is there already (a redo); `now` a Unix time in seconds. Raises
    TemplateError before anything is spent when the prompt template is wrong. Engines' failures never raise: they end
    as FAILED views with their attempts.
    """
    start = time.monotonic()
    run = await _plan(order, context, on_event, now)
    run.anchor = anchor
    try:
        await _draw_all(run)
    except asyncio.CancelledError:
        await run.say("AsyncGen", "⚠️ Cancelled")
        await run.emit(SetEnded(SetState.CANCELLED, time.monotonic() - start))
        raise
    result = _result(run, time.monotonic() - start)
    await _say_end(run, result)
    await run.emit(SetEnded(result.state, result.seconds))
    return result


async def prompts_only(order: Order, context: Context, on_event: OnEvent = nobody) -> list[AnglePrompt]:
    """Stage 1 by itself: badge once, reference photos and prompts for all angles in parallel."""
    run = await _plan(order, context, on_event, None)
    badge = asyncio.ensure_future(_badge(run))
    return list(await asyncio.gather(*(_prompt(run, angle, badge) for angle in order.angles)))


async def images_only(
    prompts: Sequence[AnglePrompt], order: Order, context: Context, on_event: OnEvent = nobody
) -> SetRecord:
    """Stage 2 by itself: prompts into English, all images in parallel."""
    start = time.monotonic()
    run = await _plan(order.changed(seeds={p.angle: p.seed for p in prompts}), context, on_event, None)
    by_angle = {prompt.angle: prompt for prompt in prompts}
    await _in_parallel_or_one_by_one(run, lambda angle: _image(run, angle, by_angle[angle.id]))
    return _result(run, time.monotonic() - start)


async def _plan(order: Order, context: Context, on_event: OnEvent, now: float | None) -> Run:
    car = order.car
    session_id = order.session_id or generate_consistent_session_id(
        car.brand, car.model, car.year, car.color, car.body_type, now=now
    )
    run = Run(
        order,
        context,
        on_event,
        session_id,
        context.chain.set_budget(order, context.set_budget_usd),
        time.time() if now is None else now,
    )
    run.engines, run.skipped = context.chain.plan(order)
    run.seeds = {angle.id: order.seed(session_id, angle) for angle in order.angles}
    check_prompts(order)
    await run.emit(SetPlanned(session_id, run.seeds, run.engines))
    await run.say("AsyncGen", f"🚀 {display_id(session_id)}: {car}, {len(order.angles)} views in parallel")
    for attempt in run.skipped:
        await run.say("AsyncGen", f"⚠️ {attempt.message}")
    return run


async def _draw_all(run: Run) -> None:
    badge = asyncio.ensure_future(_badge(run))
    prompts: dict[str, AnglePrompt] = {}

    async def one(angle: Angle) -> View:
        if angle.id not in prompts:
            prompts[angle.id] = await _prompt(run, angle, badge)
        return await _image(run, angle, prompts[angle.id])

    try:
        await _in_parallel_or_one_by_one(run, one)
    finally:
        badge.cancel()


async def _in_parallel_or_one_by_one(run: Run, one: DrawOne) -> None:
    """All views at once; if that failed as a whole, and another try may help, one after another."""
    if run.order.fallback is Fallback.SET:
        return await _one_engine_for_all(run, one)
    await _in_parallel(run, one)
    if len(run.order.angles) > 1 and _failed_as_a_whole(run):
        await run.say("AsyncImages", "🔄 Drawing in parallel failed as a whole: one view after another now")
        for angle in run.order.angles:
            if (await one(angle)).state is not ViewState.DONE:
                break
    return None


async def _in_parallel(run: Run, one: DrawOne) -> None:
    run.main_picture = asyncio.get_running_loop().create_future()
    if run.anchor is not None:
        run.main_picture.set_result(run.anchor)
    elif run.order.main_angle not in run.order.angles:
        run.main_picture.cancel()
    try:
        async with asyncio.TaskGroup() as group:
            for angle in run.order.angles:
                group.create_task(one(angle), name=f"view {angle.id}")
    finally:
        if not run.main_picture.done():
            run.main_picture.cancel()


async def _one_engine_for_all(run: Run, one: DrawOne) -> None:
    """'One engine draws all': the first engine that draws every view; what a worse one drew stays as earlier takes."""
    chain = run.engines
    for name in chain or ("",):
        run.engines = (name,) if name else ()
        await _in_parallel(run, one)
        if all(view.state is ViewState.DONE for view in run.views.values()):
            break
        if name != chain[-1]:
            await run.say("AsyncImages", f"🔄 {name} did not draw every view: the next engine draws the whole set")
    run.engines = chain


def _failed_as_a_whole(run: Run) -> bool:
    """Every view failed, and at least one for a reason that may pass."""
    views = run.views.values()
    return all(view.state is ViewState.FAILED for view in views) and any(
        Reason.of(attempt.outcome).passing for view in views for attempt in view.attempts
    )


async def _badge(run: Run) -> Badge:
    badge = await run.context.search.badge(run.order.car)
    mark = "✅" if badge.source != "catalogue" else "🔄" if badge.note else "✅"
    await run.say("AsyncSearch", f"{mark} Badge from {badge.source}: {badge.text}{_because(badge.note)}")
    return badge


async def _prompt(run: Run, angle: Angle, badge: asyncio.Future[Badge]) -> AnglePrompt:
    """Stage 1 for one view."""
    found, text = await asyncio.gather(run.context.search.photos(run.order.car, angle), asyncio.shield(badge))
    await _say_found(run, angle, found)
    prompt = AnglePrompt(
        car=run.order.car,
        angle=angle.id,
        prompt=prompt_of(run.order, angle, run.session_id, text.text),
        seed=run.seeds[angle.id],
        session_id=run.session_id,
        references=found.references,
        badge=text.text,
        badge_source=text.source,
    )
    await run.emit(PromptReady(prompt))
    return prompt


async def _say_found(run: Run, angle: Angle, found: Found) -> None:
    if found.references:
        await run.say("AsyncSearch", f"✅ {angle.id}: reference photo from {found.references[0].source_url}")
    elif found.note:
        await run.say("AsyncSearch", f"⚠️ {angle.id}: no reference photo{_because(found.note)}")


async def _image(run: Run, angle: Angle, prompt: AnglePrompt) -> View:
    """Stage 2 for one view; ends in `run.views`, never raises for an engine's fault."""
    start = time.monotonic()
    is_main = angle == run.order.main_angle
    view = View(angle.id, ViewState.DRAWING, prompt, seed=prompt.seed, is_main=is_main)
    attempts = list(run.skipped)
    picture = None
    try:
        prompt = await _in_english(run, prompt)
        prompt, drawn = await _drawn(run, angle, prompt, attempts)
        picture = drawn.picture
        view = replace(view, state=ViewState.DONE, prompt=prompt)
    except (NoEngineDrew, EngineError, BudgetError) as exc:
        view = replace(view, state=ViewState.FAILED, prompt=prompt, error=str(exc))
    except asyncio.CancelledError:
        view = replace(view, state=ViewState.CANCELLED, prompt=prompt)
        raise
    finally:
        view = view.ended(attempts, time.monotonic() - start, picture)
        run.views[angle.id] = view
        _settle_main(run, angle, view)
        await run.emit(ViewEnded(view))
    await _say_view(run, view)
    return view


async def _in_english(run: Run, prompt: AnglePrompt) -> AnglePrompt:
    keep = [word for word in (prompt.car.brand, prompt.car.model, str(prompt.seed)) if word.isascii()]
    english = await run.context.translator.to_english(prompt.prompt, keep, free=run.order.free_only)
    if english.by:
        await run.say("AsyncImages", f"✅ {prompt.angle}: prompt in English by {english.by}{_because(english.note)}")
    prompt = replace(prompt, prompt_en=english.text, translated_by=english.by)
    await run.emit(PromptReady(prompt))
    return prompt


async def _drawn(run: Run, angle: Angle, prompt: AnglePrompt, attempts: list[Attempt]) -> tuple[AnglePrompt, Drawn]:
    """The picture, and the prompt it was drawn with: without its guide, a prompt must not speak of one."""

    async def engine(name: str) -> None:
        await run.say("AsyncImage", f"🚀 {angle.id}: {name} draws with seed {prompt.seed}")
        await run.emit(EngineStarted(angle.id, name))

    async def attempt(ended: Attempt) -> None:
        attempts.append(ended)
        if not ended.drew:
            await run.say("AsyncImage", f"⚠️ {angle.id}: {ended.engine} did not draw it: {ended.message}")
        await run.emit(AttemptEnded(angle.id, ended))

    async def partial(data: bytes) -> None:
        await run.emit(PartialPicture(angle.id, data))

    request = DrawRequest(
        run.order.car,
        angle,
        prompt.sent,
        prompt.seed,
        run.session_id,
        run.order.size,
        prompt.references,
    )
    request, names, passed_over = await references_for(
        run.order.strategy, request, run.engines, run.context.chain, run.main_picture, angle == run.order.main_angle
    )
    for ended in passed_over:
        await attempt(ended)
    if any(ended.outcome == Reason.NO_GUIDE for ended in passed_over):
        order = run.order.changed(hints_off=run.order.hints_off | {"references"})
        alone = replace(prompt, prompt=prompt_of(order, angle, run.session_id, prompt.badge))
        prompt = await _in_english(run, alone)
        request = replace(request, prompt=prompt.sent)
    return prompt, await run.context.chain.draw(request, names, DrawCallbacks(engine, attempt, partial), run.budget)


def _settle_main(run: Run, angle: Angle, view: View) -> None:
    """Let the views that wait for the main picture go on, with it or without."""
    waiting = run.main_picture
    if waiting is None or waiting.done() or angle != run.order.main_angle:
        return
    if view.picture is not None:
        waiting.set_result(view.picture)
    else:
        waiting.cancel()


def _because(note: str) -> str:
    return f" ({note})" if note else ""


async def _say_view(run: Run, view: View) -> None:
    if view.drawn:
        await run.say("AsyncImage", f"✅ {view.angle}: {view.engine} in {view.seconds:.1f} s")
    else:
        await run.say("AsyncImage", f"⚠️ {view.angle}: {view.error}")


async def _say_end(run: Run, result: SetRecord) -> None:
    done, n = len(result.drawn), len(result.views)
    mark = "✅" if done == n else "⚠️"
    await run.say("AsyncImages", f"{mark} {done} of {n} views in {result.seconds:.1f} s")
    if result.mixed:
        drew = ", ".join(dict.fromkeys(f"{view.engine} {view.model}" for view in result.drawn))
        await run.say("AsyncImages", f"⚠️ Several engines or models drew this set ({drew}): not one car")


def _result(run: Run, seconds: float) -> SetRecord:
    views = tuple(run.views[angle.id] for angle in run.order.angles)
    return SetRecord("", run.session_id, run.order, outcome_of(views), run.created_at, seconds, views)
