"""The floors of the package: what `lint-imports` refuses."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The code of the package and its contracts, free to be spoilt."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for source in (ROOT / "carimg").rglob("*.py"):
        target = tmp_path / source.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)
    return tmp_path


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [Path(sys.executable).with_name("lint-imports"), "--no-cache"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)


def test_imports_only_go_down(copy: Path) -> None:
    """The package as it is keeps every contract."""
    ran = lint(copy)
    assert ran.returncode == 0, ran.stdout


@pytest.mark.parametrize(
    ("file", "line", "broken"),
    [
        ("domain/names.py", "import carimg.generation.jobs", "carimg.domain is not allowed to"),
        ("store/words.py", "import carimg.prompts.diff", "carimg.store is not allowed to import carimg.prompts"),
        ("ui/menu.py", "import carimg.api", "carimg.ui is not allowed to import carimg.api"),
        ("export/sheet.py", "import streamlit", "carimg is not allowed to import streamlit"),
        ("generation/pipeline.py", "import carimg.store", "generation.pipeline is not allowed to import carimg.store"),
        ("noun.py", "", "carimg.noun"),
    ],
    ids=["upward", "neighbours", "pages and REST", "streamlit", "pipeline", "a module on no floor"],
)
def test_an_import_that_does_not_go_down_is_refused(copy: Path, file: str, line: str, broken: str) -> None:
    """One line is planted, in a function, where it is not found at a glance: the check fails and names both ends."""
    with (copy / "carimg" / file).open("a", encoding="utf-8") as source:
        source.write(f"\n\ndef planted() -> None:\n    {line or 'pass'}\n")
    ran = lint(copy)
    assert ran.returncode == 1, ran.stdout
    assert broken in ran.stdout
