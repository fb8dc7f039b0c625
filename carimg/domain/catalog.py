"""The catalogue: data/*.json as typed tables, and the lookups that take names as people type them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from carimg.domain.colors import Color, read_color
from carimg.domain.kinds import BodyKind, Finish
from carimg.domain.names import NameTaken, index, key
from carimg.errors import CatalogError, InputError
from carimg.texts import Texts, texts

__all__ = ["Angle", "Body", "Brand", "Catalog", "Color", "catalog", "load_catalog"]

DATA = Path(__file__).parent / "data"
SPIN_ELEVATION = 5
"""Degrees: camera height of 'yaw_NNN' and of every spin."""

_YAW_ID = re.compile(r"yaw_(\d{1,3})(?:_el_(\d{1,2}))?", re.IGNORECASE)
_SECTORS = (
    ("front", "front"),
    ("front_left", "left front three-quarter"),
    ("left", "left side"),
    ("rear_left", "left rear three-quarter"),
    ("rear", "rear"),
    ("rear_right", "right rear three-quarter"),
    ("right", "right side"),
    ("front_right", "right front three-quarter"),
)
"""45° each, the first around yaw 0: the name of its text, and what a prompt calls it."""


@dataclass(frozen=True, slots=True)
class Brand:
    """A make. `uk` are its Ukrainian names, `badge` describes its emblem in English, as a noun phrase."""

    id: str
    name: str
    aliases: tuple[str, ...]
    uk: tuple[str, ...]
    badge: str


@dataclass(frozen=True, slots=True)
class Body:
    """A body type with typical outer dimensions in metres (width without mirrors)."""

    id: str
    en: str
    uk: str
    aliases: tuple[str, ...]
    length_m: float
    width_m: float
    height_m: float
    wheelbase_m: float


@dataclass(frozen=True, slots=True)
class Angle:
    """A camera position. Titles `en` and `uk`; `prompt` is what stands before 'view' in an English prompt.

    Degrees: `yaw` 0 = front, 90 = the car's left side, below 360; `elevation` 0 = level, 90 = from above.
    """

    id: str
    en: str
    uk: str
    prompt: str
    yaw: float
    elevation: float
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Names:
    """Ids by key (see `carimg.domain.names.key`), one table a kind."""

    brands: Mapping[str, str]
    colors: Mapping[str, str]
    bodies: Mapping[str, str]
    angles: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Catalog:
    """All tables by id, in the order of their files."""

    brands: dict[str, Brand]
    colors: dict[str, Color]
    bodies: dict[str, Body]
    angles: dict[str, Angle]
    names: Names = field(repr=False)

    def brand(self, text: str) -> Brand | None:
        """The brand of that name, in any spelling: 'Škoda', 'skoda', 'шкода'."""
        return self.brands.get(self.names.brands.get(key(text), ""))

    def badge(self, text: str) -> str:
        """A description of a brand's emblem; for a brand that is not in the catalogue, one that only names it."""
        brand = self.brand(text)
        return brand.badge if brand else f"{text.strip()} manufacturer emblem"

    def color(self, text: str) -> Color:
        """The colour that a text means; never fails (see `carimg.domain.colors.read_color`)."""
        return read_color(text, self.colors, self.names.colors)

    def body(self, text: str) -> Body | None:
        """The body type of that name: id, English, Ukrainian or a synonym ('estate', 'кросовер')."""
        return self.bodies.get(self.names.bodies.get(key(text), ""))

    def angle(self, text: str) -> Angle | None:
        """The angle of that id or title, or the one that 'yaw_NNN' or 'yaw_NNN_el_EE' spells out.

        Spelt-out angles are whole degrees, yaw 0 … 359 and elevation 0 … 90; their id is zero-padded and leaves the
        usual elevation of 5 out, so one camera has one id.
        """
        if match := _YAW_ID.fullmatch(text.strip()):
            return _orbit(int(match[1]), int(match[2] or SPIN_ELEVATION))
        return self.angles.get(self.names.angles.get(key(text), ""))

    def spin(self, n: int) -> tuple[Angle, ...]:
        """`n` angles evenly around the car from the front on, to whole degrees. Raises InputError outside 1 … 360."""
        if not 1 <= n <= 360:
            raise InputError("angles", f"A spin has 1 to 360 views; {n} is not.")
        angles = (_orbit(round(360 * i / n), SPIN_ELEVATION) for i in range(n))
        return tuple(angle for angle in angles if angle)


def _orbit(yaw: int, elevation: int) -> Angle | None:
    if yaw > 359 or elevation > 90:
        return None
    raised = elevation != SPIN_ELEVATION
    name = f"yaw_{yaw:03d}_el_{elevation:02d}" if raised else f"yaw_{yaw:03d}"
    sector, prompt = _SECTORS[round(yaw / 45) % 8]
    height = f", {elevation}-degree elevation" if raised else ""
    return Angle(
        id=name,
        en=_orbit_title(texts("en"), sector, yaw, elevation),
        uk=_orbit_title(texts("uk"), sector, yaw, elevation),
        prompt=f"{prompt}, {yaw}-degree orbit{height}",
        yaw=float(yaw),
        elevation=float(elevation),
    )


