"""What sets are drawn with: the search, the translator and the ladder of engines, made once per server."""

from __future__ import annotations

from dataclasses import dataclass

from carimg.engines import build_engines
from carimg.fallback import Ladder
from carimg.prices import DAY_S, Budget
from carimg.search import Search
from carimg.settings import Settings
from carimg.translate import Translator


@dataclass(frozen=True, slots=True)
class Tools:
    """Open on one event loop, closed there by `aclose`."""

    search: Search
    translator: Translator
    ladder: Ladder
    set_budget_usd: float | None = None
    """What a set may cost when its order sets no limit of its own; None = no limit."""

    async def aclose(self) -> None:
        await self.ladder.aclose()
        await self.search.aclose()
        await self.translator.aclose()


async def open_tools(settings: Settings, spent_today_usd: float = 0.0) -> Tools:
    """Make the tools on the running loop; `spent_today_usd` counts against the day's budget. Raises SettingsError for
    an engine that does not exist."""
    day = Budget(settings.budget_day_usd, "the day's budget", period_s=DAY_S, spent_usd=spent_today_usd)
    return Tools(
        search=Search(settings),
        translator=Translator(settings),
        ladder=Ladder(build_engines(settings), settings.engine_timeout_s, day_budget=day),
        set_budget_usd=settings.budget_set_usd,
    )
