"""One render process: reads shots from standard input, writes pictures to standard output, until the input ends.

Run as `python -m carimg.studio.workers.worker CACHE_DIR` by `carimg.studio.workers.pool`. Messages are those of
`carimg.studio.workers.protocol`; the first one out is `Ready`. When the server dies, however it dies, its end of the
pipe closes, and so this process ends.
"""

from __future__ import annotations

import io
import os
import pickle
import queue
import signal
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from carimg.errors import InputError
from carimg.studio.spec import CarShape, Model, Shot
from carimg.studio.workers.protocol import Drawn, Order, Preview, Ready, Refused, stage_key, write

if TYPE_CHECKING:
    from carimg.studio.render.stage import Stage

_KEPT_SETS = 2


def main(cache_dir: str) -> None:
    """Serve until standard input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    replies = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    orders: queue.SimpleQueue[Order] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(sys.stdin.buffer, orders), daemon=True).start()
    stages = _StageCache(Path(cache_dir))
    write(replies, Ready(os.getpid()))
    while True:
        order = orders.get()
        try:
            _serve(stages, order, replies)
        except InputError as error:
            write(replies, Refused(error.field, error.message))


def _listen(stream: IO[bytes], orders: queue.SimpleQueue[Order]) -> None:
    """Queue orders; the end of the stream ends the process at once, even in the middle of a picture."""
    while len(head := stream.read(8)) == 8:
        orders.put(pickle.loads(stream.read(int.from_bytes(head, "little"))))
    os._exit(0)


class _StageCache:
    """What a worker keeps between pictures: the last cars in their studios, so that two sets may take turns."""

    def __init__(self, cache_dir: Path) -> None:
        from carimg.studio.car.model import cached_model
        from carimg.studio.render.stage import Stage

        self._load, self._build = Stage, cached_model
        self._folder = cache_dir
        self._sets: dict[object, _Set] = {}

    def stage(self, shot: Shot) -> Stage:
        key = stage_key(shot)
        kept = self._sets.pop(key, None)
        if kept is None:
            like = next((old for old in self._sets.values() if old.shape == shot.shape), None)
            while len(self._sets) >= _KEPT_SETS:
                del self._sets[next(iter(self._sets))]
            model = like.model if like else self._build(shot.shape, self._folder)
            kept = _Set(shot.shape, model, self._load(shot, model, like.stage.caster if like else None))
        self._sets[key] = kept
        return kept.stage


@dataclass(frozen=True, slots=True)
class _Set:
    shape: CarShape
    model: Model
    stage: Stage


def _serve(stages: _StageCache, order: Order, replies: IO[bytes]) -> None:
    from carimg.studio.render.stage import SAMPLES

    started, cpu = time.monotonic(), time.process_time()
    shot = order.shot
    stage = stages.stage(shot)
    if order.preview:
        jpeg = _encoded(stage.draw(shot, preview=True).rgb, "JPEG")
        write(replies, Preview(jpeg, time.monotonic() - started))
        return
    picture = stage.draw(shot)
    steps = dict(stage.seconds)
    before = time.process_time()
    png = _encoded(picture.rgb, "PNG")
    masks = [None if mask is None else _encoded(mask, "PNG") for mask in (picture.car, picture.paint)]
    steps["encode"] = time.process_time() - before
    steps["all"] = time.process_time() - cpu
    wall = time.monotonic() - started
    samples = shot.samples or SAMPLES
    write(replies, Drawn(png, shot.size, samples, steps, wall, masks[0], masks[1], picture.depth, picture.normals))


def _encoded(picture: object, form: str) -> bytes:
    from PIL import Image

    sink = io.BytesIO()
    options: dict[str, int] = {"quality": 85} if form == "JPEG" else {"compress_level": 3}
    Image.fromarray(picture).save(sink, form, **options)  # type: ignore[arg-type]
    return sink.getvalue()


if __name__ == "__main__":
    main(sys.argv[1])
