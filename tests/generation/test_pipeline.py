"""From an order to pictures."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from carimg.domain.identity import generate_consistent_seed
from carimg.domain.order import Order
from carimg.domain.view import SetState, ViewState
from carimg.engines.base import Capabilities
from carimg.engines.fallback import FallbackChain
from carimg.engines.openai import OpenAIEngine
from carimg.errors import EngineBroken, EngineRefused, Reason, TemplateError
from carimg.generation.context import Context
from carimg.generation.events import SetEnded, SetPlanned, ViewEnded
from carimg.generation.pipeline import generate, prompts_only
from carimg.prompts.translate import Translator
from carimg.search import Search
from tests.support.kit import Listener, quiet_settings, script_context
from tests.support.orders import CLIO, order
from tests.support.script_engine import Act, ScriptEngine
from tests.support.waiting import until


async def test_every_view_is_drawn_with_its_own_prompt_and_seed(tmp_path: Path) -> None:
    """Three angles: three pictures in the order asked, each with the contract's seed and its angle in the prompt."""
    engine = ScriptEngine()
    result = await generate(Order.parse(order(session_id="1a2b3c4d5e6f")), script_context(tmp_path, engine))
    assert result.state is SetState.DONE
    assert [view.angle for view in result.views] == ["front", "side", "rear"]
    for view in result.views:
        assert view.picture is not None
        assert view.prompt is not None
        assert view.prompt.seed == generate_consistent_seed("1a2b3c4d5e6f", view.angle)
        assert f"{view.angle} view" in view.prompt.prompt
        assert f"Seed: {view.prompt.seed}" in view.prompt.prompt
    assert {request.seed for request in engine.asked} == {view.prompt.seed for view in result.views if view.prompt}


async def test_views_are_drawn_in_parallel(tmp_path: Path) -> None:
    """Three views are in flight together."""
    engine = ScriptEngine(otherwise=Act(0.2))
    await generate(Order.parse(order()), script_context(tmp_path, engine))
    assert engine.most_in_flight == 3


async def test_a_view_is_told_as_soon_as_it_is_there(tmp_path: Path) -> None:
    """The quick view ends before the slow one, and each goes prompt → engine → attempt → end."""
    engine = ScriptEngine(by_angle={"front": Act(0.8), "side": Act(0.0), "rear": Act(0.4)})
    listener = Listener()
    await generate(Order.parse(order()), script_context(tmp_path, engine), listener)
    ended = [event.view.angle for event in listener.events if isinstance(event, ViewEnded)]
    assert ended == ["side", "rear", "front"]
    assert listener.kinds("front") == ["PromptReady", "PromptReady", "EngineStarted", "AttemptEnded", "ViewEnded"]
    assert isinstance(listener.events[0], SetPlanned)
    assert isinstance(listener.events[-1], SetEnded)


async def test_the_next_engine_draws_what_the_first_one_refused(tmp_path: Path) -> None:
    """One view falls to the second engine with both attempts kept; the set is mixed and the log says so."""
    first = ScriptEngine(id="first", by_angle={"side": Act(error=EngineRefused("It will not draw this."))})
    second = ScriptEngine(id="second")
    listener = Listener()
    result = await generate(Order.parse(order()), script_context(tmp_path, first, second), listener)
    side = result.views[1]
    assert [(attempt.engine, attempt.outcome) for attempt in side.attempts] == [("first", "refused"), ("second", "ok")]
    assert result.mixed
    assert result.engines == ("first", "second")
    assert "It will not draw this." in listener.log
    assert "Several engines or models drew this set" in listener.log


async def test_one_engine_for_all_redraws_the_set_on_the_next(tmp_path: Path) -> None:
    """With fallback 'set' the views come from one engine, even those the first one could have drawn."""
    first = ScriptEngine(id="first", by_angle={"side": Act(error=EngineRefused("No."))})
    second = ScriptEngine(id="second")
    result = await generate(Order.parse(order(fallback="set")), script_context(tmp_path, first, second))
    assert result.engines == ("second",)
    assert result.state is SetState.DONE


async def test_a_set_that_failed_as_a_whole_is_drawn_one_after_another(tmp_path: Path) -> None:
    """All three parallel calls break; the second round, one at a time, draws all; the log says so."""
    broken = Act(error=EngineBroken("The service broke under load."))
    engine = ScriptEngine(acts=[broken, broken, broken])
    listener = Listener()
    result = await generate(Order.parse(order()), script_context(tmp_path, engine), listener)
    assert result.state is SetState.DONE
    assert "one view after another" in listener.log
    assert len(engine.asked) == 6


async def test_a_refusal_is_not_tried_again_one_after_another(tmp_path: Path) -> None:
    """When nothing can mend it, the set fails at once, each view with its reason."""
    engine = ScriptEngine(otherwise=Act(error=EngineRefused("The key is not accepted.", reason=Reason.KEY)))
    result = await generate(Order.parse(order()), script_context(tmp_path, engine))
    assert result.state is SetState.FAILED
    assert len(engine.asked) == 3
    assert all("The key is not accepted." in view.error for view in result.views)


async def test_cancelling_keeps_what_is_there(tmp_path: Path) -> None:
    """The finished view stays done, the others end as cancelled, and the set says so."""
    engine = ScriptEngine(by_angle={"front": Act(0.0), "side": Act(30), "rear": Act(30)})
    listener = Listener()
    task = asyncio.create_task(generate(Order.parse(order()), script_context(tmp_path, engine), listener))
    await until(lambda: engine.in_flight == 2 and any(isinstance(event, ViewEnded) for event in listener.events))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    ended = {event.view.angle: event.view.state for event in listener.events if isinstance(event, ViewEnded)}
    assert ended == {"front": ViewState.DONE, "side": ViewState.CANCELLED, "rear": ViewState.CANCELLED}
    assert isinstance(listener.events[-1], SetEnded)
    assert listener.events[-1].state is SetState.CANCELLED
    assert engine.in_flight == 0


