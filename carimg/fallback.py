"""The ladder: engines tried in order for one view, every attempt kept."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from carimg.engines.base import DrawRequest, Engine, OnPartial
from carimg.errors import BudgetError, EngineError, InputError, NoEngineDrew
from carimg.policy import Ears, EngineHealth, Policy, Rules
from carimg.prices import Budget
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
    """Engines by id, asked in a given order until one draws.

    `timeout_s` is the deadline of one view on one engine. `day_budget` bounds what all sets may cost together.
    """

    def __init__(
        self,
        engines: Mapping[str, Engine],
        timeout_s: float,
        policy: Policy | None = None,
        day_budget: Budget | None = None,
    ) -> None:
        self.engines = dict(engines)
        self.timeout_s = timeout_s
        self.policy = policy or Policy(Rules(timeout_s=timeout_s))
        self.day_budget = day_budget or Budget(None, "the day's budget")

    def plan(self, spec: SetSpec) -> tuple[tuple[str, ...], tuple[Attempt, ...]]:
        """Which engines a set may use, in order, and those passed over (as attempts that took no time).

        Raises InputError for an engine that is not set up.
        """
        usable: list[str] = []
        skipped: list[Attempt] = []
        for name in spec.engines or tuple(self.engines):
            if name not in self.engines:
                raise InputError("engines", f"Engine '{name}' is not set up; there are {', '.join(self.engines)}.")
            why = self._why_not(self.engines[name], spec)
            if why is None:
                usable.append(name)
            else:
                skipped.append(Attempt(name, "unavailable", why, 0.0))
        return tuple(usable), tuple(skipped)

    def _why_not(self, engine: Engine, spec: SetSpec) -> str | None:
        why = engine.unavailable()
        if why is None and spec.free_only and engine.costs_money:
            why = f"{engine.title} costs money and the set keeps to free engines."
        return why

    def estimate_usd(self, spec: SetSpec) -> float:
        """What a set is expected to cost when the first engine that may draw it draws every view."""
        order, _ = self.plan(spec)
        return len(spec.angles) * self.engines[order[0]].estimate_usd(spec.size) if order else 0.0

    def set_budget(self, spec: SetSpec, default_usd: float | None = None) -> Budget:
        """The budget of one set, within the day's: the order's own limit, but never more than the operator's
        `default_usd` (None = no limit)."""
        limit = min((usd for usd in (spec.budget_usd, default_usd) if usd is not None), default=None)
        return Budget(limit, "the set's budget", above=self.day_budget)

    def health(self) -> dict[str, EngineHealth]:
        """How each engine has been doing, in the order they are tried. May be called from any thread."""
        return {name: self.policy.health(engine) for name, engine in self.engines.items()}

    async def draw(
        self, request: DrawRequest, order: Sequence[str], watch: Watch | None = None, budget: Budget | None = None
    ) -> Drawn:
        """Draw one view with the first engine of `order` that can.

        Engines whose price does not fit into `budget` (None = the day's alone) are passed over. Raises NoEngineDrew
        with all attempts, or BudgetError when nothing but the money kept the view from being drawn.
        """
        watch = watch or Watch()
        attempts: list[Attempt] = []

        async def keep(attempt: Attempt) -> None:
            attempts.append(attempt)
            await watch.on_attempt(attempt)

        for name in order:
            try:
                picture = await self._ask(self.engines[name], request, watch, keep, budget or self.day_budget)
            except EngineError:
                continue
            except BudgetError as exc:
                await keep(Attempt(name, "budget", str(exc), 0.0))
                continue
            return Drawn(picture, tuple(attempts))
        if attempts and all(attempt.outcome == "budget" for attempt in attempts):
            raise BudgetError(attempts[-1].message)
        raise NoEngineDrew(_summary(attempts), tuple(attempts))

    async def test(self, name: str, request: DrawRequest) -> Drawn:
        """Try one engine now, once, even if its breaker is open. Raises NoEngineDrew with the attempt, BudgetError."""
        attempts: list[Attempt] = []

        async def keep(attempt: Attempt) -> None:
            attempts.append(attempt)

        try:
            picture = await self._ask(self.engines[name], request, Watch(), keep, self.day_budget, probe=True)
        except EngineError as exc:
            raise NoEngineDrew(exc.message, tuple(attempts)) from exc
        return Drawn(picture, tuple(attempts))

    async def _ask(
        self,
        engine: Engine,
        request: DrawRequest,
        watch: Watch,
        keep: Callable[[Attempt], Awaitable[None]],
        budget: Budget,
        *,
        probe: bool = False,
    ) -> Picture:
        """One engine's tries at a view, paid from a budget."""
        reserved = engine.estimate_usd(request.size) if engine.costs_money else 0.0
        budget.reserve(reserved)
        spent = 0.0

        async def count(attempt: Attempt) -> None:
            nonlocal spent
            # A picture that was given up on may be billed all the same: the budget counts it, the view does not.
            spent += reserved if attempt.outcome == "timeout" else attempt.cost_usd
            await keep(attempt)

        ears = Ears(lambda: watch.on_engine(engine.id), count, watch.on_partial)
        try:
            return await self.policy.draw(engine, request, ears, probe=probe)
        finally:
            budget.settle(reserved, spent)

    async def aclose(self) -> None:
        for engine in self.engines.values():
            await engine.aclose()


def _summary(attempts: Sequence[Attempt]) -> str:
    """Why nobody drew: each engine's last word."""
    if not attempts:
        return "No engine is ready: look at the page Engines for what each one needs."
    last = {attempt.engine: attempt.message for attempt in attempts}
    return "No engine drew this view: " + " ".join(last.values())
