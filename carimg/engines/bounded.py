"""Requests over httpx whose answers are bounded and never redirected."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import httpx

from carimg.engines.faults import Service, network_error, status_error
from carimg.errors import EngineBroken, EngineError, EngineTimeout

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


def new_client(timeout_s: float) -> httpx.AsyncClient:
    """A client for the running loop. `timeout_s` bounds every silence on the wire, 10 s at most a connection."""
    return httpx.AsyncClient(
        timeout=httpx.Timeout(timeout_s, connect=min(10.0, timeout_s)),
        follow_redirects=False,
        headers={"Accept-Encoding": "identity"},
    )


async def ask(
    client: httpx.AsyncClient,
    service: Service,
    method: str,
    url: str,
    *,
    max_bytes: int = MAX_ANSWER_BYTES,
    **options: Any,
) -> Answer:
    """Send one request and read its whole answer, at most `max_bytes`.

    Raises EngineError for everything that can go wrong, error statuses and redirects included.
    """
    try:
        async with client.stream(method, url, **options) as response:
            body = await _read(response, service, max_bytes)
            if not response.is_success:
                raise status_error(service, response.status_code, body, response.headers)
            return Answer(body, response.headers)
    except FOREIGN as exc:
        raise as_engine_error(service, exc) from exc


async def _read(response: httpx.Response, service: Service, max_bytes: int) -> bytes:
    if response.headers.get("content-encoding", "identity") != "identity":
        raise EngineBroken(f"{service.title} sent a compressed answer that was not asked for.", reason="answer")
    announced = response.headers.get("content-length", "")
    taken = bytearray()
    if not announced.isdigit() or int(announced) <= max_bytes:
        async for chunk in response.aiter_raw():
            taken += chunk
            if len(taken) > max_bytes:
                break
        else:
            return bytes(taken)
    raise EngineBroken(
        f"{service.title} sent an answer of more than {max_bytes // 2**20} MB; it was cut off.", reason="too-big"
    )


def as_engine_error(service: Service, exc: BaseException) -> EngineError:
    """Any exception of httpx as the EngineError it means."""
    if isinstance(exc, httpx.HTTPStatusError):
        return status_error(service, exc.response.status_code, None, exc.response.headers)
    if isinstance(exc, httpx.TimeoutException):
        return EngineTimeout(f"{service.title} sent nothing for too long, or did not take the connection.")
    return network_error(service, exc)
