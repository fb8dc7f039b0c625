"""Render processes, and one place to ask them for a picture.

Each worker is a fresh Python process on one core (nothing is forked: the server has threads). A worker that dies is
replaced and its view is tried once more; a view that is cancelled takes its worker with it, at once, and a new one is
warmed up behind it.

By hand, because the standard pools can neither end one worker nor give previews a lead over pictures.
"""

from __future__ import annotations

import asyncio
import os
import pickle
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from carimg.errors import EngineBroken, EngineTimeout, InputError, Reason
from carimg.studio.render.camera import check_size
from carimg.studio.spec import Shot
from carimg.studio.workers.protocol import Drawn, Order, Preview, Ready, Refused, Reply, packed, stage_key
from carimg.studio.workers.semaphore import PrioritySemaphore

OnPreview = Callable[[bytes], Awaitable[None]]
"""Called with the JPEG bytes of a small, early picture."""

_ROOT = Path(__file__).resolve().parents[3]
_TRIES = 2
_PREVIEW_RANK, _PICTURE_RANK = 0, 1
_UNPAUSED = 1 << 30
"""Bytes of a worker's output that may wait to be read, far more than any reply has. A pipe that is paused hides its
end: a worker that is killed while its picture is on the way would never count as gone."""
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


class WorkerDied(Exception):
    """A render process ended before its picture was there."""


