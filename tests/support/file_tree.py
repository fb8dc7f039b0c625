"""The tree of files in docs/architecture.md, from the first sentence of each file: `python -m tests.support.file_tree`
writes it there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "architecture.md"
_BETWEEN = re.compile(r"(<!-- files: begin [^>]*-->\n)(.*?)(<!-- files: end -->)", re.DOTALL)
_WIDTH = 34


def tree() -> str:
    """Every Python file of the product with what it is for, a folder under its own first sentence."""
    lines = ["```", _line("app.py", _purpose(ROOT / "app.py"))]
    for folder in ("pages", "carimg", "bench"):
        lines += _folder(ROOT / folder, 0)
    return "\n".join([*lines, "```", ""])


def written() -> str:
    """The tree as the page has it. Raises ValueError when its marks are gone."""
    found = _BETWEEN.search(PAGE.read_text("utf-8"))
    if found is None:
        raise ValueError("docs/architecture.md has lost the marks around its tree of files")
    return found[2]


def _folder(folder: Path, depth: int) -> list[str]:
    face = folder / "__init__.py"
    lines = [_line("  " * depth + f"{folder.name}/", _purpose(face) if face.exists() else "")]
    entries = sorted(folder.iterdir(), key=lambda entry: (entry.is_file(), entry.name))
    for entry in entries:
        if entry.is_dir() and any(entry.rglob("*.py")) and entry.name != "__pycache__":
            lines += _folder(entry, depth + 1)
        elif entry.suffix == ".py" and entry.name != "__init__.py":
            lines.append(_line("  " * (depth + 1) + entry.name, _purpose(entry)))
    return lines


def _purpose(path: Path) -> str:
    """The first sentence of a file's docstring."""
    text = " ".join((ast.get_docstring(ast.parse(path.read_text("utf-8"))) or "").split("\n\n")[0].split())
    return re.split(r"(?<=[^.])\.(?:\s|$)", text)[0]


def _line(name: str, purpose: str) -> str:
    return f"{name:<{_WIDTH}}{purpose}".rstrip()


if __name__ == "__main__":
    page = PAGE.read_text("utf-8")
    PAGE.write_text(_BETWEEN.sub(lambda found: found[1] + tree() + found[3], page), "utf-8")
