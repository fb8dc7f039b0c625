"""The offline studio by numbers: `python bench/studio.py speed | quality | colours`.

speed     CPU seconds by step, what passes add, first preview, one worker against two, a spin of 36 frames, memory
quality   PSNR of n samples a pixel, whole picture and worst 1 % of 16 × 16 tiles, against 256 samples a pixel
colours   ΔE2000 between every catalogue colour and the lit paint in its picture

Cars are built once and kept in `--cache`. CPU seconds are the worker's own; they grow when other processes share the
machine's cores.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from skimage.color import deltaE_ciede2000

from carimg.domain.catalog import catalog
from carimg.domain.kinds import BodyKind, Finish
from carimg.studio.car.model import cached_model
from carimg.studio.render.stage import SAMPLES, Stage
from carimg.studio.render.tone import decode, lab, linear
from carimg.studio.spec import Camera, CarShape, Paint, Rendering, Shot
from carimg.studio.workers.pool import RenderPool

HATCHBACK = CarShape(BodyKind.HATCHBACK, 4.06, 1.79, 1.47, 2.57, initial="C")
VIEWS = (Camera(0, 5), Camera(38, 9), Camera(90, 4), Camera(142, 10), Camera(180, 6), Camera(90, 88))
SHOT = Shot(HATCHBACK, Paint("#1f4e9e", Finish.METALLIC), VIEWS[1], scene="bench", seed=7, plate="CAR-0BE9C4A1")
STEPS = ("passes", "trace", "denoise", "develop", "encode", "all")


def lit_paint(picture: Rendering) -> NDArray[np.floating]:
    """L*a*b* (n, 3) of well-lit paint: fully covered pixels from the middle to the brightest fifth, which is glare."""
    assert picture.paint is not None
    paint = picture.rgb[picture.paint == 255] / 255
    color = lab(decode(paint))
    low, high = np.quantile(color[:, 0], (0.5, 0.8))
    return np.asarray(color[(color[:, 0] >= low) & (color[:, 0] <= high)])


def paint_error(picture: Rendering, hex_color: str) -> float:
    """ΔE2000 between the median of the lit paint and the colour asked for."""
    return float(
        deltaE_ciede2000(  # type: ignore[no-untyped-call]
            np.median(lit_paint(picture), 0), lab(np.array(linear(hex_color)))
        )
    )


def colours(cache: Path) -> None:
    model = cached_model(HATCHBACK, cache)
    errors, caster = [], None
    print(f"{'colour':24}{'hex':10}{'finish':10}{'ΔE2000':>8}")
    for color in catalog().colors.values():
        shot = replace(SHOT, paint=Paint(color.hex, color.finish), size=(256, 256), samples=2, passes=True)
        stage = Stage(shot, model, caster)
        caster = stage.caster
        errors.append(paint_error(stage.draw(shot), color.hex))
        print(f"{color.id:24}{color.hex:10}{color.finish:10}{errors[-1]:8.1f}", flush=True)
    share = np.mean(np.array(errors) <= 5)
    print(f"{len(errors)} colours: median {np.median(errors):.1f}, worst {max(errors):.1f}, within 5: {share:.0%}")


def quality(cache: Path, size: tuple[int, int], reference: int) -> None:
    shot = replace(SHOT, size=size)
    stage = Stage(shot, cached_model(HATCHBACK, cache))
    best = stage.draw(replace(shot, samples=reference)).rgb
    print(f"{size[0]}×{size[1]} against {reference} samples\n{'samples':>8}{'CPU s':>8}{'PSNR dB':>9}{'worst 1 %':>11}")
    for samples in (1, 2, 3, 4, 8, 16):
        picture = stage.draw(replace(shot, samples=samples, seed=shot.seed)).rgb
        whole, worst = psnr(picture, best)
        mark = "  ← final" if samples == SAMPLES else ""
        print(f"{samples:8}{sum(stage.seconds.values()):8.2f}{whole:9.1f}{worst:11.1f}{mark}", flush=True)


def psnr(picture: NDArray[np.uint8], reference: NDArray[np.uint8], tile: int = 16) -> tuple[float, float]:
    """PSNR in dB of the whole picture and of its worst 1 % of tiles."""
    error = ((picture.astype(float) - reference) ** 2).mean(-1)
    rows, columns = error.shape[0] // tile, error.shape[1] // tile
    tiles = error[: rows * tile, : columns * tile].reshape(rows, tile, columns, tile).mean((1, 3))
    return _decibels(error.mean()), _decibels(np.quantile(tiles, 0.99))


def _decibels(error: np.floating) -> float:
    return float(10 * np.log10(255**2 / max(float(error), 1e-9)))


async def speed(cache: Path, size: tuple[int, int]) -> None:
    shots = [replace(SHOT, size=size, camera=camera, passes=True) for camera in VIEWS]
    print(f"{size[0]}×{size[1]}, {SAMPLES} samples; CPU seconds a view\n{'':12}" + "".join(f"{s:>9}" for s in STEPS))
    walls = {}
    for workers in (1, 2):
        pool = RenderPool(workers, cache)
        await asyncio.gather(*(pool.render(shot) for shot in shots[:workers]))
        started = time.monotonic()
        drawn = await asyncio.gather(*(pool.render(shot) for shot in shots))
        walls[workers] = time.monotonic() - started
        steps = [np.mean([picture.cpu_s.get(step, 0) for picture in drawn]) for step in STEPS]
        print(f"{workers} worker{'s' * (workers > 1):4}" + "".join(f"{s:9.2f}" for s in steps))
        if workers == 2:
            await _passes(pool, size)
            await _preview_and_spin(pool, size)
        await pool.aclose()
    print(f"six views: {walls[1]:.1f} s with one worker, {walls[2]:.1f} s with two: × {walls[1] / walls[2]:.2f}")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"largest worker: {peak:.0f} MB")


async def _passes(pool: RenderPool, size: tuple[int, int]) -> None:
    """What masks, depth and normals add to a picture: a picture needs them itself, so it is handing them out."""
    spent = {False: 0.0, True: 0.0}
    for camera in VIEWS:
        for passes in spent:
            drawn = await pool.render(replace(SHOT, size=size, camera=camera, passes=passes))
            spent[passes] += drawn.cpu_s["all"]
    print(f"masks, depth and normals add {spent[True] / spent[False] - 1:.1%} of CPU time")


async def _preview_and_spin(pool: RenderPool, size: tuple[int, int]) -> None:
    started = time.monotonic()
    seen: list[float] = []

    async def preview(_: bytes) -> None:
        seen.append(time.monotonic() - started)

    await pool.render(replace(SHOT, size=size), preview)
    print(f"first preview after {seen[0]:.2f} s, picture after {time.monotonic() - started:.2f} s")
    started = time.monotonic()
    spin = (replace(SHOT, size=(512, 341), camera=Camera(yaw, 5)) for yaw in range(0, 360, 10))
    await asyncio.gather(*(pool.render(shot) for shot in spin))
    print(f"36 frames at 512×341: {time.monotonic() - started:.1f} s")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("what", choices=("speed", "quality", "colours"))
    options.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "carimg-bench")
    options.add_argument("--size", default="768x512")
    options.add_argument("--reference", type=int, default=256, help="samples a pixel of the reference")
    given = options.parse_args()
    width, height = (int(edge) for edge in given.size.split("x"))
    if given.what == "colours":
        colours(given.cache)
    elif given.what == "quality":
        quality(given.cache, (width, height), given.reference)
    else:
        asyncio.run(speed(given.cache, (width, height)))


if __name__ == "__main__":
    main()
