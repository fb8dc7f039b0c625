"""One order: which car, from where, drawn how. Every door (form, REST, CLI, file) comes in through `parse_spec`."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from carimg.car import Car
from carimg.catalog import Angle, catalog
from carimg.errors import InputError
from carimg.identity import SEEDS, generate_consistent_seed
from carimg.names import TYPED_LETTERS

DEFAULT_SIZE = (768, 512)
DEFAULT_ANGLES = ("front", "side", "rear")
MIN_EDGE, MAX_EDGE = 256, 2048
MAX_VIEWS = 72
FIRST_CAR_YEAR = 1886


class Strategy(StrEnum):
    HINTS = "hints"
    SHARED_SEED = "shared-seed"
    ANCHORED = "anchored"
    STUDIO_GUIDED = "studio-guided"


class Fallback(StrEnum):
    VIEW = "view"
    SET = "set"


@dataclass(frozen=True, slots=True)
class SetSpec:
    """One order, checked. `size` is (width, height) in pixels; `seeds` fixes the seeds of some angles (0 … 999,999);
    `engines` is the ladder for this set, () = as set up; `free_only` keeps to engines that cost nothing."""

    car: Car
    angles: tuple[Angle, ...]
    session_id: str | None = None
    engines: tuple[str, ...] = ()
    size: tuple[int, int] = DEFAULT_SIZE
    free_only: bool = False
    strategy: Strategy = Strategy.HINTS
    fallback: Fallback = Fallback.VIEW
    template: str | None = None
    """Prompt template source; None = the built-in one."""
    hints_off: frozenset[str] = frozenset()
    """Names of the template's hint blocks that are switched off."""
    seeds: Mapping[str, int] = field(default_factory=dict)
    budget_usd: float | None = None
    prompts: Mapping[str, str] = field(default_factory=dict)
    """Prompts given word for word, by angle id: those views skip the template."""
    main: Angle | None = None
    """The set's main view when `angles` are only some of its views (a redo); None = the first angle."""

    @property
    def main_angle(self) -> Angle:
        return self.main or self.angles[0]

    def seed(self, session_id: str, angle: Angle) -> int:
        """The seed a view is drawn with: given, shared with the main view, or the angle's own."""
        if angle.id in self.seeds:
            return self.seeds[angle.id]
        shared = self.strategy is Strategy.SHARED_SEED
        return generate_consistent_seed(session_id, self.main_angle.id if shared else angle.id)


def _clean(value: Any) -> Any:
    """Free text: NFC, one line, single blanks; control characters are refused by the length check on what is left.

    What is far too long is refused before any work on it.
    """
    if not isinstance(value, str):
        return value
    if len(value) > TYPED_LETTERS:
        raise ValueError("is too long")
    text = unicodedata.normalize("NFC", value)
    return re.sub(r"\s+", " ", "".join(c for c in text if unicodedata.category(c)[0] != "C" or c.isspace())).strip()


def _few(value: Any) -> Any:
    """At most as many entries as a set can have views: counted before any of them is looked at."""
    if isinstance(value, list | tuple | dict) and len(value) > MAX_VIEWS:
        raise ValueError(f"it has more than {MAX_VIEWS} entries")
    return value


def _angle_id(text: str) -> str:
    """The id of a known angle or camera, by any of its names."""
    angle = catalog().angle(text)
    if angle is None:
        raise ValueError("is no angle")
    return angle.id


Few = BeforeValidator(_few)
Text = Annotated[str, BeforeValidator(_clean), Field(min_length=1, max_length=60)]
Angles = Annotated[list[Annotated[str, BeforeValidator(_clean)]], Few]
AngleId = Annotated[str, Field(max_length=TYPED_LETTERS), AfterValidator(_angle_id)]
Seeds = Annotated[dict[AngleId, Annotated[int, Field(ge=0, lt=SEEDS)]], Few]
Prompts = Annotated[dict[AngleId, Annotated[str, Field(min_length=1, max_length=8_000)]], Few]
Names = Annotated[list[Annotated[str, Field(max_length=60)]], Few]


class CarIn(BaseModel):
    model_config = ConfigDict(extra="forbid")
    brand: Text
    model: Text
    year: int
    color: Text
    body_type: Text


