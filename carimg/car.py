"""One car, as somebody describes it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Car:
    """The five things that tell one car from another.

    `brand`, `model` and `color` are free text as typed (any language); `year` is 1886 … next year; `body_type` is an id
    of the catalogue's bodies ('hatchback', 'sedan', …).
    """

    brand: str
    model: str
    year: int
    color: str
    body_type: str

    def __str__(self) -> str:
        return f"{self.brand} {self.model} {self.year}, {self.color}, {self.body_type}"