async def test_a_car_typed_in_ukrainian_goes_out_in_english(tmp_path: Path) -> None:
    """The prompt keeps its original; what the engine gets has no Cyrillic and says blue."""
    engine = ScriptEngine()
    wanted = Order.parse(order(car=CLIO | {"brand": "Рено", "model": "Кліо", "color": "синій", "body_type": "хетчбек"}))
    result = await generate(wanted, script_context(tmp_path, engine))
    prompt = result.views[0].prompt
    assert prompt is not None
    assert "синій" in prompt.prompt
    assert prompt.prompt_en is not None
    assert "blue" in prompt.prompt_en
    assert not any("а" <= letter.lower() <= "я" for letter in prompt.prompt_en)
    assert engine.asked[0].prompt == prompt.prompt_en


async def test_a_wrong_template_stops_the_set_before_anything_is_asked(tmp_path: Path) -> None:
    """TemplateError comes before the first engine call."""
    engine = ScriptEngine()
    with pytest.raises(TemplateError, match="nonsense"):
        await generate(Order.parse(order(template="{{ nonsense }}")), script_context(tmp_path, engine))
    assert engine.asked == []


async def test_shared_seed_gives_every_view_the_main_views_seed(tmp_path: Path) -> None:
    """One seed over all angles."""
    engine = ScriptEngine()
    wanted = Order.parse(order(strategy="shared-seed", session_id="1a2b3c4d"))
    await generate(wanted, script_context(tmp_path, engine))
    assert {request.seed for request in engine.asked} == {generate_consistent_seed("1a2b3c4d", "front")}


async def test_anchored_sends_the_main_picture_with_every_other_view(tmp_path: Path) -> None:
    """The main view goes first and alone; the others get its very bytes as their first reference."""
    engine = ScriptEngine(facts=Capabilities(takes_seed=True, max_references=4), otherwise=Act(0.05))
    result = await generate(Order.parse(order(strategy="anchored")), script_context(tmp_path, engine))
    main = result.views[0].picture
    assert main is not None
    assert engine.asked[0].angle.id == "front"
    assert engine.asked[0].references == ()
    for request in engine.asked[1:]:
        assert [reference.role for reference in request.references] == ["anchor"]
        assert request.references[0].data == main.data


async def test_an_engine_that_takes_no_references_is_passed_over_and_said_so(tmp_path: Path) -> None:
    """Anchored views skip the engine without references; the attempt tells why."""
    plain = ScriptEngine(id="plain", title="Plain")
    able = ScriptEngine(id="able", facts=Capabilities(takes_seed=True, max_references=1))
    result = await generate(Order.parse(order(strategy="anchored")), script_context(tmp_path, plain, able))
    side = result.views[1]
    assert (side.attempts[0].engine, side.attempts[0].outcome) == ("plain", "no-references")
    assert side.picture is not None
    assert side.picture.engine == "able"


async def test_stage_one_by_itself_gives_all_prompts(tmp_path: Path) -> None:
    """`prompts_only` asks no engine and gives one prompt an angle."""
    engine = ScriptEngine()
    prompts = await prompts_only(Order.parse(order()), script_context(tmp_path, engine))
    assert [prompt.angle for prompt in prompts] == ["front", "side", "rear"]
    assert engine.asked == []


async def test_free_sets_never_ask_engines_that_cost_money(tmp_path: Path) -> None:
    """`free_only` passes over the paid engine and says so."""
    paid = ScriptEngine(id="paid", title="Paid", costs_money=True)
    free = ScriptEngine(id="free")
    result = await generate(Order.parse(order(free_only=True)), script_context(tmp_path, paid, free))
    assert paid.asked == []
    assert result.engines == ("free",)
    assert "costs money" in result.views[0].attempts[0].message


@pytest.mark.parametrize(
    "proxies",
    [
        {"ALL_PROXY": "socks5://127.0.0.1:9", "NO_PROXY": "localhost,127.0.0.1"},
        {"HTTP_PROXY": "http://127.0.0.1:9", "NO_PROXY": "localhost,127.0.0.1,::1/128"},
    ],
    ids=["socks", "IPv6 range"],
)
async def test_a_client_that_cannot_be_made_ends_its_attempts_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, proxies: dict[str, str]
) -> None:
    """Proxy variables of a desktop that the HTTP library cannot use: the translation is spelt, the engine's attempt
    says what happened, and the next engine draws every view."""
    for name, value in proxies.items():
        monkeypatch.setenv(name, value)
    key, url = "sk-abcdef", "http://127.0.0.1:9/v1"
    remote, local = OpenAIEngine(api_key=key, model="gpt-image-2", base_url=url, gateway=True), ScriptEngine()
    settings = quiet_settings(tmp_path, openai_api_key=key, openai_base_url=url)
    context = Context(Search(settings), Translator(settings), FallbackChain({"openai": remote, "script": local}, 5.0))
    wanted = Order.parse(order(car=CLIO | {"color": "синій із зюзями"}))
    result = await generate(wanted, context)
    await context.aclose()
    assert result.state is SetState.DONE
    for view in result.views:
        *failed, drew = view.attempts
        assert {attempt.engine for attempt in failed} == {"openai"}
        assert (drew.engine, drew.outcome) == ("script", "ok")
        assert view.prompt is not None
        assert view.prompt.translated_by == "transliteration"
        assert "ziuziamy" in view.prompt.prompt_en