class OrderIn(BaseModel):
    """An order as it arrives, before the catalogue has been asked."""

    model_config = ConfigDict(extra="forbid")
    car: CarIn
    angles: Angles = Field(default_factory=lambda: list(DEFAULT_ANGLES))
    session_id: str | None = Field(None, max_length=64)
    engines: Names = Field(default_factory=list)
    size: Annotated[str, Field(max_length=60)] | tuple[int, int] = DEFAULT_SIZE
    free_only: bool = False
    strategy: Strategy = Strategy.HINTS
    fallback: Fallback = Fallback.VIEW
    template: str | None = Field(None, max_length=20_000)
    hints_off: Names = Field(default_factory=list)
    seeds: Seeds = Field(default_factory=dict)
    budget_usd: float | None = Field(None, ge=0, allow_inf_nan=False)
    prompts: Prompts = Field(default_factory=dict)


class ChangesIn(BaseModel):
    """Views to be drawn again, as they arrive."""

    model_config = ConfigDict(extra="forbid")
    angles: Angles
    seeds: Seeds = Field(default_factory=dict)
    prompts: Prompts = Field(default_factory=dict)


_SENTENCES = {
    "brand": "Type a brand of 1 to 60 letters, for example Renault.",
    "model": "Type a model of 1 to 60 letters, for example Clio.",
    "color": "Type a colour, for example blue or #1f4e9e.",
    "angles": f"Name each angle by its id or title, for example front; a set has at most {MAX_VIEWS} views.",
    "size": "Write the size as WIDTHxHEIGHT, for example 768x512.",
    "session_id": "A session id looks like CAR-1a2b3c4d, or leave it empty for a new one.",
    "engines": "Name the engines by their ids, for example studio.",
    "hints_off": "Name the hint blocks by their names, for example same_car.",
    "seeds": f"Seeds are whole numbers from 0 to 999999, one an angle, for at most {MAX_VIEWS} known angles.",
    "budget_usd": "A budget is a finite amount in dollars, 0 or more.",
    "template": "A prompt template has at most 20,000 characters.",
    "prompts": f"A prompt has 1 to 8,000 characters, one an angle, for at most {MAX_VIEWS} known angles.",
}


def parse_spec(order: Mapping[str, Any], known_engines: tuple[str, ...] = ()) -> SetSpec:
    """Check an order and make it a SetSpec. Raises InputError with the field and one sentence.

    `known_engines` are the ids that may be asked for; () accepts any.
    """
    try:
        given = OrderIn.model_validate(order)
    except ValidationError as exc:
        raise _as_input_error(exc) from exc
    return SetSpec(
        car=_car(given.car),
        angles=parse_angles(given.angles),
        session_id=_session_id(given.session_id),
        engines=_engines(given.engines, known_engines),
        size=parse_size(given.size),
        free_only=given.free_only,
        strategy=given.strategy,
        fallback=given.fallback,
        template=given.template,
        hints_off=frozenset(given.hints_off),
        seeds=dict(given.seeds),
        budget_usd=given.budget_usd,
        prompts=dict(given.prompts),
    )


def parse_kept(order: Mapping[str, Any]) -> SetSpec:
    """Like `parse_spec`, for an order that was kept: what earlier versions took though it did nothing (seeds and
    prompts of angles that nobody knows, a budget without end) is left out. Raises InputError."""
    kept = dict(order)
    for name in ("seeds", "prompts"):
        if isinstance(kept.get(name), Mapping):
            kept[name] = {key: value for key, value in kept[name].items() if catalog().angle(str(key))}
    budget = kept.get("budget_usd")
    if isinstance(budget, float) and not math.isfinite(budget):
        kept["budget_usd"] = None
    return parse_spec(kept)


def parse_changes(angles: list[str], seeds: Mapping[str, int], prompts: Mapping[str, str]) -> ChangesIn:
    """Check what is to be drawn again, with its new seeds and prompts by angle. Raises InputError with the field."""
    try:
        given = ChangesIn.model_validate({"angles": angles, "seeds": dict(seeds), "prompts": dict(prompts)})
    except ValidationError as exc:
        raise _as_input_error(exc) from exc
    given.angles = [angle.id for angle in parse_angles(given.angles)]
    return given


