"""OpenAI's image models, and self-hosted servers that speak the same protocol."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, ClassVar

from carimg.domain.view import Picture
from carimg.engines.base import Capabilities, DrawRequest, OnPartial
from carimg.engines.http_engine import MAX_ANSWER_BYTES, HttpEngine
from carimg.engines.prices import Usage, prices
from carimg.engines.responses import Service
from carimg.engines.sizes import free_size, nearest_fixed, stepped
from carimg.images import checked, from_base64, is_preview
from carimg.settings import Settings

if TYPE_CHECKING:
    from carimg.engines.openai_sdk import Delivery, ImageClient

OPENAI_URL = "https://api.openai.com/v1"
RETIRED = {"dall-e-2": "2026-05-12", "dall-e-3": "2026-05-12", "gpt-image-1": "2026-10-23"}
LIVING = "gpt-image-2.6-flare, gpt-image-2 or gpt-image-1-mini"
FIXED_SIZE_MODELS = ("gpt-image-1.5", "gpt-image-1-mini")
QUALITIES = ("auto", "low", "medium", "high", "xhigh", "max")
SEED_DIALECTS = ("none", "top-level", "sd-cpp")
MAX_REFERENCES = 16
PREVIEWS = 2


class OpenAIEngine(HttpEngine):
    """Draws with `images.generate`, or with `images.edit` when the request has reference pictures.

    `base_url` '' is OpenAI itself, which takes no seed and streams previews; with `gateway` the server at `base_url`
    passes on to OpenAI and is treated alike. Other servers get the plain parameters only; `seed_dialect` says how they
    take a seed ('none', 'top-level', 'sd-cpp'), `stream` whether they stream.
    """

    id: ClassVar[str] = "openai"
    title: ClassVar[str] = "OpenAI"

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
        super().__init__(api_key=api_key, timeout_s=timeout_s, max_answer_bytes=max_answer_bytes)
        self.model = model
        self.base_url = base_url.strip() or OPENAI_URL
        self.is_openai = gateway or self.base_url.rstrip("/").startswith("https://api.openai.com")
        self.quality = quality
        self.moderation = moderation
        self.seed_dialect = seed_dialect
        self.streams = self.is_openai if stream is None else stream
        self.per_minute = per_minute
        self._images: ImageClient | None = None
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

    def _lacks(self) -> str | None:
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
        return None

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

    async def _draw(self, request: DrawRequest, on_partial: OnPartial | None) -> Picture:
        async def preview(text: object) -> None:
            data = from_base64(text, self.title)
            if on_partial is not None and is_preview(data):
                await on_partial(data)

        parameters = self._parameters(request)
        delivery = await self._image_client().ask(
            parameters, previews=PREVIEWS if self.streams else 0, on_preview=preview if on_partial else None
        )
        return await self._delivered(request, delivery)

    async def _delivered(self, request: DrawRequest, delivery: Delivery) -> Picture:
        cost = self._cost(request, delivery.usage)
        data = from_base64(delivery.base64, self.title, cost_usd=cost)
        done = await checked(data, self.title, self.size_for(request.size), cost_usd=cost)
        facts = [("quality", self.quality if self.is_openai else "as the server draws")]
        if delivery.usage is not None:
            facts.append(("usage", f"{delivery.usage} tokens"))
        if self.is_openai:
            facts.append(("prices of", prices().as_of))
        return self._picture(
            done, request, model=self.model, seed_honoured=self._sends_seed, cost_usd=cost, facts=facts
        )

    def _cost(self, request: DrawRequest, usage: Usage | None) -> float:
        """By its token counts; by the estimate where it did not count."""
        if not self.is_openai:
            return 0.0
        return prices().openai_actual(self.model, usage) if usage else self.estimate_usd(request.size)

    def _parameters(self, request: DrawRequest) -> dict[str, Any]:
        width, height = self.size_for(request.size)
        given: dict[str, Any] = {"model": self.model, "prompt": request.prompt, "n": 1, "size": f"{width}x{height}"}
        if request.references:
            given["image"] = _images(request)
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

    def _image_client(self) -> ImageClient:
        """The SDK's client of the running loop: connections cannot move to another one."""
        from carimg.engines.openai_sdk import ImageClient

        loop = asyncio.get_running_loop()
        if self._images is None or self._loop is not loop:
            self._loop = loop
            self._images = ImageClient(
                self.service, self._api_key, self.base_url, self.timeout_s, self.max_answer_bytes
            )
        return self._images

    async def aclose(self) -> None:
        if self._images is not None:
            await self._images.aclose()
            self._images = None


def _images(request: DrawRequest) -> Any:
    """One image goes out as `image`, several as `image[]`: some servers know only the first form."""
    files = [
        (f"image-{number}.{reference.mime.partition('/')[2]}", reference.data, reference.mime)
        for number, reference in enumerate(request.references[:MAX_REFERENCES], 1)
    ]
    return files[0] if len(files) == 1 else files
