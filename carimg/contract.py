"""The functions of the original design: all prompts, all images, awaited or blocking.

The blocking ones hand their work to the background loop, so they may be called from any thread but that loop's own.
"""

from __future__ import annotations

import atexit
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import cache

from carimg.errors import InputError
from carimg.pipeline import images_only, prompts_only
from carimg.runtime import background
from carimg.settings import settings
from carimg.spec import DEFAULT_SIZE, SetSpec, parse_spec
from carimg.tools import Tools, open_tools
from carimg.views import AnglePrompt, View


@cache
def shared_tools() -> Tools:
    """The process's tools, opened on the background loop at the first call and closed at exit."""
    tools = background().run(open_tools(settings()))
    atexit.register(lambda: background().run(tools.aclose()))
    return tools


@asynccontextmanager
async def _tools(given: Tools | None) -> AsyncIterator[Tools]:
    """The caller's tools, or new ones for one call."""
    tools = given or await open_tools(settings())
    try:
        yield tools
    finally:
        if given is None:
            await tools.aclose()


async def async_generate_all_prompts(
    brand: str,
    model: str,
    year: int,
    color: str,
    body_type: str,
    angles: Sequence[str],
    *,
    tools: Tools | None = None,
    session_id: str | None = None,
) -> list[AnglePrompt]:
    """Stage 1: the badge once, reference photos and prompts for all angles in parallel; one AnglePrompt an angle.

    `tools` belong to the running loop (`carimg.tools.open_tools`); None opens and closes some. Raises InputError.
    """
    spec = _spec(brand, model, year, color, body_type, angles, session_id)
    async with _tools(tools) as at_hand:
        return await prompts_only(spec, at_hand)


async def async_generate_all_images(
    angle_prompts: Sequence[AnglePrompt],
    *,
    tools: Tools | None = None,
    engines: Sequence[str] = (),
    size: tuple[int, int] = DEFAULT_SIZE,
    free_only: bool = False,
) -> list[View]:
    """Stage 2: prompts into English, all images in parallel; one View an angle, failed ones with their reasons.

    Raises InputError for no prompts, and for prompts of several cars or sessions.
    """
    if len({(prompt.car, prompt.session_id) for prompt in angle_prompts}) != 1:
        raise InputError("angle_prompts", "Give the prompts of one car and one session, at least one.")
    car = angle_prompts[0].car
    spec = parse_spec(
        {
            "car": {name: getattr(car, name) for name in ("brand", "model", "year", "color", "body_type")},
            "angles": [prompt.angle for prompt in angle_prompts],
            "session_id": angle_prompts[0].session_id,
            "engines": list(engines),
            "size": size,
            "free_only": free_only,
        }
    )
    async with _tools(tools) as at_hand:
        return list((await images_only(angle_prompts, spec, at_hand)).views)


def sync_generate_all_prompts(
    brand: str, model: str, year: int, color: str, body_type: str, angles: Sequence[str]
) -> list[AnglePrompt]:
    """`async_generate_all_prompts`, blocking, on the background loop."""
    return background().run(
        async_generate_all_prompts(brand, model, year, color, body_type, angles, tools=shared_tools())
    )


def sync_generate_all_images(
    angle_prompts: Sequence[AnglePrompt],
    *,
    engines: Sequence[str] = (),
    size: tuple[int, int] = DEFAULT_SIZE,
    free_only: bool = False,
) -> list[View]:
    """`async_generate_all_images`, blocking, on the background loop."""
    return background().run(
        async_generate_all_images(angle_prompts, tools=shared_tools(), engines=engines, size=size, free_only=free_only)
    )


def _spec(
    brand: str, model: str, year: int, color: str, body_type: str, angles: Sequence[str], session_id: str | None
) -> SetSpec:
    car = {"brand": brand, "model": model, "year": year, "color": color, "body_type": body_type}
    return parse_spec({"car": car, "angles": list(angles), "session_id": session_id})
