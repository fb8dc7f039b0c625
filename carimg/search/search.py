"""Looking a car up on the web: its badge once a set, a reference photo an angle; the catalogue stands behind it."""

from __future__ import annotations

from carimg.car import Car
from carimg.catalog import Angle, catalog
from carimg.search.found import CATALOGUE, Badge, Found
from carimg.settings import Settings


class Search:
    """Lives on one event loop: made there, closed there by `aclose`. Without back ends nothing touches the network."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    @property
    def enabled(self) -> bool:
        """Whether the web is asked at all."""
        return self._settings.searches

    async def badge(self, car: Car) -> Badge:
        """The brand's emblem in words; never raises for a fault of the search."""
        return Badge(catalog().badge(car.brand), CATALOGUE)

    async def photos(self, car: Car, angle: Angle) -> Found:
        """At most one checked reference photo of this car from this angle; never raises for a fault of the search."""
        return Found((), "")

    async def aclose(self) -> None:
        """Release what is held."""
