"""The functions of the original design, and what importing the core brings along."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import carimg
from carimg.domain.view import ViewState
from carimg.errors import InputError
from tests.support.kit import script_context
from tests.support.script_engine import ScriptEngine

ROOT = Path(__file__).resolve().parent.parent.parent
CLIO = ("Renault", "Clio", 2019, "blue", "hatchback")


async def test_prompts_then_images(tmp_path: Path) -> None:
    """Stage 1's answer is all that stage 2 needs; seeds, session and angles stay the same."""
    engine = ScriptEngine()
    context = script_context(tmp_path, engine)
    prompts = await carimg.async_generate_all_prompts(*CLIO, ["front", "rear"], context=context)
    assert len({prompt.session_id for prompt in prompts}) == 1
    views = await carimg.async_generate_all_images(prompts, context=context, size=(256, 256))
    assert [(view.angle, view.state) for view in views] == [("front", ViewState.DONE), ("rear", ViewState.DONE)]
    assert [request.seed for request in engine.asked] == [prompt.seed for prompt in prompts]


async def test_an_edited_prompt_is_drawn_as_it_stands(tmp_path: Path) -> None:
    """Somebody may change a prompt between the stages."""
    engine = ScriptEngine()
    context = script_context(tmp_path, engine)
    prompts = await carimg.async_generate_all_prompts(*CLIO, ["front"], context=context)
    await carimg.async_generate_all_images([replace(prompts[0], prompt="a red toy car")], context=context)
    assert engine.asked[0].prompt == "a red toy car"


async def test_prompts_of_two_cars_are_not_one_set(tmp_path: Path) -> None:
    """Mixing sessions, or giving none, is refused in words."""
    context = script_context(tmp_path, ScriptEngine())
    first = await carimg.async_generate_all_prompts(*CLIO, ["front"], context=context, session_id="1a2b3c4d")
    second = await carimg.async_generate_all_prompts(*CLIO, ["rear"], context=context, session_id="4d3c2b1a")
    for prompts in ([], [*first, *second]):
        with pytest.raises(InputError, match="one car and one session"):
            await carimg.async_generate_all_images(prompts, context=context)


def python(code: str, folder: Path) -> str:
    """Run code in a process of its own, without keys, and give what it prints."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("CARIMG_", "OPENAI_", "POLLINATIONS_"))}
    environment |= {"CARIMG_DATA_DIR": str(folder), "CARIMG_WORKERS": "1"}
    ran = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def test_the_blocking_twins_do_the_same(tmp_path: Path, studio_cache: Path) -> None:
    """sync_generate_all_prompts and sync_generate_all_images, on the background loop, with the real studio."""
    (tmp_path / "studio-cache").symlink_to(studio_cache)
    code = """
import json, threading, carimg
prompts = carimg.sync_generate_all_prompts("Renault", "Clio", 2019, "blue", "hatchback", ["front"])
views = carimg.sync_generate_all_images(prompts, size=(256, 256))
print(json.dumps([[v.angle, v.state.value, v.picture.engine, v.picture.width] for v in views]))
"""
    assert json.loads(python(code, tmp_path)) == [["front", "done", "studio", 256]]


def test_the_core_leaves_streamlit_out(tmp_path: Path) -> None:
    """Importing every module below the ui floor does not import streamlit."""
    code = """
import importlib, pkgutil, sys, carimg
skip = ("carimg.ui", "carimg.__main__", "carimg.migrations", "carimg.studio.workers.worker")
found = pkgutil.walk_packages(carimg.__path__, "carimg.", onerror=print)
names = [module.name for module in found if not module.name.startswith(skip)]
for name in names:
    importlib.import_module(name)
print(len(names), "streamlit" in sys.modules)
"""
    count, with_streamlit = python(code, tmp_path).split()
    assert int(count) > 60
    assert with_streamlit == "False"
