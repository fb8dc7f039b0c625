"""The OpenAI engine against a loopback server that speaks OpenAI's protocol, with the real SDK."""

from __future__ import annotations

import asyncio
import inspect
import io
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx2
import openai
import pytest
from PIL import Image

from carimg.domain.car import Car
from carimg.domain.catalog import Angle
from carimg.domain.view import Reference
from carimg.engines.base import DrawRequest
from carimg.engines.openai import OpenAIEngine
from carimg.engines.openai_sdk import FOREIGN, as_engine_error
from carimg.engines.sizes import free_size, nearest_fixed
from carimg.errors import EngineBroken, EngineError, EngineRefused, EngineUnavailable
from tests.support.loopback.openai_server import KEY, OpenAIServer, done, error, form_fields, stream_reply, usage
from tests.support.loopback.paint import picture
from tests.support.loopback.wire import Reply, json_reply

CLIO = Car("Renault", "Clio", 2019, "blue", "hatchback")
FRONT = Angle("front", "front", "спереду", "front", 0, 5)


def request(size: tuple[int, int] = (768, 512), prompt: str = "2019 Renault Clio", **more: Any) -> DrawRequest:
    return DrawRequest(CLIO, FRONT, prompt, 123_456, "1a2b3c4d5e6f", size, **more)


def reference(key: str) -> Reference:
    return Reference(picture((128, 96), key), "image/png", f"https://example.org/{key}")


def engine(server: OpenAIServer, **more: Any) -> OpenAIEngine:
    given = {"api_key": KEY, "model": "gpt-image-2.6-flare", "base_url": server.base_url, "timeout_s": 2.0}
    return OpenAIEngine(**(given | {"gateway": not server.self_hosted} | more))


@pytest.fixture
async def server() -> AsyncIterator[OpenAIServer]:
    async with OpenAIServer() as started:
        yield started


@pytest.fixture
async def own_server() -> AsyncIterator[OpenAIServer]:
    async with OpenAIServer(self_hosted=True) as started:
        yield started


async def test_a_picture_is_drawn_with_previews_usage_and_price(server: OpenAIServer) -> None:
    """A streamed answer gives two previews and the picture; tokens and price are kept; OpenAI never gets a seed."""
    previews: list[bytes] = []

    async def keep(data: bytes) -> None:
        previews.append(data)

    drawing = engine(server)
    drawn = await drawing.draw(request(), keep)
    await drawing.aclose()
    assert [Image.open(io.BytesIO(data)).size for data in previews] == [(96, 64), (96, 64)]
    assert (drawn.width, drawn.height) == (1008, 672)
    assert drawn.cost_usd == pytest.approx((50 * 5 + 1500 * 30) / 1e6)
    facts = dict(drawn.facts)
    assert facts["usage"] == "50 text in, 0 image in, 1500 image out tokens"
    assert (facts["asked size"], facts["delivered size"]) == ("768x512", "1008x672")
    assert not drawn.seed_honoured
    assert "seed" not in server.asked[0].json
    assert server.asked[0].json["moderation"] == "auto"


async def test_references_go_out_as_an_edit(server: OpenAIServer) -> None:
    """One reference goes out as `image`, several as `image[]`; both without moderation, which edits do not know."""
    drawing = engine(server)
    one = await drawing.draw(request(references=(reference("a"),)))
    await drawing.draw(request(references=(reference("a"), reference("b"), reference("c"))))
    await drawing.aclose()
    first, second = (form_fields(asked) for asked in server.asked)
    assert first["image"] == reference("a").data
    assert second["image[]"] == [reference(key).data for key in "abc"]
    assert "moderation" not in first
    assert one.cost_usd == pytest.approx((50 * 5 + 300 * 8 + 1500 * 30) / 1e6)


async def test_without_streaming_the_answer_is_read_whole(server: OpenAIServer) -> None:
    """With streaming off one JSON answer is asked for and read."""
    drawing = engine(server, stream=False)
    drawn = await drawing.draw(request())
    await drawing.aclose()
    assert "stream" not in server.asked[0].json
    assert drawn.cost_usd > 0


