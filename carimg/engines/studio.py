"""The embedded engine: a real 3D car, path-traced on this machine. Needs no key, costs nothing, sends nothing."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path
from typing import ClassVar

from carimg.domain.car import Car
from carimg.domain.catalog import catalog
from carimg.domain.identity import canonical_id, display_id
from carimg.domain.kinds import BodyKind
from carimg.domain.view import Picture
from carimg.engines.base import Capabilities, DrawRequest, Engine, OnPartial
from carimg.errors import EngineRefused, InputError, Reason
from carimg.studio.spec import Camera, CarShape, Paint, Shot
from carimg.studio.workers.pool import RenderPool
from carimg.studio.workers.protocol import Drawn

_OLD, _NEW = 1990, 2026
"""Model years whose style is the oldest and the newest the studio knows."""


class StudioEngine(Engine):
    """Draws with `workers` render processes, at most `timeout_s` a view; built cars are kept in `cache_dir`."""

    id: ClassVar[str] = "studio"
    title: ClassVar[str] = "Offline 3D studio"

    def __init__(self, workers: int, cache_dir: Path, timeout_s: float = 180.0) -> None:
        self.pool = RenderPool(workers, cache_dir, timeout_s)
        if _on_a_loop():
            self.pool.start()

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(takes_seed=True, own_queue=True, gives_masks=True, one_car=True)

    async def draw(self, request: DrawRequest, on_partial: OnPartial | None = None) -> Picture:
        """Draw the car of a request; `on_partial` gets a small JPEG first.

        The prompt and the references are not looked at: the car itself says what is drawn. Raises EngineRefused for a
        size, camera or body that the studio cannot draw, EngineBroken when its render processes died, EngineTimeout.
        """
        try:
            drawn = await self.pool.render(shot(request), on_partial)
        except InputError as error:
            raise EngineRefused(error.message, reason=Reason.BAD_REQUEST) from error
        return _picture(drawn)

    async def aclose(self) -> None:
        await self.pool.aclose()


def shot(request: DrawRequest) -> Shot:
    """What the studio draws for a request, masks included. The scene follows from the session alone, the seed only
    nudges camera and light. Raises InputError for a body type that is not in the catalogue."""
    color = catalog().color(request.car.color)
    return Shot(
        shape=shape(request.car),
        paint=Paint(color.hex, color.finish),
        camera=Camera(request.angle.yaw, request.angle.elevation),
        size=request.size,
        scene=canonical_id(request.session_id),
        seed=request.seed,
        plate=display_id(request.session_id),
        passes=True,
    )


def shape(car: Car) -> CarShape:
    """The geometry of a car: its body type's usual dimensions, and a face that follows from brand and model."""
    body = catalog().body(car.body_type)
    if body is None:
        bodies = ", ".join(catalog().bodies)
        raise InputError("body_type", f"The studio builds {bodies}; it knows no body type {car.body_type!r}.")
    brand = catalog().brand(car.brand)
    name = brand.name if brand else car.brand.strip()
    style = hashlib.sha256(f"{name.casefold()}\n{car.model.strip().casefold()}".encode()).digest()
    return CarShape(
        body=BodyKind(body.id),
        length=body.length_m,
        width=body.width_m,
        height=body.height_m,
        wheelbase=body.wheelbase_m,
        grille=style[0],
        lamps=style[1],
        wheels=style[2],
        era=min(max((car.year - _OLD) / (_NEW - _OLD), 0.0), 1.0),
        initial=next((letter.upper() for letter in name if letter.isalnum()), ""),
    )


def _picture(drawn: Drawn) -> Picture:
    width, height = drawn.size
    return Picture(
        data=drawn.png,
        mime="image/png",
        width=width,
        height=height,
        engine=StudioEngine.id,
        model="mitsuba",
        seed_honoured=True,
        simulated=True,
        work_s=drawn.wall_s,
        car_mask=drawn.car_mask,
        paint_mask=drawn.paint_mask,
        facts=(
            ("samples", str(drawn.samples)),
            ("cpu seconds", f"{drawn.cpu_s['all']:.2f}"),
        ),
    )


def _on_a_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
