"""Pollinations' old keyless host: the last remote try, and never trusted."""

from __future__ import annotations

import asyncio
from typing import ClassVar
from urllib.parse import quote, urlencode

import httpx

from carimg.engines.base import Capabilities, DrawRequest, Engine, OnPartial
from carimg.engines.bounded import MAX_ANSWER_BYTES, ask, new_client
from carimg.engines.faults import Service
from carimg.engines.pictures import checked
from carimg.errors import BadPicture, EngineRefused, EngineUnavailable
from carimg.settings import Settings
from carimg.views import Picture

LEGACY_URL = "https://image.pollinations.ai"
MAX_URL = 8_000
"""Bytes of a URL that the host's edge still lets through."""


class PollinationsLegacy(Engine):
    """Draws with GET /prompt/{prompt}, without a key.

    The host may answer with a placeholder, or draw with another model than the one asked for: its pictures are
    checked, and it is never believed to have followed the seed.
    """

    id: ClassVar[str] = "pollinations-legacy"
    title: ClassVar[str] = "Pollinations (legacy host)"
    leaves_machine: ClassVar[bool] = True

    def __init__(
        self,
        *,
        on: bool,
        model: str = "flux",
        base_url: str = LEGACY_URL,
        timeout_s: float = 180.0,
        max_answer_bytes: int = MAX_ANSWER_BYTES,
    ) -> None:
        self.on = on
        self.model = model
        self.base_url = base_url.rstrip("/")
        self.timeout_s = timeout_s
        self.max_answer_bytes = max_answer_bytes
        self._client: httpx.AsyncClient | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self.service = Service(
            title=self.title,
            key_setting="POLLINATIONS_API_KEY",
            model_setting="CARIMG_POLLINATIONS_MODEL",
            url_setting="CARIMG_POLLINATIONS_LEGACY_URL",
            model=model,
            living_models="flux",
        )

    @classmethod
    def from_settings(cls, settings: Settings) -> PollinationsLegacy:
        return cls(
            on=settings.pollinations_legacy,
            model=settings.pollinations_model,
            base_url=settings.pollinations_legacy_url,
            timeout_s=settings.engine_timeout_s,
        )

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(takes_seed=False, max_parallel=1)

    def unavailable(self) -> str | None:
        return None if self.on else "The keyless legacy host is switched off: set CARIMG_POLLINATIONS_LEGACY=on."

    async def draw(self, request: DrawRequest, on_partial: OnPartial | None = None) -> Picture:
        why = self.unavailable()
        if why is not None:
            raise EngineUnavailable(why)
        answer = await ask(
            self._client_here(), self.service, "GET", self.url_for(request), max_bytes=self.max_answer_bytes
        )
        done = await checked(answer.body, self.title, request.size)
        await asyncio.to_thread(_check_for_advertisement, done.data)
        return Picture(
            data=done.data,
            mime=done.mime,
            width=done.width,
            height=done.height,
            engine=self.id,
            model=answer.headers.get("x-model-used", f"{self.model} (asked for)"),
            seed_honoured=False,
            facts=(("seed sent", str(request.seed)), *done.facts(request.size)),
        )

    def url_for(self, request: DrawRequest) -> str:
        """The whole request as a URL. Raises EngineRefused when it would be too long for the host."""
        width, height = request.size
        query = {"width": width, "height": height, "seed": request.seed, "model": self.model, "nologo": "true"}
        url = f"{self.base_url}/prompt/{quote(request.prompt, safe='')}?{urlencode(query)}"
        if len(url) > MAX_URL:
            raise EngineRefused(
                f"The prompt makes an address of {len(url):,} bytes; the legacy host takes {MAX_URL:,}. Shorten it, or "
                "set POLLINATIONS_API_KEY for the host that takes long prompts.",
                reason="too-long",
            )
        return url

    def _client_here(self) -> httpx.AsyncClient:
        """The client of the running loop: connections cannot move to another one."""
        loop = asyncio.get_running_loop()
        if self._client is None or self._loop is not loop:
            self._loop = loop
            self._client = new_client(self.timeout_s)
        return self._client

    async def aclose(self) -> None:
        if self._client is not None:
            await self._client.aclose()
            self._client = None


def _check_for_advertisement(data: bytes) -> None:
    """Raise BadPicture for the picture with a QR code of the service that the host sends when it limits the rate.

    No car carries one; its bytes change from time to time, what the code says does not.
    """
    import cv2
    import numpy as np

    gray = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)
    if gray is None:
        return
    said, _, _ = cv2.QRCodeDetector().detectAndDecode(gray)
    if "pollinations" in said.lower():
        raise BadPicture(
            "The legacy host sent its own advertisement instead of a picture: its rate limit is reached. Wait, or set "
            "POLLINATIONS_API_KEY.",
            reason="placeholder",
        )
