"""What the report says, as keys with parameters: the sentences are `report.<key>` of the locales, in every language.

Parameters of ANGLES are angle ids (or tuples of them): a page puts its own titles there. `heading` is 'end' (front or
rear), 'quarter' or 'side'. Everything else is a number, a colour or a judge's words.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from carimg.texts import Texts, texts

Value = str | int | float | tuple[str, ...]

ANGLES = ("angle", "other", "angles", "others")
"""Parameters that hold angle ids."""


@dataclass(frozen=True, slots=True)
class Message:
    """One sentence: `key` of the locales' report, `params` for its gaps."""

    key: str
    params: Mapping[str, Value | Message] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """In English, angles by their ids."""
        return self.filled(texts("en"), angle=lambda angle_id: angle_id.replace("_", " "))

    def filled(self, t: Texts, *, angle: Callable[[str], str], word: Callable[[str], str] = str) -> str:
        """In the language of `t`. `angle` names an angle by its id; `word` makes a colour code, or what a judge wrote,
        fit for where it will stand."""

        def filling(name: str, value: Value | Message) -> str | int | float:
            if isinstance(value, Message):
                return value.filled(t, angle=angle, word=word)
            if isinstance(value, int | float):
                return value
            if name in ANGLES:
                return _listed(t, [angle(one) for one in ((value,) if isinstance(value, str) else value)])
            return t(f"report.heading.{value}") if name == "heading" else word(str(value))

        return t(f"report.{self.key}", **{name: filling(name, value) for name, value in self.params.items()})

    def to_json(self) -> dict[str, Any]:
        """`{"key", "params", "text"}`; a message among the parameters likewise."""
        params = {
            name: value.to_json() if isinstance(value, Message) else list(value) if isinstance(value, tuple) else value
            for name, value in self.params.items()
        }
        return {"key": self.key, "params": params, "text": self.text}


def _listed(t: Texts, names: list[str]) -> str:
    """'front', 'front and rear', 'front, side and rear'."""
    return t("report.and", most=", ".join(names[:-1]), last=names[-1]) if len(names) > 1 else "".join(names)
