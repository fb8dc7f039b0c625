"""The wheel: what is inside it, and that the lists it is made from agree."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from configparser import ConfigParser
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from zipfile import ZipFile

import pytest
from packaging.requirements import Requirement

import carimg

ROOT = Path(__file__).resolve().parent.parent
BESIDE = ("app.py", "pages/", ".streamlit/config.toml")
"""What lies beside the package in a checkout and inside it in the wheel."""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> ZipFile:
    """Built from this checkout, without a network."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ZipFile(next(folder.glob("*.whl")))


def metadata(wheel: ZipFile, name: str) -> bytes:
    return wheel.read(f"carimg-{carimg.__version__}.dist-info/{name}")


def described(wheel: ZipFile) -> Message:
    return message_from_bytes(metadata(wheel, "METADATA"))


def kept(*paths: str) -> set[str]:
    """The files there that Git keeps, or will when they are added."""
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard", *paths]
    return set(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")) - {""}


def requirements(file: str) -> dict[str, Requirement]:
    """The lines of a list, by normal name."""
    lines = [line.partition(" #")[0].strip() for line in (ROOT / file).read_text("utf-8").splitlines()]
    found = [Requirement(line) for line in lines if line and not line.startswith(("#", "-r"))]
    return {normal(requirement.name): requirement for requirement in found}


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_the_wheel_holds_what_the_checkout_holds(wheel: ZipFile) -> None:
    """Every file of the package, code and data, and what lies beside it, byte for byte; and nothing else."""
    expected = {name: name for name in kept("carimg/")} | {f"carimg/{name}": name for name in kept(*BESIDE)}
    packed = {name for name in wheel.namelist() if not name.startswith("carimg-")}
    assert packed == expected.keys()
    assert {"carimg/app.py", "carimg/pages/generate.py", "carimg/py.typed", "carimg/ui/locales/uk.json"} <= packed
    for name, source in expected.items():
        assert wheel.read(name) == (ROOT / source).read_bytes(), name


def test_unpacked_it_knows_its_pages_and_keeps_its_data_with_the_user(wheel: ZipFile, tmp_path: Path) -> None:
    """Outside a checkout: app.py and the pages are the package's own, data goes to the user's folder, and `.env` and
    `.streamlit/secrets.toml` are those of the working directory."""
    site, here, home = tmp_path / "site", tmp_path / "here", tmp_path / "home"
    wheel.extractall(site)
    (here / ".streamlit").mkdir(parents=True)
    (here / ".streamlit" / "secrets.toml").write_text('CARIMG_ENGINES = "studio"\n')
    (here / ".env").write_text("CARIMG_WORKERS=3\n")
    asked = (
        "from carimg.settings import ROOT, settings as s; print(ROOT, s().data_dir, s().engines, s().workers, sep='|')"
    )
    clean = {name: value for name, value in os.environ.items() if not name.startswith("CARIMG_")}
    clean |= {"PYTHONPATH": str(site), "XDG_DATA_HOME": str(home)}
    command = [sys.executable, "-P", "-c", asked]
    ran = subprocess.run(command, cwd=here, env=clean, capture_output=True, text=True, timeout=60, check=True)
    assert ran.stdout.strip() == f"{site / 'carimg'}|{home / 'carimg'}|('studio',)|3"
    assert {path.name for path in (site / "carimg" / "pages").iterdir()} == {
        p.name for p in (ROOT / "pages").glob("*.py")
    }


def test_the_wheel_is_of_this_version_and_has_the_command(wheel: ZipFile) -> None:
    """`carimg` is `carimg.cli:main`; the version is the package's own."""
    points = ConfigParser()
    points.read_string(metadata(wheel, "entry_points.txt").decode())
    assert dict(points["console_scripts"]) == {"carimg": "carimg.cli:main"}
    assert described(wheel)["Version"] == carimg.__version__
    assert described(wheel)["License-Expression"] == "MIT"
    assert metadata(wheel, "licenses/LICENSE") == (ROOT / "LICENSE").read_bytes()


def test_the_wheel_needs_what_runs_it_and_no_more(wheel: ZipFile) -> None:
    """Its dependencies are requirements.txt, pins and extras included."""
    needed = {str(Requirement(line)) for line in described(wheel).get_all("Requires-Dist", [])}
    assert needed == {str(requirement) for requirement in requirements("requirements.txt").values()}


LOCKED = r"^([a-z0-9-]+)(?:\[[\w,-]+\])?==(\S+).*((?:\\\n +--hash=\S+ ?)+)"
"""A package of a lock file: name, version, hashes."""


@pytest.mark.parametrize("kind", ["requirements", "requirements-dev"])
def test_the_lock_holds_every_pin(kind: str) -> None:
    """`make lock` was not forgotten: each line of the list is in its lock, with hashes, at that version; and no
    address or folder of the machine that wrote it."""
    text = (ROOT / f"{kind}.lock").read_text("utf-8")
    locked = {name: (version, hashes) for name, version, hashes in re.findall(LOCKED, text, re.MULTILINE)}
    wanted = requirements("requirements.txt") | requirements(f"{kind}.txt")
    for name, requirement in wanted.items():
        version, hashes = locked[name]
        assert f"=={version}" == str(requirement.specifier)
        assert "--hash=sha256:" in hashes
    assert "://" not in text
    assert not re.search(r"^\s*(--\w*(index|find)|.*\s/\w+/)", text, re.MULTILINE)


def test_what_runs_is_locked_alike_for_those_who_work_on_it() -> None:
    """The two locks agree on every package that they share."""
    run, dev = (
        set(re.findall(r"^\S+==\S+", (ROOT / name).read_text("utf-8"), re.MULTILINE))
        for name in ("requirements.lock", "requirements-dev.lock")
    )
    assert run <= dev
