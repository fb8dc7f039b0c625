"""Every sentence that people read: complete in both languages, used, and written down once."""

from __future__ import annotations

import ast
import json
import re
import string
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

import carimg
import carimg.texts
from carimg.domain.kinds import Finish
from carimg.domain.order import Fallback, Strategy
from carimg.domain.view import SetState, ViewState
from carimg.errors import CatalogError
from carimg.texts import LANGUAGES, LOCALES, PLURALS, Entry, Texts, plural, texts

PACKAGE = Path(carimg.__path__[0])
SOURCES = sorted([*PACKAGE.rglob("*.py"), *(PACKAGE.parent / "pages").glob("*.py")])
ENTRIES: dict[str, dict[str, Entry]] = {
    language: json.loads((LOCALES / f"{language}.json").read_text("utf-8")) for language in LANGUAGES
}
KEYS = ENTRIES["en"].keys()
GAPS_OF_ONE_LANGUAGE = {"catalog.orbit": {"sector"}, "catalog.orbit_raised": {"sector"}}
"""What a language may leave out: Ukrainian says on which side of the car a camera stands, English only its degrees."""


def gaps(entry: Entry) -> set[tuple[str, str]]:
    """Names and number formats of all gaps, over all plural forms."""
    parsed = (part for text in forms(entry) for part in string.Formatter().parse(text))
    return {(name, spec or "") for _, name, spec, _ in parsed if name}


def forms(entry: Entry) -> list[str]:
    return [entry] if isinstance(entry, str) else list(entry.values())


def test_languages_say_the_same_things() -> None:
    """Every language has the same keys, filled in with the same values in the same formats, and no empty text."""
    assert ENTRIES["uk"].keys() == KEYS
    for key, entry in ENTRIES["en"].items():
        other = ENTRIES["uk"][key]
        apart = {name for name, _ in gaps(entry) ^ gaps(other)}
        assert apart == GAPS_OF_ONE_LANGUAGE.get(key, set()), key
        assert all(text.strip() for text in (*forms(entry), *forms(other))), key


def test_no_key_is_there_twice() -> None:
    """The later of two would win without a word."""
    for language in LANGUAGES:
        keys = re.findall(r'^ "([^"]+)":', (LOCALES / f"{language}.json").read_text("utf-8"), re.MULTILINE)
        assert keys == list(ENTRIES[language])


def test_plurals_are_complete() -> None:
    """A text with plural forms has all those of its language."""
    for language, entries in ENTRIES.items():
        for key, entry in entries.items():
            assert isinstance(entry, str) or tuple(entry) == PLURALS[language], (language, key)


def test_ukrainian_is_not_english() -> None:
    """Every text longer than a few letters is translated."""
    same = {key for key, entry in ENTRIES["en"].items() if entry == ENTRIES["uk"][key]}
    bare = {key: re.sub(r"\{.*?\}", "", " ".join(forms(ENTRIES["en"][key]))) for key in same}
    assert not [key for key, text in bare.items() if re.search("[a-z]{3}", text)]


def strings(source: Path) -> Iterator[str]:
    """Keys, or patterns of keys, in the strings of a module: 'set.running', 'set\\..+' for f'set.{state}'."""
    return (found for node in ast.walk(parsed(source)) for found in patterns(node))


def patterns(node: ast.AST) -> list[str]:
    match node:
        case ast.Constant(value=str(text)) if re.fullmatch(r"[a-z_]+\.[a-z_.-]*[a-z]", text):
            return [re.escape(text)]
        case ast.JoinedStr(values=[ast.Constant(value=str(start)), *_]) if re.match(r"[a-z_]+\.", start):
            parts = (re.escape(part.value) if isinstance(part, ast.Constant) else ".+" for part in node.values)
            return ["".join(map(str, parts))]
        case ast.IfExp(body=body, orelse=orelse):
            return patterns(body) + patterns(orelse)
    return []


def parsed(source: Path) -> ast.Module:
    return ast.parse(source.read_text("utf-8"))


def known(pattern: str) -> bool:
    return any(re.fullmatch(pattern, key) for key in KEYS)


def test_what_the_code_asks_for_is_there() -> None:
    """Every key that a call of `t` names is in the locales, and so is at least one of every pattern of keys."""
    calls = (node for source in SOURCES for node in ast.walk(parsed(source)) if isinstance(node, ast.Call))
    asking = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "t" and call.args]
    asked = [pattern for call in asking for pattern in patterns(call.args[0])]
    assert len(asked) > 300
    assert not [pattern for pattern in asked if not known(pattern)]


def test_no_text_is_left_over() -> None:
    """Every key of the locales stands in the code: whole, as a pattern, or as the key of a report's message."""
    named = {pattern for source in SOURCES for pattern in strings(source)} - ANY_MESSAGE
    named |= {rf"report\.{pattern}" for source in MESSAGES for pattern in strings(source)}
    named |= {rf"report\.{kind}\.(amber|red)" for kind in (r"paint", r"paint\.pair")}  # f"{kind}.{state.value}"
    assert not [key for key in KEYS if not any(re.fullmatch(pattern, key) for pattern in named)]


