"""Session ids and seeds: the numbers that make a set repeatable."""

from __future__ import annotations

import hashlib
import re
import time

SEEDS = 1_000_000
"""Seeds are 0 … 999,999."""

_HEX_ID = re.compile(r"^(?:CAR-)?([0-9a-f]{8,12})$", re.IGNORECASE)
_SLOT_SALT = "carimg"


def generate_consistent_session_id(
    brand: str, model: str, year: int, color: str, body_type: str, *, now: float | None = None
) -> str:
    """The id that all views of one set share: 12 hex digits of md5 over the car and the second it was ordered.

    `now` is a Unix time in seconds (default: the clock).
    """
    second = int(time.time() if now is None else now)
    text = f"{brand}_{model}_{year}_{color}_{body_type}_{second}"
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()[:12]


def display_id(session_id: str) -> str:
    """The id as people see it: 'CAR-' and the first 8 hex digits."""
    return f"CAR-{canonical_id(session_id)}"


def canonical_id(session_id: str) -> str:
    """What seeds and the studio's scene follow from: the 8 hex digits that people see.

    'CAR-1A2B3C4D', '1a2b3c4d' and the full 12 digits are one and the same; any other text stands for itself, so a
    displayed id can be typed in to repeat its set.
    """
    text = session_id.strip()
    match = _HEX_ID.match(text)
    return match.group(1)[:8].lower() if match else text


def generate_consistent_seed(session_id: str, angle: str) -> int:
    """The seed of one angle: 0 … 999,999, the same in every process and on every machine.

    A set's angles are shifted from its session's hash by fixed slots, one an angle, so two angles of one set differ
    for every session id as soon as their slots differ (a test checks all ids of the catalogue and all whole-degree
    yaws).
    """
    return (_number(canonical_id(session_id)) + _number(f"{_SLOT_SALT}:{angle}")) % SEEDS


def _number(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") % SEEDS
