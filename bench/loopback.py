"""A picture service on loopback with latencies to order, and an engine, a search and a translator that call it."""

from __future__ import annotations

import asyncio
import contextlib
import io
import itertools
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import httpx
from PIL import Image

from carimg.domain.car import Car
from carimg.domain.catalog import Angle
from carimg.domain.view import Picture
from carimg.engines.base import Capabilities, DrawRequest, Engine, OnPartial
from carimg.errors import EngineBroken
from carimg.prompts.translate import Translation
from carimg.search import Badge, Found

ROOT = Path(__file__).resolve().parent.parent


def card(number: int) -> bytes:
    """A PNG of 256 x 256 px; every number has its own colour, so no two answers are the same bytes."""
    buffer = io.BytesIO()
    Image.new("RGB", (256, 256), (number >> 16 & 255, number >> 8 & 255, number & 255)).save(buffer, "PNG")
    return buffer.getvalue()


NUMBERS = itertools.count(1)


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """`GET /SECONDS`: wait that long, then a PNG; the connection stays open for the next request."""
    with contextlib.suppress(ConnectionError, asyncio.CancelledError):
        while request := await reader.readline():
            while (await reader.readline()).strip():
                pass
            await asyncio.sleep(float(request.split()[1].decode().strip("/")))
            png = card(next(NUMBERS))
            head = f"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: {len(png)}\r\n\r\n"
            writer.write(head.encode() + png)
            await writer.drain()
    writer.close()


async def serve() -> None:
    """Print the port, then answer until the process is ended."""
    server = await asyncio.start_server(answer, "127.0.0.1", 0, backlog=256)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()


@contextlib.contextmanager
def service() -> Iterator[str]:
    """The service in a process of its own; yields its base URL."""
    command = [sys.executable, "-m", "bench.loopback"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        finally:
            process.terminate()


class _Client:
    """An HTTP client that waits on the service."""

    def __init__(self, url: str) -> None:
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
        self._client = httpx.AsyncClient(base_url=url, limits=limits, timeout=60)

    async def wait(self, seconds: float) -> bytes:
        answer = await self._client.get(f"/{seconds}")
        return answer.raise_for_status().content

    async def warm(self, connections: int) -> None:
        """Open that many connections, as a server that has been running has them."""
        await asyncio.gather(*(self.wait(0.05) for _ in range(connections)))

    async def aclose(self) -> None:
        await self._client.aclose()


class LoopbackEngine(_Client, Engine):
    """Draws through the loopback service; `seconds` is the latency of each angle, by id."""

    id = "loopback"
    title = "Loopback"
    leaves_machine = True

    def __init__(self, url: str, seconds: Mapping[str, float]) -> None:
        super().__init__(url)
        self._seconds = seconds

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(takes_seed=True)

    async def draw(self, request: DrawRequest, on_partial: OnPartial | None = None) -> Picture:
        try:
            data = await self.wait(self._seconds[request.angle.id])
        except httpx.HTTPError as exc:
            raise EngineBroken(f"The loopback service failed: {exc}") from exc
        return Picture(data, "image/png", 256, 256, self.id, "png", seed_honoured=False)


class LoopbackSearch(_Client):
    """The badge at once, each angle's (empty) photo search after its own latency."""

    def __init__(self, url: str, seconds: Mapping[str, float]) -> None:
        super().__init__(url)
        self._seconds = seconds

    async def badge(self, car: Car) -> Badge:
        await self.wait(0.0)
        return Badge("plain badge", "catalogue")

    async def photos(self, car: Car, angle: Angle) -> Found:
        await self.wait(self._seconds[angle.id])
        return Found((), "loopback")


class LoopbackTranslator(_Client):
    """Hands texts back after the latency that stands for them; `seconds` by words of the prompt."""

    def __init__(self, url: str, seconds: Mapping[str, float]) -> None:
        super().__init__(url)
        self._seconds = seconds

    async def to_english(self, text: str, keep: Sequence[str] = (), *, free: bool = False) -> Translation:
        await self.wait(next(seconds for words, seconds in self._seconds.items() if words in text))
        return Translation(text, "")


if __name__ == "__main__":
    asyncio.run(serve())
