"""Every message can be said."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest

import carimg.consistency
from carimg.consistency import Message
from carimg.consistency.messages import Value
from carimg.texts import texts
from tests.support.messages import KEYS

SOURCE = "".join(path.read_text("utf-8") for path in Path(carimg.consistency.__path__[0]).glob("*.py"))
SAMPLES = {"angles": ("front", "side"), "others": ("rear",), "angle": "front_three_quarter", "other": "side"}


@pytest.mark.parametrize("key", KEYS)
def test_every_sentence_can_be_filled(key: str) -> None:
    """No gap is left open, and ids read as words."""
    gaps = {name for _, name, _, _ in string.Formatter().parse(str(texts("en").entries[f"report.{key}"])) if name}
    words = dict.fromkeys(("reason", "evidence", "why", "hex", "consensus", "requested"), "word")
    text = Message(key, {gap: (SAMPLES | words | {"heading": "side"}).get(gap, 3.0) for gap in gaps}).text
    assert "{" not in text and "_" not in text


def test_every_key_in_the_source_is_known() -> None:
    """A key that is written out in the code is in the locales."""
    written = set(re.findall(r'Message\(\s*"([a-z.-]+)"', SOURCE))
    assert len(written) > 15
    assert written <= set(KEYS)


@pytest.mark.parametrize(
    ("angles", "listed"),
    [
        (("front",), "front"),
        (("front", "side"), "front and side"),
        (("front", "side", "rear_three_quarter"), "front, side and rear three quarter"),
    ],
)
def test_lists_read_as_lists(angles: tuple[str, ...], listed: str) -> None:
    """'a', 'a and b', 'a, b and c'."""
    text = Message("verdict.different", {"angles": angles}).text
    assert text == f"Not one car: {listed} differ from the rest."


@pytest.mark.parametrize(
    ("key", "params", "text"),
    [
        ("gate.mask", {"confidence": 0.256}, "(confidence 26%), so nothing was measured."),
        ("gate.mask", {"confidence": 1}, "(confidence 100%), so nothing was measured."),
        ("pair.features", {"other": "side", "share": 0.0123}, "the neighbouring view side (1.2%)."),
        ("angle.wide", {"percent": 12.5001}, "13 % wider for its height than the other views predict: another body or"),
        ("paint.red", {"hex": "#1", "consensus": "#2", "delta": 1234.56}, "where the other views have #2 (ΔE 1234.6)."),
        ("verdict.unmeasurable", {"usable": 1, "total": 12}, "only 1 of 12 views can be measured."),
        ("angle.disordered", {"others": ("top", "low_front")}, "contradict the angle of top and low front."),
        ("angle.looks-like", {"heading": "quarter"}, "Looks like a three-quarter view rather than the angle"),
        ("judge.onnx.odd", {"angle": "top", "likeness": 0.5, "rest": 0.749}, "top (likeness 0.50, the others 0.75 on"),
    ],
)
def test_what_fills_a_gap_in_english(key: str, params: dict[str, Value], text: str) -> None:
    """Shares are percentages, thousands have no mark, ids read as words: what REST answers and manifests say."""
    assert text in Message(key, params).text


def test_a_reason_inside_a_message_stays_a_message() -> None:
    """So that a page can translate both."""
    inner = Message("angle.turned")
    told = Message("verdict.odd", {"angle": "rear", "reason": inner}).to_json()
    assert told["params"]["reason"] == {"key": "angle.turned", "params": {}, "text": inner.text}
    assert told["text"].endswith(inner.text)
