"""One order: which car, from where, drawn how. Form, REST, command line, files and store all hold this one shape."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationError,
)

from carimg.domain.car import Car, clean_text
from carimg.domain.catalog import Angle, catalog
from carimg.domain.identity import SEEDS, generate_consistent_seed
from carimg.domain.names import TYPED_LETTERS, one_of, shown
from carimg.errors import InputError

DEFAULT_SIZE = (768, 512)
DEFAULT_ANGLES = ("front", "side", "rear")
MIN_EDGE, MAX_EDGE = 256, 2048
MAX_VIEWS = 72


class Strategy(StrEnum):
    HINTS = "hints"
    SHARED_SEED = "shared-seed"
    ANCHORED = "anchored"
    STUDIO_GUIDED = "studio-guided"


class Fallback(StrEnum):
    VIEW = "view"
    SET = "set"


def parse_angles(ids: Any) -> tuple[Angle, ...]:
    """Angle ids or titles → angles, in order. Raises InputError for none, too many, unknown or repeated ones."""
    if not ids:
        raise InputError("angles", "Pick at least one angle.")
    if len(ids) > MAX_VIEWS:
        raise InputError("angles", f"A set has at most {MAX_VIEWS} views; you asked for {len(ids)}.")
    angles: list[Angle] = []
    for given in ids:
        text = given.id if isinstance(given, Angle) else given
        angle = catalog().angle(text)
        if angle is None:
            raise InputError("angles", f"Angle '{shown(text)}' is not known; choose {one_of(catalog().angles)}.")
        if angle in angles:
            raise InputError("angles", f"Angle '{shown(text)}' is there twice; ask for it once.")
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


def _few(value: Any) -> Any:
    """At most as many entries as a set can have views: counted before any of them is looked at."""
    if isinstance(value, list | tuple | dict) and len(value) > MAX_VIEWS:
        raise ValueError(f"it has more than {MAX_VIEWS} entries")
    return value


def _angle_texts(value: Any) -> Any:
    """A list of ids or titles as free text; what is no such list is left to the field's own check."""
    if not isinstance(value, list | tuple) or not all(isinstance(one, str | Angle) for one in value):
        raise ValueError("is no list of angles")
    return parse_angles([one if isinstance(one, Angle) else clean_text(one) for one in value])


def _angle_id(text: str) -> str:
    """The id of a known angle or camera, by any of its names."""
    angle = catalog().angle(text)
    if angle is None:
        raise ValueError("is no angle")
    return angle.id


def _session_id(text: str | None) -> str | None:
    if text is None or not text.strip():
        return None
    if not re.fullmatch(r"(?:CAR-)?[0-9a-f]{8,12}", text.strip(), re.IGNORECASE):
        raise InputError("session_id", _SENTENCES["session_id"])
    return text.strip().lower().removeprefix("car-")


def _once(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))


Few = BeforeValidator(_few)
Angles = Annotated[
    tuple[Angle, ...],
    BeforeValidator(_angle_texts),
    Few,
    PlainSerializer(lambda angles: [angle.id for angle in angles]),
]
AngleId = Annotated[str, Field(max_length=TYPED_LETTERS), AfterValidator(_angle_id)]
Seeds = Annotated[Mapping[AngleId, Annotated[int, Field(ge=0, lt=SEEDS)]], Few, PlainSerializer(dict)]
Prompts = Annotated[Mapping[AngleId, Annotated[str, Field(min_length=1, max_length=8_000)]], Few, PlainSerializer(dict)]
Name = Annotated[str, Field(max_length=60)]
Size = Annotated[
    tuple[int, int],
    AfterValidator(parse_size),
    BeforeValidator(lambda size: parse_size(size) if isinstance(size, str) and len(size) <= 60 else size),
    PlainSerializer(list),
]

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


