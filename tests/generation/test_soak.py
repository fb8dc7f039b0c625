"""Many sets at once with random faults, through jobs, chain and store: nothing lost, stuck or drawn twice."""

from __future__ import annotations

import random
from collections import Counter
from contextlib import suppress
from pathlib import Path

from carimg.domain.view import SetState, ViewState
from carimg.errors import EngineBroken, EngineBusy, EngineRefused, EngineTimeout, Reason
from tests.support.kit import open_script_jobs
from tests.support.orders import order
from tests.support.script_engine import Act, ScriptEngine

ANGLES = [f"yaw_{yaw:03d}" for yaw in range(0, 360, 45)]
SETS = 15
POOL_HANDLES = 3 * 25  # of SQLite: the file, its log and the log's index for each of the pool's 5 + 20 connections
FAULTS = (
    EngineRefused("It will not draw this.", reason=Reason.MODERATION),
    EngineBroken("It broke.", reason=Reason.BROKEN),
    EngineTimeout("It took too long."),
    EngineBusy("Too many at once.", reason=Reason.RATE_LIMIT),
)


def acts(dice: random.Random) -> list[Act]:
    """Four in ten calls fail, each in its own way; the rest take 1 to 20 ms."""
    return [
        Act(dice.uniform(0.001, 0.02), error=dice.choice(FAULTS) if dice.random() < 0.4 else None)
        for _ in range(40 * SETS)
    ]


def open_handles() -> Counter[str]:
    """What this process holds open, by kind; the database apart, whose pool has its own bound."""
    targets = Counter[str]()
    for handle in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            target = str(handle.readlink())
            targets["database" if ".db" in target else target.partition(":")[0]] += 1
    return targets


def test_every_view_of_many_sets_ends_once(tmp_path: Path) -> None:
    """15 sets of 8 views on two engines that fail at random: each view ends as one stored picture or one sentence, no
    view is drawn twice, and no file handle stays open."""
    dice = random.Random(7)
    first, second = ScriptEngine(id="first", acts=acts(dice)), ScriptEngine(id="second", acts=acts(dice))
    with open_script_jobs(tmp_path, first, second) as jobs:
        jobs.wait(jobs.start(jobs.parse(order(angles=ANGLES[:2]))), 60)
        before = open_handles()
        ids = [jobs.start(jobs.parse(order(angles=ANGLES))) for _ in range(SETS)]
        ended = [jobs.wait(set_id, 120) for set_id in ids]
        after = open_handles()
        for snapshot in ended:
            stored = jobs.store.load_set(snapshot.set_id)
            assert snapshot.state in (SetState.DONE, SetState.PARTIAL, SetState.FAILED)
            for view in stored.views:
                drew = [attempt for attempt in view.attempts if attempt.outcome == "ok"]
                if view.state is ViewState.DONE:
                    assert len(drew) == 1
                    assert jobs.store.read_picture(view.sha256).startswith(b"\x89PNG")
                else:
                    assert view.state is ViewState.FAILED
                    assert not drew
                    assert view.error
                assert len(jobs.store.takes(snapshot.set_id, view.angle)) <= 2
        states = Counter(view.state for snapshot in ended for view in snapshot.views)
        assert sum(states.values()) == SETS * len(ANGLES)
        assert states[ViewState.DONE] > states[ViewState.FAILED]
        assert after.pop("database") <= POOL_HANDLES
        before.pop("database")
        assert after.total() <= before.total() + 4, after - before
