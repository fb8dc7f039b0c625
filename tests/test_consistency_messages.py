"""Every message can be said."""

import re
import string
from pathlib import Path

import pytest

import carimg.consistency
from carimg.consistency import ENGLISH, Message

SOURCE = "".join(path.read_text("utf-8") for path in Path(carimg.consistency.__path__[0]).glob("*.py"))
SAMPLES = {"angles": ("front", "side"), "others": ("rear",), "angle": "front_three_quarter", "other": "side"}


@pytest.mark.parametrize("key", ENGLISH)
def test_every_sentence_can_be_filled(key: str) -> None:
    """No gap is left open, and ids read as words."""
    gaps = {name for _, name, _, _ in string.Formatter().parse(ENGLISH[key]) if name}
    words = {"reason", "evidence", "why", "hex", "consensus", "requested", "heading"}
    text = Message(key, {gap: SAMPLES.get(gap, "word" if gap in words else 3.0) for gap in gaps}).text
    assert "{" not in text and "_" not in text


def test_every_key_in_the_source_is_known() -> None:
    """A key that is written out in the code is in the table."""
    written = set(re.findall(r'Message\(\s*"([a-z.-]+)"', SOURCE))
    assert len(written) > 15
    assert written <= set(ENGLISH)


def test_lists_read_as_lists() -> None:
    """'a, b and c'."""
    text = Message("verdict.different", {"angles": ("front", "side", "rear_three_quarter")}).text
    assert text == "Not one car: front, side and rear three quarter differ from the rest."


def test_a_reason_inside_a_message_stays_a_message() -> None:
    """So that a page can translate both."""
    inner = Message("angle.turned")
    told = Message("verdict.odd", {"angle": "rear", "reason": inner}).to_json()
    assert told["params"]["reason"] == {"key": "angle.turned", "params": {}, "text": inner.text}
    assert told["text"].endswith(inner.text)
