"""What a failing first engine costs a set: wall time against the healthy wall, then a soak with random faults.

    python bench/faults.py [--views 6] [--work 0.5] [--deadline 3] [--sets 200]

Both engines are loopback servers that speak the real protocols; `--work` is how long they draw, in seconds.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import random
import resource
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from carimg.circuit import BreakerRules
from carimg.domain.car import Car
from carimg.domain.catalog import Angle
from carimg.engines.base import DrawRequest
from carimg.engines.fallback import Drawn, FallbackChain
from carimg.engines.openai import OpenAIEngine
from carimg.engines.pollinations.engine import PollinationsEngine
from carimg.engines.retry import Policy, Rules
from tests.support.loopback import openai_server, pollinations_server
from tests.support.loopback.faults import for_openai, for_pollinations
from tests.support.loopback.openai_server import OpenAIServer
from tests.support.loopback.pollinations_server import PollinationsServer
from tests.support.loopback.wire import Fate, LoopbackServer, Reply, Request

CLIO = Car("Renault", "Clio", 2019, "blue", "hatchback")
SLOW = (
    "slow drip past the deadline",
    "hangs",
    "429 with a long Retry-After",
    "a 200 MB body, announced",
    "a 200 MB body, unannounced",
)
"""Left out of the soak: each takes a whole deadline, a minute's pause or 48 MB."""


def request(number: int, session: int = 0) -> DrawRequest:
    angle = Angle(f"yaw_{number * 10:03d}", "", "", "", number * 10.0, 5.0)
    return DrawRequest(CLIO, angle, f"view {number}", 1000 + number, f"{session:012x}", (768, 512))


@asynccontextmanager
async def two_engines(
    rules: Rules, work_s: float = 0.0
) -> AsyncIterator[tuple[OpenAIServer, PollinationsServer, FallbackChain]]:
    async with OpenAIServer() as first, PollinationsServer() as second:
        openai = OpenAIEngine(
            api_key=openai_server.KEY, model="gpt-image-2", base_url=first.base_url, gateway=True, stream=True
        )
        pollinations = PollinationsEngine(api_key=pollinations_server.KEY, base_url=second.url)
        chain = FallbackChain({"openai": openai, "pollinations": pollinations}, rules.timeout_s, Policy(rules))
        first.work_s = second.work_s = work_s
        await chain.test("openai", request(35))  # connections, imports, the model list: not what is measured
        await chain.test("pollinations", request(35))
        try:
            yield first, second, chain
        finally:
            await chain.aclose()


async def set_of(chain: FallbackChain, views: int, session: int) -> list[Drawn | BaseException]:
    calls = (chain.draw(request(number, session), ("openai", "pollinations")) for number in range(views))
    return await asyncio.gather(*calls, return_exceptions=True)


async def walls(views: int, work_s: float, deadline_s: float) -> None:
    faults = for_openai()
    scenarios: list[tuple[str, Fate | None]] = [
        ("healthy", None),
        ("(a) refuses: 401", faults["401"]),
        ("(a) refuses: quota used up", faults["429 quota"]),
        ("(a) refuses: moderation", faults["400 moderation"]),
        ("(a) breaks down: 500", faults["500"]),
        (f"(b) hangs, deadline {deadline_s:g} s", Reply(hang_s=3600)),
        ("(c) rate-limits, no Retry-After", faults["429"]),
        ("(c) rate-limits, Retry-After 60 s", faults["429 with a long Retry-After"]),
    ]
    print(f"{'first engine':38} {'wall s':>7} {'ratio':>6} {'again s':>8} {'ratio':>6}  asked  drawn by")
    healthy = 0.0
    for name, fate in scenarios:
        async with two_engines(Rules(timeout_s=deadline_s), work_s) as (first, _, chain):
            first.otherwise = fate
            first.asked.clear()
            took = []
            for session in (1, 2):
                start = time.monotonic()
                drawn = await set_of(chain, views, session)
                took.append(time.monotonic() - start)
            healthy = healthy or took[0]
            by = Counter(one.picture.engine if isinstance(one, Drawn) else "nobody" for one in drawn)
            print(
                f"{name:38} {took[0]:7.2f} {took[0] / healthy:6.2f} {took[1]:8.2f} {took[1] / healthy:6.2f}"
                f"  {len(first.asked):5}  {', '.join(by)}"
            )
    print("'again' is the next set: what the server has learnt by then. 'asked' counts requests of both sets.\n")


