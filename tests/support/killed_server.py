"""A server process for the kill -9 test: `python -m tests.support.killed_server FOLDER` draws one view and hangs on the
others."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from carimg.generation.background import Background
from carimg.generation.jobs import Jobs
from carimg.store import open_store
from tests.support.kit import quiet_settings, script_context
from tests.support.orders import order
from tests.support.script_engine import Act, ScriptEngine
from tests.support.waiting import until_set

folder = Path(sys.argv[1])
engine = ScriptEngine(by_angle={"front": Act(0.0)}, otherwise=Act(600))
jobs = Jobs(Background(), script_context(folder, engine), open_store("", folder), quiet_settings(folder))
set_id = jobs.start(jobs.parse(order()))
until_set(jobs, set_id, lambda now: now.drawn)
print(set_id, flush=True)
time.sleep(600)
