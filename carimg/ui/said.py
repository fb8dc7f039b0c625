"""The report's sentences in the visitor's language."""

from __future__ import annotations

import string
from functools import cache

from carimg.catalog import catalog
from carimg.consistency import ENGLISH, Message
from carimg.ui.text import Texts, plain

ANGLES = ("angle", "other", "angles", "others")
"""Parameters that hold angle ids."""
_DIGITS = {".0f": 0, ".1f": 1, ".2f": 2}


def said(t: Texts, message: Message) -> str:
    """A message as Markdown: angles by their names, in bold, numbers as the language writes them."""
    return t(f"report.{message.key}", **{name: _value(t, message, name) for name in message.params})


def angle_name(t: Texts, angle_id: str) -> str:
    """The catalogue's name of an angle, or the id of one it does not know any more."""
    angle = catalog().angle(angle_id)
    return t.name(angle) if angle else plain(angle_id)


def percent(t: Texts, share: float, digits: int = 0) -> str:
    """0 … 1 as a percentage."""
    return t("report.percent", value=t.number(100 * share, digits))


def _value(t: Texts, message: Message, name: str) -> str:
    value = message.params[name]
    if isinstance(value, Message):
        return said(t, value)
    if name in ANGLES:
        return _listed(t, (value,) if isinstance(value, str) else tuple(map(str, value)))  # type: ignore[arg-type]
    if name == "heading":
        return t(f"report.heading.{value}")
    if isinstance(value, int | float):
        return _number(t, value, _specs(message.key).get(name, ""))
    return plain(str(value)) if not str(value).startswith("#") else f"`{value}`"


def _listed(t: Texts, angles: tuple[str, ...]) -> str:
    names = [f"**{angle_name(t, angle)}**" for angle in angles]
    return names[0] if len(names) == 1 else t("report.and", most=", ".join(names[:-1]), last=names[-1])


def _number(t: Texts, value: float, spec: str) -> str:
    """`spec` is the number's format in English."""
    if spec.endswith("%"):
        return percent(t, value, int(spec[1:-1] or 0))
    return t.number(value, _DIGITS.get(spec, 0))


@cache
def _specs(key: str) -> dict[str, str]:
    return {name: spec or "" for _, name, spec, _ in string.Formatter().parse(ENGLISH[key]) if name}
