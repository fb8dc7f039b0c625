"""What every picture engine is: some facts about itself, and one coroutine that draws one view."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import ClassVar

from carimg.domain.car import Car
from carimg.domain.catalog import Angle
from carimg.domain.view import Attempt, Picture, Reference

OnPartial = Callable[[bytes], Awaitable[None]]
"""Called with an encoded preview (JPEG or PNG bytes) of a picture that is still being drawn."""


async def _ignore(_: object) -> None:
    return None


@dataclass(frozen=True, slots=True)
class DrawCallbacks:
    """Who wants to know while a view is drawn, from the pipeline down to the engine."""

    on_start: Callable[[str], Awaitable[None]] = _ignore
    """An engine, by its id, is asked now."""
    on_attempt: Callable[[Attempt], Awaitable[None]] = _ignore
    """An attempt ended, well or badly; after a bad one there may be another."""
    on_partial: OnPartial = _ignore
    """A preview of the picture."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A picture, and every attempt that led to it, in order."""

    picture: Picture
    attempts: tuple[Attempt, ...]


@dataclass(frozen=True, slots=True)
class DrawRequest:
    """One view to be drawn, complete: engines need nothing else.

    `prompt` is English, `seed` 0 … 999,999, `size` (width, height) in pixels.
    """

    car: Car
    angle: Angle
    prompt: str
    seed: int
    session_id: str
    size: tuple[int, int]
    references: tuple[Reference, ...] = ()


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What an engine can do, for the page 'Engines' and for choosing strategies."""

    takes_seed: bool
    max_references: int = 0
    max_parallel: int | None = None
    """Views in flight at once; None = no limit of its own."""
    own_queue: bool = False
    """Lets views wait in a queue of its own and bounds the work on each, so that no deadline runs while they wait."""
    per_minute: int | None = None
    """Pictures a minute; None = no limit of its own."""
    gives_masks: bool = False
    one_car: bool = False
    """Draws one and the same car by construction, so a reference would add nothing."""
    min_edge: int = 256
    max_edge: int = 2048


class Engine(ABC):
    """One way to get a picture. Lives on one event loop: made there, closed there by `aclose`.

    Adding an engine is adding a file with a subclass and one line in `carimg/engines/__init__.py`.
    """

    id: ClassVar[str]
    title: ClassVar[str]
    costs_money: ClassVar[bool] = False
    leaves_machine: ClassVar[bool] = False

    @property
    @abstractmethod
    def capabilities(self) -> Capabilities: ...

    def unavailable(self) -> str | None:
        """Why it cannot be asked at all, in one sentence that names the fix; None when it can."""
        return None

    def estimate_usd(self, size: tuple[int, int]) -> float:
        """What one view is expected to cost, in US dollars."""
        return 0.0

    @abstractmethod
    async def draw(self, request: DrawRequest, on_partial: OnPartial | None = None) -> Picture:
        """Draw one view.

        Raises EngineError for everything that is the engine's or the service's fault. Cancelling the coroutine stops
        the work as far as it has not been paid for.
        """

    async def aclose(self) -> None:  # noqa: B027  (most engines hold nothing)
        """Release connections and processes."""
