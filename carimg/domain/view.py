"""What a set is made of: prompts, pictures, attempts, and the view, which holds all that is known of one picture."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from carimg.domain.car import Car
from carimg.domain.identity import display_id
from carimg.errors import Reason

OK = "ok"
"""Outcome of an attempt that drew."""


class ViewState(StrEnum):
    WAITING = "waiting"
    PROMPT = "prompt"
    DRAWING = "drawing"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def ended(self) -> bool:
        return self in (ViewState.DONE, ViewState.FAILED, ViewState.CANCELLED)


class SetState(StrEnum):
    RUNNING = "running"
    DONE = "done"
    PARTIAL = "partial"
    FAILED = "failed"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference picture that goes out with a prompt: checked, re-encoded, and where it came from.

    `data` is PNG or JPEG bytes of at most 1024 px per edge, made by carimg, never the foreign bytes themselves; empty
    where only its file is known (`sha256`, kind 'photo'; '' for sets of before files were kept).
    """

    data: bytes = field(repr=False)
    mime: str
    source_url: str
    title: str = ""
    role: str = "photo"
    """'photo' (found on the web), 'anchor' (the set's main view) or 'pose' (the studio's render of this very angle)."""
    sha256: str = ""

    def to_json(self) -> dict[str, Any]:
        """Everything but the bytes."""
        return {name: getattr(self, name) for name in ("source_url", "title", "role", "mime", "sha256")}


@dataclass(frozen=True, slots=True)
class AnglePrompt:
    """What one view will be drawn from: the output of stage 1. `seed` is 0 … 999,999."""

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

    @property
    def sent(self) -> str:
        """The prompt that an engine is given."""
        return self.prompt_en or self.prompt


@dataclass(frozen=True, slots=True)
class Picture:
    """A checked picture as an engine delivered it, with its bytes.

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
    """Seconds the engine worked on it, without waiting for its turn; None = the whole attempt was work."""
    car_mask: bytes | None = field(default=None, repr=False)
    paint_mask: bytes | None = field(default=None, repr=False)
    facts: tuple[tuple[str, str], ...] = ()
    """More that the engine wants to be kept ('quality', 'usage', 'revised prompt', …), as text."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One engine's try at one view. `outcome` is 'ok' or the code of a Reason."""

    engine: str
    outcome: str
    message: str
    seconds: float
    cost_usd: float = 0.0

    @property
    def drew(self) -> bool:
        return self.outcome == OK

    @property
    def failed(self) -> bool:
        """Whether the engine was asked and did not draw; one that was only passed over has not failed."""
        return not self.drew and Reason.of(self.outcome).failed


@dataclass(frozen=True, slots=True)
class View:
    """One view of a set: the same record while it is drawn, in the store, on pages and in files.

    What a column of the store's table `views` keeps has its name here (or in `prompt`). The bytes stay apart: files are
    named by their hashes ('' where there is none), and `picture` is there only from the engine to the store.
    """

    angle: str
    state: ViewState = ViewState.WAITING
    prompt: AnglePrompt | None = None
    attempts: tuple[Attempt, ...] = ()
    seconds: float = 0.0
    """From the moment its inputs were there to the picture."""
    work_s: float = 0.0
    """Seconds of work in it, waiting left out: what it would add to a set drawn one after another."""
    error: str = ""
    seed: int | None = None
    """Known as soon as the set is planned, before the prompt."""
    engine: str = ""
    """The engine that drew it, or is drawing it."""
    model: str = ""
    seed_honoured: bool = False
    simulated: bool = False
    mime: str = ""
    width: int = 0
    height: int = 0
    facts: tuple[tuple[str, str], ...] = ()
    take: int = 0
    """Counts from 1; 0 before the store has it."""
    chosen: bool = True
    """Whether this take is the one that is shown."""
    saved_at: float = 0.0
    """Unix time in seconds."""
    sha256: str = ""
    page_sha256: str = ""
    """The JPEG made for pages, at most 1400 px wide."""
    thumb_sha256: str = ""
    car_mask_sha256: str = ""
    paint_mask_sha256: str = ""
    title: str = ""
    """A caller's own name for the view (`get_angle_title` of the original design)."""
    is_main: bool = False
    started_at: float | None = None
    """Unix time in seconds; only while it is live."""
    picture: Picture | None = field(default=None, repr=False, compare=False)
    partial: bytes | None = field(default=None, repr=False, compare=False)
    """A preview (encoded bytes) while it is being drawn."""

    @property
    def drawn(self) -> bool:
        """Whether there is a picture."""
        return self.state is ViewState.DONE

    @property
    def cost_usd(self) -> float:
        """What all its attempts cost together, in US dollars."""
        return sum((attempt.cost_usd for attempt in self.attempts), 0.0)

    @property
    def references(self) -> tuple[Reference, ...]:
        return self.prompt.references if self.prompt else ()

    def ended(self, attempts: Sequence[Attempt], seconds: float, picture: Picture | None = None) -> View:
        """The view with its attempts and, where one came, its picture and what is known of that."""
        view = replace(self, attempts=tuple(attempts), seconds=seconds, work_s=_work_s(attempts, picture), partial=None)
        if picture is None:
            return view
        return replace(
            view,
            picture=picture,
            engine=picture.engine,
            model=picture.model,
            seed_honoured=picture.seed_honoured,
            simulated=picture.simulated,
            mime=picture.mime,
            width=picture.width,
            height=picture.height,
            facts=picture.facts,
        )

    @property
    def image(self) -> dict[str, Any]:
        """The image object of the original design's answer: url, angle, seed, session_id, isMain, prompt, title.

        `url` holds the picture itself ('data:image/png;base64,…'); '' where there is none at hand.
        """
        picture = self.picture
        data = f"data:{picture.mime};base64,{b64encode(picture.data).decode()}" if picture else ""
        return {
            "url": data,
            "angle": self.angle,
            "seed": self.seed,
            "session_id": display_id(self.prompt.session_id) if self.prompt else "",
            "isMain": self.is_main,
            "prompt": self.prompt.prompt if self.prompt else "",
            "title": self.title or self.angle,
        }


def _work_s(attempts: Sequence[Attempt], picture: Picture | None) -> float:
    if picture is not None and picture.work_s is not None:
        return sum(attempt.seconds for attempt in attempts if not attempt.drew) + picture.work_s
    return sum(attempt.seconds for attempt in attempts)
