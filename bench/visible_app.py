"""The app that bench/visible.py measures: the real pages over an engine that notes when it handed a picture over."""

from __future__ import annotations

import asyncio
import io
import sys
import time
from pathlib import Path

import numpy as np
import streamlit as st
from PIL import Image
from starlette.routing import Mount

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from carimg.api import api  # noqa: E402
from carimg.domain.view import Picture  # noqa: E402
from carimg.engines import BUILDERS  # noqa: E402
from carimg.engines.base import Capabilities, DrawRequest, Engine, OnPartial  # noqa: E402
from carimg.server import lifespan  # noqa: E402
from carimg.settings import Settings  # noqa: E402

FIRST_S, STEP_S = 1.0, 0.7


class Clock(Engine):
    """Draws the n-th view of a set after 1 s and n times 0.7 s; writes down when it handed each picture over."""

    id = "clock"
    title = "Clock"

    def __init__(self, notes: Path) -> None:
        self._notes = notes
        self._calls = 0

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(takes_seed=True)

    async def draw(self, request: DrawRequest, on_partial: OnPartial | None = None) -> Picture:
        place, self._calls = self._calls % 3, self._calls + 1
        data = await asyncio.to_thread(_picture, request)
        await asyncio.sleep(FIRST_S + STEP_S * place)
        with self._notes.open("a") as notes:
            notes.write(f"{request.angle.id} {time.time()}\n")
        return Picture(data, "image/png", *request.size, engine="clock", model="noise", seed_honoured=True)


def _picture(request: DrawRequest) -> bytes:
    """A PNG as hard to compress as a photograph: smooth noise, (h, w, 3) uint8."""
    width, height = request.size
    coarse = np.random.default_rng(request.seed).integers(0, 256, (height // 16, width // 16, 3), np.uint8)
    image = Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def _clock(settings: Settings) -> Engine:
    return Clock(settings.data_dir / "handed-over.txt")


BUILDERS["clock"] = _clock


app = st.App(ROOT / "carimg" / "ui" / "navigation.py", routes=[Mount("/api", app=api)], lifespan=lifespan)
