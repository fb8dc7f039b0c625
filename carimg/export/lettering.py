"""Type on pictures: Source Sans Pro (SIL Open Font License, with Cyrillic), cut and wrapped to a width in pixels."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from PIL import ImageFont

from carimg.errors import SettingsError

Weight = Literal["Regular", "Semibold", "Bold"]
_PACKAGE = "font_source_sans_pro"


@cache
def font(size: int, weight: Weight = "Regular") -> ImageFont.FreeTypeFont:
    """The typeface in a size in pixels. Raises SettingsError when its package is not installed."""
    spec = find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        raise SettingsError("The lettering of sheets is missing: pip install font-source-sans-pro.")
    return ImageFont.truetype(Path(spec.origin).parent / "files" / f"SourceSansPro-{weight}.ttf", size)


def cut(text: str, face: ImageFont.FreeTypeFont, width: float) -> str:
    """The text, ended by '…' where it would be wider than `width` pixels."""
    text = " ".join(text.split())
    if face.getlength(text) <= width:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if face.getlength(text[:middle].rstrip() + "…") <= width:
            low = middle
        else:
            high = middle - 1
    return text[:low].rstrip() + "…"


def wrap(text: str, face: ImageFont.FreeTypeFont, width: float, lines: int) -> list[str]:
    """At most `lines` lines of at most `width` pixels, broken between words; the last one is cut."""
    words = text.split()
    found: list[str] = []
    while words and len(found) < lines - 1:
        line = words.pop(0)
        while words and face.getlength(f"{line} {words[0]}") <= width:
            line += f" {words.pop(0)}"
        found.append(cut(line, face, width))
    return [*found, cut(" ".join(words), face, width)] if words else found
