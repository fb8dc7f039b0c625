"""A scripted engine that counts as a remote one: retried, limited, guarded by the breaker."""

from __future__ import annotations

from dataclasses import dataclass

from carimg.domain.car import Car
from carimg.domain.catalog import Angle
from carimg.engines.base import DrawRequest
from tests.support.script_engine import Act, ScriptEngine

__all__ = ["ANGLES", "Act", "RemoteScript", "request"]

CLIO = Car("Renault", "Clio", 2019, "blue", "hatchback")
ANGLES = tuple(Angle(f"yaw_{yaw:03d}", f"{yaw}°", f"{yaw}°", f"{yaw} degrees", yaw, 5) for yaw in range(0, 360, 10))


@dataclass
class RemoteScript(ScriptEngine):
    leaves_machine: bool = True  # type: ignore[misc]
    price_usd: float = 0.0

    def estimate_usd(self, size: tuple[int, int]) -> float:
        return self.price_usd


def request(number: int = 0, session_id: str = "1a2b3c4d5e6f") -> DrawRequest:
    """The request of one angle: number 0 … 35."""
    return DrawRequest(CLIO, ANGLES[number], f"view {number}", 1000 + number, session_id, (256, 256))
