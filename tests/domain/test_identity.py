"""Session ids and seeds: the contract, on every machine and in every process."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from carimg.domain.catalog import catalog
from carimg.domain.identity import (
    SEEDS,
    canonical_id,
    display_id,
    generate_consistent_seed,
    generate_consistent_session_id,
)

ROOT = Path(__file__).parent.parent.parent
ANGLES = [*catalog().angles, *(f"yaw_{yaw:03d}" for yaw in range(360))]


def test_session_id_is_md5_of_car_and_second() -> None:
    """The id is the first 12 hex digits of md5 over 'brand_model_year_color_body_epochseconds'."""
    expected = hashlib.md5(b"Renault_Clio_2019_blue_hatchback_1700000000").hexdigest()[:12]
    assert generate_consistent_session_id("Renault", "Clio", 2019, "blue", "hatchback", now=1_700_000_000.9) == expected


def test_session_id_of_another_second_differs() -> None:
    """The same car ordered in another second is another set."""
    first, second = (
        generate_consistent_session_id("Рено", "Кліо", 2019, "синій", "hatchback", now=now) for now in (1.0, 2.0)
    )
    assert first != second
    assert len(generate_consistent_session_id("Рено", "Кліо", 2019, "синій", "hatchback")) == 12


def test_displayed_id_repeats_its_set() -> None:
    """'CAR-' with 8 digits, in any case, the full 12 digits and blanks around them are one id with one seed."""
    assert display_id("1a2b3c4d5e6f") == "CAR-1a2b3c4d"
    assert display_id("CAR-1A2B3C4D") == "CAR-1a2b3c4d"
    spellings = ("1a2b3c4d5e6f", "CAR-1a2b3c4d", "car-1A2B3C4D", " 1a2b3c4d ")
    assert {canonical_id(text) for text in spellings} == {"1a2b3c4d"}
    assert len({generate_consistent_seed(text, "front") for text in spellings}) == 1


def test_other_text_stands_for_itself() -> None:
    """A text that is no id is kept whole, so two such texts do not share their seeds."""
    assert canonical_id("my-set") == "my-set"
    assert generate_consistent_seed("my-set", "front") != generate_consistent_seed("my-set-2", "front")


@pytest.mark.parametrize("session", ["1a2b3c4d5e6f", "00000000", "CAR-ffffffff"])
def test_no_two_angles_of_a_set_share_a_seed(session: str) -> None:
    """All catalogue angles and all whole-degree yaws have different seeds of 0 … 999,999.

    An angle's shift does not depend on the session, so what holds for one session holds for all.
    """
    seeds = {generate_consistent_seed(session, angle) for angle in ANGLES}
    assert len(seeds) == len(ANGLES) == 372
    assert all(0 <= seed < SEEDS for seed in seeds)


def test_seed_does_not_depend_on_the_process() -> None:
    """Two interpreters with different hash salts compute the seed that this one does."""
    code = "from carimg.domain.identity import generate_consistent_seed as seed; print(seed('1a2b3c4d5e6f', 'front'))"
    printed = {
        int(
            subprocess.run(
                [sys.executable, "-c", code],
                cwd=ROOT,
                env={**os.environ, "PYTHONHASHSEED": salt},
                capture_output=True,
                text=True,
                check=True,
            ).stdout
        )
        for salt in ("1", "4242")
    }
    assert printed == {generate_consistent_seed("1a2b3c4d5e6f", "front")}


def test_session_ids_and_seeds_are_those_of_every_earlier_version() -> None:
    """Written down: another hash, salt or byte order would change every car that was ever drawn."""
    clio = generate_consistent_session_id("Renault", "Clio", 2019, "blue", "hatchback", now=1_700_000_000)
    golf = generate_consistent_session_id("Volkswagen", "Golf", 2020, "червоний", "hatchback", now=1_795_000_000)
    assert (clio, golf) == ("b083da979940", "cecb5b5097f9")
    seeds = [generate_consistent_seed(clio, angle) for angle in ("front", "side", "rear_three_quarter")]
    assert seeds == [487731, 183859, 142091]
