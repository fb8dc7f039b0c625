"""A running set as pages see it."""

from __future__ import annotations

from pathlib import Path

from carimg.domain.view import ViewState
from tests.support.kit import open_script_jobs
from tests.support.orders import order
from tests.support.script_engine import Act, ScriptEngine
from tests.support.waiting import until_set


def test_previews_are_seen_while_a_view_is_drawn(tmp_path: Path) -> None:
    """While a view is drawn its preview is in the snapshot; it is gone when the picture is there."""
    with open_script_jobs(tmp_path, ScriptEngine(otherwise=Act(0.6, partials=1))) as jobs:
        set_id = jobs.start(jobs.parse(order(angles=["front"])))
        seen = until_set(jobs, set_id, lambda now: now.views[0].partial)
        assert seen.views[0].state is ViewState.DRAWING
        assert jobs.wait(set_id, 10).views[0].partial is None
