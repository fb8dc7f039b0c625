"""Which models Pollinations has, and what each can do; ids are found in their old form and as 'owner/model'."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

SEEDED = ("flux", "zimage", "z-image", "seedream", "klein")
"""Models known to follow a seed; the others ignore it."""
REFERENCES = {"kontext": 1, "nanobanana": 3, "seedream": 10, "gptimage": 16, "gpt-image": 16}
"""Reference pictures a model takes, for as long as the model list has not been read."""


@dataclass(frozen=True, slots=True)
class Model:
    """One image model. `usd` is the price of a picture where the price is flat, `usd_per_token_out` where it is not."""

    name: str
    aliases: tuple[str, ...] = ()
    max_references: int = 0
    usd: float | None = None
    usd_per_token_out: float | None = None

    @property
    def short(self) -> str:
        """The name without its owner, in lower case."""
        return short_name(self.name)

    @property
    def seeded(self) -> bool:
        return is_seeded(self.name) or any(is_seeded(alias) for alias in self.aliases)


def short_name(name: str) -> str:
    """'black-forest-labs/FLUX' → 'flux'."""
    return name.rpartition("/")[2].strip().lower()


def is_seeded(name: str) -> bool:
    short = short_name(name)
    return short.startswith(SEEDED) or "klein" in short


def guessed(name: str) -> Model:
    """What is known of a model without the list."""
    short = short_name(name)
    taken = next((count for start, count in REFERENCES.items() if short.startswith(start)), 0)
    return Model(name, max_references=1 if "kontext" in short else taken)


def read_models(answer: Any) -> tuple[Model, ...]:
    """The image models of an answer of /image/models (a list) or /v1/models ({"data": [...]}); others are left out."""
    entries = answer.get("data") if isinstance(answer, Mapping) else answer
    if not isinstance(entries, Sequence) or isinstance(entries, str):
        return ()
    return tuple(model for entry in entries if (model := _read(entry)) is not None)


def _read(entry: Any) -> Model | None:
    if isinstance(entry, str):
        return guessed(entry)
    if not isinstance(entry, Mapping):
        return None
    name = entry.get("name") or entry.get("id")
    outputs = entry.get("output_modalities")
    if not isinstance(name, str) or (isinstance(outputs, Sequence) and "image" not in outputs):
        return None
    aliases = tuple(alias for alias in entry.get("aliases") or () if isinstance(alias, str))
    references = entry.get("max_reference_images")
    takes_images = "image" in (entry.get("input_modalities") or ("image",))
    per_out = _price(entry.get("pricing"))
    flat = entry.get("flat_rate", True)
    return Model(
        name,
        aliases,
        references if isinstance(references, int) else guessed(name).max_references if takes_images else 0,
        usd=per_out if flat else None,
        usd_per_token_out=None if flat else per_out,
    )


def _price(pricing: Any) -> float | None:
    """Pollen for one picture or one token; a pollen is sold for a dollar."""
    try:
        return float(pricing["completionImageTokens"])
    except (TypeError, KeyError, ValueError):
        return None


def find_model(models: Sequence[Model], wanted: str) -> Model | None:
    """The model with that id, alias, or the same name under an owner."""
    for same in (str.lower, short_name):
        for model in models:
            if same(wanted) in {same(name) for name in (model.name, *model.aliases)}:
                return model
    return None


def near_names(models: Sequence[Model], wanted: str, count: int = 4) -> list[str]:
    """Names to offer in place of one that is not there: the most alike, then the first of the list."""
    names = [model.name for model in models]
    alike = difflib.get_close_matches(wanted, names, n=count, cutoff=0.5)
    return list(dict.fromkeys([*alike, *names]))[:count]
