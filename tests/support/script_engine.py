"""An engine for tests: it plays a script of outcomes and delays, and keeps what it was asked."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Iterable
from dataclasses import dataclass, field

from PIL import Image, ImageDraw

from carimg.domain.view import Picture
from carimg.engines.base import Capabilities, DrawRequest, Engine, OnPartial


@dataclass(frozen=True, slots=True)
class Act:
    """One call's fate: wait `seconds`, show `partials` previews on the way, then raise `error` or draw."""

    seconds: float = 0.0
    error: Exception | None = None
    partials: int = 0
    cost_usd: float = 0.0


@dataclass
class ScriptEngine(Engine):
    """Plays `acts` in the order of calls; when they are used up, `otherwise` for ever."""

    acts: Iterable[Act] = ()
    otherwise: Act = Act()
    by_angle: dict[str, Act] = field(default_factory=dict)
    id: str = "script"  # type: ignore[misc]
    title: str = "Script"  # type: ignore[misc]
    costs_money: bool = False  # type: ignore[misc]
    facts: Capabilities = field(default_factory=lambda: Capabilities(takes_seed=True))
    lacks: str | None = None
    asked: list[DrawRequest] = field(default_factory=list)
    in_flight: int = 0
    most_in_flight: int = 0

    def __post_init__(self) -> None:
        self._queue = list(self.acts)

    @property
    def capabilities(self) -> Capabilities:
        return self.facts

    def unavailable(self) -> str | None:
        return self.lacks

    async def draw(self, request: DrawRequest, on_partial: OnPartial | None = None) -> Picture:
        self.asked.append(request)
        act = self._queue.pop(0) if self._queue else self.by_angle.get(request.angle.id, self.otherwise)
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            for number in range(act.partials):
                await asyncio.sleep(act.seconds / (act.partials + 1))
                if on_partial:
                    await on_partial(card(request, f"preview {number + 1}"))
            await asyncio.sleep(act.seconds / (act.partials + 1))
        finally:
            self.in_flight -= 1
        if act.error:
            raise act.error
        data = card(request, self.id)
        return Picture(
            data, "image/png", *request.size, engine=self.id, model="card", seed_honoured=True, cost_usd=act.cost_usd
        )


def card(request: DrawRequest, words: str) -> bytes:
    """A PNG of the asked size that differs by angle and seed: (w, h) RGB with the angle's name on it."""
    hue = (request.seed % 200 + 30, (request.seed // 7) % 200 + 30, int(request.angle.yaw) % 200 + 30)
    image = Image.new("RGB", request.size, hue)
    ImageDraw.Draw(image).text((20, 20), f"{request.angle.id}\n{request.seed}\n{words}", fill="white")
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()
