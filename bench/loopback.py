"""A picture service on loopback with latencies to order, and an engine, a search and a translator that call it."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

import httpx
from PIL import Image

from carimg.car import Car
from carimg.catalog import Angle
from carimg.engines.base import Capabilities, DrawRequest, Engine, OnPartial
from carimg.errors import EngineBroken
from carimg.search import Badge, Found
from carimg.translate import Translation
from carimg.views import Picture


def _png() -> bytes:
    buffer = io.BytesIO()
    Image.linear_gradient("L").convert("RGB").resize((256, 256)).save(buffer, "PNG")
    return buffer.getvalue()


PNG = _png()


@asynccontextmanager
async def service() -> AsyncIterator[str]:
    """Serve `GET /SECONDS`: waits that long, answers a PNG. Yields the base URL."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while request := await reader.readline():
            while (await reader.readline()).strip():
                pass
            await asyncio.sleep(float(request.split()[1].decode().strip("/")))
            head = f"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: {len(PNG)}\r\n\r\n"
            writer.write(head.encode() + PNG)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


class LoopbackEngine(Engine):
    """Draws through the loopback service; `seconds` is the latency of each angle, by id."""

    id = "loopback"
    title = "Loopback"
    leaves_machine = True

    def __init__(self, url: str, seconds: Mapping[str, float]) -> None:
        self._seconds = seconds
        self._client = httpx.AsyncClient(base_url=url, limits=httpx.Limits(max_connections=None), timeout=60)

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(takes_seed=True)

    async def draw(self, request: DrawRequest, on_partial: OnPartial | None = None) -> Picture:
        try:
            answer = await self._client.get(f"/{self._seconds[request.angle.id]}")
        except httpx.HTTPError as exc:
            raise EngineBroken(f"The loopback service failed: {exc}") from exc
        return Picture(answer.content, "image/png", 256, 256, self.id, "png", seed_honoured=False)

    async def aclose(self) -> None:
        await self._client.aclose()


class LoopbackSearch:
    """The badge after `badge_s` seconds, each angle's (empty) photo search after its own latency."""

    def __init__(self, url: str, seconds: Mapping[str, float], badge_s: float = 0.0) -> None:
        self._seconds, self._badge_s = seconds, badge_s
        self._client = httpx.AsyncClient(base_url=url, limits=httpx.Limits(max_connections=None), timeout=60)

    async def badge(self, car: Car) -> Badge:
        await self._client.get(f"/{self._badge_s}")
        return Badge("plain badge", "catalogue")

    async def photos(self, car: Car, angle: Angle) -> Found:
        await self._client.get(f"/{self._seconds[angle.id]}")
        return Found((), "loopback")

    async def aclose(self) -> None:
        await self._client.aclose()


class LoopbackTranslator:
    """Hands texts back after the latency that stands for them; `seconds` by a word of the prompt."""

    def __init__(self, url: str, seconds: Mapping[str, float]) -> None:
        self._seconds = seconds
        self._client = httpx.AsyncClient(base_url=url, limits=httpx.Limits(max_connections=None), timeout=60)

    async def to_english(self, text: str, keep: Sequence[str] = ()) -> Translation:
        wait = next((seconds for word, seconds in self._seconds.items() if word in text), 0.0)
        await self._client.get(f"/{wait}")
        return Translation(text, "")

    async def aclose(self) -> None:
        await self._client.aclose()
