"""Two sheets of the offline studio: all bodies from all angles, and the finishes of paint.

`python bench/studio_sheet.py FOLDER` writes `studio-bodies.jpg` and `studio-finishes.jpg` there, small enough to keep.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from PIL import Image

from carimg.domain.car import Car
from carimg.domain.catalog import catalog
from carimg.domain.kinds import Finish
from carimg.engines.studio import shape
from carimg.export import grid_sheet
from carimg.studio.spec import Camera, Paint, Shot
from carimg.studio.workers.pool import RenderPool

SIZE = (384, 256)
CARS = (
    Car("Renault", "Clio", 2019, "", "hatchback"),
    Car("Skoda", "Superb", 2023, "", "sedan"),
    Car("Hyundai", "Tucson", 2024, "", "suv"),
    Car("Volvo", "V60", 2022, "", "wagon"),
    Car("BMW", "430i", 2021, "", "coupe"),
    Car("Mazda", "MX-5", 2020, "", "convertible"),
    Car("Ford", "Ranger", 2023, "", "pickup"),
    Car("Mercedes-Benz", "Vito", 2024, "", "van"),
)
PAINTS = ("#1f4e9e", "#b01020", "#f2f2ef", "#1b1c1e", "#8a8f94", "#1f6b45", "#d9772b", "#5a2d6e")


async def bodies(pool: RenderPool) -> bytes:
    """Every body (rows) from every angle of the catalogue (columns)."""
    angles = list(catalog().angles.values())
    shots = [
        [
            Shot(shape(car), Paint(paint, Finish.METALLIC), Camera(a.yaw, a.elevation), SIZE, "sheet", 1, "CARIMG")
            for a in angles
        ]
        for car, paint in zip(CARS, PAINTS, strict=True)
    ]
    return grid_sheet([car.body_type for car in CARS], [angle.en for angle in angles], await _all(pool, shots))


async def finishes(pool: RenderPool) -> bytes:
    """Every finish (rows) in some colours (columns)."""
    base = Shot(shape(CARS[0]), Paint(PAINTS[0]), Camera(38, 9), SIZE, "sheet", 1, "CARIMG")
    shots = [[replace(base, paint=Paint(paint, finish)) for paint in PAINTS[:6]] for finish in Finish]
    return grid_sheet([finish.value for finish in Finish], PAINTS[:6], await _all(pool, shots))


async def _all(pool: RenderPool, shots: Sequence[Sequence[Shot]]) -> list[list[bytes | None]]:
    drawn = await asyncio.gather(*(pool.render(shot) for line in shots for shot in line))
    pictures = iter(drawn)
    return [[next(pictures).png for _ in line] for line in shots]


def keep(sheet: bytes, path: Path, width: int = 2400) -> None:
    with Image.open(io.BytesIO(sheet)) as image:
        small = image.convert("RGB")
        small.thumbnail((width, width), Image.Resampling.LANCZOS)
        small.save(path, quality=82, optimize=True)
    print(f"{path}: {small.width} x {small.height}, {path.stat().st_size // 1024} KiB")


async def main(folder: Path, cache: Path, workers: int) -> None:
    pool = RenderPool(workers, cache)
    try:
        keep(await finishes(pool), folder / "studio-finishes.jpg")
        keep(await bodies(pool), folder / "studio-bodies.jpg")
    finally:
        await pool.aclose()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "carimg-models")
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    asyncio.run(main(given.folder, given.cache, given.workers))
