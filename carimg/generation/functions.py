"""The functions of the original design: all prompts, all images, awaited or blocking.

The blocking ones hand their work to the background loop, so they may be called from any thread but that loop's own.
"""

from __future__ import annotations

import atexit
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import cache
from typing import Any

from carimg.domain.order import DEFAULT_SIZE, Order
from carimg.domain.set_record import SetRecord
from carimg.domain.view import AnglePrompt, View
from carimg.errors import InputError
from carimg.generation.background import background
from carimg.generation.context import Context, open_context
from carimg.generation.pipeline import images_only, prompts_only
from carimg.settings import settings

AngleTitle = Callable[[str], str]
"""A caller's own name for an angle id: the `get_angle_title` of the original design."""


class Views(list[View]):
    """The views of one set, one an angle, in the order asked. `record` is the whole set; `canonical_data` is what the
    caller knew of the car, kept with it as it was given."""

    def __init__(self, record: SetRecord, canonical_data: Mapping[str, Any] | None = None) -> None:
        super().__init__(record.views)
        self.record = record
        self.canonical_data = dict(canonical_data or {})

    @property
    def images(self) -> list[dict[str, Any]]:
        """The image objects of the original design's answer, of the views that were drawn."""
        return [view.image for view in self if view.drawn]


@cache
def shared_context() -> Context:
    """The process's context, opened on the background loop at the first call and closed at exit."""
    context = background().run(open_context(settings()))
    atexit.register(lambda: background().run(context.aclose()))
    return context


@asynccontextmanager
async def _context(given: Context | None) -> AsyncIterator[Context]:
    """The caller's context, or a new one for one call."""
    context = given or await open_context(settings())
    try:
        yield context
    finally:
        if given is None:
            await context.aclose()


async def async_generate_all_prompts(
    brand: str,
    model: str,
    year: int,
    color: str,
    body_type: str,
    angles: Sequence[str],
    *,
    context: Context | None = None,
    session_id: str | None = None,
) -> list[AnglePrompt]:
    """Stage 1: the badge once, reference photos and prompts for all angles in parallel; one AnglePrompt an angle.

    `context` belongs to the running loop (`carimg.generation.context.open_context`); None opens and closes one. Raises
    InputError.
    """
    car = {"brand": brand, "model": model, "year": year, "color": color, "body_type": body_type}
    order = Order.parse({"car": car, "angles": list(angles), "session_id": session_id})
    async with _context(context) as at_hand:
        return await prompts_only(order, at_hand)


async def async_generate_all_images(
    angle_prompts: Sequence[AnglePrompt],
    canonical_data: Mapping[str, Any] | None = None,
    mock_cmd: object = None,
    get_angle_title: AngleTitle | None = None,
    *,
    context: Context | None = None,
    engines: Sequence[str] = (),
    size: tuple[int, int] = DEFAULT_SIZE,
    free_only: bool = False,
) -> Views:
    """Stage 2: prompts into English, all images in parallel; one View an angle, failed ones with their reasons.

    `canonical_data` (the car's fields as a mapping) is kept with the set. A truthy `mock_cmd` keeps to engines that
    cost nothing, as `free_only` does. `get_angle_title(angle)` gives each image its title; without it the angle's id
    is one. Every View's `image` is the original design's image object (url, angle, seed, session_id, isMain, prompt,
    title).

    Raises InputError for no prompts, and for prompts of several cars or sessions.
    """
    if len({(prompt.car, prompt.session_id) for prompt in angle_prompts}) != 1:
        raise InputError("angle_prompts", "Give the prompts of one car and one session, at least one.")
    order = Order.parse(
        {
            "car": angle_prompts[0].car.to_json(),
            "angles": [prompt.angle for prompt in angle_prompts],
            "session_id": angle_prompts[0].session_id,
            "engines": list(engines),
            "size": size,
            "free_only": free_only or bool(mock_cmd),
        }
    )
    async with _context(context) as at_hand:
        record = await images_only(angle_prompts, order, at_hand)
    titled = tuple(replace(view, title=get_angle_title(view.angle)) for view in record.views) if get_angle_title else ()
    return Views(replace(record, views=titled or record.views), canonical_data)


def sync_generate_all_prompts(
    brand: str, model: str, year: int, color: str, body_type: str, angles: Sequence[str]
) -> list[AnglePrompt]:
    """`async_generate_all_prompts`, blocking, on the background loop."""
    return background().run(
        async_generate_all_prompts(brand, model, year, color, body_type, angles, context=shared_context())
    )


def sync_generate_all_images(
    angle_prompts: Sequence[AnglePrompt],
    canonical_data: Mapping[str, Any] | None = None,
    mock_cmd: object = None,
    get_angle_title: AngleTitle | None = None,
    *,
    engines: Sequence[str] = (),
    size: tuple[int, int] = DEFAULT_SIZE,
    free_only: bool = False,
) -> Views:
    """`async_generate_all_images`, blocking, on the background loop."""
    return background().run(
        async_generate_all_images(
            angle_prompts,
            canonical_data,
            mock_cmd,
            get_angle_title,
            context=shared_context(),
            engines=engines,
            size=size,
            free_only=free_only,
        )
    )
