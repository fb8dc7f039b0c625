"""What the consistency report is measured on: studio sets with exact masks, and photographed turntables.

Studio cars come in twins: same paint, same backdrop and light, another body. So a twin is the hardest negative, and a
view taken from it is a swapped body that nothing but the car betrays.
"""

from __future__ import annotations

import io
import random
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field, replace
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from PIL import Image

from carimg.consistency import ViewInput
from carimg.domain.catalog import catalog
from carimg.domain.kinds import BodyKind
from carimg.studio.car.model import GEOMETRY_VERSION, cached_model
from carimg.studio.spec import Camera, CarShape, Paint, Shot

ANGLES = ("front", "front_three_quarter", "side", "rear_three_quarter", "rear", "side_right")
SIZE = (384, 256)
PROCESSES = 2
_SHAPES_A_BODY = 2
_TURNTABLE_ELEVATION = 12.0  # degrees, by eye


@dataclass(frozen=True, slots=True)
class CarSet:
    """One car's views by angle. `hex` is the paint asked for; `half` 0 sets thresholds, half 1 is reported."""

    name: str
    body: str
    color: str
    hex: str
    half: int
    views: dict[str, ViewInput] = field(repr=False)
    twin: str = ""


def studio_sets(cache: Path, cars: int, seed: int, told: Callable[[str], None]) -> list[CarSet]:
    """`cars` (even) studio cars, from the cache or rendered into it. Another `seed` is other builds, paints and
    studios: cars that nobody has seen."""
    chance = random.Random(seed)
    shapes, colors = _shapes(chance), list(catalog().colors.values())
    chance.shuffle(colors)
    folder = cache / f"studio-v{GEOMETRY_VERSION}-{SIZE[0]}x{SIZE[1]}-{seed}"
    folder.mkdir(parents=True, exist_ok=True)
    found: list[tuple[str, Shot, int]] = []
    for number in range(cars):
        pair, twin = divmod(number, 2)
        shape = shapes[(pair + 3 * twin + pair // len(shapes)) % len(shapes)]
        color = colors[pair % len(colors)]
        paint, scene = Paint(color.hex, color.finish), f"bench-{seed}-{pair}"
        shot = Shot(shape, paint, Camera(0, 0), SIZE, scene, plate="BENCH", passes=True)
        found.append((f"{number:02d}-{shape.body}-{color.id}", shot, pair))
    with ProcessPoolExecutor(PROCESSES, get_context("spawn")) as pool:
        work = [pool.submit(_render_missing, folder, name, shot, cache / "models") for name, shot, _ in found]
        for number, done in enumerate(as_completed(work), 1):
            done.result()
            told(f"{number} of {cars} cars")
    names = [name for name, _, _ in found]
    return [
        CarSet(name, shot.shape.body.value, name.split("-")[2], shot.paint.hex, pair % 2, _views(folder, name), twin)
        for (name, shot, pair), twin in zip(found, _exchanged(names), strict=True)
    ]


def _exchanged(names: list[str]) -> list[str]:
    """Each one's twin."""
    return [names[number ^ 1] for number in range(len(names))]


def turntables(folder: Path) -> list[CarSet]:
    """`folder/<car>/yaw_NNN.png` with alpha: every car's files, each its own view. Half 1: nothing is set on them."""
    sets = []
    for place in sorted(path for path in folder.iterdir() if path.is_dir()):
        views = {}
        for file in sorted(place.glob("yaw_*.png")):
            yaw = float(re.sub(r"\D", "", file.stem))
            views[file.stem] = ViewInput(file.stem, yaw, _TURNTABLE_ELEVATION, file.read_bytes())
        sets.append(CarSet(place.name, "", place.name.rpartition("-")[2], "", 1, views))
    return sets


def without_masks(view: ViewInput) -> ViewInput:
    """As an engine without masks would deliver it."""
    return replace(view, car_mask=None, paint_mask=None)


def enlarged(view: ViewInput, edge: int) -> ViewInput:
    """The same view with a longer edge of `edge` pixels."""

    def grown(data: bytes | None) -> bytes | None:
        if data is None:
            return None
        with Image.open(io.BytesIO(data)) as image:
            scale = edge / max(image.size)
            return _png(np.asarray(image.resize((round(image.width * scale), round(image.height * scale)))))

    picture = grown(view.data)
    assert picture is not None
    return replace(view, data=picture, car_mask=grown(view.car_mask), paint_mask=grown(view.paint_mask))


def _shapes(chance: random.Random) -> list[CarShape]:
    """Bodies of the catalogue in two builds each, so that all twins differ in body."""
    found: list[CarShape] = []
    for build in range(_SHAPES_A_BODY):
        for body in catalog().bodies.values():
            stretch = 1.0 if build == 0 else chance.uniform(0.93, 1.05)
            found.append(
                CarShape(
                    BodyKind(body.id),
                    round(body.length_m * stretch, 3),
                    round(body.width_m * (1 if build == 0 else chance.uniform(0.97, 1.03)), 3),
                    round(body.height_m * (1 if build == 0 else chance.uniform(0.96, 1.04)), 3),
                    round(body.wheelbase_m * stretch, 3),
                    grille=chance.randrange(256),
                    lamps=chance.randrange(256),
                    wheels=chance.randrange(256),
                    era=0.4 + 0.6 * build,
                    initial="ABCDEFGHIJKLMNOP"[len(found)],
                )
            )
    return found


def _render_missing(folder: Path, name: str, shot: Shot, models: Path) -> None:
    missing = [angle for angle in ANGLES if not (folder / f"{name}-{angle}-paint.png").is_file()]
    if missing:
        for angle, pictures in _drawn(shot, missing, models):
            for kind, data in pictures.items():
                (folder / f"{name}-{angle}{kind}.png").write_bytes(data)


def _views(folder: Path, name: str) -> dict[str, ViewInput]:
    views = {}
    for angle in ANGLES:
        data, car, paint = ((folder / f"{name}-{angle}{kind}.png").read_bytes() for kind in ("", "-car", "-paint"))
        place = catalog().angles[angle]
        views[angle] = ViewInput(angle, place.yaw, place.elevation, data, car, paint)
    return views


def _drawn(shot: Shot, angles: list[str], models: Path) -> Iterator[tuple[str, dict[str, bytes]]]:
    from carimg.studio.render.stage import Stage  # loads the renderer, which a full cache does not need

    models.mkdir(parents=True, exist_ok=True)
    stage = Stage(shot, cached_model(shot.shape, models))
    for number, angle in enumerate(angles):
        place = catalog().angles[angle]
        drawn = stage.draw(replace(shot, camera=Camera(place.yaw, place.elevation), seed=number))
        if drawn.car is None or drawn.paint is None:
            raise AssertionError("a shot with passes has masks")
        yield angle, {"": _png(drawn.rgb), "-car": _png(drawn.car), "-paint": _png(drawn.paint)}


def _png(pixels: object) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")  # type: ignore[arg-type]
    return out.getvalue()
