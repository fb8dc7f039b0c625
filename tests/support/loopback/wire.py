"""A small HTTP/1.1 server on a real socket that can misbehave in every way a network can."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

CHUNK = 64 * 1024


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it arrived; header names in lower case."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes = field(repr=False)

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, and how its sending goes wrong.

    `hang_s`: silence before the first byte. `reset_after`: so many body bytes, then the connection is reset.
    `drip_s`: one byte of the body (or one of the chunks) every so many seconds. `length`: a Content-Length that may be
    a lie. `endless`: so many bytes of filler after the body. `chunks`: sent one by one, without a length, in place of
    the body.
    """

    status: int = 200
    body: bytes = b""
    mime: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()
    hang_s: float = 0.0
    reset_after: int | None = None
    drip_s: float = 0.0
    length: int | None = None
    endless: int = 0
    chunks: tuple[bytes, ...] = ()


def json_reply(content: Any, status: int = 200, **more: Any) -> Reply:
    return Reply(status, json.dumps(content).encode(), **more)


Fate = Reply | Callable[[Request], Reply | None]
"""What happens to a request in place of a good answer; a function may return None for 'answer it well'."""


class LoopbackServer:
    """Answers by `answer`, except where a fate is queued by `play`, or set for all by `otherwise`.

    `asked` keeps all requests of `drawing` paths, `sent_bytes` counts body bytes that went out, `in_flight` and
    `most_in_flight` requests being worked on.
    """

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.fates: deque[Fate] = deque()
        self.otherwise: Fate | None = None
        self.asked: list[Request] = []
        self.work_s = 0.0
        self.sent_bytes = 0
        self.in_flight = 0
        self.most_in_flight = 0
        self._tls = tls
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def port(self) -> int:
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://localhost:{self.port}"

    def play(self, *fates: Fate) -> None:
        """The fates of the next requests, in order."""
        self.fates.extend(fates)

    def draws(self, request: Request) -> bool:
        """Whether a request asks for a picture (fates apply to those only)."""
        return True

    async def answer(self, request: Request) -> Reply:
        raise NotImplementedError

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._connected, "localhost", 0, ssl=self._tls, backlog=256)
        return self

    async def __aexit__(self, *exc: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            while (request := await _read(reader)) is not None:
                if not await self._serve(request, reader, writer):
                    break
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            writer.transport.abort()

    async def _serve(self, request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            reply = await self._until_gone(reader, self._reply(request))
            return reply is not None and await self._send(reply, writer)
        finally:
            self.in_flight -= 1

    async def _until_gone(self, reader: asyncio.StreamReader, work: Awaitable[Reply]) -> Reply | None:
        """The reply, or None as soon as the client has hung up."""
        task = asyncio.ensure_future(work)
        try:
            while not task.done():
                await asyncio.wait([task], timeout=0.02)
                if reader.at_eof():
                    return None
            return task.result()
        finally:
            task.cancel()

    async def _reply(self, request: Request) -> Reply:
        fate: Fate | None = None
        if self.draws(request):
            self.asked.append(request)
            fate = self.fates.popleft() if self.fates else self.otherwise
        if callable(fate):
            fate = fate(request)
        if fate is not None:
            await asyncio.sleep(fate.hang_s)
            return fate
        reply = await self.answer(request)
        if reply.status == 200 and self.draws(request):
            await asyncio.sleep(self.work_s)
        return reply

    async def _send(self, reply: Reply, writer: asyncio.StreamWriter) -> bool:
        """Send a reply; False when the connection cannot be used any more."""
        body = reply.body
        whole = not reply.chunks and reply.reset_after is None and reply.length is None and not reply.endless
        length = reply.length if reply.length is not None else len(body) + reply.endless
        head = [f"HTTP/1.1 {reply.status} X", f"Content-Type: {reply.mime}"]
        head += [f"{name}: {value}" for name, value in reply.headers]
        head += ["Connection: close"] if reply.chunks else [f"Content-Length: {length}"]
        writer.write("\r\n".join(head).encode() + b"\r\n\r\n")
        async for piece in _pieces(reply):
            writer.write(piece)
            await writer.drain()
            self.sent_bytes += len(piece)
        if reply.reset_after is None and not whole:
            writer.write_eof() if writer.can_write_eof() else None
        return whole


async def _pieces(reply: Reply) -> AsyncIterator[bytes]:
    body = reply.body if reply.reset_after is None else reply.body[: reply.reset_after]
    if reply.drip_s and not reply.chunks:
        for at in range(len(body)):
            await asyncio.sleep(reply.drip_s)
            yield body[at : at + 1]
        return
    for chunk in reply.chunks or (body,):
        yield chunk
        await asyncio.sleep(reply.drip_s)
    for _ in range(reply.endless // CHUNK):
        yield b"A" * CHUNK


async def _read(reader: asyncio.StreamReader) -> Request | None:
    first = (await reader.readline()).decode("latin-1").split()
    if len(first) < 2:
        return None
    headers: dict[str, str] = {}
    while line := (await reader.readline()).decode("latin-1").strip():
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    body = await _body(reader, headers)
    target = urlsplit(first[1])
    query = {name: values[0] for name, values in parse_qs(target.query).items()}
    return Request(first[0], target.path, query, headers, body)


async def _body(reader: asyncio.StreamReader, headers: dict[str, str]) -> bytes:
    if "chunked" not in headers.get("transfer-encoding", ""):
        return await reader.readexactly(int(headers.get("content-length", "0")))
    taken = b""
    while size := int(await reader.readline(), 16):
        taken += await reader.readexactly(size)
        await reader.readline()
    await reader.readline()
    return taken