def sometimes(rng: random.Random, faults: dict[str, Fate], share: float) -> Callable[[Request], Reply | None]:
    names = [name for name in faults if name not in SLOW]

    def fate(asked: Request) -> Reply | None:
        if rng.random() > share:
            return None
        chosen = faults[rng.choice(names)]
        return chosen(asked) if callable(chosen) else chosen

    return fate


async def soak(sets: int) -> None:
    rng = random.Random(20261120)
    rules = Rules(
        timeout_s=5.0,
        backoff_s=0.01,
        most_backoff_s=0.05,
        breaker=BreakerRules(open_s=0.01, most_s=0.02, refused_s=0.01),
    )
    ends: Counter[str] = Counter()
    async with two_engines(rules) as (first, second, chain):
        servers: list[tuple[LoopbackServer, dict[str, Fate]]] = [(first, for_openai()), (second, for_pollinations())]
        for server, faults in servers:
            server.otherwise = sometimes(rng, faults, 0.25)
        print(f"{'sets':>5} {'views':>6} {'drawn':>6} {'failed':>7} {'twice':>6} {'files':>6} {'MB':>6} {'s':>6}")
        start = time.monotonic()
        for number in range(1, sets + 1):
            drawn = await asyncio.wait_for(set_of(chain, 8, number), 60)
            ends.update(end_of(one) for one in drawn)
            pictures = [one.picture.data for one in drawn if isinstance(one, Drawn)]
            ends["twice"] += len(pictures) - len(set(pictures))
            if number % max(1, sets // 8) == 0:
                print(
                    f"{number:5} {8 * number:6} {ends['drawn']:6} {ends['failed']:7} {ends['twice']:6} "
                    f"{open_files():6} {resident_mb():6.0f} {time.monotonic() - start:6.1f}"
                )
        left = sum(health.in_flight + health.waiting for health in chain.health().values())
    print(f"{ends['drawn'] + ends['failed']} of {8 * sets} views ended, {left} left in flight, {ends['broken']} broken")


def end_of(one: Drawn | BaseException) -> str:
    """'drawn' with exactly one good attempt, 'failed' with reasons for all engines; else 'broken'."""
    if isinstance(one, Drawn):
        good = [attempt.outcome for attempt in one.attempts].count("ok")
        return "drawn" if good == 1 and one.attempts[-1].outcome == "ok" else "broken"
    engines = {attempt.engine for attempt in getattr(one, "attempts", ())}
    return "failed" if engines == {"openai", "pollinations"} else "broken"


def open_files() -> int:
    folder = Path("/proc/self/fd")
    return len(list(folder.iterdir())) if folder.exists() else 0


def resident_mb() -> float:
    """Resident memory now; the peak where the system tells only that."""
    status = Path("/proc/self/statm")
    if status.exists():
        return int(status.read_text("ascii").split()[1]) * resource.getpagesize() / 2**20
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--views", type=int, default=6)
    parser.add_argument("--work", type=float, default=0.5)
    parser.add_argument("--deadline", type=float, default=3.0)
    parser.add_argument("--sets", type=int, default=200)
    given = parser.parse_args()
    logging.disable(logging.WARNING)
    asyncio.run(walls(given.views, given.work, given.deadline))
    if given.sets:
        asyncio.run(soak(given.sets))


if __name__ == "__main__":
    main()
