"""Pollinations' old keyless host: the last remote try, and never trusted."""

from __future__ import annotations

import asyncio
from typing import ClassVar
from urllib.parse import quote, urlencode

from carimg.domain.view import Picture
from carimg.engines.base import Capabilities, DrawRequest, OnPartial
from carimg.engines.http_engine import MAX_ANSWER_BYTES, HttpEngine
from carimg.engines.responses import Service
from carimg.errors import BadPicture, EngineRefused, Reason
from carimg.images import checked
from carimg.settings import Settings

LEGACY_URL = "https://image.pollinations.ai"
MAX_URL = 8_000
"""Bytes of a URL that the host's edge still lets through."""


class PollinationsLegacy(HttpEngine):
    """Draws with GET /prompt/{prompt}, without a key.

    The host may answer with a placeholder, or draw with another model than the one asked for: its pictures are
    checked, and it is never believed to have followed the seed.
    """

    id: ClassVar[str] = "pollinations-legacy"
    title: ClassVar[str] = "Pollinations (legacy host)"

    def __init__(
        self,
        *,
        on: bool,
        model: str = "flux",
        base_url: str = LEGACY_URL,
        timeout_s: float = 180.0,
        max_answer_bytes: int = MAX_ANSWER_BYTES,
    ) -> None:
        super().__init__(timeout_s=timeout_s, max_answer_bytes=max_answer_bytes)
        self.on = on
        self.model = model
        self.base_url = base_url.rstrip("/")
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

    def _lacks(self) -> str | None:
        return None if self.on else "The keyless legacy host is switched off: set CARIMG_POLLINATIONS_LEGACY=on."

    async def _draw(self, request: DrawRequest, on_partial: OnPartial | None) -> Picture:
        answer = await self.ask("GET", self.url_for(request))
        done = await checked(answer.body, self.title, request.size)
        await asyncio.to_thread(_check_for_advertisement, done.data)
        model = answer.headers.get("x-model-used", f"{self.model} (asked for)")
        facts = [("seed sent", str(request.seed))]
        return self._picture(done, request, model=model, seed_honoured=False, facts=facts)

    def url_for(self, request: DrawRequest) -> str:
        """The whole request as a URL. Raises EngineRefused when it would be too long for the host."""
        width, height = request.size
        query = {"width": width, "height": height, "seed": request.seed, "model": self.model, "nologo": "true"}
        url = f"{self.base_url}/prompt/{quote(request.prompt, safe='')}?{urlencode(query)}"
        if len(url) > MAX_URL:
            raise EngineRefused(
                f"The prompt makes an address of {len(url):,} bytes; the legacy host takes {MAX_URL:,}. Shorten it, or "
                "set POLLINATIONS_API_KEY for the host that takes long prompts.",
                reason=Reason.TOO_LONG,
            )
        return url


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
            reason=Reason.PLACEHOLDER,
        )
