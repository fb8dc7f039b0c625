"""Orders that tests start from."""

from __future__ import annotations

from typing import Any

CLIO: dict[str, Any] = {"brand": "Renault", "model": "Clio", "year": 2019, "color": "blue", "body_type": "hatchback"}


def order(**changes: Any) -> dict[str, Any]:
    """A small order of three views; `changes` replace or add fields."""
    return {"car": dict(CLIO), "angles": ["front", "side", "rear"], "size": "256x256"} | changes


def order_with_car(**changes: Any) -> dict[str, Any]:
    return order(car=CLIO | changes)
