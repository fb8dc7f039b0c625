"""A script engine that draws cars which can be measured, with planted mistakes."""

from __future__ import annotations

import io
from dataclasses import dataclass, field

from PIL import Image

from carimg.domain.view import Picture
from carimg.engines.base import DrawRequest, OnPartial
from tests.support.drawn_car import Drawn, view
from tests.support.script_engine import ScriptEngine


@dataclass
class CarEngine(ScriptEngine):
    """Draws the same car from every angle. `planted`: angle → paint of that view's first take in a session."""

    planted: dict[str, str] = field(default_factory=dict)
    taken: set[tuple[str, str]] = field(default_factory=set)

    async def draw(self, request: DrawRequest, on_partial: OnPartial | None = None) -> Picture:
        await super().draw(request, on_partial)  # waits, and keeps what was asked
        take = (request.session_id, request.angle.id)
        paint = Drawn.paint if take in self.taken else self.planted.get(request.angle.id, Drawn.paint)
        self.taken.add(take)
        data = _sized(view(Drawn(paint=paint), request.angle.id).data, request.size)
        return Picture(data, "image/png", *request.size, engine=self.id, model="drawing", seed_honoured=True)


def _sized(data: bytes, size: tuple[int, int]) -> bytes:
    out = io.BytesIO()
    with Image.open(io.BytesIO(data)) as image:
        image.resize(size, Image.Resampling.LANCZOS).save(out, "PNG")
    return out.getvalue()