def _car(given: CarIn) -> Car:
    latest = date.today().year + 1
    if not FIRST_CAR_YEAR <= given.year <= latest:
        raise InputError("year", f"The year must be between {FIRST_CAR_YEAR} and {latest}.")
    body = catalog().body(given.body_type)
    if body is None:
        raise InputError(
            "body_type", f"Body type '{_shown(given.body_type)}' is not known; choose {_either(catalog().bodies)}."
        )
    return Car(given.brand, given.model, given.year, given.color, body.id)


def parse_angles(ids: list[str]) -> tuple[Angle, ...]:
    """Angle ids or titles → angles, in order. Raises InputError for none, too many, unknown or repeated ones."""
    if not ids:
        raise InputError("angles", "Pick at least one angle.")
    if len(ids) > MAX_VIEWS:
        raise InputError("angles", f"A set has at most {MAX_VIEWS} views; you asked for {len(ids)}.")
    angles = []
    for text in ids:
        angle = catalog().angle(text)
        if angle is None:
            raise InputError("angles", f"Angle '{_shown(text)}' is not known; choose {_either(catalog().angles)}.")
        if angle in angles:
            raise InputError("angles", f"Angle '{_shown(text)}' is there twice; ask for it once.")
        angles.append(angle)
    return tuple(angles)


def parse_size(size: str | tuple[int, int]) -> tuple[int, int]:
    """'768x512' or (768, 512) → (width, height). Raises InputError outside 256 … 2048 px per edge."""
    if isinstance(size, str):
        match = re.fullmatch(r"\s*(\d{1,5})\s*[x×х*]\s*(\d{1,5})\s*", size, re.IGNORECASE)
        if not match:
            raise InputError("size", "Write the size as WIDTHxHEIGHT, for example 768x512.")
        size = (int(match[1]), int(match[2]))
    if not all(MIN_EDGE <= edge <= MAX_EDGE for edge in size):
        raise InputError("size", f"Each edge must be {MIN_EDGE} to {MAX_EDGE} pixels; {size[0]}x{size[1]} is not.")
    return size


def _session_id(text: str | None) -> str | None:
    if text is None or not text.strip():
        return None
    if not re.fullmatch(r"(?:CAR-)?[0-9a-f]{8,12}", text.strip(), re.IGNORECASE):
        raise InputError("session_id", "A session id looks like CAR-1a2b3c4d, or leave it empty for a new one.")
    return text.strip().lower().removeprefix("car-")


def _engines(ids: list[str], known: tuple[str, ...]) -> tuple[str, ...]:
    for engine in ids:
        if known and engine not in known:
            raise InputError("engines", f"Engine '{_shown(engine)}' is not known; choose {_either(known)}.")
    return tuple(dict.fromkeys(ids))


def _shown(text: str) -> str:
    """A typed text as a sentence may repeat it: short, and without what cannot be printed."""
    return "".join(char for char in text[:60] if char.isprintable())


def _either(names: Any) -> str:
    *head, last = list(names)
    return f"{', '.join(head)} or {last}" if head else last


def _as_input_error(exc: ValidationError) -> InputError:
    first = exc.errors()[0]
    path = [str(part) for part in first["loc"]]
    name = path[1] if path[0] == "car" and len(path) > 1 else path[0] if path else "car"
    if first["type"] == "extra_forbidden":
        return InputError(_shown(path[-1]), f"There is no field '{_shown(path[-1])}'.")
    if first["type"] == "missing":
        return InputError(path[-1], f"The field '{path[-1]}' is missing.")
    if name == "year":
        return InputError("year", "The year must be a whole number, for example 2019.")
    if name in ("strategy", "fallback"):
        return InputError(name, f"Choose {_either(Strategy if name == 'strategy' else Fallback)} for {name}.")
    return InputError(name, _SENTENCES.get(name, f"The field '{name}' cannot be used: {first['msg']}."))


def megapixels(size: tuple[int, int]) -> float:
    """Size in millions of pixels."""
    return math.prod(size) / 1e6
