"""What a server draws with: trying one engine."""

from __future__ import annotations

from pathlib import Path

import pytest

from carimg.circuit import BreakerState
from carimg.engines.fallback import NoEngineDrew
from carimg.errors import EngineRefused, InputError, Reason
from tests.support.kit import script_context
from tests.support.remote import Act, RemoteScript


async def test_an_engine_is_tried_although_its_breaker_is_open(tmp_path: Path) -> None:
    """A refused key pauses an engine for sets; the test asks it at once, and a picture ends the pause."""
    refused = Act(error=EngineRefused("The key is not accepted.", reason=Reason.KEY))
    engine = RemoteScript([refused], id="remote")
    context = script_context(tmp_path, engine)
    with pytest.raises(NoEngineDrew, match="The key is not accepted"):
        await context.try_engine("remote")
    assert context.chain.policy.health(engine).state is BreakerState.OPEN
    drawn = await context.try_engine("remote")
    assert drawn.picture.engine == "remote"
    assert context.chain.policy.health(engine).state is BreakerState.CLOSED
    await context.aclose()


async def test_the_trial_is_one_small_view_with_a_real_prompt(tmp_path: Path) -> None:
    """What is sent is a view as sets send it: prompt, seed, session, 384 × 256 px, no references."""
    engine = RemoteScript(id="remote")
    context = script_context(tmp_path, engine)
    await context.try_engine("remote")
    (request,) = engine.asked
    assert request.prompt.startswith("2019 Renault Clio hatchback, blue, front three-quarter view.")
    assert (request.size, request.references, len(request.session_id)) == ((384, 256), (), 12)
    await context.aclose()


async def test_an_engine_that_is_not_set_up_cannot_be_tried(tmp_path: Path) -> None:
    """An unknown name gets a sentence with those that are there."""
    context = script_context(tmp_path, RemoteScript(id="remote"))
    with pytest.raises(InputError, match="nobody"):
        await context.try_engine("nobody")
    await context.aclose()