@pytest.mark.parametrize(("dialect", "seeds"), [("none", []), ("top-level", [123_456]), ("sd-cpp", [123_456])])
async def test_self_hosted_servers_get_seeds_in_their_dialect(
    own_server: OpenAIServer, dialect: str, seeds: list[int]
) -> None:
    """Own servers need no key and cost nothing; the seed counts as honoured only where a dialect sent it."""
    drawing = engine(own_server, api_key="", model="sd-turbo", seed_dialect=dialect)
    assert drawing.unavailable() is None
    drawn = await drawing.draw(request())
    await drawing.aclose()
    assert own_server.seeds == seeds
    assert drawn.seed_honoured is drawing.capabilities.takes_seed is bool(seeds)
    assert drawn.cost_usd == 0
    assert (drawn.width, drawn.height) == (768, 512)


async def test_a_server_that_ignores_stream_is_understood(own_server: OpenAIServer) -> None:
    """JSON where a stream was asked for is read as the answer it is."""
    drawing = engine(own_server, stream=True)
    drawn = await drawing.draw(request())
    await drawing.aclose()
    assert drawn.width == 768


async def test_a_stream_without_its_last_event_is_an_error(server: OpenAIServer) -> None:
    """A stream that ends after its previews is no picture."""
    server.play(stream_reply("image_generation", b"", usage(), complete=False))
    drawing = engine(server)
    with pytest.raises(EngineBroken, match="stream ended before"):
        await drawing.draw(request())
    await drawing.aclose()


async def test_a_stream_can_be_called_off(server: OpenAIServer) -> None:
    """A view that is cancelled between two previews hangs up at once; the next one is drawn."""
    slow = stream_reply("image_generation", picture((1008, 672), "x"), usage())
    server.play(replace(slow, drip_s=30))
    came = asyncio.Event()

    async def preview(data: bytes) -> None:
        came.set()

    drawing = engine(server)
    task = asyncio.ensure_future(drawing.draw(request(), preview))
    await asyncio.wait_for(came.wait(), 5)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await drawing.draw(request())).width == 1008
    await drawing.aclose()


async def test_an_error_inside_a_stream_is_understood(server: OpenAIServer) -> None:
    """Moderation may strike in mid-stream, with status 200."""
    event = b'event: error\ndata: {"error":{"code":"moderation_blocked","message":"Your request was rejected."}}\n\n'
    server.play(Reply(mime="text/event-stream", chunks=(event,)))
    drawing = engine(server)
    with pytest.raises(EngineRefused) as caught:
        await drawing.draw(request())
    await drawing.aclose()
    assert caught.value.reason == "moderation"


@pytest.mark.parametrize("model", ["dall-e-2", "dall-e-3", "gpt-image-1"])
async def test_a_retired_model_names_a_living_one(model: str) -> None:
    """Retired names are refused before anything is sent, with the day and a model to use; own servers may keep them."""
    retired = OpenAIEngine(api_key=KEY, model=model)
    assert "gpt-image-2.6-flare" in str(retired.unavailable())
    with pytest.raises(EngineUnavailable, match="retired the model"):
        await retired.draw(request())
    assert OpenAIEngine(api_key="", model=model, base_url="http://localhost:1/v1").unavailable() is None


def test_what_is_missing_is_named() -> None:
    """Without a key, or with one that cannot be sent, the sentence names the setting and never the key."""
    assert "OPENAI_API_KEY" in str(OpenAIEngine(api_key="", model="gpt-image-2").unavailable())
    broken = str(OpenAIEngine(api_key="sk-a b\nc", model="gpt-image-2").unavailable())
    assert "OPENAI_API_KEY" in broken and "sk-a" not in broken
    assert "choose" in str(OpenAIEngine(api_key=KEY, model="gpt-image-2", quality="ultra").unavailable())


async def test_the_key_is_in_no_message(server: OpenAIServer) -> None:
    """A service that repeats the key in its error does not get it into ours."""
    server.play(error(401, "invalid_api_key", f"Incorrect API key provided: {KEY}. Bearer {KEY}"))
    drawing = engine(server)
    with pytest.raises(EngineRefused) as caught:
        await drawing.draw(request())
    await drawing.aclose()
    assert caught.value.reason == "key"
    assert KEY not in str(caught.value) and "[key]" in str(caught.value)


