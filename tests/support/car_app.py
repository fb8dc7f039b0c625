"""The app for browser tests of the report: real pages and routes over an engine that draws a car of flat faces."""

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
from carimg.server import lifespan  # noqa: E402
from tests.support.car_engine import CarEngine  # noqa: E402
from tests.support.script_engine import Act  # noqa: E402


class ByModel(CarEngine):
    """The model 'Planted' has a red rear in its first take; all others are right."""

    async def draw(self, request: DrawRequest, on_partial: OnPartial | None = None) -> Picture:
        self.planted = {"rear": "#a01818"} if request.car.model == "Planted" else {}
        return await super().draw(request, on_partial)


BUILDERS["drawn"] = lambda settings: ByModel(id="drawn", title="Drawn", otherwise=Act(0.3))


app = st.App(ROOT / "carimg" / "ui" / "navigation.py", routes=[Mount("/api", app=api)], lifespan=lifespan)
