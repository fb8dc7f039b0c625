"""Ids and seeds as they have always been: links, files and stores out there hold them."""

from __future__ import annotations

import pytest

from carimg.domain.identity import display_id, generate_consistent_seed, generate_consistent_session_id


@pytest.mark.parametrize(
    ("session_id", "angle", "seed"),
    [
        ("1a2b3c4d", "front", 535097),
        ("1a2b3c4d5e6f", "rear_three_quarter", 189457),
        ("CAR-FFFFFFFF", "yaw_123", 774778),
        ("my-set", "front", 342513),
    ],
)
def test_the_seed_of_a_view_is_the_one_written_down(session_id: str, angle: str, seed: int) -> None:
    """Hash, salt and byte order stay: with others the id on somebody's printout would draw another car."""
    assert generate_consistent_seed(session_id, angle) == seed


@pytest.mark.parametrize(
    ("brand", "model", "color", "session_id"),
    [("Renault", "Clio", "blue", "d512386084ef"), ("Рено", "Кліо", "синій", "cb48fa8521ab")],
)
def test_the_id_of_a_set_is_the_one_written_down(brand: str, model: str, color: str, session_id: str) -> None:
    """12 hex digits of one hash over car and whole second, in Latin letters or others."""
    now = 1_795_575_787.9
    assert generate_consistent_session_id(brand, model, 2019, color, "hatchback", now=now) == session_id


@pytest.mark.parametrize(
    ("session_id", "shown"),
    [("d512386084ef", "CAR-d5123860"), ("D5123860", "CAR-d5123860"), (" car-d51238 ", "CAR-car-d51238")],
)
def test_people_see_eight_digits(session_id: str, shown: str) -> None:
    """'CAR-' and the first 8 digits, lower case; what is no id of 8 to 12 digits is shown as it is."""
    assert display_id(session_id) == shown
