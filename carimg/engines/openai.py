"""OpenAI's image models, and self-hosted servers that speak the same protocol."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import httpx2
import openai
from openai import AsyncOpenAI
from openai.types import ImageEditCompletedEvent, ImageEditPartialImageEvent
from openai.types.image_gen_completed_event import ImageGenCompletedEvent
from openai.types.image_gen_partial_image_event import ImageGenPartialImageEvent

from carimg.engines.base import Capabilities, DrawRequest, Engine, OnPartial
from carimg.engines.faults import Service, answer_error, key_fault, network_error, status_error
from carimg.engines.pictures import checked, from_base64, is_preview
from carimg.engines.sizes import free_size, nearest_fixed, stepped
from carimg.errors import EngineBroken, EngineError, EngineRefused, EngineTimeout, EngineUnavailable
from carimg.prices import Usage, prices
from carimg.settings import Settings
from carimg.views import Picture

OPENAI_URL = "https://api.openai.com/v1"
RETIRED = {"dall-e-2": "2026-05-12", "dall-e-3": "2026-05-12", "gpt-image-1": "2026-10-23"}
LIVING = "gpt-image-2.6-flare, gpt-image-2 or gpt-image-1-mini"
FIXED_SIZE_MODELS = ("gpt-image-1.5", "gpt-image-1-mini")
QUALITIES = ("auto", "low", "medium", "high", "xhigh", "max")
SEED_DIALECTS = ("none", "top-level", "sd-cpp")
MAX_PROMPT = 32_000
MAX_REFERENCES = 16
PREVIEWS = 2
MAX_ANSWER_BYTES = 48 * 2**20
"""A 2048x2048 PNG is at most 17 MB as base64; three of them (two previews) with room to spare."""

FOREIGN = (
    openai.OpenAIError,
    httpx2.HTTPError,
    httpx2.StreamError,
    httpx2.InvalidURL,
    httpx2.CookieConflict,
    json.JSONDecodeError,
    UnicodeDecodeError,
    OSError,
)
"""Everything the SDK and what lies below it may raise; mapped once, in `as_engine_error`."""

_Event = ImageGenCompletedEvent | ImageEditCompletedEvent | ImageGenPartialImageEvent | ImageEditPartialImageEvent


@dataclass(frozen=True, slots=True)
class _Delivery:
    """One answer: the picture as base64 text, and what the service counted (None when it did not)."""

    base64: object
    usage: Usage | None


class OpenAIEngine(Engine):
    """Draws with `images.generate`, or with `images.edit` when the request has reference pictures.

    `base_url` '' is OpenAI itself, which takes no seed and streams previews; with `gateway` the server at `base_url`
    passes on to OpenAI and is treated alike. Other servers get the plain parameters only; `seed_dialect` says how they
    take a seed ('none', 'top-level', 'sd-cpp'), `stream` whether they stream.
    `timeout_s` bounds every silence on the wire; the deadline of a view is the policy's.
    """

    id: ClassVar[str] = "openai"
    title: ClassVar[str] = "OpenAI"
    leaves_machine: ClassVar[bool] = True

    def __init__(
        self,
        *,
        api_key: str,
        model: str,
        base_url: str = "",
        gateway: bool = False,
        quality: str = "medium",
        moderation: str = "auto",
        seed_dialect: str = "none",
        stream: bool | None = None,
        per_minute: int | None = None,
        timeout_s: float = 180.0,
        max_answer_bytes: int = MAX_ANSWER_BYTES,
    ) -> None:
        self._api_key = api_key.strip()
        self.model = model
        self.base_url = base_url.strip() or OPENAI_URL
        self.is_openai = gateway or self.base_url.rstrip("/").startswith("https://api.openai.com")
        self.quality = quality
        self.moderation = moderation
        self.seed_dialect = seed_dialect
        self.streams = self.is_openai if stream is None else stream
        self.per_minute = per_minute
        self.timeout_s = timeout_s
        self.max_answer_bytes = max_answer_bytes
        self._client: AsyncOpenAI | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self.service = Service(
            title=self.title,
            key_setting="OPENAI_API_KEY",
            model_setting="CARIMG_OPENAI_MODEL",
            url_setting="OPENAI_BASE_URL",
            model=model,
            living_models=LIVING if self.is_openai else "a model your server has",
            secrets=(self._api_key,) if self._api_key else (),
        )

    @classmethod
    def from_settings(cls, settings: Settings) -> OpenAIEngine:
        return cls(
            api_key=settings.openai_api_key.get_secret_value(),
            model=settings.openai_model,
            base_url=settings.openai_base_url,
            gateway=settings.openai_gateway,
            quality=settings.openai_quality,
            moderation=settings.openai_moderation,
            seed_dialect=settings.openai_seed_dialect,
            stream=settings.openai_stream,
            per_minute=settings.openai_per_minute,
            timeout_s=settings.engine_timeout_s,
        )

    @property
    def costs_money(self) -> bool:  # type: ignore[override]
        """A self-hosted server costs nothing by the picture."""
        return self.is_openai

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(
            takes_seed=self._sends_seed,
            max_references=MAX_REFERENCES,
            per_minute=self.per_minute,
        )

    @property
    def _sends_seed(self) -> bool:
        """Never to OpenAI itself: its image models know no seed, and an unknown parameter is refused."""
        return not self.is_openai and self.seed_dialect != "none"

    def unavailable(self) -> str | None:
        if self.is_openai and not self._api_key:
            return "OpenAI needs a key: set OPENAI_API_KEY, or OPENAI_BASE_URL for a server of your own."
        if self.is_openai and self.model in RETIRED:
            return (
                f"OpenAI retired the model {self.model} on {RETIRED[self.model]}: set CARIMG_OPENAI_MODEL to {LIVING}."
            )
        if self.is_openai and self.quality not in QUALITIES:
            return f"CARIMG_OPENAI_QUALITY '{self.quality}' is not known: choose {', '.join(QUALITIES)}."
        if self.seed_dialect not in SEED_DIALECTS:
            return f"CARIMG_OPENAI_SEED_DIALECT '{self.seed_dialect}' is not known: choose {', '.join(SEED_DIALECTS)}."
        return key_fault(self._api_key, "OPENAI_API_KEY")

    def estimate_usd(self, size: tuple[int, int]) -> float:
        if not self.is_openai:
            return 0.0
        previews = PREVIEWS if self.streams else 0
        return prices().openai_estimate(self.model, self.quality, self.size_for(size), previews)

    def size_for(self, size: tuple[int, int]) -> tuple[int, int]:
        """The size to ask the service for when (width, height) is wanted."""
        if not self.is_openai:
            return stepped(size)
        return nearest_fixed(size) if self.model.startswith(FIXED_SIZE_MODELS) else free_size(size)

    async def draw(self, request: DrawRequest, on_partial: OnPartial | None = None) -> Picture:
        why = self.unavailable()
        if why is not None:
            raise EngineUnavailable(why)
        if len(request.prompt) > MAX_PROMPT:
            raise EngineRefused(
                f"The prompt has {len(request.prompt):,} characters; OpenAI takes {MAX_PROMPT:,}.", reason="too-long"
            )
        try:
            delivery = await self._ask(request, on_partial)
        except FOREIGN as exc:
            raise as_engine_error(self.service, exc) from exc
        return await self._picture(request, delivery)

    async def _picture(self, request: DrawRequest, delivery: _Delivery) -> Picture:
        cost = self._cost(request, delivery.usage)
        data = from_base64(delivery.base64, self.title, cost_usd=cost)
        sent = self.size_for(request.size)
        done = await checked(data, self.title, sent, cost_usd=cost)
        facts = [("quality", self.quality if self.is_openai else "as the server draws"), *done.facts(request.size)]
        if delivery.usage is not None:
            facts.append(("usage", f"{delivery.usage} tokens"))
        if self.is_openai:
            facts.append(("prices of", prices().as_of))
        return Picture(
            data=done.data,
            mime=done.mime,
            width=done.width,
            height=done.height,
            engine=self.id,
            model=self.model,
            seed_honoured=self._sends_seed,
            cost_usd=cost,
            facts=tuple(facts),
        )

    def _cost(self, request: DrawRequest, usage: Usage | None) -> float:
        """By its token counts; by the estimate where it did not count."""
        if not self.is_openai:
            return 0.0
        return prices().openai_actual(self.model, usage) if usage else self.estimate_usd(request.size)

    async def _ask(self, request: DrawRequest, on_partial: OnPartial | None) -> _Delivery:
        client = self._client_here()
        parameters = self._parameters(request)
        if request.references:
            parameters["image"] = self._images(request)
            target = client.images.edit
            raw_target = client.images.with_raw_response.edit
        else:
            target = client.images.generate  # type: ignore[assignment]
            raw_target = client.images.with_raw_response.generate  # type: ignore[assignment]
        if not self.streams:
            raw = await raw_target(**parameters)
            return self._read(raw.content)
        stream = await target(**parameters, stream=True, partial_images=PREVIEWS)
        async with stream:
            if "event-stream" not in stream.response.headers.get("content-type", ""):
                return self._read(await stream.response.aread())
            return await self._last(stream, on_partial)

    async def _last(self, events: AsyncIterator[_Event], on_partial: OnPartial | None) -> _Delivery:
        """Follow a stream to its completed event; previews go to `on_partial` on the way."""
        async for event in events:
            kind = str(getattr(event, "type", ""))
            if kind.endswith(".completed"):
                return _Delivery(event.b64_json, _usage(getattr(event, "usage", None)))
            if kind.endswith(".partial_image") and on_partial is not None:
                preview = from_base64(event.b64_json, self.title)
                if is_preview(preview):
                    await on_partial(preview)
        raise EngineBroken("OpenAI's stream ended before the picture was there.", reason="answer")

    def _parameters(self, request: DrawRequest) -> dict[str, Any]:
        width, height = self.size_for(request.size)
        given: dict[str, Any] = {"model": self.model, "prompt": request.prompt, "n": 1, "size": f"{width}x{height}"}
        if self.is_openai:
            given |= {"quality": self.quality, "output_format": "png"}
            if not request.references:
                given["moderation"] = self.moderation
            return given
        given["response_format"] = "b64_json"
        if self.seed_dialect == "top-level":
            given["extra_body"] = {"seed": request.seed}
        elif self.seed_dialect == "sd-cpp":
            given["prompt"] += f' <sd_cpp_extra_args>{{"seed":{request.seed}}}</sd_cpp_extra_args>'
        return given

    def _images(self, request: DrawRequest) -> Any:
        """One image goes out as `image`, several as `image[]`: some servers know only the first form."""
        files = [
            (f"image-{number}.{reference.mime.partition('/')[2]}", reference.data, reference.mime)
            for number, reference in enumerate(request.references[:MAX_REFERENCES], 1)
        ]
        return files[0] if len(files) == 1 else files

    def _read(self, body: bytes) -> _Delivery:
        """The answer of a request that was not streamed; a good status proves nothing yet."""
        try:
            answer = json.loads(body)
        except (ValueError, UnicodeDecodeError) as exc:
            raise answer_error(self.service, body) from exc
        if not isinstance(answer, dict):
            raise answer_error(self.service, body)
        pictures = answer.get("data")
        if not isinstance(pictures, list) or not pictures or not isinstance(pictures[0], dict):
            raise status_error(self.service, 200, answer)
        if pictures[0].get("b64_json") is None and pictures[0].get("url"):
            raise EngineBroken(
                "The server sent a link instead of a picture: make it answer with b64_json.", reason="answer"
            )
        return _Delivery(pictures[0].get("b64_json"), _usage(answer.get("usage")))

    def _client_here(self) -> AsyncOpenAI:
        """The client of the running loop: connections cannot move to another one."""
        loop = asyncio.get_running_loop()
        if self._client is None or self._loop is not loop:
            self._loop = loop
            self._client = AsyncOpenAI(
                api_key=self._api_key or "none",
                base_url=self.base_url,
                max_retries=0,
                http_client=httpx2.AsyncClient(
                    timeout=httpx2.Timeout(self.timeout_s, connect=min(10.0, self.timeout_s)),
                    follow_redirects=False,
                    headers={"Accept-Encoding": "identity"},
                    event_hooks={"response": [self._bound]},
                ),
            )
        return self._client

    async def _bound(self, response: httpx2.Response) -> None:
        """Let no answer grow past the limit, whatever it announces."""
        announced = response.headers.get("content-length", "")
        if announced.isdigit() and int(announced) > self.max_answer_bytes:
            raise _too_long(self.title, self.max_answer_bytes)
        if response.headers.get("content-encoding", "identity") != "identity":
            raise EngineBroken(f"{self.title} sent a compressed answer that was not asked for.", reason="answer")
        assert isinstance(response.stream, httpx2.AsyncByteStream)
        response.stream = _Bounded(response.stream, self.max_answer_bytes, self.title)

    async def aclose(self) -> None:
        if self._client is not None:
            await self._client.close()
            self._client = None


class _Bounded(httpx2.AsyncByteStream):
    """A body that raises as soon as it has given more than `limit` bytes."""

    def __init__(self, inner: httpx2.AsyncByteStream, limit: int, title: str) -> None:
        self._inner = inner
        self._limit = limit
        self._title = title

    async def __aiter__(self) -> AsyncIterator[bytes]:
        taken = 0
        async for chunk in self._inner:
            taken += len(chunk)
            if taken > self._limit:
                raise _too_long(self._title, self._limit)
            yield chunk

    async def aclose(self) -> None:
        await self._inner.aclose()


def _too_long(title: str, limit: int) -> EngineBroken:
    return EngineBroken(f"{title} sent an answer of more than {limit // 2**20} MB; it was cut off.", reason="too-big")


def _usage(usage: Any) -> Usage | None:
    """Token counts from a parsed event or a plain mapping; None when there are none."""
    if usage is not None and not isinstance(usage, Mapping):
        usage = usage.model_dump() if hasattr(usage, "model_dump") else None
    if not isinstance(usage, Mapping):
        return None
    details = usage.get("input_tokens_details")
    details = details if isinstance(details, Mapping) else {}
    image_in = _count(details.get("image_tokens"))
    text_in = _count(details.get("text_tokens", _count(usage.get("input_tokens")) - image_in))
    return Usage(text_in, image_in, _count(usage.get("output_tokens")))


def _count(number: object) -> int:
    return max(0, number) if isinstance(number, int) else 0


def as_engine_error(service: Service, exc: BaseException) -> EngineError:
    """Any exception of the SDK, or of the HTTP client below it, as the EngineError it means."""
    if isinstance(exc, openai.APIStatusError):
        body = exc.response.content if exc.response.is_stream_consumed else exc.body
        return status_error(service, exc.status_code, body, exc.response.headers)
    if isinstance(exc, openai.APITimeoutError | httpx2.TimeoutException):
        return EngineTimeout(f"{service.title} sent nothing for too long, or did not take the connection.")
    if isinstance(exc, openai.APIConnectionError | httpx2.HTTPError | httpx2.InvalidURL | OSError):
        return network_error(service, exc)
    if isinstance(exc, openai.APIError):
        return status_error(service, 200, {"error": {"code": exc.code, "message": exc.message}})
    return network_error(service, exc)