def _orbit_title(t: Texts, sector: str, yaw: int, elevation: int) -> str:
    text = "catalog.orbit" if elevation == SPIN_ELEVATION else "catalog.orbit_raised"
    return t(text, yaw=yaw, elevation=elevation, sector=t(f"catalog.sector.{sector}"))


def _hex(text: str) -> str:
    if not re.fullmatch("#[0-9a-f]{6}", text):
        raise ValueError("must look like #1a2b3c")
    return text


Text = Annotated[str, Field(min_length=1, max_length=80)]
Metres = Annotated[float, Field(gt=1.0, lt=8.0)]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class _BrandIn(_Entry):
    name: Text
    aliases: list[Text] = []
    uk: list[Text]
    badge: Annotated[str, Field(min_length=5, max_length=120)]


class _ColorIn(_Entry):
    en: Text
    uk: Text
    aliases: list[Text] = []
    hex: Annotated[str, AfterValidator(_hex)]
    finish: Annotated[Finish, Field(strict=False)]


class _BodyIn(_Entry):
    en: Text
    uk: Text
    aliases: list[Text] = []
    length_m: Metres
    width_m: Metres
    height_m: Metres
    wheelbase_m: Metres
    like: Text


class _AngleIn(_Entry):
    en: Text
    uk: Text
    aliases: list[Text] = []
    prompt: Text
    yaw: Annotated[float, Field(ge=0, lt=360)]
    elevation: Annotated[float, Field(ge=0, le=90)]


_E = TypeVar("_E", bound=_Entry)


def load_catalog(folder: Path = DATA) -> Catalog:
    """Read brands.json, colors.json, bodies.json and angles.json. Raises CatalogError naming file and key."""
    brands = _read(folder / "brands.json", _BrandIn)
    colors = _read(folder / "colors.json", _ColorIn)
    bodies = _read(folder / "bodies.json", _BodyIn)
    angles = _read(folder / "angles.json", _AngleIn)
    for name in bodies.keys() - set(BodyKind):
        raise CatalogError(f"bodies.json: '{name}': the studio builds only {', '.join(BodyKind)}")
    return Catalog(
        {id: Brand(id, b.name, tuple(b.aliases), tuple(b.uk), b.badge) for id, b in brands.items()},
        {id: Color(id, c.en, c.uk, tuple(c.aliases), c.hex, c.finish) for id, c in colors.items()},
        {id: _body(id, b) for id, b in bodies.items()},
        {id: Angle(id, a.en, a.uk, a.prompt, a.yaw, a.elevation, tuple(a.aliases)) for id, a in angles.items()},
        Names(
            brands=_index("brands.json", {id: [b.name, *b.aliases, *b.uk] for id, b in brands.items()}),
            colors=_index("colors.json", {id: [c.en, c.uk, *c.aliases] for id, c in colors.items()}),
            bodies=_index("bodies.json", {id: [b.en, b.uk, *b.aliases] for id, b in bodies.items()}),
            angles=_index("angles.json", {id: [a.en, a.uk, a.prompt, *a.aliases] for id, a in angles.items()}),
        ),
    )


@cache
def catalog() -> Catalog:
    """The catalogue that ships with carimg, read once."""
    return load_catalog()


def _body(id: str, b: _BodyIn) -> Body:
    return Body(id, b.en, b.uk, tuple(b.aliases), b.length_m, b.width_m, b.height_m, b.wheelbase_m)


def _read(path: Path, kind: type[_E]) -> dict[str, _E]:
    """One file: an object of entries by id."""
    try:
        data = json.loads(path.read_text("utf-8"), object_pairs_hook=_once)
        return TypeAdapter(dict[str, kind]).validate_python(data)  # type: ignore[valid-type]
    except OSError as exc:
        raise CatalogError(f"{path.name}: cannot be read: {exc.strerror}") from exc
    except json.JSONDecodeError as exc:
        raise CatalogError(f"{path.name}: line {exc.lineno}: {exc.msg}") from exc
    except ValidationError as exc:
        raise CatalogError(f"{path.name}: {_first(exc)}") from exc
    except _Twice as exc:
        raise CatalogError(f"{path.name}: '{exc}': is there twice") from exc


class _Twice(Exception):
    """A key stands twice in one JSON object."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise _Twice(name)
        found[name] = value
    return found


def _first(exc: ValidationError) -> str:
    error = exc.errors(include_url=False)[0]
    entry, *rest = [str(part) for part in error["loc"]] or ["the file"]
    reason = (
        str(error["ctx"]["error"]) if error["type"] == "value_error" else error["msg"][:1].lower() + error["msg"][1:]
    )
    return f"'{entry}': {' '.join([*rest, reason])}"


def _index(file: str, entries: Mapping[str, list[str]]) -> dict[str, str]:
    try:
        return index(entries.items())
    except NameTaken as exc:
        raise CatalogError(f"{file}: '{exc.entry}': {exc}") from exc
