"""The ladder: engines tried in order for one view, every attempt kept."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from carimg.engines.base import DrawRequest, Engine, OnPartial
from carimg.errors import EngineError, EngineTimeout, NoEngineDrew
from carimg.spec import SetSpec
from carimg.views import Attempt, Picture


async def _ignore(_: object) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Watch:
    """Who wants to know while a view is being drawn."""

    on_engine: Callable[[str], Awaitable[None]] = _ignore
    """An engine (by id) starts on the view."""
    on_attempt: Callable[[Attempt], Awaitable[None]] = _ignore
    """An attempt ended, well or badly."""
    on_partial: OnPartial = _ignore
    """A preview of the picture (encoded bytes)."""


@dataclass(frozen=True, slots=True)
class Drawn:
    picture: Picture
    attempts: tuple[Attempt, ...]


class Ladder:
    """Engines by id, asked in a given order until one draws."""

    def __init__(self, engines: Mapping[str, Engine], timeout_s: float) -> None:
        self.engines = dict(engines)
        self.timeout_s = timeout_s

    def plan(self, spec: SetSpec) -> tuple[tuple[str, ...], tuple[Attempt, ...]]:
        """Which engines a set may use, in order, and those passed over (as attempts that took no time)."""
        usable: list[str] = []
        skipped: list[Attempt] = []
        for name in spec.engines or tuple(self.engines):
            engine = self.engines[name]
            why = engine.unavailable()
            if why is None and spec.free_only and engine.costs_money:
                why = f"{engine.title} costs money and the set keeps to free engines."
            if why is None:
                usable.append(name)
            else:
                skipped.append(Attempt(name, "unavailable", why, 0.0))
        return tuple(usable), tuple(skipped)

    async def draw(self, request: DrawRequest, order: Sequence[str], watch: Watch | None = None) -> Drawn:
        """Draw one view with the first engine of `order` that can. Raises NoEngineDrew with all attempts."""
        watch = watch or Watch()
        attempts: list[Attempt] = []
        for name in order:
            await watch.on_engine(name)
            start = time.monotonic()
            try:
                picture = await self._ask(self.engines[name], request, watch)
            except EngineError as exc:
                attempt = Attempt(name, exc.reason, exc.message, time.monotonic() - start, exc.spent_usd)
                attempts.append(attempt)
                await watch.on_attempt(attempt)
                continue
            attempt = Attempt(name, "ok", "", time.monotonic() - start, picture.cost_usd)
            attempts.append(attempt)
            await watch.on_attempt(attempt)
            return Drawn(picture, tuple(attempts))
        raise NoEngineDrew(_summary(attempts), tuple(attempts))

    async def _ask(self, engine: Engine, request: DrawRequest, watch: Watch) -> Picture:
        try:
            async with asyncio.timeout(self.timeout_s):
                return await engine.draw(request, watch.on_partial)
        except TimeoutError as exc:
            raise EngineTimeout(f"{engine.title} gave no picture within {self.timeout_s:g} s.") from exc

    async def aclose(self) -> None:
        for engine in self.engines.values():
            await engine.aclose()


def _summary(attempts: Sequence[Attempt]) -> str:
    if not attempts:
        return "No engine is ready: look at the page Engines for what each one needs."
    return "No engine drew this view: " + " ".join(attempt.message for attempt in attempts)
