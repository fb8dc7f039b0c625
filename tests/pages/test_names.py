"""What things are called on pages."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from carimg.domain.car import Car
from carimg.ui import names
from carimg.ui.i18n import texts

CLIO = Car("Renault", "Clio", 2019, "blue", "hatchback")


@pytest.fixture
def zone(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The visitor's browser; its `timezone` can be changed."""
    context = SimpleNamespace(timezone="Europe/Kyiv")
    monkeypatch.setattr(names.st, "context", context)
    return context


def test_things_are_called_as_in_the_catalogue() -> None:
    """Angles, body types and colours have their names in the visitor's language."""
    uk = texts("uk")
    assert names.angle_name(uk, "yaw_120") == "120°, ззаду зліва"
    assert names.body_name(uk, "wagon") == "універсал"
    assert names.color_name(uk, "blue") == "синій"


def test_what_the_catalogue_does_not_know_keeps_its_own_words() -> None:
    """An angle's id reads as words and holds no sign of Markdown; a body type is what was typed."""
    assert names.angle_name(texts("en"), "gone_[angle](http://x)") == "gone angle http x"
    assert names.body_name(texts("en"), "trike") == "trike"


def test_a_time_is_the_visitors(zone: SimpleNamespace) -> None:
    """Kyiv is two hours ahead in winter; a browser that names no zone, or none that exists, has UTC."""
    assert names.local_time(1_795_575_787.0) == "2026-11-25 05:03"
    for unknown in (None, "", "Mars/Olympus", "../etc"):
        zone.timezone = unknown
        assert names.local_time(1_795_575_787.0) == "2026-11-25 03:03"


def test_a_set_among_many_tells_car_id_and_time(zone: SimpleNamespace) -> None:
    """So that two sets of one car can be told apart."""
    name = names.set_name(CLIO, "CAR-1a2b3c4d", 1_795_575_787.0)
    assert name == "Renault Clio 2019 · CAR-1a2b3c4d · 2026-11-25 05:03"