async def test_what_a_bad_picture_cost_is_kept(server: OpenAIServer) -> None:
    """A picture that is no use has been paid all the same."""
    server.play(json_reply(done(picture((300, 900), "tall")) | {"usage": usage()}))
    drawing = engine(server, stream=False)
    with pytest.raises(EngineError) as caught:
        await drawing.draw(request())
    await drawing.aclose()
    assert caught.value.reason == "wrong-shape"
    assert caught.value.spent_usd == pytest.approx(0.04525)


def test_one_engine_serves_several_loops() -> None:
    """Each loop gets its own client, so that a second `asyncio.run` does not meet a closed loop."""

    async def once() -> int:
        async with OpenAIServer() as server:
            drawing = engine(server)
            for _ in range(2):
                await drawing.draw(request((256, 256)))
            await drawing.aclose()
            return server.drawn

    assert [asyncio.run(once()) for _ in range(2)] == [2, 2]


@pytest.mark.parametrize(
    "size", [(768, 512), (256, 256), (2048, 2048), (2048, 256), (256, 2048), (1920, 1080), (1000, 700)]
)
def test_sizes_are_allowed_and_keep_their_shape(size: tuple[int, int]) -> None:
    """Free sizes obey every limit and keep the ordered shape within 1.5 % where 3:1 allows it."""
    width, height = free_size(size)
    assert width % 16 == height % 16 == 0
    assert 655_360 <= width * height <= 8_294_400 and max(width, height) <= 3840
    asked = min(max(size[0] / size[1], 1 / 3), 3)
    assert width / height == pytest.approx(asked, rel=0.015)


def test_fixed_sizes_are_chosen_by_shape() -> None:
    """gpt-image-1.5 draws three sizes: the nearest in shape is taken."""
    assert [nearest_fixed(size) for size in ((768, 512), (500, 512), (256, 700))] == [
        (1536, 1024),
        (1024, 1024),
        (1024, 1536),
    ]


def test_estimates_follow_quality_and_size() -> None:
    """A better or larger picture is expected to cost more, a self-hosted one nothing."""
    low, high = (OpenAIEngine(api_key=KEY, model="gpt-image-2", quality=q) for q in ("low", "high"))
    assert 0.005 < low.estimate_usd((1024, 1024)) < 0.02
    assert 0.18 < high.estimate_usd((1024, 1024)) < 0.25
    assert high.estimate_usd((2048, 2048)) > 3 * high.estimate_usd((1024, 1024))
    assert OpenAIEngine(api_key="", model="x", base_url="http://localhost:1").estimate_usd((512, 512)) == 0


def _sdk_exceptions() -> list[type[BaseException]]:
    found = {
        thing
        for module in (openai, openai._exceptions, httpx2)
        for thing in [getattr(module, name) for name in module.__all__]
        if inspect.isclass(thing) and issubclass(thing, Exception) and not issubclass(thing, Warning)
    }
    found -= {openai.InvalidWebhookSignatureError, Exception}  # webhooks are not what we use
    return sorted(found, key=lambda one: one.__name__)


@pytest.mark.parametrize("kind", _sdk_exceptions(), ids=lambda kind: kind.__name__)
def test_no_exception_of_the_sdk_is_unmapped(kind: type[BaseException]) -> None:
    """Every exception class of openai and httpx2 is caught and becomes an EngineError with a sentence."""
    assert issubclass(kind, FOREIGN)
    ours = as_engine_error(OpenAIEngine(api_key=KEY, model="gpt-image-2").service, _instance(kind))
    assert isinstance(ours, EngineError)
    assert ours.message.endswith(".") and KEY not in ours.message


def _instance(kind: type[BaseException]) -> BaseException:
    """An instance as the SDK would make it, with the key in every text."""
    asked = httpx2.Request("POST", "http://localhost/v1", headers={"Authorization": f"Bearer {KEY}"})
    answer = httpx2.Response(418, request=asked, json={"error": {"message": KEY}})
    exc = kind.__new__(kind)
    Exception.__init__(exc, f"something about {KEY}")
    for name, value in {"request": asked, "response": answer, "message": KEY, "body": None}.items():
        try:
            setattr(exc, name, value)
        except AttributeError:
            continue
    if isinstance(exc, openai.APIError):
        exc.code = None
    if isinstance(exc, openai.APIStatusError):
        exc.status_code = getattr(kind, "status_code", 418)
    return exc
