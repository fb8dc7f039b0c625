"""Is it one car? How well the report can tell, where it is fooled, and what it says of planted failures.

    python -m bench.consistency CACHE [--turntables FOLDER] [--cars 40] [--seed 3]

Renders studio sets into CACHE once, in two processes, then measures. Cars come in twins (same paint, backdrop and
light, another body). The limits were set on cars of the seeds before this one, and on what one half of this seed's
twins shows beside them; the other half is reported. Whoever changes a limit takes a new seed for the next report.
`--turntables` names a folder with one folder a car of `yaw_NNN.png`; without it that part is absent and says so.
Prints Markdown.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations
from pathlib import Path

import numpy as np

from bench.consistency_examiner import Examiner
from bench.consistency_plants import Plant, Views, plants, with_view_of
from bench.consistency_sets import CarSet, enlarged, studio_sets, turntables, without_masks
from carimg.consistency import (
    LIMITS,
    Evidence,
    Report,
    State,
    Verdict,
    ViewInput,
    ViewReport,
    conclude,
    examine,
    geometry,
    shape,
)
from carimg.consistency.paint import Palette, delta_e, palette, palette_distance, thin
from carimg.consistency.picture import decode, decode_mask, from_hex

SAME_FAMILY = 20.0
"""ΔE between requested paints below which two cars count as one colour family."""
OFTEN = 0.9
KNOWN_BLIND_SPOTS = (
    "wheels, lights, badge and trim are not compared: two cars of one paint and like proportions pass as one",
    "a red car's tail lamps look like its paint, so its front and rear, or its sides, may be exchanged unseen",
    "white, grey and black cars: paint tells little, and the sentence says so",
    "a pale car on a pale backdrop is often not measurable without the engine's mask",
    "paint that differs in lightness only, by less than twice the limit, passes as light",
    "views from above are compared by paint only",
    "a front or rear view that is mirrored looks like itself",
)
TURNTABLE_YAWS = (0, 38, 90, 142, 180, 270)
Score = Callable[[Evidence, Evidence], float | None]


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cache", type=Path)
    parser.add_argument("--turntables", type=Path)
    parser.add_argument("--cars", type=int, default=40)
    parser.add_argument("--seed", type=int, default=3, help="which cars")
    asked = parser.parse_args(arguments)
    asked.cache.mkdir(parents=True, exist_ok=True)
    cars = studio_sets(asked.cache, asked.cars, asked.seed, lambda text: print(text, file=sys.stderr, flush=True))
    for masks in (False, True):
        look = Examiner(asked.cache, masks)
        print(f"\n# Studio, {'the engine’s own masks' if masks else 'segmented (as for engines without masks)'}\n")
        unseen = studio_report(cars, look)
        look.keep()
        print_blind_spots(unseen)
    print_speed(cars[0])
    print("\n# Photographed turntables\n")
    if asked.turntables is None:
        print("Absent: no folder was given.")
        return
    look = Examiner(asked.cache, masks=False)
    turntable_report(turntables(asked.turntables), look)
    look.keep()


def print_speed(car: CarSet) -> None:
    """CPU seconds on one core for a picture of 1024 px, and for the conclusion over a set."""
    print("\n# Speed: CPU seconds, one core, pictures of 1024 px\n")
    views = [enlarged(view, 1024) for view in car.views.values()]
    seen: list[Evidence] = []
    print_head("step", "median", "worst")
    for name, given in (("examine, exact masks", views), ("examine, segmented", [without_masks(v) for v in views])):
        took, seen = [], []
        for view in given:
            started = time.process_time()
            seen.append(examine(view))
            took.append(time.process_time() - started)
        print(f"| {name} | {np.median(took):.2f} | {max(took):.2f} |")
    started = time.process_time()
    conclude(seen)
    print(f"| conclude over {len(seen)} views | {time.process_time() - started:.2f} | |")


def studio_report(cars: list[CarSet], look: Examiner) -> list[str]:
    """Prints all tables; returns what was planted and often not seen, in words."""
    halves = [[car for car in cars if car.half == half] for half in (0, 1)]
    print(f"{len(cars)} cars × {len(cars[0].views)} views: {len(halves[0])} set limits, {len(halves[1])} are reported.")
    planted = [plants(car, {one.name: one for one in cars}, number) for number, car in enumerate(halves[1])]
    views = [view for car in cars for view in car.views.values()]
    look.learn(views + [view for every in planted for plant in every for view in plant.views.values()])
    print_masks(halves[1], look)
    print_thresholds(halves, look)
    print_agreement(halves[1], look)
    print_odd(halves[1], look)
    return print_plants(halves[1], planted, look)


def print_head(*titles: str) -> None:
    print(f"| {' | '.join(titles)} |\n|{'---|' * len(titles)}")


def print_masks(cars: list[CarSet], look: Examiner) -> None:
    overlaps, off, asked, lost = [], [], [], 0
    for car, view in ((one, view) for one in cars for view in one.views.values()):
        found = look(view)
        lost += found.problem is not None
        if found.problem or found.mask_png is None or found.paint is None or view.car_mask is None:
            continue
        frame = decode(view.data)
        assert frame is not None and view.paint_mask is not None
        size = frame.rgb.shape[1], frame.rgb.shape[0]
        mine, true, paint = (decode_mask(data, size) for data in (found.mask_png, view.car_mask, view.paint_mask))
        assert mine is not None and true is not None and paint is not None
        overlaps.append((mine & true).sum() / (mine | true).sum())
        off.append(float(delta_e(found.paint.lab, np.median(frame.lab[paint], axis=0))))
        asked.append(float(delta_e(found.paint.lab, from_hex(car.hex))))
    print_head("measure", "median", "worst tenth from")
    print(f"| mask, overlap with the exact one | {np.median(overlaps):.3f} | {np.quantile(overlaps, 0.1):.3f} |")
    print(f"| paint, ΔE to the exact paint pixels' median | {np.median(off):.1f} | {np.quantile(off, 0.9):.1f} |")
    print(f"| paint, ΔE to the requested paint | {np.median(asked):.1f} | {np.quantile(asked, 0.9):.1f} |")
    print(f"\nNot measurable: {lost} of {sum(len(car.views) for car in cars)} views.\n")


def print_thresholds(halves: list[list[CarSet]], look: Examiner) -> None:
    """Same-car values on the setting half, and how often the product's limits are passed on the reported half."""
    setting, reported = ([conclude([look(v) for v in car.views.values()]) for car in half] for half in halves)
    rows: list[tuple[str, Callable[[Report], Iterator[float]], float]] = [
        (
            "paint ΔE to consensus (amber)",
            lambda r: (v.delta_e_consensus for v in r.views if v.delta_e_consensus is not None),
            LIMITS.paint_amber,
        ),
        (
            "paint ΔE to consensus (red)",
            lambda r: (v.delta_e_consensus for v in r.views if v.delta_e_consensus is not None),
            LIMITS.paint_red,
        ),
        (
            "palette distance (amber)",
            lambda r: (v.palette_distance for v in r.views if v.palette_distance is not None),
            LIMITS.palette_amber,
        ),
        (
            "aspect surprise (amber)",
            lambda r: (abs(v.surprise) for v in r.views if v.surprise is not None),
            LIMITS.surprise_amber,
        ),
        (
            "1 − silhouette overlap (amber)",
            lambda r: (1 - p.score for p in r.pairs if p.kind == "silhouette"),
            1 - LIMITS.silhouette_side,
        ),
    ]
    print_head("same car", "p95 on the setting half", "p99", "limit", "passed by, reported half")
    for name, values, limit in rows:
        known = [value for report in setting for value in values(report)]
        new = np.array([value for report in reported for value in values(report)])
        p95, p99 = np.quantile(known, (0.95, 0.99))
        print(f"| {name} | {p95:.2f} | {p99:.2f} | {limit:.2f} | {np.mean(new > limit):.1%} |")
    print()