class _Checked(BaseModel):
    """A frozen model whose wrong input is told in one sentence."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @classmethod
    def checked(cls, given: Mapping[str, Any]) -> Self:
        """Raises InputError with the field and one sentence."""
        try:
            return cls.model_validate(given)
        except ValidationError as exc:
            raise _as_input_error(exc) from exc


class Order(_Checked):
    """One order, checked: `Order.parse` makes it, `to_json` is what files and the store keep."""

    car: Car
    angles: Angles = Field(default_factory=lambda: parse_angles(DEFAULT_ANGLES))
    session_id: Annotated[str | None, Field(max_length=64), AfterValidator(_session_id)] = None
    engines: Annotated[tuple[Name, ...], Few, AfterValidator(_once), PlainSerializer(list)] = ()
    """The fallback chain of this set by engine ids; () = as set up."""
    size: Size = DEFAULT_SIZE
    """(width, height) in pixels, 256 … 2048 each."""
    free_only: bool = False
    """Keeps to engines that cost nothing."""
    strategy: Strategy = Strategy.HINTS
    fallback: Fallback = Fallback.VIEW
    template: Annotated[str | None, Field(max_length=20_000)] = None
    """Prompt template source; None = the built-in one."""
    hints_off: Annotated[frozenset[Name], Few, PlainSerializer(sorted)] = frozenset()
    """Names of the template's hint blocks that are switched off."""
    seeds: Seeds = Field(default_factory=dict)
    """Seeds that are fixed, by angle id: 0 … 999,999."""
    budget_usd: Annotated[float | None, Field(ge=0, allow_inf_nan=False)] = None
    prompts: Prompts = Field(default_factory=dict)
    """Prompts given word for word, by angle id: those views skip the template."""
    main: Annotated[Angle | None, Field(exclude=True)] = None
    """The set's main view when `angles` are only some of its views (a redo); None = the first angle. Not a field that
    can be ordered."""

    @classmethod
    def parse(cls, order: Mapping[str, Any], known_engines: tuple[str, ...] = ()) -> Order:
        """Check an order from a form, a route or a file. `known_engines` are the ids that may be asked for; () accepts
        any. Raises InputError with the field and one sentence."""
        if "main" in order:
            raise InputError("main", "There is no field 'main'.")
        parsed = cls.checked(order)
        for engine in parsed.engines:
            if known_engines and engine not in known_engines:
                raise InputError("engines", f"Engine '{shown(engine)}' is not known; choose {one_of(known_engines)}.")
        return parsed

    @classmethod
    def kept(cls, order: Mapping[str, Any]) -> Order:
        """Like `parse`, for an order that was kept: what earlier versions took though it did nothing (seeds and prompts
        of angles that nobody knows, a budget without end) is left out. Raises InputError."""
        kept = dict(order)
        for name in ("seeds", "prompts"):
            if isinstance(kept.get(name), Mapping):
                kept[name] = {key: value for key, value in kept[name].items() if catalog().angle(str(key))}
        budget = kept.get("budget_usd")
        if isinstance(budget, float) and not math.isfinite(budget):
            kept["budget_usd"] = None
        return cls.parse(kept)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values: `Order.parse(order.to_json())` is this order again, but for `main`."""
        return self.model_dump(mode="json")

    def changed(self, **fields: Any) -> Order:
        """The same order with some fields replaced, unchecked."""
        return self.model_copy(update=fields)

    @property
    def main_angle(self) -> Angle:
        return self.main or self.angles[0]

    def seed(self, session_id: str, angle: Angle) -> int:
        """The seed a view is drawn with: given, shared with the main view, or the angle's own."""
        if angle.id in self.seeds:
            return self.seeds[angle.id]
        shared = self.strategy is Strategy.SHARED_SEED
        return generate_consistent_seed(session_id, self.main_angle.id if shared else angle.id)


class Redo(_Checked):
    """Views of a set to be drawn again, with new seeds and prompts by angle id where they are given."""

    angles: Angles
    seeds: Seeds = Field(default_factory=dict)
    prompts: Prompts = Field(default_factory=dict)


def _as_input_error(exc: ValidationError) -> InputError:
    first = exc.errors()[0]
    path = [str(part) for part in first["loc"]]
    name = path[1] if path[0] == "car" and len(path) > 1 else path[0] if path else "car"
    if first["type"] in ("extra_forbidden", "unexpected_keyword_argument"):
        return InputError(shown(path[-1]), f"There is no field '{shown(path[-1])}'.")
    if first["type"] == "missing":
        return InputError(path[-1], f"The field '{path[-1]}' is missing.")
    if name == "year":
        return InputError("year", "The year must be a whole number, for example 2019.")
    if name in ("strategy", "fallback"):
        return InputError(name, f"Choose {one_of(Strategy if name == 'strategy' else Fallback)} for {name}.")
    return InputError(name, _SENTENCES.get(name, f"The field '{name}' cannot be used: {first['msg']}."))
