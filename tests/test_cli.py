"""The command line, as a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from carimg import cli
from carimg.errors import InputError
from carimg.generation import jobs as sets
from tests.support.car_engine import CarEngine
from tests.support.kit import open_script_jobs
from tests.support.script_engine import ScriptEngine

ROOT = Path(__file__).resolve().parent.parent
CLIO = ["--brand", "Renault", "--model", "Clio", "--year", "2019", "--color", "blue", "--body-type", "hatchback"]


def carimg(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `python -m carimg` with its data in `folder` and no keys."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("CARIMG_", "OPENAI_", "POLLINATIONS_"))}
    environment |= {"CARIMG_DATA_DIR": str(folder / "data"), "CARIMG_WORKERS": "1"}
    return subprocess.run(
        [sys.executable, "-m", "carimg", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_generate_writes_pictures_manifest_and_contact_sheet(tmp_path: Path, studio_cache: Path) -> None:
    """One real set by the offline studio: exit 0, the files the design names, and the manifest on standard output."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "studio-cache").symlink_to(studio_cache)
    out = tmp_path / "set"
    ran = carimg(
        tmp_path, "generate", *CLIO, "--angles", "front", "side", "--size", "256x256", "--out", str(out), "--json"
    )
    assert ran.returncode == 0, ran.stderr
    printed = json.loads(ran.stdout)
    assert printed == json.loads((out / "manifest.json").read_text("utf-8"))
    assert [image["angle"] for image in printed["images"]] == ["front", "side"]
    assert {path.name for path in out.iterdir()} == {"front.png", "side.png", "manifest.json", "contact-sheet.png"}
    for name in ("front.png", "side.png"):
        with Image.open(out / name) as image:
            assert image.size == (256, 256)
            assert image.format == "PNG"


def test_bad_input_exits_2_with_one_sentence(tmp_path: Path) -> None:
    """Unknown angle, impossible year, missing option: exit code 2, a sentence on standard error, nothing drawn."""
    for arguments, words in (
        ((*CLIO, "--angles", "nowhere"), "not known"),
        (CLIO[:6], "required"),
    ):
        ran = carimg(tmp_path, "generate", *arguments, "--out", str(tmp_path / "set"))
        assert ran.returncode == 2, ran.stderr
        assert words in ran.stderr
        assert ran.stdout == ""
    assert not (tmp_path / "set").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((*CLIO[:4], "--year", "1700", *CLIO[6:]), "between 1886"),
        ((*CLIO, "--size", "1x1"), "256 to 2048"),
        ((*CLIO, "--engines", "warp"), "choose"),
    ],
)
def test_wrong_values_are_told_before_a_folder_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], words: str
) -> None:
    """A year, a size and an engine that cannot be: the sentence says what can."""
    with open_script_jobs(tmp_path / "data", ScriptEngine(id="studio")) as jobs:
        monkeypatch.setattr(sets, "shared", lambda: jobs)
        given = cli._parser().parse_args(["generate", *arguments, "--out", str(tmp_path / "set")])
        with pytest.raises(InputError, match=words):
            given.run(given)
    assert not (tmp_path / "set").exists()


def test_a_set_that_no_engine_can_draw_exits_1(tmp_path: Path) -> None:
    """Only an engine without its key: exit code 1, and the reason names the key."""
    out = tmp_path / "set"
    ran = carimg(tmp_path, "generate", *CLIO, "--engines", "openai", "--out", str(out))
    assert ran.returncode == 1
    assert "OPENAI_API_KEY" in ran.stderr


def test_a_batch_is_checked_as_a_whole_before_anything_is_drawn(tmp_path: Path) -> None:
    """A wrong second row: exit 2, its row named, nothing written."""
    table = tmp_path / "cars.csv"
    table.write_text("brand,model,year,color,body_type\nRenault,Clio,2019,blue,hatchback\nVW,Golf,1700,red,hatchback\n")
    ran = carimg(tmp_path, "batch", str(table), "--out", str(tmp_path / "sets"))
    assert ran.returncode == 2
    assert "row 2" in ran.stderr
    assert not (tmp_path / "sets").exists()


def test_report_says_whether_it_is_one_car(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--report` puts the whole report into the manifest and its verdict on standard error; without it neither."""
    line = ["generate", *CLIO, "--angles", "front", "side", "rear", "--size", "384x256", "--out", str(tmp_path / "set")]
    with open_script_jobs(tmp_path, CarEngine(planted={"rear": "#a01818"})) as jobs:
        monkeypatch.setattr(sets, "shared", lambda: jobs)
        for arguments in ([*line, "--report"], line):
            given = cli._parser().parse_args(arguments)
            assert given.run(given) == 0
            manifest = json.loads((tmp_path / "set" / "manifest.json").read_text("utf-8"))
            told = capsys.readouterr().err
            assert ("Not one car: rear is the odd one out." in told) == ("--report" in arguments)
            assert ("report" in manifest) == ("--report" in arguments)
            if "--report" in arguments:
                assert manifest["report"]["odd_one_out"] == "rear"
                assert [view["angle"] for view in manifest["report"]["views"]] == ["front", "side", "rear"]
