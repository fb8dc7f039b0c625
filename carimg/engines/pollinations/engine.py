"""Pollinations: many image models behind one key."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import time
from typing import Any, ClassVar

import httpx

from carimg.domain.view import Picture
from carimg.engines.base import Capabilities, DrawRequest, OnPartial
from carimg.engines.http_engine import MAX_ANSWER_BYTES, Answer, HttpEngine, first_picture
from carimg.engines.pollinations.models import Model, find_model, guessed, near_names, read_models
from carimg.engines.prices import prices
from carimg.engines.responses import Service, answer_error
from carimg.errors import EngineError, EngineRefused, Reason
from carimg.images import checked, from_base64
from carimg.settings import Settings

log = logging.getLogger("carimg.engines.pollinations.engine")

POLLINATIONS_URL = "https://gen.pollinations.ai"
LIST_AGE_S = 3600.0
LIST_TIMEOUT_S = 5.0
LIST_RETRY_S = 60.0


class PollinationsEngine(HttpEngine):
    """Draws with POST /v1/images/generations, or with JSON edits when the request has reference pictures.

    The model list is read once an hour; while it cannot be read, the model is asked for by the name that is set.
    """

    id: ClassVar[str] = "pollinations"
    title: ClassVar[str] = "Pollinations"
    costs_money: ClassVar[bool] = True

    def __init__(
        self,
        *,
        api_key: str,
        model: str = "flux",
        base_url: str = POLLINATIONS_URL,
        per_minute: int | None = None,
        timeout_s: float = 180.0,
        max_answer_bytes: int = MAX_ANSWER_BYTES,
    ) -> None:
        super().__init__(api_key=api_key, timeout_s=timeout_s, max_answer_bytes=max_answer_bytes)
        self.model = model
        self.base_url = base_url.rstrip("/")
        self.per_minute = per_minute
        self.models: tuple[Model, ...] = ()
        self._listed_at = float("-inf")
        self._listing = asyncio.Lock()
        self.service = Service(
            title=self.title,
            key_setting="POLLINATIONS_API_KEY",
            model_setting="CARIMG_POLLINATIONS_MODEL",
            url_setting="CARIMG_POLLINATIONS_URL",
            model=model,
            living_models="flux, zimage or another of its list",
            secrets=(self._api_key,) if self._api_key else (),
        )

    @classmethod
    def from_settings(cls, settings: Settings) -> PollinationsEngine:
        return cls(
            api_key=settings.pollinations_api_key.get_secret_value(),
            model=settings.pollinations_model,
            base_url=settings.pollinations_url,
            per_minute=settings.pollinations_per_minute,
            timeout_s=settings.engine_timeout_s,
        )

    @property
    def capabilities(self) -> Capabilities:
        known = self._known
        return Capabilities(takes_seed=known.seeded, max_references=known.max_references, per_minute=self.per_minute)

    @property
    def _known(self) -> Model:
        """What is known of the set model now."""
        return find_model(self.models, self.model) or guessed(self.model)

    def _lacks(self) -> str | None:
        return None if self._api_key else "Pollinations needs a key: set POLLINATIONS_API_KEY."

    def estimate_usd(self, size: tuple[int, int]) -> float:
        known = self._known
        return known.usd if known.usd is not None else prices().pollinations_estimate(known.short)

    async def _draw(self, request: DrawRequest, on_partial: OnPartial | None) -> Picture:
        model = await self._model()
        path, body = self._body(request, model)
        headers = {"Authorization": f"Bearer {self._api_key}"}
        answer = await self.ask("POST", f"{self.base_url}{path}", json=body, headers=headers)
        return await self._delivered(request, model, answer)

    async def discover(self) -> tuple[Model, ...]:
        """The image models the service has, read at most once an hour. Raises EngineError when they cannot be read."""
        if time.monotonic() - self._listed_at < LIST_AGE_S:
            return self.models
        timeout_s = min(LIST_TIMEOUT_S, self.timeout_s / 4)
        answer = await self.ask("GET", f"{self.base_url}/image/models", timeout=timeout_s, max_bytes=2**22)
        try:
            self.models = read_models(json.loads(answer.body))
        except (ValueError, UnicodeDecodeError) as exc:
            raise answer_error(self.service, answer.body) from exc
        self._listed_at = time.monotonic()
        return self.models

    async def _model(self) -> Model:
        """The set model as the service calls it. Raises EngineRefused when the list does not have it."""
        self._client_here()
        async with self._listing:
            try:
                await self.discover()
            except EngineError as exc:
                log.warning("model list: %s", exc)
                self._listed_at = time.monotonic() - LIST_AGE_S + LIST_RETRY_S
        if not self.models:
            return guessed(self.model)
        model = find_model(self.models, self.model)
        if model is None:
            raise EngineRefused(
                f"Pollinations has no model '{self.model}': set CARIMG_POLLINATIONS_MODEL to one of its list, for "
                f"example {', '.join(near_names(self.models, self.model))}.",
                reason=Reason.MODEL,
            )
        return model

    def _body(self, request: DrawRequest, model: Model) -> tuple[str, dict[str, Any]]:
        """Path and JSON body. The same request always gives the same body, so that sending it again after a time-out
        joins the drawing that is going on and is paid once."""
        width, height = request.size
        body: dict[str, Any] = {
            "model": model.name,
            "prompt": request.prompt,
            "size": f"{width}x{height}",
            "seed": request.seed,
            "response_format": "b64_json",
        }
        if not request.references:
            return "/v1/images/generations", body
        if not model.max_references:
            raise EngineRefused(
                f"The Pollinations model {model.name} takes no reference pictures: set CARIMG_POLLINATIONS_MODEL to "
                "one that does, for example kontext or nanobanana.",
                reason=Reason.NO_REFERENCES,
            )
        body["image"] = [
            {"image_url": f"data:{reference.mime};base64,{base64.b64encode(reference.data).decode()}"}
            for reference in request.references[: model.max_references]
        ]
        return "/v1/images/edits", body

    async def _delivered(self, request: DrawRequest, model: Model, answer: Answer) -> Picture:
        content = first_picture(self.service, answer.body)
        cost = self._cost(model, content.get("usage"))
        data = from_base64(content["data"][0].get("b64_json"), self.title, cost_usd=cost)
        done = await checked(data, self.title, request.size, cost_usd=cost)
        used = answer.headers.get("x-model-used", model.name)
        facts = [("prices of", "the service's list" if model.usd is not None else prices().as_of)]
        if find_model((model,), used) is None:
            facts.append(("model asked for", model.name))
        if request.references:
            facts.append(("references sent", str(min(len(request.references), model.max_references))))
        seed_honoured = model.seeded and find_model((model,), used) is not None
        return self._picture(done, request, model=used, seed_honoured=seed_honoured, cost_usd=cost, facts=facts)

    def _cost(self, model: Model, usage: Any) -> float:
        if model.usd is not None:
            return model.usd
        tokens = usage.get("output_tokens") if isinstance(usage, dict) else None
        if model.usd_per_token_out is not None and isinstance(tokens, int):
            return model.usd_per_token_out * tokens
        return prices().pollinations_estimate(model.short)

    def _client_here(self) -> httpx.AsyncClient:
        before, client = self._loop, super()._client_here()
        if self._loop is not before:
            self._listing = asyncio.Lock()  # a lock belongs to the loop it was first waited for on
        return client
