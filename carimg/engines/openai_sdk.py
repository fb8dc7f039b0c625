"""The OpenAI SDK, kept to what the engine needs: one call, bounded answers, previews, its exceptions mapped once.

Only the engine that draws imports this, and only when it draws: the SDK takes a second to import.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx2
import openai
from openai import AsyncOpenAI
from openai.types import ImageEditCompletedEvent, ImageEditPartialImageEvent
from openai.types.image_gen_completed_event import ImageGenCompletedEvent
from openai.types.image_gen_partial_image_event import ImageGenPartialImageEvent

from carimg.engines.http_engine import first_picture, too_long
from carimg.engines.prices import Usage
from carimg.engines.responses import Service, network_error, status_error
from carimg.errors import EngineBroken, EngineError, EngineTimeout, Reason

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
class Delivery:
    """One answer: the picture as base64 text, and what the service counted (None when it did not)."""

    base64: object
    usage: Usage | None


OnPreview = Callable[[object], Awaitable[None]]
"""Called with the base64 text of a preview."""


class ImageClient:
    """The image calls of one service, on the loop it was made on. `timeout_s` bounds every silence on the wire."""

    def __init__(self, service: Service, api_key: str, base_url: str, timeout_s: float, max_answer_bytes: int) -> None:
        self._service = service
        self._max_answer_bytes = max_answer_bytes
        self._sdk = AsyncOpenAI(
            api_key=api_key or "none",
            base_url=base_url,
            max_retries=0,
            http_client=httpx2.AsyncClient(
                timeout=httpx2.Timeout(timeout_s, connect=min(10.0, timeout_s)),
                follow_redirects=False,
                headers={"Accept-Encoding": "identity"},
                event_hooks={"response": [self._bound]},
            ),
        )

    async def ask(self, parameters: dict[str, Any], *, previews: int, on_preview: OnPreview | None) -> Delivery:
        """One picture: edited where there are images among the parameters, else generated; streamed where `previews`
        is not 0. Raises EngineError."""
        try:
            return await self._ask(parameters, previews, on_preview)
        except FOREIGN as exc:
            raise as_engine_error(self._service, exc) from exc

    async def aclose(self) -> None:
        await self._sdk.close()

    async def _ask(self, parameters: dict[str, Any], previews: int, on_preview: OnPreview | None) -> Delivery:
        edits = "image" in parameters
        images = self._sdk.images
        if not previews:
            raw = images.with_raw_response
            answer = await (raw.edit(**parameters) if edits else raw.generate(**parameters))
            return self._whole(answer.content)
        target: Any = images.edit if edits else images.generate
        stream = await target(**parameters, stream=True, partial_images=previews)
        async with stream:
            if "event-stream" not in stream.response.headers.get("content-type", ""):
                return self._whole(await stream.response.aread())
            return await self._last(stream, on_preview)

    async def _last(self, events: AsyncIterator[_Event], on_preview: OnPreview | None) -> Delivery:
        """Follow a stream to its completed event; previews go to `on_preview` on the way."""
        async for event in events:
            kind = str(getattr(event, "type", ""))
            if kind.endswith(".completed"):
                return Delivery(event.b64_json, _usage(getattr(event, "usage", None)))
            if kind.endswith(".partial_image") and on_preview is not None:
                await on_preview(event.b64_json)
        raise EngineBroken("OpenAI's stream ended before the picture was there.", reason=Reason.ANSWER)

    def _whole(self, body: bytes) -> Delivery:
        """The answer of a request that was not streamed."""
        answer = first_picture(self._service, body)
        picture = answer["data"][0]
        if picture.get("b64_json") is None and picture.get("url"):
            raise EngineBroken(
                "The server sent a link instead of a picture: make it answer with b64_json.", reason=Reason.ANSWER
            )
        return Delivery(picture.get("b64_json"), _usage(answer.get("usage")))

    async def _bound(self, response: httpx2.Response) -> None:
        """Let no answer grow past the limit, whatever it announces."""
        title, limit = self._service.title, self._max_answer_bytes
        announced = response.headers.get("content-length", "")
        if announced.isdigit() and int(announced) > limit:
            raise too_long(title, limit)
        if response.headers.get("content-encoding", "identity") != "identity":
            raise EngineBroken(f"{title} sent a compressed answer that was not asked for.", reason=Reason.ANSWER)
        assert isinstance(response.stream, httpx2.AsyncByteStream)
        response.stream = _Bounded(response.stream, limit, title)


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
                raise too_long(self._title, self._limit)
            yield chunk

    async def aclose(self) -> None:
        await self._inner.aclose()


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
