"""What sets are drawn with: the search, the translator and the ladder of engines, made once per server."""

from __future__ import annotations

from dataclasses import dataclass

from carimg.engines import build_engines
from carimg.fallback import Ladder
from carimg.search import Search
from carimg.settings import Settings
from carimg.translate import Translator


@dataclass(frozen=True, slots=True)
class Tools:
    """Open on one event loop, closed there by `aclose`."""

    search: Search
    translator: Translator
    ladder: Ladder

    async def aclose(self) -> None:
        await self.ladder.aclose()
        await self.search.aclose()
        await self.translator.aclose()


async def open_tools(settings: Settings) -> Tools:
    """Make the tools on the running loop. Raises SettingsError for an engine that does not exist."""
    return Tools(
        search=Search(settings),
        translator=Translator(settings),
        ladder=Ladder(build_engines(settings), settings.engine_timeout_s),
    )