class _Worker:
    """One render process. `key` is the stage it has used last."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._ready = False
        self.key: object = None

    @classmethod
    async def start(cls, cache_dir: Path) -> _Worker:
        path = os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH"))))
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "carimg.studio.workers.worker",
            str(cache_dir),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=_UNPAUSED,
            env={**os.environ, **_ONE_THREAD, "PYTHONPATH": path},
        )
        return cls(process)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.returncode is None

    async def serve(self, order: Order) -> Drawn | Preview:
        """What was ordered. Raises WorkerDied, and InputError for a shot that cannot be drawn."""
        await self.warm()
        self.key = stage_key(order.shot)
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(packed(order))
            await self._process.stdin.drain()
        except (BrokenPipeError, ConnectionResetError) as error:
            raise WorkerDied from error
        while not isinstance(reply := await self._read(), Drawn | Preview):
            if isinstance(reply, Refused):
                raise InputError(reply.field, reply.message)
        return reply

    async def warm(self) -> None:
        """Wait until its libraries are loaded."""
        while not self._ready:
            self._ready = isinstance(await self._read(), Ready)

    async def _read(self) -> Reply:
        assert self._process.stdout is not None
        try:
            head = await self._process.stdout.readexactly(8)
            reply: Reply = pickle.loads(await self._process.stdout.readexactly(int.from_bytes(head, "little")))
        except (asyncio.IncompleteReadError, ConnectionResetError) as error:
            raise WorkerDied from error
        return reply

    async def gone(self) -> None:
        """End the process and wait until it has ended."""
        with suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()


class _Slot:
    """Holds one worker: it is started when needed, and again when it has died."""

    def __init__(self, cache_dir: Path) -> None:
        self._cache_dir = cache_dir
        self._start: asyncio.Task[_Worker] | None = None

    @property
    def now(self) -> _Worker | None:
        """The worker in it, if one is alive."""
        if self._start is None or not self._start.done() or self._start.cancelled() or self._start.exception():
            return None
        worker = self._start.result()
        return worker if worker.alive else None

    def warm(self) -> asyncio.Task[_Worker]:
        if self._start is None or (self._start.done() and self.now is None):
            self._start = asyncio.create_task(_Worker.start(self._cache_dir))
        return self._start

    async def worker(self) -> _Worker:
        """The worker, started if need be. Raises WorkerDied when the machine starts no process."""
        try:
            return await asyncio.shield(self.warm())
        except OSError as error:
            raise WorkerDied(str(error)) from error

    def clear(self) -> asyncio.Task[None]:
        """Empty the slot at once; the worker that was in it is ended by the task that is returned."""
        start, self._start = self._start, None
        return asyncio.create_task(_ended(start))


async def _ended(start: asyncio.Task[_Worker] | None) -> None:
    if start is not None:
        with suppress(OSError):
            await (await start).gone()


class RenderPool:
    """A fixed number of render processes. Lives on one event loop: made, used and closed there.

    `timeout_s` bounds the work on one picture; waiting for a free worker does not count.
    """

    def __init__(self, workers: int, cache_dir: Path, timeout_s: float = 180.0) -> None:
        self.workers = workers
        self.timeout_s = timeout_s
        self._slots = tuple(_Slot(cache_dir) for _ in range(workers))
        self._free = list(self._slots)
        self._turns = PrioritySemaphore(workers)
        self._chores: set[asyncio.Task[None]] = set()
        self._closed = False

    def start(self) -> None:
        """Warm all workers up in the background; without it, the first pictures do."""
        for slot in self._slots:
            slot.warm()

    @property
    def pids(self) -> tuple[int, ...]:
        """The process ids of the workers that are alive."""
        return tuple(slot.now.pid for slot in self._slots if slot.now)

    @property
    def busy_pids(self) -> tuple[int, ...]:
        """The process ids of the workers that are drawing."""
        return tuple(slot.now.pid for slot in self._slots if slot.now and slot not in self._free)

    async def render(self, shot: Shot, on_preview: OnPreview | None = None) -> Drawn:
        """Draw a shot in a free worker. Where previews are wanted, those of all shots go before any picture.

        Raises InputError for a shot that cannot be drawn, EngineTimeout, and EngineBroken when two workers died over it
        or the pool is closed. Cancelling it ends its worker.
        """
        check_size(shot.size)
        early_s = 0.0
        if on_preview is not None:
            early = await self._served(Order(shot, preview=True))
            assert isinstance(early, Preview)
            early_s = early.wall_s
            await on_preview(early.jpeg)
        drawn = await self._served(Order(shot, preview=False))
        assert isinstance(drawn, Drawn)
        return replace(drawn, wall_s=drawn.wall_s + early_s)

    async def _served(self, order: Order) -> Drawn | Preview:
        async with self._turns.turn(_PREVIEW_RANK if order.preview else _PICTURE_RANK):
            for _ in range(_TRIES):
                if self._closed:
                    raise EngineBroken("The studio is shutting down.", reason=Reason.CLOSED)
                with suppress(WorkerDied):
                    return await self._try(order)
        raise EngineBroken(
            f"The studio's render process died {_TRIES} times over this view. There may be too little memory: try a "
            "smaller picture or fewer workers.",
            reason=Reason.CRASH,
        )

    async def aclose(self) -> None:
        """End all workers. What is being drawn fails."""
        self._closed = True
        await asyncio.gather(*(slot.clear() for slot in self._slots), *self._chores)

    async def _try(self, order: Order) -> Drawn | Preview:
        slot = self._slot(stage_key(order.shot))
        unhurt = False
        try:
            async with asyncio.timeout(self.timeout_s):
                served = await (await slot.worker()).serve(order)
            unhurt = True
            return served
        except TimeoutError as error:
            raise EngineTimeout(
                f"The studio did not finish this view within {self.timeout_s:g} s: try a smaller picture, or raise "
                "CARIMG_ENGINE_TIMEOUT_S."
            ) from error
        except InputError:
            unhurt = True
            raise
        finally:
            if not unhurt:
                self._renew(slot)
            self._free.append(slot)

    def _slot(self, key: object) -> _Slot:
        """A free slot: one whose worker has the stage loaded, else one with a worker, else any."""
        slot = max(self._free, key=lambda slot: 0 if slot.now is None else 1 + (slot.now.key == key))
        self._free.remove(slot)
        return slot

    def _renew(self, slot: _Slot) -> None:
        """End a slot's worker at once and start the next one."""
        task = slot.clear()
        self._chores.add(task)
        task.add_done_callback(self._chores.discard)
        if not self._closed:
            slot.warm()