def print_agreement(cars: list[CarSet], look: Examiner) -> None:
    """AUC of same-car pairs of different angles against pairs of different cars, with the background-only control."""
    seen = [(car, angle, look(view), backdrop(view)) for car in cars for angle, view in car.views.items()]
    usable = [item for item in seen if item[2].problem is None]
    measures: dict[str, Score] = {
        "palette": lambda a, b: palette_distance(a.palette, b.palette) if a.palette and b.palette else None,
        "one paint colour": lambda a, b: float(delta_e(a.paint.lab, b.paint.lab)) if a.paint and b.paint else None,
        "features, ≤ 45° apart": _features_apart,
        "silhouette, left against mirrored right": _outlines_apart,
    }
    print_head("same car? (AUC)", "any", "different colour", "same colour", "twin: same paint and backdrop")
    for name, score in measures.items():
        print(_auc_row(name, usable, lambda a, b, score=score: score(a[2], b[2])))
    print(_auc_row("**background only** (control)", usable, lambda a, b: palette_distance(a[3], b[3])))
    print()


def _auc_row(name: str, seen: list, score: Callable) -> str:  # type: ignore[type-arg]
    same: list[float] = []
    other: dict[str, list[float]] = {"any": [], "different": [], "family": [], "twin": []}
    for one, two in combinations(seen, 2):
        if one[1] == two[1] or (apart := score(one, two)) is None:
            continue
        if one[0].name == two[0].name:
            same.append(apart)
            continue
        family = float(delta_e(from_hex(one[0].hex), from_hex(two[0].hex))) < SAME_FAMILY
        for kind in ("any", "family" if family else "different", *(["twin"] if one[0].twin == two[0].name else [])):
            other[kind].append(apart)
    return f"| {name} | " + " | ".join(_auc(same, other[kind]) for kind in other) + " |"


