"""What a set is made of: prompts, pictures, attempts, views."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from carimg.car import Car


class ViewState(StrEnum):
    WAITING = "waiting"
    PROMPT = "prompt"
    DRAWING = "drawing"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class SetState(StrEnum):
    RUNNING = "running"
    DONE = "done"
    PARTIAL = "partial"
    FAILED = "failed"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference photo: a checked, re-encoded picture and where it came from.

    `data` is PNG or JPEG bytes of at most 1024 px per edge, made by carimg, never the foreign bytes themselves.
    """

    data: bytes = field(repr=False)
    mime: str
    source_url: str
    title: str = ""
    role: str = "photo"
    """'photo' (found on the web), 'anchor' (the set's main view) or 'pose' (the studio's render of this very angle)."""


@dataclass(frozen=True, slots=True)
class AnglePrompt:
    """What one view will be drawn from: the output of stage 1."""

    car: Car
    angle: str
    prompt: str
    seed: int
    session_id: str
    prompt_en: str | None = None
    """The prompt as it goes out; None until stage 2 has translated it (an English prompt is its own translation)."""
    translated_by: str = ""
    """'' (nothing to translate), 'glossary', 'openai', 'pollinations' or 'transliteration'."""
    references: tuple[Reference, ...] = ()
    badge: str = ""
    badge_source: str = "catalogue"


@dataclass(frozen=True, slots=True)
class Picture:
    """A checked picture as an engine delivered it.

    `data` is the encoded original (PNG, JPEG or WebP); `car_mask` and `paint_mask` are 8-bit PNGs of the same size
    (255 = car, 255 = paint), where the engine has them.
    """

    data: bytes = field(repr=False)
    mime: str
    width: int
    height: int
    engine: str
    model: str
    seed_honoured: bool
    cost_usd: float = 0.0
    simulated: bool = False
    """True when no photo-like model drew it: the studio's 3D render."""
    work_s: float | None = None
    """Seconds the engine worked on it, without waiting for a place; None = the whole attempt was work."""
    car_mask: bytes | None = field(default=None, repr=False)
    paint_mask: bytes | None = field(default=None, repr=False)
    facts: tuple[tuple[str, str], ...] = ()
    """More that the engine wants to be kept ('quality', 'usage', 'revised prompt', …), as text."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One engine's try at one view. `outcome` is 'ok' or an EngineError's reason."""

    engine: str
    outcome: str
    message: str
    seconds: float
    cost_usd: float = 0.0

    @property
    def failed(self) -> bool:
        """Whether the engine was asked and did not draw; one that was only passed over has not failed."""
        return self.outcome not in ("ok", "unavailable", "no-references", "budget")


@dataclass(frozen=True, slots=True)
class View:
    """One view of a set, at its end (or on its way there)."""

    angle: str
    state: ViewState
    prompt: AnglePrompt | None = None
    picture: Picture | None = field(default=None, repr=False)
    attempts: tuple[Attempt, ...] = ()
    seconds: float = 0.0
    """From the moment its inputs were there to the picture."""
    error: str = ""

    @property
    def cost_usd(self) -> float:
        return sum(attempt.cost_usd for attempt in self.attempts)

    @property
    def work_s(self) -> float:
        """Seconds of work in it, waiting for a place left out: what it would add to a set drawn one after another."""
        tried = sum(attempt.seconds for attempt in self.attempts if attempt.outcome != "ok")
        if self.picture is not None and self.picture.work_s is not None:
            return tried + self.picture.work_s
        return sum(attempt.seconds for attempt in self.attempts)
