"""File names that tell car, angle and seed, and that every system takes: lower-case ASCII letters, digits, '-', '_'."""

from __future__ import annotations

import re
import unicodedata

from carimg.catalog import catalog
from carimg.glossary import transliterate
from carimg.store import StoredSet, StoredView

SUFFIXES = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp"}
MAX_PART = 48


def picture_file_name(stored: StoredSet, view: StoredView, suffix: str = "") -> str:
    """'renault-clio-2019_front_seed-123456.png'. `suffix` is 'png', 'jpg' or 'webp'; '' = the original's."""
    seed = "" if view.seed is None else f"_seed-{view.seed}"
    return f"{_car(stored)}_{slug(view.angle, keep='_') or 'view'}{seed}.{suffix or SUFFIXES[view.mime]}"


def archive_file_name(stored: StoredSet) -> str:
    """'renault-clio-2019_car-1a2b3c4d.zip'."""
    return f"{_car(stored)}_{slug(stored.display_id)}.zip"


def _car(stored: StoredSet) -> str:
    brand = catalog().brand(stored.car.brand)
    texts = (brand.name if brand else stored.car.brand, stored.car.model, str(stored.car.year))
    return "-".join(part for text in texts if (part := slug(text)))


def slug(text: str, keep: str = "") -> str:
    """Lower-case ASCII words joined by '-', Cyrillic transliterated, at most 48 letters; '' when nothing is left."""
    plain = unicodedata.normalize("NFKD", transliterate(text)).encode("ascii", "ignore").decode("ascii").lower()
    return re.sub(rf"[^a-z0-9{re.escape(keep)}]+", "-", plain)[:MAX_PART].strip("-_")
