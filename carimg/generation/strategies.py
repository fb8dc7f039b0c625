"""Strategies that keep the car the same: which reference pictures go with a view, and which engines can use them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from carimg.domain.order import Strategy
from carimg.domain.view import Attempt, Picture, Reference
from carimg.engines.base import DrawRequest, Engine
from carimg.engines.fallback import FallbackChain, NoEngineDrew
from carimg.errors import Reason

GUIDE_ENGINE = "studio"
"""The engine whose render of the very same angle guides the others."""

Plan = tuple[DrawRequest, tuple[str, ...], tuple[Attempt, ...]]
"""The request with its references, the engines that may draw it, and those passed over."""


async def references_for(
    strategy: Strategy,
    request: DrawRequest,
    order: Sequence[str],
    chain: FallbackChain,
    main_picture: asyncio.Future[Picture] | None,
    is_main: bool,
) -> Plan:
    """What a view is drawn with under a strategy.

    `hints` and `shared-seed` send the prompt alone. `anchored` waits for the set's main picture and sends it first.
    `studio-guided` has the offline studio render the same angle and sends that, then the reference photos. Where a
    reference is due, engines that take none are passed over with an attempt that says so; the studio, which draws one
    car by construction, needs none and stays. A guide that could not be rendered is an attempt that says so, and the
    view is drawn without it.
    """
    engines = chain.engines
    if strategy is Strategy.ANCHORED and not is_main:
        anchor = await _anchor(main_picture)
        if anchor is None:
            return replace(request, references=()), tuple(order), ()
        return _with(request, (anchor,), order, engines)
    if strategy is Strategy.STUDIO_GUIDED and any(_takes(engines[name]) for name in order):
        try:
            guide = await _guide(request, chain)
        except NoEngineDrew as exc:
            alone = replace(request, references=())
            return alone, tuple(order), tuple(_without_guide(attempt) for attempt in exc.attempts)
        return _with(request, (guide, *request.references), order, engines)
    return replace(request, references=()), tuple(order), ()


async def _anchor(main_picture: asyncio.Future[Picture] | None) -> Reference | None:
    """The main picture as a reference; None when the main view was not drawn."""
    if main_picture is None:
        return None
    await asyncio.wait([main_picture])
    if main_picture.cancelled():
        return None
    picture = main_picture.result()
    return Reference(picture.data, picture.mime, source_url="", title="main view", role="anchor")


async def _guide(request: DrawRequest, chain: FallbackChain) -> Reference:
    """The studio's render of the very same angle. Raises NoEngineDrew with the attempt."""
    if GUIDE_ENGINE not in chain.engines:
        why = "Studio-guided drawing needs the engine 'studio' in CARIMG_ENGINES."
        raise NoEngineDrew(why, (Attempt(GUIDE_ENGINE, Reason.NO_GUIDE.value, why, 0.0),))
    drawn = await chain.draw(replace(request, references=()), (GUIDE_ENGINE,))
    return Reference(drawn.picture.data, drawn.picture.mime, source_url="", title="studio render", role="pose")


def _without_guide(attempt: Attempt) -> Attempt:
    """A failed render of the guide, told as what it means for the view."""
    message = f"The studio's guide could not be rendered, so this view is drawn without it: {attempt.message}"
    return replace(attempt, outcome=Reason.NO_GUIDE.value, message=message)


def _takes(engine: Engine) -> bool:
    return engine.capabilities.max_references > 0


def _with(
    request: DrawRequest, references: tuple[Reference, ...], order: Sequence[str], engines: dict[str, Engine]
) -> Plan:
    fit = tuple(name for name in order if _takes(engines[name]) or engines[name].capabilities.one_car)
    passed_over = tuple(
        Attempt(name, Reason.NO_REFERENCES.value, f"{engines[name].title} takes no reference pictures.", 0.0)
        for name in order
        if name not in fit
    )
    return replace(request, references=references), fit, passed_over
