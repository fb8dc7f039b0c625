"""A set's order as plain JSON: what is kept with the set, and what `parse_spec` takes."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from carimg.spec import SetSpec


def order_of(spec: SetSpec) -> dict[str, Any]:
    """The order that gives this spec: `parse_spec(order_of(spec)) == spec` for every spec that parse_spec made."""
    return {
        "car": asdict(spec.car),
        "angles": [angle.id for angle in spec.angles],
        "session_id": spec.session_id,
        "engines": list(spec.engines),
        "size": list(spec.size),
        "free_only": spec.free_only,
        "strategy": spec.strategy.value,
        "fallback": spec.fallback.value,
        "template": spec.template,
        "hints_off": sorted(spec.hints_off),
        "seeds": dict(spec.seeds),
        "budget_usd": spec.budget_usd,
        "prompts": dict(spec.prompts),
    }
