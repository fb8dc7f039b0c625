"""Are N views ready in the time of the slowest one, and what does leaving out the barrier win?

`python bench/parallel.py` prints two tables. All latencies are real waits on a loopback server; the second table runs
the original design's algorithm (all searches, then all prompts, then all translations, then all images) as reference
in the same run.
"""

from __future__ import annotations

import asyncio
import math
import random
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.loopback import LoopbackEngine, LoopbackSearch, LoopbackTranslator, service
from carimg.domain.catalog import catalog
from carimg.domain.order import Order
from carimg.engines.base import DrawRequest
from carimg.engines.fallback import FallbackChain
from carimg.generation.context import Context
from carimg.generation.pipeline import generate
from carimg.prompts.template import prompt_of
from carimg.prompts.translate import Translator
from carimg.search import Search
from carimg.settings import load_settings

ROUNDS = 3
SESSION = "1a2b3c4d"
Latencies = dict[str, float]
"""Seconds by angle id."""


def spec_of(count: int) -> Order:
    car = {"brand": "Renault", "model": "Clio", "year": 2019, "color": "blue", "body_type": "hatchback"}
    angles = [angle.id for angle in catalog().spin(count)]
    return Order.parse({"car": car, "angles": angles, "size": "256x256", "session_id": SESSION})


def by_seed(order: Order, seconds: Latencies) -> dict[str, float]:
    """Latencies by the words that tell one view's prompt from another's."""
    return {f"Seed: {order.seed(SESSION, angle)})": seconds[angle.id] for angle in order.angles}


async def ours(order: Order, context: Context) -> tuple[float, float]:
    """(wall, slowest view) in seconds through the product's pipeline, on a server that has drawn a set before."""
    await generate(order, context)
    start = time.perf_counter()
    result = await generate(order, context)
    seconds = time.perf_counter() - start
    await context.aclose()
    assert all(view.picture for view in result.views), "a view is missing"
    return seconds, max(view.work_s for view in result.views)


def offline(url: str, draw_s: Latencies) -> Context:
    """The product's own search (off) and translator, and the loopback engine."""
    settings = load_settings(_env_file=None, search=False)
    return Context(Search(settings), Translator(settings), FallbackChain({"loopback": LoopbackEngine(url, draw_s)}, 60))


def staged(order: Order, url: str, search_s: Latencies, text_s: Latencies, draw_s: Latencies) -> Context:
    """A search, a translator and an engine with the given latencies."""
    search, translator = LoopbackSearch(url, search_s), LoopbackTranslator(url, by_seed(order, text_s))
    return Context(search, translator, FallbackChain({"loopback": LoopbackEngine(url, draw_s)}, 60))


async def barrier(order: Order, url: str, search_s: Latencies, text_s: Latencies, draw_s: Latencies) -> float:
    """Seconds for the same set by the original design's stages, each waiting for the one before as a whole."""
    engine, search = LoopbackEngine(url, draw_s), LoopbackSearch(url, search_s)
    translator = LoopbackTranslator(url, by_seed(order, text_s))
    for client in (engine, search, translator):
        await client.warm(len(order.angles))
    start = time.perf_counter()
    badge = await search.badge(order.car)
    await asyncio.gather(*(search.photos(order.car, angle) for angle in order.angles))
    prompts = [prompt_of(order, angle, SESSION, badge.text) for angle in order.angles]
    await asyncio.gather(*(translator.to_english(prompt) for prompt in prompts))
    pairs = zip(order.angles, prompts, strict=True)
    requests = [DrawRequest(order.car, angle, prompt, 0, SESSION, order.size) for angle, prompt in pairs]
    await asyncio.gather(*(engine.draw(request) for request in requests))
    seconds = time.perf_counter() - start
    for client in (engine, search, translator):
        await client.aclose()
    return seconds


def one_slow_stage(order: Order, dice: random.Random) -> list[Latencies]:
    """Every view is slow (1 s) in one stage, another view in another stage, and quick (0.1 … 0.3 s) in the rest."""
    return [
        {a.id: 1.0 if number % 3 == stage else dice.uniform(0.1, 0.3) for number, a in enumerate(order.angles)}
        for stage in range(3)
    ]


def long_tails(order: Order, dice: random.Random) -> list[Latencies]:
    """Independent latencies with a long tail: log-normal, median 0.2 s, sigma 1, at most 3 s."""
    return [{a.id: min(3.0, dice.lognormvariate(math.log(0.2), 1.0)) for a in order.angles} for _ in range(3)]


async def even(url: str) -> None:
    print("\n| views of 1 s | slowest view, s | wall, s | wall / slowest (goal <= 1.03) |\n|---|---|---|---|")
    for count in (3, 8, 24):
        order = spec_of(count)
        second = {angle.id: 1.0 for angle in order.angles}
        runs = [await ours(order, offline(url, second)) for _ in range(ROUNDS)]
        wall, slowest = sorted(runs, key=lambda run: run[0] / run[1])[ROUNDS // 2]
        print(f"| {count} | {slowest:.3f} | {wall:.3f} | {wall / slowest:.3f} |")


async def skewed(url: str) -> None:
    print("\n| latencies | views | wall, s | wall with barriers, s | ratio (goal <= 0.80) |\n|---|---|---|---|---|")
    for name, make in (("each view slow in one stage", one_slow_stage), ("independent long tails", long_tails)):
        for count in (3, 8, 24):
            order, pairs = spec_of(count), []
            for number in range(ROUNDS):
                stages = make(order, random.Random(100 * count + number))
                pairs.append(((await ours(order, staged(order, url, *stages)))[0], await barrier(order, url, *stages)))
            wall, reference = sorted(pairs, key=lambda pair: pair[0] / pair[1])[ROUNDS // 2]
            print(f"| {name} | {count} | {wall:.2f} | {reference:.2f} | {wall / reference:.2f} |")


async def main() -> None:
    with service() as url:
        await even(url)
        await skewed(url)


if __name__ == "__main__":
    asyncio.run(main())
