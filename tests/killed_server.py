"""A server process for the kill -9 test: `python killed_server.py FOLDER` draws one view, hangs on the others."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from kit import quiet_settings, script_tools
from orders import order
from script_engine import Act, ScriptEngine

from carimg.jobs import Jobs
from carimg.runtime import Runtime
from carimg.store import open_store

folder = Path(sys.argv[1])
engine = ScriptEngine(by_angle={"front": Act(0.0)}, otherwise=Act(600))
jobs = Jobs(Runtime(), script_tools(folder, engine), open_store("", folder), quiet_settings(folder))
set_id = jobs.start(jobs.parse(order()))
while not jobs.snapshot(set_id).done:
    time.sleep(0.01)
print(set_id, flush=True)
time.sleep(600)
