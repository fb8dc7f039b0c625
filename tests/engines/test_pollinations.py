"""The Pollinations engines against loopback servers that speak the current API and the old one."""

from __future__ import annotations

import base64
import hashlib
import inspect
from collections.abc import AsyncIterator
from typing import Any

import cv2
import httpx
import numpy as np
import pytest

from carimg.domain.car import Car
from carimg.domain.catalog import Angle
from carimg.domain.view import Reference
from carimg.engines import build_engines
from carimg.engines.base import DrawRequest
from carimg.engines.http_engine import FOREIGN, as_engine_error
from carimg.engines.openai import OpenAIEngine
from carimg.engines.pollinations.engine import PollinationsEngine
from carimg.engines.pollinations.legacy import PollinationsLegacy
from carimg.engines.pollinations.models import find_model, guessed, read_models
from carimg.errors import BadPicture, EngineError, EngineRefused, SettingsError
from carimg.images import check
from carimg.settings import load_settings
from tests.support.loopback.paint import picture, placeholder
from tests.support.loopback.pollinations_server import KEY, LegacyServer, PollinationsServer, done
from tests.support.loopback.wire import Reply, json_reply

CLIO = Car("Renault", "Clio", 2019, "blue", "hatchback")
FRONT = Angle("front", "front", "спереду", "front", 0, 5)


def request(prompt: str = "2019 Renault Clio", **more: Any) -> DrawRequest:
    return DrawRequest(CLIO, FRONT, prompt, 123_456, "1a2b3c4d5e6f", (384, 256), **more)


def reference(key: str) -> Reference:
    return Reference(picture((96, 64), key), "image/png", f"https://example.org/{key}")


def engine(server: PollinationsServer, **more: Any) -> PollinationsEngine:
    return PollinationsEngine(**({"api_key": KEY, "base_url": server.url, "timeout_s": 2.0} | more))


@pytest.fixture
async def server() -> AsyncIterator[PollinationsServer]:
    async with PollinationsServer() as started:
        yield started


async def test_a_picture_is_drawn_with_its_seed(server: PollinationsServer) -> None:
    """The model is found in its owner/model form, the seed is sent and honoured, the price is the list's."""
    drawing = engine(server)
    drawn = await drawing.draw(request())
    await drawing.aclose()
    assert server.asked[0].json == {
        "model": "black-forest-labs/flux",
        "prompt": "2019 Renault Clio",
        "size": "384x256",
        "seed": 123_456,
        "response_format": "b64_json",
    }
    assert (drawn.width, drawn.height, drawn.mime) == (384, 256, "image/jpeg")
    assert drawn.seed_honoured and drawn.cost_usd == 0.002
    assert drawn.model == "black-forest-labs/flux"


async def test_references_go_out_as_json_edits_with_the_seed(server: PollinationsServer) -> None:
    """References are data URLs in a JSON body, at most as many as the model takes; its ignored seed is not claimed."""
    drawing = engine(server, model="nanobanana")
    drawn = await drawing.draw(request(references=tuple(reference(key) for key in "abcde")))
    await drawing.aclose()
    sent = server.asked[0]
    assert sent.path == "/v1/images/edits" and sent.json["seed"] == 123_456
    assert len(sent.json["image"]) == 3
    assert base64.b64decode(sent.json["image"][0]["image_url"].partition(",")[2]) == reference("a").data
    assert not drawn.seed_honoured
    assert drawn.cost_usd == pytest.approx(1290 * 0.00003)
    assert drawing.capabilities.max_references == 3


async def test_a_model_without_references_says_so(server: PollinationsServer) -> None:
    """References for a model that takes none are refused with the models that do, and nothing is sent."""
    drawing = engine(server)
    with pytest.raises(EngineRefused, match="takes no reference pictures"):
        await drawing.draw(request(references=(reference("a"),)))
    await drawing.aclose()
    assert not server.asked


