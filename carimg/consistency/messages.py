"""What the report says, as keys with parameters, so that pages can say it in any language; English is built in.

Parameters called `angle`, `other`, `angles` and `others` are angle ids (or tuples of them): a page puts its own titles
there. `heading` is 'end' (front or rear), 'quarter' or 'side'. Everything else is a number or a colour.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Value = str | int | float | tuple[str, ...]

ENGLISH: dict[str, str] = {
    "gate.unreadable": "The file is not a picture that can be read.",
    "gate.placeholder.known": "This is a service's placeholder, not a picture of a car.",
    "gate.placeholder.uniform": "The picture is one even surface: nothing is on it.",
    "gate.placeholder.card": "The picture is a card with writing or thin marks, not a car.",
    "gate.mask": "The car cannot be told from its backdrop (confidence {confidence:.0%}), so nothing was measured.",
    "gate.copy": "The same picture as {other}: it shows nothing of its own.",
    "gate.mirrored": "The mirror image of {other}: it shows nothing of its own.",
    "hint.mirrored": "Looks like the mirror image of {other}. A true pair of left and right can look like that.",
    "paint.amber": "The paint is a little off: {hex} where the other views have {consensus} (ΔE {delta:.1f}).",
    "paint.red": "Another paint: {hex} where the other views have {consensus} (ΔE {delta:.1f}).",
    "paint.pair.amber": "The paint is a little off: {hex} here, {consensus} in {other} (ΔE {delta:.1f}).",
    "paint.pair.red": "Another paint: {hex} here, {consensus} in {other} (ΔE {delta:.1f}).",
    "paint.palette": "Its mix of colours differs from the other views' (distance {delta:.1f}).",
    "paint.requested.amber": "The set's paint, {hex}, is somewhat off the requested {requested} (ΔE {delta:.1f}).",
    "paint.requested.red": "The set's paint, {hex}, is not the requested {requested} (ΔE {delta:.1f}).",
    "angle.swapped": "Shows the angle of {other}, and {other} shows this one: the two look exchanged.",
    "angle.looks-like": "Looks like {heading} rather than the angle that was asked for.",
    "angle.turned": "Faces the other way: its nearer end is on the wrong side, as in a mirrored picture.",
    "angle.wrong-end": "Shows the wrong end: tail lamps where the front should be, or none at the rear.",
    "angle.disordered": "Its width and height contradict the angle of {others}.",
    "angle.wide": "{percent:.0f} % wider for its height than the other views predict: another body or angle.",
    "angle.narrow": "{percent:.0f} % narrower for its height than the other views predict: another body or angle.",
    "pair.silhouette": "Its outline is not the mirrored outline of {other} (overlap {overlap:.0%}).",
    "pair.same-way": "Faces the same way as {other}, which shows the opposite side.",
    "pair.features": "Shares few details with the neighbouring view {other} ({share:.1%}).",
    "verdict.none": "There is no view to measure yet.",
    "verdict.single": "One view alone cannot be compared.",
    "verdict.unmeasurable": "Not measurable: only {usable} of {total} views can be measured.",
    "verdict.same": "Nothing measured speaks against one car in all {total} views: paint, shape and angles agree.",
    "verdict.same.neutral": (
        "Nothing measured speaks against one car in all {total} views, but white, grey and black cars look alike in "
        "paint: compare the shapes yourself."
    ),
    "verdict.gap": "{usable} of {total} views agree; {angle} does not count. {reason}",
    "verdict.gaps": "{usable} of {total} views agree; not measurable: {angles}.",
    "verdict.doubtful": "Look closer at {angles}: {reason}",
    "verdict.several": "Look closer at {angles}. {angle}: {reason}",
    "verdict.swapped": "{angle} and {other} look exchanged: each shows the other's angle.",
    "verdict.different": "Not one car: {angles} differ from the rest.",
    "verdict.odd": "Not one car: {angle} is the odd one out. {reason}",
    "verdict.two": "{angle} and {other} do not show one car; with two views nobody can say which is wrong. {reason}",
    "judge.onnx.odd": "Least like the others: {angle} (likeness {likeness:.2f}, the others {rest:.2f} on average).",
    "judge.onnx.few": "At least two measurable views are needed.",
    "judge.vision.same": "The model sees one car. {evidence}",
    "judge.vision.different": "The model does not see one car. {evidence}",
    "judge.vision.few": "At least two readable views are needed.",
    "judge.failed": "The judge gave no answer: {why}",
}

_HEADINGS = {"end": "a front or rear view", "quarter": "a three-quarter view", "side": "a side view"}


@dataclass(frozen=True, slots=True)
class Message:
    """One sentence: `key` of ENGLISH and of the locales, `params` for its gaps."""

    key: str
    params: Mapping[str, Value | Message] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """In English."""
        return ENGLISH[self.key].format(**{name: _english(name, value) for name, value in self.params.items()})

    def to_json(self) -> dict[str, Any]:
        """`{"key", "params", "text"}`; a message among the parameters likewise."""
        params = {
            name: value.to_json() if isinstance(value, Message) else list(value) if isinstance(value, tuple) else value
            for name, value in self.params.items()
        }
        return {"key": self.key, "params": params, "text": self.text}


def _english(name: str, value: Value | Message) -> str | int | float:
    if isinstance(value, Message):
        return value.text
    if isinstance(value, tuple):
        return " and ".join(", ".join(_title(angle) for angle in value).rsplit(", ", 1))
    if isinstance(value, str) and name in ("angle", "other"):
        return _title(value)
    return _HEADINGS.get(value, value) if isinstance(value, str) and name == "heading" else value


def _title(angle: str) -> str:
    return angle.replace("_", " ")
