"""What pictures cost: estimates before, actual prices after, and budgets that stop before they are passed."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from carimg.errors import BudgetError, CatalogError

_FILE = Path(__file__).parent / "data" / "prices.json"
DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as a service counted them."""

    text_in: int = 0
    image_in: int = 0
    image_out: int = 0

    def __str__(self) -> str:
        return f"{self.text_in} text in, {self.image_in} image in, {self.image_out} image out"


@dataclass(frozen=True, slots=True)
class Prices:
    """The price table (`carimg/data/prices.json`). All results are US dollars."""

    as_of: str
    source: str
    openai: Mapping[str, Any]
    pollinations: Mapping[str, Any]

    def openai_actual(self, model: str, usage: Usage) -> float:
        """Price of one answer from its token counts."""
        rates = _of_family(self.openai["usd_per_million"], model)
        tokens = (
            usage.text_in * rates["text_in"] + usage.image_in * rates["image_in"] + usage.image_out * rates["image_out"]
        )
        return float(tokens) / 1e6

    def openai_estimate(self, model: str, quality: str, size: tuple[int, int], previews: int = 0) -> float:
        """Expected price of one picture of `size` (width, height); quality 'auto' is taken for 'high'."""
        per_megapixel = _of_family(self.openai["image_out_tokens_per_megapixel"], model)
        out = per_megapixel.get(quality, per_megapixel["high"]) * size[0] * size[1] / 1e6
        out += previews * self.openai["preview_tokens"]
        return self.openai_actual(model, Usage(text_in=self.openai["prompt_tokens"], image_out=round(out)))

    def pollinations_estimate(self, model: str) -> float:
        """Expected price of one picture, by the model's short name ('flux')."""
        table = self.pollinations["usd_per_picture"]
        return float(table.get(model, table["default"]))


def _of_family(table: Mapping[str, Any], model: str) -> Any:
    """The entry of the longest name that `model` starts with: dated snapshots cost what their family costs."""
    names = [name for name in table if model == name or model.startswith(f"{name}-2")]
    return table[max(names, key=len)] if names else table["default"]


@cache
def prices() -> Prices:
    """The table as shipped. Raises CatalogError when the file is broken."""
    try:
        return Prices(**json.loads(_FILE.read_text("utf-8")))
    except (ValueError, TypeError) as exc:
        raise CatalogError(f"carimg/data/prices.json cannot be read: {exc}") from exc


class Budget:
    """Money that may be spent: reserve before asking, settle with what it really cost.

    `limit_usd` None = no limit. `above` is a wider budget that has to hold as well (a set's within the day's). With
    `period_s` it starts again every period (a day: `DAY_S`, at 00:00 UTC). Used on one loop only.
    """

    def __init__(
        self,
        limit_usd: float | None,
        name: str = "the set's budget",
        *,
        above: Budget | None = None,
        period_s: float | None = None,
        spent_usd: float = 0.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.limit_usd = limit_usd
        self.name = name
        self.above = above
        self._spent_usd = spent_usd
        self._reserved_usd = 0.0
        self._clock = clock
        self._period_s = period_s
        self._period = self._now()

    @property
    def spent_usd(self) -> float:
        """Settled so far (in this period)."""
        self._turn_over()
        return self._spent_usd

    @property
    def left_usd(self) -> float | None:
        """What may still be reserved; None = no limit."""
        self._turn_over()
        if self.limit_usd is None:
            return None
        return max(0.0, self.limit_usd - self._spent_usd - self._reserved_usd)

    def reserve(self, usd: float) -> None:
        """Set an amount aside. Raises BudgetError, and sets nothing aside, when a budget would be passed."""
        left = self.left_usd
        if left is not None and usd > left + 1e-9:
            raise BudgetError(
                f"The next picture is expected to cost ${usd:.3f}, and {self.name} of ${self.limit_usd:.2f} has "
                f"${left:.3f} left: raise it, or choose an engine that costs less."
            )
        if self.above is not None:
            self.above.reserve(usd)
        self._reserved_usd += usd

    def settle(self, reserved_usd: float, actual_usd: float) -> None:
        """Give back a reservation and book what was really spent (0 when nothing was)."""
        self._turn_over()
        self._reserved_usd = max(0.0, self._reserved_usd - reserved_usd)
        self._spent_usd += actual_usd
        if self.above is not None:
            self.above.settle(reserved_usd, actual_usd)

    def _now(self) -> int:
        return int(self._clock() // self._period_s) if self._period_s else 0

    def _turn_over(self) -> None:
        period = self._now()
        if period != self._period:
            self._period, self._spent_usd = period, 0.0