async def test_the_model_list_is_read_once(server: PollinationsServer) -> None:
    """Several views read one list; videos are not offered as image models."""
    drawing = engine(server)
    for seed_prompt in ("a", "b", "c"):
        await drawing.draw(request(seed_prompt))
    assert [model.name for model in await drawing.discover()] == ["black-forest-labs/flux", "google/nanobanana"]
    await drawing.aclose()
    assert server.listed == 1


async def test_an_unknown_model_names_those_there_are(server: PollinationsServer) -> None:
    """A model that is not on the list is refused before anything is drawn."""
    drawing = engine(server, model="flux-ultra")
    with pytest.raises(EngineRefused, match="black-forest-labs/flux") as caught:
        await drawing.draw(request())
    await drawing.aclose()
    assert caught.value.reason == "model" and not server.asked


async def test_without_a_list_the_set_name_is_used(server: PollinationsServer) -> None:
    """A list that cannot be read keeps nobody from drawing."""
    server.models = "not a list"
    drawing = engine(server)
    drawn = await drawing.draw(request())
    await drawing.aclose()
    assert server.asked[0].json["model"] == "flux"
    assert drawn.cost_usd == 0.002


async def test_another_model_than_asked_for_is_told(server: PollinationsServer) -> None:
    """When the service says it drew with another model, the picture says so and claims no seed."""
    server.play(json_reply(done(picture((384, 256), "x")), headers=(("x-model-used", "alibaba/zimage"),)))
    drawing = engine(server)
    drawn = await drawing.draw(request())
    await drawing.aclose()
    assert drawn.model == "alibaba/zimage" and not drawn.seed_honoured
    assert dict(drawn.facts)["model asked for"] == "black-forest-labs/flux"


async def test_the_same_request_is_the_same_bytes(server: PollinationsServer) -> None:
    """Sending a request again repeats it byte for byte, so that the service bills one drawing."""
    drawing = engine(server)
    for _ in range(3):
        await drawing.draw(request())
    await drawing.aclose()
    assert server.billed == 1 and len(server.asked) == 3


def test_models_are_found_by_every_name() -> None:
    """Old ids, aliases, owner/model ids and any letter case find the same model."""
    models = read_models(
        {"data": [{"id": "black-forest-labs/FLUX.2-klein", "aliases": ["klein"]}, "bytedance/seedream"]}
    )
    assert find_model(models, "klein") is find_model(models, "flux.2-klein") is models[0]
    assert models[0].seeded and models[1].max_references == 10
    assert find_model(models, "kontext") is None
    assert guessed("black-forest-labs/kontext").max_references == 1


async def test_the_legacy_host_draws_without_a_key() -> None:
    """The old host gets everything in the URL; it is not believed to have followed the seed."""
    async with LegacyServer() as server:
        drawing = PollinationsLegacy(on=True, base_url=server.url, timeout_s=2.0)
        drawn = await drawing.draw(request("a blue Clio / 2019?"))
        await drawing.aclose()
        assert server.asked[0].query == {
            "width": "384",
            "height": "256",
            "seed": "123456",
            "model": "flux",
            "nologo": "true",
        }
        assert server.asked[0].path == "/prompt/a%20blue%20Clio%20%2F%202019%3F"
        assert "authorization" not in server.asked[0].headers
    assert not drawn.seed_honoured and dict(drawn.facts)["seed sent"] == "123456"


async def test_a_long_prompt_never_goes_into_a_url() -> None:
    """1,400 Cyrillic letters make more than 8 KB of URL: refused with the fix, and nothing is sent."""
    async with LegacyServer() as server:
        drawing = PollinationsLegacy(on=True, base_url=server.url)
        with pytest.raises(EngineRefused, match="POLLINATIONS_API_KEY") as caught:
            await drawing.draw(request("ї" * 1400))
        await drawing.aclose()
        assert caught.value.reason == "too-long" and not server.asked


