"""The engines that are set up, as pages and routes ask about them: titles, what is ready, how each has been doing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from carimg.domain.order import Order
from carimg.engines.base import Engine
from carimg.engines.fallback import FallbackChain
from carimg.engines.retry import EngineHealth


class EngineDirectory:
    """Reads the fallback chain; safe from any thread. Iterating gives the engines in the order they are asked."""

    def __init__(self, chain: FallbackChain) -> None:
        self._chain = chain

    def __iter__(self) -> Iterator[Engine]:
        return iter(self._chain.engines.values())

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(self._chain.engines)

    def get(self, engine_id: str) -> Engine | None:
        return self._chain.engines.get(engine_id)

    def title(self, engine_id: str) -> str:
        """The engine's title; the id itself of one that is not set up any more."""
        engine = self.get(engine_id)
        return engine.title if engine else engine_id

    def titles(self) -> dict[str, str]:
        """Titles by id, for what is built where no engine can be asked."""
        return {engine.id: engine.title for engine in self}

    def ready(self, engine_id: str) -> bool:
        """Whether it is set up and has all it needs."""
        engine = self.get(engine_id)
        return engine is not None and engine.unavailable() is None

    def first_ready(self, engine_ids: Iterable[str] = ()) -> Engine | None:
        """The first of some engines (of all, without any) that has all it needs."""
        wanted = tuple(engine_ids) or self.ids
        return next((self._chain.engines[name] for name in wanted if self.ready(name)), None)

    def health(self, engine_id: str) -> EngineHealth:
        """Its breaker, recent latencies and errors. Raises KeyError for one that is not set up."""
        return self._chain.policy.health(self._chain.engines[engine_id])

    def estimate_usd(self, order: Order) -> float:
        """What a set is expected to cost. Raises InputError for an engine that is not set up."""
        return self._chain.estimate_usd(order)
