"""The app for browser tests: the real pages and routes over script engines that play what the car's model says."""

from __future__ import annotations

import sys
from pathlib import Path

import streamlit as st
from starlette.routing import Mount

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))

from carimg.api import api  # noqa: E402
from carimg.domain.view import Picture  # noqa: E402
from carimg.engines import BUILDERS  # noqa: E402
from carimg.engines.base import DrawRequest, OnPartial  # noqa: E402
from carimg.errors import EngineRefused  # noqa: E402
from carimg.server import lifespan  # noqa: E402
from tests.support.script_engine import Act, ScriptEngine  # noqa: E402

PLAYS: dict[str, dict[str, Act]] = {
    "Slow": {"front": Act(0.3), "side": Act(2.5, partials=2), "rear": Act(20.0)},
    "Mixed": {"rear": Act(0.1, error=EngineRefused("Script will not draw the rear."))},
    "Broken": {angle: Act(0.1, error=EngineRefused("Broken on purpose.")) for angle in ("front", "side", "rear")},
}


class ByModel(ScriptEngine):
    """Plays the acts that the car's model names; other models are drawn in 0.2 s."""

    async def draw(self, request: DrawRequest, on_partial: OnPartial | None = None) -> Picture:
        self.by_angle = PLAYS.get(request.car.model, {})
        self.otherwise = Act(0.2)
        return await super().draw(request, on_partial)


class Second(ScriptEngine):
    """Draws everything but the car that nobody draws."""

    async def draw(self, request: DrawRequest, on_partial: OnPartial | None = None) -> Picture:
        if request.car.model == "Broken":
            raise EngineRefused("Second does not draw it either.")
        return await super().draw(request, on_partial)


BUILDERS["script"] = lambda settings: ByModel()
BUILDERS["second"] = lambda settings: Second(id="second", title="Second", otherwise=Act(0.3))


app = st.App(ROOT / "carimg" / "ui" / "navigation.py", routes=[Mount("/api", app=api)], lifespan=lifespan)
