"""Closed sets of what a car can be: its body, its finish."""

from __future__ import annotations

from enum import StrEnum


class BodyKind(StrEnum):
    HATCHBACK = "hatchback"
    SEDAN = "sedan"
    SUV = "suv"
    WAGON = "wagon"
    COUPE = "coupe"
    CONVERTIBLE = "convertible"
    PICKUP = "pickup"
    VAN = "van"


class Finish(StrEnum):
    SOLID = "solid"
    METALLIC = "metallic"
    PEARL = "pearl"
    MATTE = "matte"
