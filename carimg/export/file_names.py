"""File names that tell car, angle and seed, and that every system takes: lower-case ASCII letters, digits, '-', '_'."""

from __future__ import annotations

import re
import unicodedata

from carimg.domain.car import Car
from carimg.domain.catalog import catalog
from carimg.domain.set_record import SetRecord
from carimg.domain.view import View
from carimg.images import SUFFIXES
from carimg.prompts.glossary import transliterate

MAX_PART = 48


def picture_file_name(record: SetRecord, view: View, suffix: str = "") -> str:
    """'renault-clio-2019_front_seed-123456.png'. `suffix` is 'png', 'jpg' or 'webp'; '' = the original's."""
    seed = "" if view.seed is None else f"_seed-{view.seed}"
    return f"{_car(record.car)}_{slug(view.angle, keep='_') or 'view'}{seed}.{suffix or SUFFIXES[view.mime]}"


def set_file_name(record: SetRecord, suffix: str) -> str:
    """'renault-clio-2019_car-1a2b3c4d.zip': a whole set as an archive, a sheet, a manifest."""
    return f"{_car(record.car)}_{slug(record.display_id)}.{suffix}"


def grid_file_name(car: Car, lab_id: str, suffix: str) -> str:
    """'renault-clio-2019_lab-0a1b2c.csv'."""
    return f"{_car(car)}_lab-{slug(lab_id)}.{suffix}"


def _car(car: Car) -> str:
    brand = catalog().brand(car.brand)
    texts = (brand.name if brand else car.brand, car.model, str(car.year))
    return "-".join(part for text in texts if (part := slug(text))) or "car"


def slug(text: str, keep: str = "") -> str:
    """Lower-case ASCII words joined by '-', Cyrillic transliterated, at most 48 letters; '' when nothing is left."""
    plain = unicodedata.normalize("NFKD", transliterate(text)).encode("ascii", "ignore").decode("ascii").lower()
    return re.sub(rf"[^a-z0-9{re.escape(keep)}]+", "-", plain)[:MAX_PART].strip("-_")
