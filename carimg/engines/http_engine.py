"""The base of every engine that is asked over HTTP: keys, one client a loop, bounded answers, refusals in words.

A provider on it says how a request looks and where the picture is in the answer; the rest is here.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, ClassVar

import httpx

from carimg.domain.view import Picture
from carimg.engines.base import DrawRequest, Engine, OnPartial
from carimg.engines.responses import Service, answer_error, key_fault, network_error, status_error
from carimg.errors import EngineBroken, EngineError, EngineRefused, EngineTimeout, EngineUnavailable, Reason
from carimg.images import CheckedPicture

MAX_ANSWER_BYTES = 48 * 2**20
FOREIGN = (
    httpx.HTTPError,
    httpx.StreamError,
    httpx.InvalidURL,
    httpx.CookieConflict,
    json.JSONDecodeError,
    UnicodeDecodeError,
    OSError,
)
"""Everything httpx and what lies below it may raise; mapped once, in `as_engine_error`."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer with a good status."""

    body: bytes = field(repr=False)
    headers: httpx.Headers


class HttpEngine(Engine):
    """An engine behind an HTTP service.

    A subclass sets `service` in its constructor and writes `_draw`. `timeout_s` bounds every silence on the wire; the
    deadline of a view is the retry policy's. `max_answer_bytes` bounds every answer.
    """

    leaves_machine: ClassVar[bool] = True
    max_prompt: ClassVar[int] = 32_000
    """Characters of a prompt that the service takes."""

    service: Service

    def __init__(
        self, *, api_key: str = "", timeout_s: float = 180.0, max_answer_bytes: int = MAX_ANSWER_BYTES
    ) -> None:
        self._api_key = api_key.strip()
        self.timeout_s = timeout_s
        self.max_answer_bytes = max_answer_bytes
        self._client: httpx.AsyncClient | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def unavailable(self) -> str | None:
        return self._lacks() or key_fault(self._api_key, self.service.key_setting)

    def _lacks(self) -> str | None:
        """What its settings lack, in one sentence that names the fix."""
        return None

    async def draw(self, request: DrawRequest, on_partial: OnPartial | None = None) -> Picture:
        why = self.unavailable()
        if why is not None:
            raise EngineUnavailable(why)
        if len(request.prompt) > self.max_prompt:
            raise EngineRefused(
                f"The prompt has {len(request.prompt):,} characters; {self.title} takes {self.max_prompt:,}.",
                reason=Reason.TOO_LONG,
            )
        return await self._draw(request, on_partial)

    async def _draw(self, request: DrawRequest, on_partial: OnPartial | None) -> Picture:
        """Draw a request that the service can take. Raises EngineError."""
        raise NotImplementedError

    async def ask(self, method: str, url: str, *, max_bytes: int | None = None, **options: Any) -> Answer:
        """Send one request and read its whole answer, at most `max_bytes` (None = the engine's own limit).

        Raises EngineError for everything that can go wrong, error statuses and redirects included.
        """
        try:
            async with self._client_here().stream(method, url, **options) as response:
                body = await self._read(response, max_bytes or self.max_answer_bytes)
                if not response.is_success:
                    raise status_error(self.service, response.status_code, body, response.headers)
                return Answer(body, response.headers)
        except FOREIGN as exc:
            raise as_engine_error(self.service, exc) from exc

    async def _read(self, response: httpx.Response, max_bytes: int) -> bytes:
        if response.headers.get("content-encoding", "identity") != "identity":
            raise EngineBroken(f"{self.title} sent a compressed answer that was not asked for.", reason=Reason.ANSWER)
        announced = response.headers.get("content-length", "")
        taken = bytearray()
        if not announced.isdigit() or int(announced) <= max_bytes:
            async for chunk in response.aiter_raw():
                taken += chunk
                if len(taken) > max_bytes:
                    break
            else:
                return bytes(taken)
        raise too_long(self.title, max_bytes)

    def _client_here(self) -> httpx.AsyncClient:
        """The client of the running loop: connections cannot move to another one."""
        loop = asyncio.get_running_loop()
        if self._client is None or self._loop is not loop:
            self._loop = loop
            self._client = httpx.AsyncClient(
                timeout=httpx.Timeout(self.timeout_s, connect=min(10.0, self.timeout_s)),
                follow_redirects=False,
                headers={"Accept-Encoding": "identity"},
            )
        return self._client

    def _picture(
        self,
        done: CheckedPicture,
        request: DrawRequest,
        *,
        model: str,
        seed_honoured: bool,
        cost_usd: float = 0.0,
        facts: Iterable[tuple[str, str]] = (),
    ) -> Picture:
        """A checked picture as this engine's; `facts` are kept with it."""
        return Picture(
            data=done.data,
            mime=done.mime,
            width=done.width,
            height=done.height,
            engine=self.id,
            model=model,
            seed_honoured=seed_honoured,
            cost_usd=cost_usd,
            facts=(*facts, *done.facts(request.size)),
        )

    async def aclose(self) -> None:
        if self._client is not None:
            await self._client.aclose()
            self._client = None


def first_picture(service: Service, body: bytes) -> dict[str, Any]:
    """The JSON of a good answer in OpenAI's shape, with at least one picture in `data`. Raises EngineError: a good
    status proves nothing yet."""
    try:
        content = json.loads(body)
    except (ValueError, UnicodeDecodeError) as exc:
        raise answer_error(service, body) from exc
    if not isinstance(content, dict):
        raise answer_error(service, body)
    pictures = content.get("data")
    if not isinstance(pictures, list) or not pictures or not isinstance(pictures[0], dict):
        raise status_error(service, 200, content)
    return content


def too_long(title: str, limit: int) -> EngineBroken:
    return EngineBroken(
        f"{title} sent an answer of more than {limit // 2**20} MB; it was cut off.", reason=Reason.TOO_BIG
    )


def as_engine_error(service: Service, exc: BaseException) -> EngineError:
    """Any exception of httpx as the EngineError it means."""
    if isinstance(exc, httpx.HTTPStatusError):
        return status_error(service, exc.response.status_code, None, exc.response.headers)
    if isinstance(exc, httpx.TimeoutException):
        return EngineTimeout(f"{service.title} sent nothing for too long, or did not take the connection.")
    return network_error(service, exc)
