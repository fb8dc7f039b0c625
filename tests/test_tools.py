"""The tools of a server: trying one engine."""

from __future__ import annotations

from pathlib import Path

import pytest
from kit import script_tools
from remote import Act, RemoteScript

from carimg.breaker import BreakerState
from carimg.errors import EngineRefused, InputError, NoEngineDrew


async def test_an_engine_is_tried_although_its_breaker_is_open(tmp_path: Path) -> None:
    """A refused key pauses an engine for sets; the test asks it at once, and a picture ends the pause."""
    refused = Act(error=EngineRefused("The key is not accepted.", reason="key"))
    engine = RemoteScript([refused], id="remote")
    tools = script_tools(tmp_path, engine)
    with pytest.raises(NoEngineDrew, match="The key is not accepted"):
        await tools.try_engine("remote")
    assert tools.ladder.policy.health(engine).state is BreakerState.OPEN
    drawn = await tools.try_engine("remote")
    assert drawn.picture.engine == "remote"
    assert tools.ladder.policy.health(engine).state is BreakerState.CLOSED
    await tools.aclose()


async def test_the_trial_is_one_small_view_with_a_real_prompt(tmp_path: Path) -> None:
    """What is sent is a view as sets send it: prompt, seed, session, 384 × 256 px, no references."""
    engine = RemoteScript(id="remote")
    tools = script_tools(tmp_path, engine)
    await tools.try_engine("remote")
    (request,) = engine.asked
    assert request.prompt.startswith("2019 Renault Clio hatchback, blue, front three-quarter view.")
    assert (request.size, request.references, len(request.session_id)) == ((384, 256), (), 12)
    await tools.aclose()


async def test_an_engine_that_is_not_set_up_cannot_be_tried(tmp_path: Path) -> None:
    """An unknown name gets a sentence with those that are there."""
    tools = script_tools(tmp_path, RemoteScript(id="remote"))
    with pytest.raises(InputError, match="nobody"):
        await tools.try_engine("nobody")
    await tools.aclose()