def _auc(same: list[float], other: list[float]) -> str:
    """Probability that a same-car pair is nearer than another one, ties counting half."""
    if not same or not other:
        return "—"
    a, b = np.sort(same), np.asarray(other)
    below, upto = np.searchsorted(a, b, "left"), np.searchsorted(a, b, "right")
    return f"{float((below + upto).mean() / 2 / len(a)):.3f}"


def _features_apart(one: Evidence, two: Evidence) -> float | None:
    if not (one.features and two.features) or not geometry.is_near(
        (one.yaw, one.elevation), (two.yaw, two.elevation), LIMITS
    ):
        return None
    share = geometry.feature_agreement(one.features, two.features)
    return None if share is None else -share


def _outlines_apart(one: Evidence, two: Evidence) -> float | None:
    if not (one.shape and two.shape) or not geometry.is_left_right(
        (one.yaw, one.elevation), (two.yaw, two.elevation), LIMITS
    ):
        return None
    return 1 - shape.overlap(one.shape, two.shape, mirrored=True)


def backdrop(view: ViewInput) -> Palette:
    """The palette of everything but the car, by the exact mask."""
    frame = decode(view.data)
    assert frame is not None
    size = frame.rgb.shape[1], frame.rgb.shape[0]
    car = decode_mask(view.car_mask, size) if view.car_mask else frame.alpha
    assert car is not None
    return palette(thin(frame.lab[~car]))


def print_odd(cars: list[CarSet], look: Examiner) -> None:
    """One view exchanged for another car's: is it noticed, and is it the one that is named?"""
    clean = [_oddest(conclude([look(view) for view in car.views.values()]))[1] for car in cars]
    by_name = {car.name: car for car in cars}
    found: dict[str, list[tuple[bool, float]]] = {"different colour": [], "same colour": [], "twin": []}
    for number, car in enumerate(cars):
        for step, angle in enumerate(car.views):
            other = cars[(number + 1 + 3 * step) % len(cars)]
            family = float(delta_e(from_hex(car.hex), from_hex(other.hex))) < SAME_FAMILY
            picks = [("twin", by_name[car.twin])]
            if other.name not in (car.name, car.twin):
                picks.append(("same colour" if family else "different colour", other))
            for kind, source in picks:
                plant = with_view_of(car, source, angle)
                named, odd = _oddest(conclude([look(view) for view in plant.views.values()]))
                found[kind].append((named == angle, odd))
    print_head(
        "one view of another car",
        "n",
        "noticed (AUC against clean sets)",
        f"named (chance {1 / len(cars[0].views):.2f})",
    )
    for kind, results in found.items():
        if results:
            noticed = _auc([-odd for _, odd in results], [-odd for odd in clean])
            print(f"| {kind} | {len(results)} | {noticed} | {np.mean([right for right, _ in results]):.0%} |")
    print()


def _oddest(report: Report) -> tuple[str, float]:
    """The view that stands apart most, gated views first, and by how much."""
    scores = {view.angle: 9.0 if view.oddness is None else view.oddness for view in report.views}
    name = max(scores, key=lambda angle: scores[angle])
    return name, scores[name]


