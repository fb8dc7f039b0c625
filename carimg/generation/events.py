"""What happens while a set is drawn, as plain values: the pipeline emits them, jobs keep them, pages show them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from carimg.domain.view import AnglePrompt, Attempt, SetState, View


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of the log, as page and server print it: '[AsyncGen] 🚀 …'. `at` is a Unix time in seconds."""

    stage: str
    text: str
    at: float

    def __str__(self) -> str:
        return f"[{self.stage}] {self.text}"


@dataclass(frozen=True, slots=True)
class SetPlanned:
    """The session id and every seed are fixed; `seeds` by angle id, `engines` the fallback chain in order."""

    session_id: str
    seeds: dict[str, int]
    engines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PromptReady:
    """A view's prompt; comes twice when a translation follows."""

    prompt: AnglePrompt


@dataclass(frozen=True, slots=True)
class EngineStarted:
    angle: str
    engine: str


@dataclass(frozen=True, slots=True)
class AttemptEnded:
    angle: str
    attempt: Attempt


@dataclass(frozen=True, slots=True)
class PartialPicture:
    """A preview (JPEG or PNG bytes) of a picture still being drawn."""

    angle: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class ViewEnded:
    view: View


@dataclass(frozen=True, slots=True)
class SetEnded:
    """`seconds` is the wall time of the whole set."""

    state: SetState
    seconds: float


Event = LogLine | SetPlanned | PromptReady | EngineStarted | AttemptEnded | PartialPicture | ViewEnded | SetEnded
OnEvent = Callable[[Event], Awaitable[None]]


async def nobody(_: Event) -> None:
    """Listens to nothing."""
