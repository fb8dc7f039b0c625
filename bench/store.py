"""How quick the history stays: a page, searches, one set, one new view, at 100, 1,000 and 10,000 sets of 6 views.

    python bench/store.py            SQLite, and PostgreSQL where its binaries are installed
    python bench/store.py --sizes 100 1000

Times are medians in milliseconds over a warm store; the last columns are ratios to the 100-set time. The rows are
synthetic, their prompts are those of the built-in template; no picture files are read.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from carimg.domain.catalog import catalog  # noqa: E402
from carimg.domain.identity import canonical_id, display_id, generate_consistent_seed  # noqa: E402
from carimg.domain.order import Order  # noqa: E402
from carimg.domain.view import AnglePrompt, Attempt, SetState, View, ViewState  # noqa: E402
from carimg.errors import StoreError  # noqa: E402
from carimg.store import Store, open_store  # noqa: E402
from carimg.store.schema import sets, tags, views, words  # noqa: E402
from carimg.store.words import words_of  # noqa: E402
from tests.support.postgres import postgres_server  # noqa: E402

ANGLES = ["front", "side", "rear", "front_three_quarter", "rear_three_quarter", "top"]
MODELS = ("Clio", "Megane", "Golf", "Corolla", "Model 3", "Octavia", "Focus", "Civic", "Ланос", "Таврія")
TAGS = ("client", "Клієнт", "spring", "review", "approved")
REPEATS = 15


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[100, 1_000, 10_000])
    sizes = parser.parse_args().sizes
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        run("SQLite", "", folder, sizes)
        try:
            url = stack.enter_context(postgres_server())
        except FileNotFoundError as exc:
            print(f"\nPostgreSQL was not measured: {exc}")
            return
        run("PostgreSQL", url, folder, sizes)


def run(title: str, url: str, folder: Path, sizes: list[int]) -> None:
    """Grow one store through the sizes and print a table."""
    store = open_store(url, folder / title)
    found: dict[str, list[float]] = {}
    there = 0
    for size in sizes:
        fill(store, range(there, size))
        there = size
        for name, call in questions(store).items():
            found.setdefault(name, []).append(median_ms(call))
    store.close()
    print(
        f"\n{title:24}" + "".join(f"{f'{size:,} sets':>14}" for size in sizes) + "".join(f"{'×':>8}" for _ in sizes[1:])
    )
    for name, times in found.items():
        ratios = "".join(f"{value / times[0]:8.1f}" for value in times[1:])
        print(f"{name:24}" + "".join(f"{value:11.2f} ms" for value in times) + ratios)


def questions(store: Store) -> dict[str, Callable[[], object]]:
    """What is measured, by name."""
    last = store.history(limit=1).pages
    newest = store.history(limit=1).items[0]
    session = display_id(_session(7))
    return {
        "first page": lambda: store.history(),
        "middle page": lambda: store.history(page=max(1, last // 48)),
        "search: many hits": lambda: store.history("renault blue"),
        "search: few hits": lambda: store.history("octavia 1993 червоний"),
        "search: session id": lambda: store.history(session),
        "search: no hit": lambda: store.history("zeppelin"),
        "search: two letters": lambda: store.history("ла"),
        "a tag": lambda: store.history(tag="клієнт"),
        "favourites": lambda: store.history(favourites=True),
        "one state": lambda: store.history(state=SetState.PARTIAL),
        "load a set": lambda: store.load_set(newest.set_id),
        "find by CAR id": lambda: store.find_set(session),
        "save a failed view": lambda: store.save_view(newest.set_id, failed(newest.session_id)),
        "spent today": lambda: store.spent_today_usd(time.time()),
    }


def median_ms(call: Callable[[], object]) -> float:
    call()
    times = []
    for _ in range(REPEATS):
        begun = time.perf_counter()
        call()
        times.append(time.perf_counter() - begun)
    return statistics.median(times) * 1000


def failed(session_id: str) -> View:
    ordered = Order.parse(order(random.Random(1)))
    prompt = AnglePrompt(ordered.car, "front", text(ordered, "front", session_id), 1, session_id)
    attempts = (Attempt("openai", "quota", "no quota left", 0.1),)
    return View("front", ViewState.FAILED, prompt, seed=1, error="no").ended(attempts, 0.1)


def fill(store: Store, numbers: range) -> None:
    """Write synthetic sets, the older the lower their number, in one transaction."""
    with store.database.writing() as connection:
        for start in range(numbers.start, numbers.stop, 500):
            some = range(start, min(start + 500, numbers.stop))
            made = [rows(number) for number in some]
            connection.execute(sets.insert(), [row for row, _, _, _ in made])
            connection.execute(views.insert(), [view for _, them, _, _ in made for view in them])
            connection.execute(tags.insert(), [tag for _, _, them, _ in made for tag in them])
            connection.execute(words.insert(), [found for _, _, _, found in made])
    if not store.database.is_sqlite:  # as PostgreSQL's autovacuum does within a minute
        with store.database.writing() as connection:
            connection.exec_driver_sql("ANALYZE")


def order(chance: random.Random) -> dict[str, Any]:
    known = catalog()
    color = chance.choice(list(known.colors.values()))
    car = {
        "brand": chance.choice(["Renault", *(brand.name for brand in known.brands.values())]),
        "model": chance.choice(MODELS),
        "year": chance.randrange(1990, 2027),
        "color": chance.choice([color.en, color.uk]),
        "body_type": chance.choice(list(known.bodies)),
    }
    return {"car": car, "angles": ANGLES}


Row = dict[str, Any]


def rows(number: int) -> tuple[Row, list[Row], list[Row], Row]:
    """The rows of one set, of its views, of its tags, and its words."""
    chance = random.Random(number)
    ordered, session_id = Order.parse(order(chance)), _session(number)
    engine = chance.choice(["studio", "studio", "openai", "pollinations"])
    tagged = [tag for tag in TAGS if chance.random() < 0.05]
    prompts = {angle: text(ordered, angle, session_id) for angle in ANGLES}
    car = asdict(ordered.car)
    set_id = f"bench{number:07d}"
    named = words_of(
        [
            *map(str, car.values()),
            display_id(session_id),
            session_id,
            set_id,
            engine,
            *tagged,
            *ANGLES,
            *prompts.values(),
        ]
    )
    row = car | {
        "number": number + 1,
        "set_id": set_id,
        "session_id": session_id,
        "canonical_id": canonical_id(session_id),
        "owner": "bench",
        "state": "partial" if chance.random() < 0.1 else "done",
        "created_at": 1_700_000_000.0 + number * 60,
        "seconds": 3.0,
        "angles": ANGLES,
        "order": ordered.to_json(),
        "favourite": chance.random() < 0.05,
        "deleted_at": None,
    }
    hashes = {angle: f"{number:056x}{place:08x}" for place, angle in enumerate(ANGLES)}
    drawn = [
        {
            "set_number": number + 1,
            "angle": angle,
            "take": 1,
            "chosen": True,
            "state": "done",
            "saved_at": row["created_at"],
            "seconds": 1.0,
            "seed": generate_consistent_seed(session_id, angle),
            "prompt": prompts[angle],
            "engine": engine,
            "model": engine,
            "mime": "image/png",
            "width": 768,
            "height": 512,
            "sha256": hashes[angle],
            "page_sha256": hashes[angle],
            "thumb_sha256": hashes[angle],
        }
        for angle in ANGLES
    ]
    folded = [{"set_number": number + 1, "folded": tag.casefold(), "tag": tag} for tag in tagged]
    found = {"rowid": number + 1, "text": " ".join(named)}
    return row, drawn, folded, found


def text(ordered: Order, angle: str, session_id: str) -> str:
    car = ordered.car
    seed = generate_consistent_seed(session_id, angle)
    return (
        f"{car.year} {car.brand} {car.model} {car.body_type}, {car.color}, {angle} view. CONSISTENCY: Same vehicle "
        f"across all angles (Session: {session_id}, Seed: {seed}). {catalog().badge(car.brand)} on front grille, "
        f"clearly visible. Photorealistic automotive photography, authentic {car.brand} design. Same exact vehicle "
        "from different angle, identical color and details. Plain contrasting studio background, whole car in frame."
    )


def _session(number: int) -> str:
    return f"{random.Random(number).getrandbits(48):012x}"


if __name__ == "__main__":
    try:
        main()
    except StoreError as exc:
        sys.exit(str(exc))
