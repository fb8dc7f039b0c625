"""Text services that speak OpenAI's chat protocol: OpenAI itself, compatible servers, Pollinations."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, field
from typing import Any

import httpx

from carimg.circuit import BreakerRules, CircuitBreaker
from carimg.errors import CarimgError
from carimg.settings import Settings

OPENAI_URL = "https://api.openai.com/v1"
POLLINATIONS_MODEL = "openai"
"""The text model of Pollinations' own examples (https://github.com/pollinations/pollinations, 2026)."""
MAX_ANSWER = 256 * 1024
"""Bytes of an answer that are read at most: a translation has some hundred."""

MAX_PARALLEL = 4
"""Questions under way at one service."""

RULES = BreakerRules(open_s=60.0, most_s=900.0)
"""A text service that failed once is left alone for a minute, and for a quarter of an hour at most."""

_WORDS = {
    401: "it does not accept the key",
    402: "the account is empty",
    403: "it does not allow this key to ask",
    404: "it does not know the text model",
    429: "it was asked too often",
}


class ChatError(CarimgError):
    """A text service gave no answer; the message is a clause in plain words ('it was asked too often')."""

    def __init__(self, message: str, retry_after_s: float = 0.0) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


@dataclass(slots=True)
class ChatService:
    """One text service: where it is, which model is asked, and its breaker."""

    id: str
    url: str
    model: str
    key: str = field(repr=False)
    breaker: CircuitBreaker = field(default_factory=lambda: CircuitBreaker(RULES), repr=False)
    proven: bool = False
    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(MAX_PARALLEL), repr=False)
    proving: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1), repr=False)
    """The one question at a time until the service has proven itself: a dead one is not asked by all at once."""

    async def ask(self, client: httpx.AsyncClient, system: str, user: str, timeout_s: float) -> str:
        """The model's answer to one message. Raises ChatError, also when the breaker is open (then nothing is sent)."""
        deadline = time.monotonic() + timeout_s
        turn = self.turns if self.proven else self.proving
        try:
            async with asyncio.timeout(timeout_s):
                await turn.acquire()
        except TimeoutError as exc:
            raise ChatError(f"it was too busy to be asked within {timeout_s:.1f} s") from exc
        try:
            left_s = deadline - time.monotonic()
            if left_s < timeout_s / 2:  # too little to blame the service for
                raise ChatError(f"it was too busy to be asked within {timeout_s / 2:.1f} s")
            return await self._guarded(client, system, user, left_s)
        finally:
            turn.release()

    async def _guarded(self, client: httpx.AsyncClient, system: str, user: str, timeout_s: float) -> str:
        if wait := self.breaker.open_s:
            raise ChatError(f"not asked for another {wait:.0f} s: {self.breaker.cause}")
        try:
            answer = await self._post(client, system, user, timeout_s)
        except ChatError as exc:
            self.proven = False
            self.breaker.trip(str(exc), at_least_s=exc.retry_after_s)
            raise
        self.breaker.answered()
        self.proven = True
        return answer

    async def _post(self, client: httpx.AsyncClient, system: str, user: str, timeout_s: float) -> str:
        body = {
            "model": self.model,
            "messages": [{"role": "system", "content": system}, {"role": "user", "content": user}],
        }
        headers = {"Accept-Encoding": "identity"} | ({"Authorization": f"Bearer {self.key}"} if self.key else {})
        try:
            async with asyncio.timeout(timeout_s):
                async with client.stream("POST", self.url, json=body, headers=headers) as response:
                    _check_status(response)
                    return _content(await _read(response))
        except (TimeoutError, httpx.TimeoutException) as exc:
            raise ChatError(f"no answer within {timeout_s:.1f} s") from exc
        except (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL, OSError) as exc:
            raise ChatError(f"it cannot be reached ({type(exc).__name__})") from exc


def chat_services(settings: Settings) -> tuple[ChatService, ...]:
    """The text services that may be asked, best first: those with what they need whose engine is switched on."""
    services = []
    if settings.has_openai and "openai" in settings.engines:
        base = (settings.openai_base_url or OPENAI_URL).rstrip("/")
        key = settings.openai_api_key.get_secret_value()
        services.append(ChatService("openai", f"{base}/chat/completions", settings.openai_text_model, key))
    if settings.has_pollinations and "pollinations" in settings.engines:
        url = f"{settings.pollinations_url.rstrip('/')}/v1/chat/completions"
        key = settings.pollinations_api_key.get_secret_value()
        services.append(ChatService("pollinations", url, POLLINATIONS_MODEL, key))
    return tuple(services)


def _check_status(response: httpx.Response) -> None:
    if response.status_code == 200:
        return
    words = _WORDS.get(response.status_code, f"it answered with HTTP {response.status_code}")
    raise ChatError(words, _seconds(response.headers.get("retry-after", "")))


def _seconds(text: str) -> float:
    """Retry-After in seconds; its date form is rare and counts as none."""
    return float(text) if text.isascii() and text.isdigit() else 0.0


async def _read(response: httpx.Response) -> bytes:
    if response.headers.get("content-encoding", "identity") != "identity":
        raise ChatError("its answer came compressed")
    data = bytearray()
    async for chunk in response.aiter_raw():
        data += chunk
        if len(data) > MAX_ANSWER:
            raise ChatError("its answer was far too long")
    return bytes(data)


def _content(data: bytes) -> str:
    """choices[0].message.content of a chat completion."""
    try:
        answer: Any = json.loads(data)
    except (ValueError, RecursionError) as exc:
        raise ChatError("its answer was not JSON") from exc
    try:
        content = answer["choices"][0]["message"]["content"]
    except (KeyError, IndexError, TypeError) as exc:
        raise ChatError("its answer held no text") from exc
    if not isinstance(content, str) or not content.strip():
        raise ChatError("its answer held no text")
    return content