MESSAGES = [*(PACKAGE / "consistency").rglob("*.py"), PACKAGE / "generation" / "opinions.py"]
ANY_MESSAGE = {r"report\..+"}
"""How a message asks for its text: it would make every text of the report a used one."""


def test_a_sentence_of_the_report_or_a_sheet_is_written_down_once() -> None:
    """No module and no other data file repeats a text of the locales, and no text stands there under two keys."""
    places = {path: constants(path) for path in SOURCES}
    places |= {path: path.read_text("utf-8") for path in PACKAGE.rglob("*.json") if path.parent != LOCALES}
    for language, entries in ENTRIES.items():
        mine = {key: text for key, entry in entries.items() if key.startswith(ONCE) for text in forms(entry)}
        pieces = {key: max(re.split(r"\{.*?\}", text), key=len).strip() for key, text in mine.items()}
        sentences = {key: part for key, part in pieces.items() if len(part.split()) > 3}
        assert len(sentences) > 40, language
        assert not [(key, path.name) for key, part in sentences.items() for path in places if part in places[path]]
        assert len({mine[key] for key in sentences}) == len(sentences)


ONCE = ("report.", "sheet.")


def constants(source: Path) -> str:
    """All strings of a module but its docstrings; those in several pieces are whole."""
    nodes = list(ast.walk(parsed(source)))
    docs = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    found = (node.value for node in nodes if isinstance(node, ast.Constant) and id(node) not in docs)
    return "\n".join(text for text in found if isinstance(text, str))


@pytest.mark.parametrize(
    ("prefix", "values"),
    [
        ("set", SetState),
        ("view", ViewState),
        ("strategy", Strategy),
        ("strategy_help", Strategy),
        ("fallback", Fallback),
        ("catalog.finish", Finish),
    ],
)
def test_every_state_has_a_name(prefix: str, values: type) -> None:
    """States and choices of the core have a text each."""
    assert all(f"{prefix}.{value}" in KEYS for value in values)


@pytest.mark.parametrize(
    ("n", "form"),
    [
        (0, "many"),
        (1, "one"),
        (2, "few"),
        (4, "few"),
        (5, "many"),
        (11, "many"),
        (12, "many"),
        (21, "one"),
        (112, "many"),
        (114, "many"),
        (103, "few"),
    ],
)
def test_ukrainian_plurals(n: int, form: str) -> None:
    """1, 21 one; 2-4 few; 0, 5-20 many."""
    assert plural("uk", n) == form


def test_a_plural_form_is_chosen_by_n() -> None:
    """Both languages count the same text."""
    assert [texts("en")("history.count", n=n) for n in (1, 2)] == ["1 set", "2 sets"]
    assert len({texts("uk")("history.count", n=n).split()[1] for n in (1, 2, 5)}) == 3


def test_numbers_follow_the_language() -> None:
    """Decimal point and '%' in English; decimal comma, no-break space and a space before '%' in Ukrainian."""
    assert texts("en").number(1234.56) == "1,234.6"
    assert texts("uk").number(1234.56) == "1\N{NO-BREAK SPACE}234,6"
    assert [texts("en").percent(0.454), texts("uk").percent(0.454)] == ["45%", "45 %"]
    assert [texts("en").percent(0.0123, 1), texts("uk").percent(0.0123, 1)] == ["1.2%", "1,2 %"]


@pytest.mark.parametrize(
    ("language", "text"), [("en", "a 5.3 45% 1,235 7 3.5 x"), ("uk", "a 5,3 45 % 1\N{NO-BREAK SPACE}235 7 3.5 x")]
)
def test_a_gap_says_how_its_number_is_written(language: str, text: str) -> None:
    """Digits by the format, marks by the language; what has no format is put in as it is."""
    entries: Mapping[str, Entry] = {"key": "a {delta:.1f} {share:.0%} {many:,.0f} {n} {bare} {word}"}
    values = {"delta": 5.34, "share": 0.45, "many": 1234.6, "n": 7, "bare": 3.5, "word": "x"}
    assert Texts(language, entries)("key", **values) == text


def test_a_text_without_values_is_shown_as_it_is() -> None:
    """The help on templates has braces of its own."""
    assert "{{ brand }}" in texts("en")("template.syntax")


def test_a_damaged_file_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A missing file and broken JSON raise CatalogError with the file's name."""
    monkeypatch.setattr(carimg.texts, "LOCALES", tmp_path)
    with pytest.raises(CatalogError, match=r"xx\.json: "):
        texts("xx")
    (tmp_path / "xx.json").write_text("{", "utf-8")
    with pytest.raises(CatalogError, match=r"xx\.json: "):
        texts("xx")


def test_texts_need_no_page() -> None:
    """REST, CLI and sheets take their sentences from here without importing Streamlit."""
    imported = {node.module for node in ast.walk(parsed(PACKAGE / "texts.py")) if isinstance(node, ast.ImportFrom)}
    assert {name for name in imported if name and name.startswith("carimg")} == {"carimg.errors"}
