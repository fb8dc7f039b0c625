"""Strategies, checked at the socket of services that speak the real protocols."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from carimg.domain.car import Car
from carimg.domain.catalog import Angle, catalog
from carimg.domain.order import Order
from carimg.domain.set_record import SetRecord
from carimg.domain.view import Reference, SetState
from carimg.engines.base import Capabilities, DrawRequest, Engine
from carimg.engines.fallback import FallbackChain
from carimg.engines.openai import OpenAIEngine
from carimg.engines.pollinations.engine import PollinationsEngine
from carimg.errors import EngineBroken, EngineRefused, Reason
from carimg.generation.context import Context
from carimg.generation.pipeline import generate
from carimg.prompts.translate import Translator
from carimg.search import Badge, Found, Search
from tests.support.kit import Listener, quiet_settings
from tests.support.loopback import openai_server, pollinations_server
from tests.support.loopback.paint import picture
from tests.support.orders import order
from tests.support.script_engine import Act, ScriptEngine

SIZE = "1024x1024"


class PhotoSearch(Search):
    """Finds one photo for every angle, told apart by its colour."""

    async def badge(self, car: Car) -> Badge:
        return Badge("silver diamond badge", "catalogue")

    async def photos(self, car: Car, angle: Angle) -> Found:
        photo = Reference(photo_of(angle.id), "image/png", f"https://example.org/{angle.id}.png")
        return Found((photo,), "loopback")


def photo_of(angle: str) -> bytes:
    return picture((96, 64), f"photo of {angle}")


class Guide(ScriptEngine):
    """Stands where the offline studio stands: one car by construction, a picture of its own for every angle."""

    def __init__(self) -> None:
        super().__init__(id="studio", facts=Capabilities(takes_seed=True, one_car=True))


async def drawn(
    tmp_path: Path, wanted: Order, *engines: Engine, search: type[Search] = Search, listener: Listener | None = None
) -> SetRecord:
    settings = quiet_settings(tmp_path)
    chain = FallbackChain({engine.id: engine for engine in engines}, 10)
    context = Context(search(settings), Translator(settings), chain)
    try:
        return await generate(wanted, context, listener or Listener())
    finally:
        await context.aclose()


def openai(server: openai_server.OpenAIServer) -> OpenAIEngine:
    return OpenAIEngine(
        api_key=openai_server.KEY, model="gpt-image-2", base_url=server.base_url, timeout_s=5.0, gateway=True
    )


def images_of(server: openai_server.OpenAIServer) -> dict[str, list[bytes]]:
    """The reference pictures that arrived, in order, by the angle named in the prompt."""
    arrived: dict[str, list[bytes]] = {}
    for request in server.asked:
        if request.path.endswith("edits"):
            fields = openai_server.form_fields(request)
            images = fields.get("image[]", fields.get("image"))
            arrived[_angle(fields["prompt"])] = images if isinstance(images, list) else [images]
        else:
            arrived[_angle(request.json["prompt"])] = []
    return arrived


def _angle(prompt: str) -> str:
    return next(angle for angle in ("front", "side", "rear") if f"{angle} view" in prompt)


async def test_hints_send_the_prompt_alone(tmp_path: Path) -> None:
    """The original design: no picture goes to the service, even where photos were found."""
    async with openai_server.OpenAIServer() as server:
        result = await drawn(tmp_path, Order.parse(order(size=SIZE)), openai(server), search=PhotoSearch)
        assert result.state is SetState.DONE
        assert images_of(server) == {"front": [], "side": [], "rear": []}


async def test_anchored_sends_openai_the_main_picture_as_image_1(tmp_path: Path) -> None:
    """The main view is generated; the others are edits whose one input is its very bytes, and their prompt says what
    must not change."""
    async with openai_server.OpenAIServer() as server:
        result = await drawn(tmp_path, Order.parse(order(size=SIZE, strategy="anchored")), openai(server))
        main = result.views[0].picture
        assert main is not None
        assert images_of(server) == {"front": [], "side": [main.data], "rear": [main.data]}
        prompts = [openai_server.form_fields(request)["prompt"] for request in server.asked[1:]]
        assert all("Image 1 is this very car" in prompt and "Do not redesign" in prompt for prompt in prompts)


async def test_studio_guided_sends_openai_the_render_of_that_angle_then_the_photo(tmp_path: Path) -> None:
    """Every view is an edit: first the offline render of its own angle, then its reference photo."""
    guide = Guide()
    async with openai_server.OpenAIServer() as server:
        wanted = Order.parse(order(size=SIZE, strategy="studio-guided", engines=["openai"]))
        result = await drawn(tmp_path, wanted, openai(server), guide, search=PhotoSearch)
        assert result.engines == ("openai",)
        renders = {request.angle.id: (await guide.draw(request)).data for request in list(guide.asked)}
        assert images_of(server) == {angle: [renders[angle], photo_of(angle)] for angle in ("front", "side", "rear")}
        for request in server.asked:
            assert request.path == "/v1/images/edits"
            assert catalog().color("blue").hex in openai_server.form_fields(request)["prompt"]


async def test_studio_guided_sends_pollinations_data_urls_in_json(tmp_path: Path) -> None:
    """The edits call carries the render as its first `image_url` and the photo as its second."""
    guide = Guide()
    async with pollinations_server.PollinationsServer() as server:
        engine = PollinationsEngine(
            api_key=pollinations_server.KEY, base_url=server.url, timeout_s=5.0, model="nanobanana"
        )
        wanted = Order.parse(order(angles=["front"], size=SIZE, strategy="studio-guided", engines=["pollinations"]))
        await drawn(tmp_path, wanted, engine, guide, search=PhotoSearch)
        request = next(request for request in server.asked if request.path.endswith("edits"))
        urls = [image["image_url"] for image in request.json["image"]]
        assert [base64.b64decode(url.partition(",")[2]) for url in urls] == [
            (await guide.draw(guide.asked[0])).data,
            photo_of("front"),
        ]


async def test_when_the_main_view_fails_the_others_are_drawn_without_an_anchor(tmp_path: Path) -> None:
    """A refused main view does not stop the set: the others go out as plain prompts."""
    engine = ScriptEngine(
        facts=Capabilities(takes_seed=True, max_references=2), by_angle={"front": Act(error=EngineRefused("No."))}
    )
    result = await drawn(tmp_path, Order.parse(order(strategy="anchored")), engine)
    assert [view.state.value for view in result.views] == ["failed", "done", "done"]
    assert all(request.references == () for request in engine.asked)


async def test_the_studio_stays_on_the_ladder_of_every_strategy(tmp_path: Path) -> None:
    """It draws one car by construction, so a set without any other engine still comes out under each strategy."""
    for strategy in ("hints", "shared-seed", "anchored", "studio-guided"):
        result = await drawn(tmp_path, Order.parse(order(strategy=strategy)), Guide())
        assert result.state is SetState.DONE, strategy


async def test_a_guided_view_without_the_studio_is_drawn_without_a_guide(tmp_path: Path) -> None:
    """No studio set up: each view says what is missing, and is drawn by its words alone."""
    engine = ScriptEngine(facts=Capabilities(takes_seed=True, max_references=2))
    result = await drawn(tmp_path, Order.parse(order(strategy="studio-guided")), engine)
    assert result.state is SetState.DONE
    for view in result.views:
        assert [attempt.outcome for attempt in view.attempts] == ["no-guide", "ok"]
        assert "CARIMG_ENGINES" in view.attempts[0].message


@pytest.mark.parametrize(
    "error", [EngineBroken("Its worker died.", reason=Reason.CRASH), ImportError("libatomic.so.1")]
)
async def test_a_guide_that_cannot_be_rendered_costs_the_guide_and_not_the_view(
    tmp_path: Path, error: Exception
) -> None:
    """The side's render fails: the cloud engine draws it from its words, which speak of no image, and the failed render
    is among its attempts. The other views have their guides."""
    guide = Guide()
    guide.by_angle = {"side": Act(error=error)}
    engine = ScriptEngine(facts=Capabilities(takes_seed=True, max_references=2))
    wanted = Order.parse(order(strategy="studio-guided", engines=["script"]))
    listener = Listener()
    result = await drawn(tmp_path, wanted, engine, guide, search=PhotoSearch, listener=listener)
    assert result.state is SetState.DONE
    front, side, _ = result.views
    assert [(a.engine, a.outcome) for a in side.attempts] == [("studio", "no-guide"), ("script", "ok")]
    assert "drawn without it" in side.attempts[0].message
    assert "drawn without it" in listener.log
    assert [(a.engine, a.outcome) for a in front.attempts] == [("script", "ok")]
    sent = {request.angle.id: request for request in engine.asked}
    assert [len(sent[angle].references) for angle in ("front", "side", "rear")] == [2, 0, 2]
    assert "Image 1" in sent["front"].prompt
    assert "Image 1" not in sent["side"].prompt
    assert side.prompt is not None and side.prompt.prompt == sent["side"].prompt


def request_of(wanted: Order, angle: Angle) -> DrawRequest:
    return DrawRequest(wanted.car, angle, "", wanted.seed("1a2b3c4d", angle), "1a2b3c4d", wanted.size)


async def test_a_redo_is_anchored_to_the_stored_main_picture(tmp_path: Path) -> None:
    """Given the main picture of before, a single side view goes out with it as its anchor."""
    engine = ScriptEngine(facts=Capabilities(takes_seed=True, max_references=2))
    wanted = Order.parse(order(strategy="anchored"))
    anchor = await ScriptEngine().draw(request_of(wanted, wanted.angles[0]))
    settings = quiet_settings(tmp_path)
    context = Context(Search(settings), Translator(settings), FallbackChain({"script": engine}, 5))
    again = wanted.changed(angles=(wanted.angles[1],), main=wanted.angles[0])
    await generate(again, context, anchor=anchor)
    assert [reference.data for reference in engine.asked[0].references] == [anchor.data]
