"""Car colours by any name: ids, English, Ukrainian, hex, CSS names, and free text as near as its words allow."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from PIL import ImageColor

from carimg.domain.kinds import Finish
from carimg.domain.names import TYPED_LETTERS, forms, key, words
from carimg.texts import Texts, texts

NEUTRAL_HEX = "#808080"
"""Paint of a colour nobody knows."""

_HEX = re.compile(r"#([0-9a-f]{6}|[0-9a-f]{3})(?![0-9a-f])", re.IGNORECASE)
_JOIN = re.compile(r"\s*[/&+,]\s*|\s(?:and|with|on|over|і|й|та|з|із|на|и|с)\s", re.IGNORECASE)

_FINISH_WORDS = {
    Finish.METALLIC: ("metallic", "metal flake", "металік", "металлик", "металевий", "металізований"),
    Finish.PEARL: ("pearl", "pearlescent", "перламутр", "перламутровий", "перлина", "перламутровый"),
    Finish.MATTE: ("matte", "matt", "mat", "satin", "frozen", "матовий", "матовый", "мат", "сатин", "сатиновий"),
    Finish.SOLID: ("solid", "gloss", "glossy", "глянець", "глянцевий", "глянцевый", "неметалік"),
}


@dataclass(frozen=True, slots=True)
class Tone:
    """Darker or lighter: `share` (0 … 1) of the way to `towards`, '#rrggbb'. `words` are what people type for it."""

    id: str
    towards: str
    share: float
    words: tuple[str, ...]


_TONES = (
    Tone("dark", "#000000", 0.45, ("dark", "темно", "темний", "темный", "тёмный")),
    Tone("deep", "#000000", 0.25, ("deep", "rich", "глибокий", "насичений", "глубокий", "насыщенный")),
    Tone("light", "#ffffff", 0.40, ("light", "світло", "світлий", "светло", "светлый")),
    Tone("pale", "#ffffff", 0.60, ("pale", "soft", "блідо", "блідий", "ніжно", "ніжний", "бледно", "бледный")),
    Tone("bright", "#ffffff", 0.0, ("bright", "vivid", "яскраво", "яскравий", "ярко", "яркий")),
)
_NOISE = frozenset(words("color colour paint colored coloured колір кольору цвет цвета фарба автомобіль car"))
_FINISH_OF = {key(form): f for f, names in _FINISH_WORDS.items() for name in names for form in forms(name)}
_TONE_OF = {key(form): tone for tone in _TONES for name in tone.words for form in forms(name)}


@dataclass(frozen=True, slots=True)
class Color:
    """A car colour: names, `hex` '#rrggbb' (sRGB of the lit paint) and finish.

    Colours of the catalogue have an id like 'navy'. A colour made from free text has an id made from it, and keeps
    the text as its names as far as nothing better is known.
    """

    id: str
    en: str
    uk: str
    aliases: tuple[str, ...]
    hex: str
    finish: Finish


def read_color(text: str, colors: Mapping[str, Color], names: Mapping[str, str]) -> Color:
    """The colour that a text means. Never fails: the last resort is a neutral grey that keeps the text as its name.

    `colors` by id and `names` (key → id) are the catalogue's. Tried in order: a name of the catalogue; a hex code; a
    name with finish and tone words around it ('dark red', 'темно-синій металік'); a CSS colour name; the longest part
    of the text that is a name ('ocean blue'). Of two colours ('red and black') the first paints the body. Only the
    first 240 letters are looked at.
    """
    text = text[:TYPED_LETTERS]
    if (known := names.get(_grey(key(text)))) is not None:
        return colors[known]
    finish, tones, rest = _sorted_out(words(_HEX.sub(" ", text)))
    if match := _HEX.search(text):
        return _hex_color(match[1], finish)
    if rest and (known := names.get("".join(rest))) is not None:
        return _composed(colors[known], finish, tones)
    css = _css(_plain_words(text)) or _css(rest)
    if css is not None:
        return replace(css, en=text.strip(), uk=text.strip(), finish=finish or css.finish)
    first, *others = _JOIN.split(text.strip())
    if others and first:
        return replace(read_color(first, colors, names), id=key(text), en=text.strip(), uk=text.strip(), aliases=())
    return _nearest(text.strip(), finish, tones, rest, colors, names)


def _nearest(
    text: str,
    finish: Finish | None,
    tones: list[Tone],
    rest: list[str],
    colors: Mapping[str, Color],
    names: Mapping[str, str],
) -> Color:
    base = Color("", text, text, (), NEUTRAL_HEX, Finish.SOLID)
    for part in _parts(rest):
        if (known := names.get("".join(part))) is not None:
            base = colors[known]
            break
        if (css := _css(part)) is not None:
            base = css
            break
    return Color(key(text) or "unknown", text, text, (), _toned(base.hex, tones), finish or base.finish)


def _plain_words(text: str) -> list[str]:
    """The words of a text without finishes: what CSS may know as one name ('dark slate grey')."""
    return [word for word in map(_grey, words(text)) if word not in _FINISH_OF and word not in _NOISE]


def _parts(rest: list[str]) -> list[list[str]]:
    """All runs of words, longest first, later ones before earlier: the head of an English name stands last."""
    sizes = range(len(rest), 0, -1)
    return [rest[start : start + size] for size in sizes for start in range(len(rest) - size, -1, -1)]


def _sorted_out(tokens: list[str]) -> tuple[Finish | None, list[Tone], list[str]]:
    """Finish, tones, and the words left: what the colour itself is called."""
    finish: Finish | None = None
    tones: list[Tone] = []
    rest: list[str] = []
    for word in map(_grey, tokens):
        if word in _FINISH_OF:
            finish = _FINISH_OF[word]
        elif word in _TONE_OF:
            tones.append(_TONE_OF[word])
        elif word not in _NOISE:
            rest.append(word)
    return finish, tones, rest


def _composed(base: Color, finish: Finish | None, tones: list[Tone]) -> Color:
    shown = None if finish is base.finish else finish
    id = "_".join([*([shown.value] if shown else []), *(tone.id for tone in tones), base.id])
    en, uk = _name(texts("en"), base.en, shown, tones), _name(texts("uk"), base.uk, shown, tones)
    return Color(id, en, uk, (), _toned(base.hex, tones), finish or base.finish)


def _name(t: Texts, color: str, finish: Finish | None, tones: list[Tone]) -> str:
    """A colour's name with its tones and its finish: 'metallic dark blue', 'темно-синій металік'."""
    for tone in reversed(tones):
        color = t("catalog.toned", tone=t(f"catalog.tone.{tone.id}"), color=color)
    return t("catalog.finished", finish=t(f"catalog.finish.{finish}"), color=color) if finish else color


def _hex_color(digits: str, finish: Finish | None) -> Color:
    full = digits if len(digits) == 6 else "".join(2 * digit for digit in digits)
    code = f"#{full.lower()}"
    return Color(code, code, code, (), code, finish or Finish.SOLID)


def _css(tokens: list[str]) -> Color | None:
    name = _CSS.get("".join(tokens))
    return Color(name, name, name, (), _css_hex(name), Finish.SOLID) if name else None


def _css_hex(name: str) -> str:
    red, green, blue = ImageColor.getrgb(name)[:3]
    return f"#{red:02x}{green:02x}{blue:02x}"


def _toned(code: str, tones: list[Tone]) -> str:
    for tone in tones:
        pairs = zip(ImageColor.getrgb(code)[:3], ImageColor.getrgb(tone.towards)[:3], strict=True)
        code = "#" + "".join(f"{round(a + (b - a) * tone.share):02x}" for a, b in pairs)
    return code


def _grey(word: str) -> str:
    """American spelling → British."""
    return word.replace("gray", "grey")


_CSS = {_grey(name): name for name in ImageColor.colormap}
