"""The calls of the original design, with its own argument names, and what they give back."""

from __future__ import annotations

import base64
import subprocess
import sys
from pathlib import Path

import pytest

from carimg.domain.view import AnglePrompt
from carimg.generation.functions import async_generate_all_images, async_generate_all_prompts
from carimg.prompts.template import render_prompt
from tests.support.kit import open_script_jobs, script_context
from tests.support.orders import CLIO, order
from tests.support.remote import RemoteScript
from tests.support.script_engine import Act, ScriptEngine

ROOT = Path(__file__).resolve().parents[2]
TITLES = {"front": "Вид спереду", "rear": "Вид ззаду"}
SESSION = "1a2b3c4d5e6f"


async def _prompts(folder: Path, *angles: str) -> list[AnglePrompt]:
    context = script_context(folder, ScriptEngine())
    try:
        return await async_generate_all_prompts(**CLIO, angles=list(angles), session_id=SESSION, context=context)
    finally:
        await context.aclose()


async def test_the_original_arguments_are_understood(tmp_path: Path) -> None:
    """`canonical_data` is kept as given, `get_angle_title` names every image, the first angle is the main one."""
    prompts = await _prompts(tmp_path, "front", "rear")
    context = script_context(tmp_path, ScriptEngine())
    known = {**CLIO, "body_class": "B", "doors": 5}
    views = await async_generate_all_images(
        angle_prompts=prompts,
        canonical_data=known,
        mock_cmd=None,
        get_angle_title=TITLES.__getitem__,
        context=context,
    )
    await context.aclose()
    assert views.canonical_data == known
    front, rear = views.images
    assert {name: front[name] for name in ("angle", "session_id", "isMain", "title")} == {
        "angle": "front",
        "session_id": "CAR-1a2b3c4d",
        "isMain": True,
        "title": "Вид спереду",
    }
    assert (rear["isMain"], rear["title"], rear["seed"]) == (False, "Вид ззаду", prompts[1].seed)
    assert rear["prompt"] == prompts[1].prompt
    head, _, text = front["url"].partition(",")
    assert head == "data:image/png;base64"
    assert views[0].picture is not None and base64.b64decode(text) == views[0].picture.data


@pytest.mark.parametrize(("mock_cmd", "drew"), [("--mock", "free"), (True, "free"), (None, "paid"), ("", "paid")])
async def test_a_mock_command_keeps_to_engines_that_cost_nothing(tmp_path: Path, mock_cmd: object, drew: str) -> None:
    """A truthy `mock_cmd` passes the paid engine over, and the view says so."""
    prompts = await _prompts(tmp_path, "front")
    paid = RemoteScript(id="paid", costs_money=True, price_usd=0.01)
    context = script_context(tmp_path, paid, ScriptEngine(id="free"))
    (view,) = await async_generate_all_images(prompts, None, mock_cmd, context=context)
    await context.aclose()
    assert view.engine == drew
    assert bool(paid.asked) is (drew == "paid")


async def test_without_a_title_the_angle_is_one_and_a_failed_view_has_no_picture(tmp_path: Path) -> None:
    """Every view offers the image object, also one that nobody drew; `images` are those that were drawn."""
    prompts = await _prompts(tmp_path, "front", "side")
    engine = ScriptEngine(by_angle={"side": Act(error=ValueError("a bug"))})
    context = script_context(tmp_path, engine)
    views = await async_generate_all_images(prompts, context=context)
    await context.aclose()
    assert [image["angle"] for image in views.images] == ["front"]
    assert views[1].image["url"] == "" and views[1].image["title"] == "side"
    assert views.record.state == "partial" and views.canonical_data == {}


async def test_a_prompt_is_rendered_once_a_view(tmp_path: Path) -> None:
    """Checked before the set begins and sent later, it is the same text: three views, three renderings."""
    render_prompt.cache_clear()
    with open_script_jobs(tmp_path, ScriptEngine()) as jobs:
        jobs.wait(jobs.start(jobs.parse(order())), 30)
    assert render_prompt.cache_info().misses == 3


def test_the_openai_sdk_is_not_imported_before_it_draws() -> None:
    """A second saved at every start: engines are built, also with a key, and the SDK is still not there."""
    script = (
        "import sys\n"
        "from carimg.engines import build_engines\n"
        "from carimg.settings import load_settings\n"
        "import carimg.generation.jobs, carimg.api, carimg.cli\n"
        "given = load_settings(_env_file=None, OPENAI_API_KEY='sk-test-1234', CARIMG_ENGINES='openai')\n"
        "engines = build_engines(given)\n"
        "assert engines['openai'].unavailable() is None\n"
        "print('openai' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, timeout=60)
    assert done.stdout.strip() == "False", done.stderr
