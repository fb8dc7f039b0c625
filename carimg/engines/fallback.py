"""The fallback chain: engines tried in order for one view, every attempt kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from carimg.domain.order import Order
from carimg.domain.view import Attempt, Picture
from carimg.engines.base import DrawCallbacks, Drawn, DrawRequest, Engine
from carimg.engines.prices import Budget
from carimg.engines.retry import EngineHealth, Policy, Rules
from carimg.errors import BudgetError, CarimgError, EngineError, InputError, Reason


class NoEngineDrew(CarimgError):
    """Every engine that was tried for a view failed; `attempts` says which and why, in order."""

    def __init__(self, message: str, attempts: tuple[Attempt, ...]) -> None:
        super().__init__(message)
        self.message = message
        self.attempts = attempts


class FallbackChain:
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

    def plan(self, order: Order) -> tuple[tuple[str, ...], tuple[Attempt, ...]]:
        """Which engines a set may use, in order, and those passed over (as attempts that took no time).

        Raises InputError for an engine that is not set up.
        """
        usable: list[str] = []
        skipped: list[Attempt] = []
        for name in order.engines or tuple(self.engines):
            if name not in self.engines:
                raise InputError("engines", f"Engine '{name}' is not set up; there are {', '.join(self.engines)}.")
            why = self._why_not(self.engines[name], order)
            if why is None:
                usable.append(name)
            else:
                skipped.append(Attempt(name, Reason.UNAVAILABLE.value, why, 0.0))
        return tuple(usable), tuple(skipped)

    def _why_not(self, engine: Engine, order: Order) -> str | None:
        why = engine.unavailable()
        if why is None and order.free_only and engine.costs_money:
            why = f"{engine.title} costs money and the set keeps to free engines."
        return why

    def estimate_usd(self, order: Order) -> float:
        """What a set is expected to cost when the first engine that may draw it draws every view."""
        names, _ = self.plan(order)
        return len(order.angles) * self.engines[names[0]].estimate_usd(order.size) if names else 0.0

    def set_budget(self, order: Order, default_usd: float | None = None) -> Budget:
        """The budget of one set, within the day's: the order's own limit, but never more than the operator's
        `default_usd` (None = no limit)."""
        limit = min((usd for usd in (order.budget_usd, default_usd) if usd is not None), default=None)
        return Budget(limit, "the set's budget", above=self.day_budget)

    def health(self) -> dict[str, EngineHealth]:
        """How each engine has been doing, in the order they are tried. May be called from any thread."""
        return {name: self.policy.health(engine) for name, engine in self.engines.items()}

    async def draw(
        self,
        request: DrawRequest,
        names: Sequence[str],
        callbacks: DrawCallbacks | None = None,
        budget: Budget | None = None,
    ) -> Drawn:
        """Draw one view with the first engine of `names` that can.

        Engines whose price does not fit into `budget` (None = the day's alone) are passed over. Raises NoEngineDrew
        with all attempts, or BudgetError when nothing but the money kept the view from being drawn.
        """
        callbacks = callbacks or DrawCallbacks()
        attempts: list[Attempt] = []

        async def keep(attempt: Attempt) -> None:
            attempts.append(attempt)
            await callbacks.on_attempt(attempt)

        for name in names:
            try:
                picture = await self._ask(
                    self.engines[name], request, replace(callbacks, on_attempt=keep), budget or self.day_budget
                )
            except EngineError:
                continue
            except BudgetError as exc:
                await keep(Attempt(name, Reason.BUDGET.value, str(exc), 0.0))
                continue
            return Drawn(picture, tuple(attempts))
        if attempts and all(attempt.outcome == Reason.BUDGET for attempt in attempts):
            raise BudgetError(attempts[-1].message)
        raise NoEngineDrew(_summary(attempts), tuple(attempts))

    async def test(self, name: str, request: DrawRequest) -> Drawn:
        """Try one engine now, once, even if its breaker is open. Raises NoEngineDrew with the attempt, BudgetError."""
        attempts: list[Attempt] = []

        async def keep(attempt: Attempt) -> None:
            attempts.append(attempt)

        try:
            picture = await self._ask(
                self.engines[name], request, DrawCallbacks(on_attempt=keep), self.day_budget, probe=True
            )
        except EngineError as exc:
            raise NoEngineDrew(exc.message, tuple(attempts)) from exc
        return Drawn(picture, tuple(attempts))

    async def _ask(
        self,
        engine: Engine,
        request: DrawRequest,
        callbacks: DrawCallbacks,
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
            spent += reserved if attempt.outcome == Reason.TIMEOUT else attempt.cost_usd
            await callbacks.on_attempt(attempt)

        try:
            return await self.policy.draw(engine, request, replace(callbacks, on_attempt=count), probe=probe)
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
