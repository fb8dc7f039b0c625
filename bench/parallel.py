"""Are N views ready in the time of the slowest one, and what does leaving out the barrier win?

`python bench/parallel.py` prints two tables. All latencies are real waits on a loopback server; the second table runs
the original design's algorithm (all searches, then all prompts, then all translations, then all images) as reference
in the same run.
"""

from __future__ import annotations

import asyncio
import random
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.loopback import LoopbackEngine, LoopbackSearch, LoopbackTranslator, service
from carimg.catalog import catalog
from carimg.engines.base import DrawRequest
from carimg.fallback import Ladder
from carimg.pipeline import generate, prompt_of
from carimg.spec import SetSpec, parse_spec
from carimg.tools import Tools

ROUNDS = 3


def spec_of(count: int) -> SetSpec:
    car = {"brand": "Renault", "model": "Clio", "year": 2019, "color": "blue", "body_type": "hatchback"}
    return parse_spec({"car": car, "angles": [angle.id for angle in catalog().spin(count)], "size": "256x256"})


async def wall(
    spec: SetSpec, url: str, search_s: dict[str, float], text_s: dict[str, float], draw_s: dict[str, float]
) -> float:
    """Seconds for a whole set through the product's pipeline."""
    words = {f"{catalog_angle.prompt} view": text_s[catalog_angle.id] for catalog_angle in spec.angles}
    engine = LoopbackEngine(url, draw_s)
    tools = Tools(LoopbackSearch(url, search_s), LoopbackTranslator(url, words), Ladder({"loopback": engine}, 60))
    start = time.perf_counter()
    result = await generate(spec, tools)
    seconds = time.perf_counter() - start
    await tools.aclose()
    assert all(view.picture for view in result.views), "a view is missing"
    return seconds


async def barrier(
    spec: SetSpec, url: str, search_s: dict[str, float], text_s: dict[str, float], draw_s: dict[str, float]
) -> float:
    """Seconds for the same set by the original design's stages, each waiting for the one before as a whole."""
    engine, search = LoopbackEngine(url, draw_s), LoopbackSearch(url, search_s)
    translators = {angle.id: LoopbackTranslator(url, {"": text_s[angle.id]}) for angle in spec.angles}
    start = time.perf_counter()
    badge = await search.badge(spec.car)
    await asyncio.gather(*(search.photos(spec.car, angle) for angle in spec.angles))
    prompts = {angle.id: prompt_of(spec, angle, "1a2b3c4d", badge.text) for angle in spec.angles}
    await asyncio.gather(*(translators[angle.id].to_english(prompts[angle.id]) for angle in spec.angles))
    requests = [DrawRequest(spec.car, a, prompts[a.id], 0, "1a2b3c4d", spec.size) for a in spec.angles]
    await asyncio.gather(*(engine.draw(request) for request in requests))
    seconds = time.perf_counter() - start
    for client in (engine, search, *translators.values()):
        await client.aclose()
    return seconds


async def even(url: str) -> None:
    print("\n| views | slowest view, s | wall, s | wall / slowest (goal <= 1.03) |\n|---|---|---|---|")
    for count in (3, 8, 24):
        spec = spec_of(count)
        still = dict.fromkeys((angle.id for angle in spec.angles), 0.0)
        walls = [await wall(spec, url, still, still, dict.fromkeys(still, 1.0)) for _ in range(ROUNDS)]
        middle = sorted(walls)[ROUNDS // 2]
        print(f"| {count} | 1.000 | {middle:.3f} | {middle:.3f} |")


async def skewed(url: str) -> None:
    print("\n| views | wall, s | wall of the barrier algorithm, s | ratio (goal <= 0.80) |\n|---|---|---|---|")
    for count in (3, 8, 24):
        spec, dice = spec_of(count), random.Random(count)
        stages = [{a.id: dice.choice((0.1, 0.2, 0.3, 1.0)) for a in spec.angles} for _ in range(3)]
        for stage, slow in zip(stages, dice.sample([a.id for a in spec.angles], 3), strict=True):
            stage[slow] = 1.0
        ours = sorted([await wall(spec, url, *stages) for _ in range(ROUNDS)])[ROUNDS // 2]
        theirs = sorted([await barrier(spec, url, *stages) for _ in range(ROUNDS)])[ROUNDS // 2]
        print(f"| {count} | {ours:.2f} | {theirs:.2f} | {ours / theirs:.2f} |")


async def main() -> None:
    async with service() as url:
        await even(url)
        await skewed(url)


if __name__ == "__main__":
    asyncio.run(main())
