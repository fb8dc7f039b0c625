"""Shots for tests of the render processes, and waiting until one of these is at work."""

from __future__ import annotations

from dataclasses import replace

from carimg.domain.kinds import BodyKind
from carimg.studio.spec import Camera, CarShape, Paint, Shot
from carimg.studio.workers.pool import RenderPool
from tests.support.waiting import until

SHAPE = CarShape(BodyKind.HATCHBACK, 4.06, 1.79, 1.47, 2.57, initial="C")
SHOT = Shot(SHAPE, Paint("#2f6b3a"), Camera(90, 4), (256, 256), "CAR-1a2b3c4d", 7, "CAR-1A2B3C4D", passes=True)
SLOW = replace(SHOT, size=(512, 512), samples=64)
"""Takes many seconds: long enough to be killed or cancelled in the middle."""


async def is_drawing(pool: RenderPool, besides: int = 0) -> int:
    """The process id of the worker, as soon as one, other than `besides`, is drawing."""
    await until(lambda: bool(set(pool.busy_pids) - {besides}), 60)
    return pool.busy_pids[0]