def print_plants(cars: list[CarSet], planted: list[list[Plant]], look: Examiner) -> list[str]:
    clean = Plant("nothing (clean set)", {}, ())
    rows: dict[str, list[tuple[Report, Plant]]] = {clean.kind: []}
    for car, every in zip(cars, planted, strict=True):
        rows[clean.kind].append((_concluded(car.views, look), clean))
        for plant in every:
            rows.setdefault(plant.kind, []).append((_concluded(plant.views, look), plant))
    print_head("planted", "n", "verdict", "a wrong view flagged", "named odd", "said of the wrong view, most often")
    for kind, results in rows.items():
        print(_plant_row(kind, results))
    lost = sum(any(v.state is State.NOT_MEASURABLE for v in report.views) for report, _ in rows[clean.kind])
    print(f"\nClean sets with a view that says 'not measurable': {lost} of {len(cars)}.\n")
    del rows[clean.kind]
    seen = {kind: np.mean([bool(_flags(*result)) for result in results]) for kind, results in rows.items()}
    return [f"{kind}: seen in {share:.0%}" for kind, share in seen.items() if share < OFTEN]


def _plant_row(kind: str, results: list[tuple[Report, Plant]]) -> str:
    verdicts = Counter(report.verdict.value for report, _ in results)
    told = ", ".join(f"{count} {verdict}" for verdict, count in verdicts.most_common())
    flagged, named, said = 0, 0, Counter[str]()
    for report, plant in results:
        bad = _flags(report, plant)
        flagged += bool(bad)
        named += report.odd_one_out in plant.wrong
        said.update({message.key for view in bad for message in view.messages if not message.key.startswith("hint")})
    words = ", ".join(f"{key} ({count})" for key, count in said.most_common(2)) or "—"
    n = len(results)
    return f"| {kind} | {n} | {told} | {flagged / n:.0%} | {named / n:.0%} | {words} |"


def _flags(report: Report, plant: Plant) -> list[ViewReport]:
    """The wrong views that are not 'ok'; in a clean set those that something is said against."""
    if not plant.wrong:
        return [v for v in report.views if v.state in (State.AMBER, State.RED)]
    return [v for v in report.views if v.state is not State.OK and v.angle in plant.wrong]


def print_blind_spots(unseen: list[str]) -> None:
    print("Blind spots:\n")
    print("\n".join(f"- {line}" for line in (*unseen, *KNOWN_BLIND_SPOTS)))


def _concluded(views: Views, look: Examiner) -> Report:
    return conclude([look(view) for view in views.values()])


def turntable_report(cars: list[CarSet], look: Examiner) -> None:
    """Six views a car nearest to the usual angles; few cars, so an anecdote with numbers."""
    sets = [_usual(car) for car in cars]
    for car in sets:
        report = _concluded(car.views, look)
        print(f"- {car.name}: **{report.verdict}**. {report.sentence.text}")
    if len(sets) < 2:
        return
    right, total, noticed = 0, 0, 0
    for car, other in ((sets[0], sets[1]), (sets[1], sets[0])):
        for angle, source in zip(car.views, other.views.values(), strict=True):
            report = _concluded({**car.views, angle: ViewInput(angle, source.yaw, source.elevation, source.data)}, look)
            right, total = right + (report.odd_one_out == angle), total + 1
            noticed += report.verdict is not Verdict.SAME
    print(f"- one view of the other car: noticed {noticed} of {total}, named {right} of {total} (chance {1 / 6:.2f})")
    same, other_, back_same, back_other = (list[float]() for _ in range(4))
    seen = [(car.name, look(view), backdrop(view)) for car in sets for view in car.views.values()]
    for one, two in combinations([item for item in seen if item[1].palette], 2):
        assert one[1].palette and two[1].palette
        (same if one[0] == two[0] else other_).append(palette_distance(one[1].palette, two[1].palette))
        (back_same if one[0] == two[0] else back_other).append(palette_distance(one[2], two[2]))
    print(f"- palette, same car or not: AUC {_auc(same, other_)}; background only {_auc(back_same, back_other)}")


def _usual(car: CarSet) -> CarSet:
    near = {min(car.views, key=lambda a, y=yaw: geometry.turn(car.views[a].yaw, y)) for yaw in TURNTABLE_YAWS}  # type: ignore[misc]
    return CarSet(car.name, car.body, car.color, car.hex, car.half, {a: v for a, v in car.views.items() if a in near})


if __name__ == "__main__":
    main(sys.argv[1:])