async def test_the_legacy_hosts_placeholder_is_known_by_its_bytes() -> None:
    """A picture on the list of placeholders is none, though it decodes well."""
    known = {hashlib.md5(placeholder(), usedforsecurity=False).hexdigest(): "rate limit"}
    with pytest.raises(BadPicture) as caught:
        check(placeholder(), "Pollinations", (512, 512), placeholders=known)
    assert caught.value.reason == "placeholder"
    assert check(placeholder(), "Pollinations", (512, 512), placeholders={}).mime == "image/jpeg"


async def test_the_legacy_hosts_advertisement_is_known_by_its_qr_code() -> None:
    """The host's rate-limit picture carries a QR code that leads to the service; other QR codes do not matter."""
    async with LegacyServer() as server:
        drawing = PollinationsLegacy(on=True, base_url=server.url)
        server.play(Reply(200, with_qr_code("https://enter.pollinations.ai"), "image/jpeg"))
        with pytest.raises(BadPicture, match="its rate limit is reached") as caught:
            await drawing.draw(request())
        server.play(Reply(200, with_qr_code("https://example.org"), "image/jpeg"))
        await drawing.draw(request())
        await drawing.aclose()
        assert caught.value.reason == "placeholder"


def with_qr_code(text: str) -> bytes:
    """A 384x256 JPEG with a QR code on it."""
    code = cv2.copyMakeBorder(cv2.QRCodeEncoder.create().encode(text), 4, 4, 4, 4, cv2.BORDER_CONSTANT, value=255)
    large = cv2.resize(code, (200, 200), interpolation=cv2.INTER_NEAREST)
    page = np.full((256, 384), 120, np.uint8)
    page[28:228, 28:228] = large
    return cv2.imencode(".jpg", page)[1].tobytes()


async def test_a_picture_with_a_wrong_content_type_is_a_picture() -> None:
    """Magic bytes decide, not what the header claims."""
    async with LegacyServer() as server:
        server.play(Reply(200, picture((384, 256), "p"), "text/html"))
        drawing = PollinationsLegacy(on=True, base_url=server.url)
        assert (await drawing.draw(request())).mime == "image/png"
        await drawing.aclose()


def test_the_registry_is_ordered_as_set(tmp_path: Any) -> None:
    """Engines come in the order of CARIMG_ENGINES, the legacy host right after Pollinations where it is on."""
    base = {"_env_file": None, "data_dir": tmp_path, "workers": 1}
    assert list(build_engines(load_settings(engines="pollinations,openai", **base))) == ["pollinations", "openai"]
    legacy = load_settings(engines="openai,pollinations", pollinations_legacy=True, **base)
    engines = build_engines(legacy)
    assert list(engines) == ["openai", "pollinations", "pollinations-legacy"]
    assert isinstance(engines["openai"], OpenAIEngine)
    assert engines["pollinations-legacy"].unavailable() is None
    assert "POLLINATIONS_API_KEY" in str(engines["pollinations"].unavailable())
    with pytest.raises(SettingsError, match="midjourney"):
        build_engines(load_settings(engines="midjourney", **base))


def _httpx_exceptions() -> list[type[BaseException]]:
    things = [getattr(httpx, name) for name in httpx.__all__]
    return [thing for thing in things if inspect.isclass(thing) and issubclass(thing, Exception)]


@pytest.mark.parametrize("kind", _httpx_exceptions(), ids=lambda kind: kind.__name__)
def test_no_exception_of_httpx_is_unmapped(kind: type[BaseException]) -> None:
    """Every exception class of httpx is caught at the boundary and becomes an EngineError with a sentence."""
    exc = kind.__new__(kind)
    Exception.__init__(exc, f"something about {KEY}")
    exc.response = httpx.Response(418)  # type: ignore[attr-defined]
    ours = as_engine_error(PollinationsEngine(api_key=KEY).service, exc)
    assert issubclass(kind, FOREIGN) and isinstance(ours, EngineError)
    assert ours.message.endswith(".") and KEY not in ours.message
