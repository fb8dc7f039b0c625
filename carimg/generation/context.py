"""What sets are drawn with: the search, the translator and the fallback chain of engines, made once per server."""

from __future__ import annotations

from dataclasses import dataclass

from carimg.domain.catalog import catalog
from carimg.domain.identity import generate_consistent_session_id
from carimg.domain.order import Order
from carimg.engines import build_engines
from carimg.engines.base import Drawn, DrawRequest
from carimg.engines.fallback import FallbackChain
from carimg.engines.prices import DAY_S, Budget
from carimg.prompts.template import prompt_of
from carimg.prompts.translate import Translator
from carimg.search import Search
from carimg.settings import Settings

TRIAL = {
    "car": {"brand": "Renault", "model": "Clio", "year": 2019, "color": "blue", "body_type": "hatchback"},
    "angles": ["front_three_quarter"],
    "size": "384x256",
}
"""The view that an engine is tried with."""


@dataclass(frozen=True, slots=True)
class Context:
    """Open on one event loop, closed there by `aclose`."""

    search: Search
    translator: Translator
    chain: FallbackChain
    set_budget_usd: float | None = None
    """What a set may cost at most, whatever its order says; None = no limit."""

    async def try_engine(self, name: str) -> Drawn:
        """Draw one small view with one engine now, also while its breaker is open. Belongs to no set and is not kept.

        Raises InputError for an engine that is not set up, NoEngineDrew with the attempt, BudgetError.
        """
        order = Order.parse(TRIAL | {"engines": [name]}, tuple(self.chain.engines))
        car, (angle,) = order.car, order.angles
        session_id = generate_consistent_session_id(car.brand, car.model, car.year, car.color, car.body_type)
        prompt = prompt_of(order, angle, session_id, catalog().badge(car.brand))
        seed = order.seed(session_id, angle)
        return await self.chain.test(name, DrawRequest(car, angle, prompt, seed, session_id, order.size))

    async def aclose(self) -> None:
        await self.chain.aclose()
        await self.search.aclose()
        await self.translator.aclose()


async def open_context(settings: Settings, spent_today_usd: float = 0.0) -> Context:
    """Make the context on the running loop; `spent_today_usd` counts against the day's budget. Raises SettingsError for
    an engine that does not exist."""
    day = Budget(settings.budget_day_usd, "the day's budget", period_s=DAY_S, spent_usd=spent_today_usd)
    return Context(
        search=Search(settings),
        translator=Translator(settings),
        chain=FallbackChain(build_engines(settings), settings.engine_timeout_s, day_budget=day),
        set_budget_usd=settings.budget_set_usd,
    )
