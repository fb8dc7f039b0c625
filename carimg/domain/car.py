"""One car, as somebody describes it."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import asdict, dataclass
from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field

from carimg.domain.catalog import catalog
from carimg.domain.names import TYPED_LETTERS, one_of, shown
from carimg.errors import InputError

FIRST_CAR_YEAR = 1886


def clean_text(value: Any) -> Any:
    """Free text: NFC, one line, single blanks; control characters are refused by the length check on what is left.

    What is far too long is refused before any work on it.
    """
    if not isinstance(value, str):
        return value
    if len(value) > TYPED_LETTERS:
        raise ValueError("is too long")
    text = unicodedata.normalize("NFC", value)
    return re.sub(r"\s+", " ", "".join(c for c in text if unicodedata.category(c)[0] != "C" or c.isspace())).strip()


def _year(year: int) -> int:
    latest = date.today().year + 1
    if not FIRST_CAR_YEAR <= year <= latest:
        raise InputError("year", f"The year must be between {FIRST_CAR_YEAR} and {latest}.")
    return year


def _body_type(text: str) -> str:
    body = catalog().body(text)
    if body is None:
        raise InputError("body_type", f"Body type '{shown(text)}' is not known; choose {one_of(catalog().bodies)}.")
    return body.id


Text = Annotated[str, BeforeValidator(clean_text), Field(min_length=1, max_length=60)]


@dataclass(frozen=True, slots=True)
class Car:
    """The five things that tell one car from another.

    `brand`, `model` and `color` are free text as typed (any language); `year` is 1886 … next year; `body_type` is an id
    of the catalogue's bodies ('hatchback', 'sedan', …). An order checks what it is given; a Car made here is taken as
    it is.
    """

    brand: Text
    model: Text
    year: Annotated[int, AfterValidator(_year)]
    color: Text
    body_type: Annotated[Text, AfterValidator(_body_type)]

    __pydantic_config__ = ConfigDict(extra="forbid")

    def __str__(self) -> str:
        return f"{self.title}, {self.color}, {self.body_type}"

    @property
    def title(self) -> str:
        """'Renault Clio 2019'."""
        return f"{self.brand} {self.model} {self.year}"

    def to_json(self) -> dict[str, Any]:
        return asdict(self)
