"""Servers that die: what the next one takes over."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from carimg.domain.view import SetState
from carimg.generation.background import Background
from carimg.generation.jobs import open_jobs
from tests.support.kit import quiet_settings
from tests.support.script_engine import ScriptEngine

ROOT = Path(__file__).resolve().parent.parent.parent


def test_a_killed_server_comes_back_with_the_views_it_had(tmp_path: Path) -> None:
    """kill -9 in mid-set: the next server marks the set interrupted at once, has the finished view, and draws only
    the rest."""
    command = [sys.executable, "-m", "tests.support.killed_server", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        set_id = process.stdout.readline().strip()
        process.kill()
    engine = ScriptEngine()
    settings = quiet_settings(tmp_path, engines="studio")
    loop = Background()
    jobs = open_jobs(settings, loop)
    jobs._context.chain.engines = {"script": engine}
    try:
        back = jobs.snapshot(set_id)
        assert back.state is SetState.INTERRUPTED
        assert [view.state.value for view in back.views] == ["done", "cancelled", "cancelled"]
        jobs.draw_rest(set_id)
        assert jobs.wait(set_id, 20).state is SetState.DONE
        assert sorted(request.angle.id for request in engine.asked) == ["rear", "side"]
    finally:
        jobs.close()
        loop.close()
