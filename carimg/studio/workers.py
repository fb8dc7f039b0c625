"""Render processes, and one place to ask them for a picture.

Each worker is a fresh Python process on one core (nothing is forked: the server has threads). A worker that dies is
replaced and its view is tried once more; a view that is cancelled takes its worker with it, at once, and a new one is
warmed up behind it.
"""

from __future__ import annotations

import asyncio
import os
import pickle
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

from carimg.errors import EngineBroken, InputError
from carimg.studio.camera import check_size
from carimg.studio.spec import Shot
from carimg.studio.wire import Drawn, Order, Preview, Ready, Refused, Reply, packed, stage_key

OnPreview = Callable[[bytes], Awaitable[None]]
"""Called with the JPEG bytes of a small, early picture."""

_ROOT = Path(__file__).resolve().parents[2]
_TRIES = 2
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


class WorkerDied(Exception):
    """A render process ended before its picture was there."""


class _Worker:
    """One render process. `key` is the stage it has loaded."""

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
            "carimg.studio.worker",
            str(cache_dir),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env={**os.environ, **_ONE_THREAD, "PYTHONPATH": path},
        )
        return cls(process)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.returncode is None

    async def draw(self, shot: Shot, on_preview: OnPreview | None) -> Drawn:
        """Raises WorkerDied, and InputError for a shot that cannot be drawn."""
        await self.warm()
        self.key = stage_key(shot)
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(packed(Order(shot, on_preview is not None)))
            await self._process.stdin.drain()
        except (BrokenPipeError, ConnectionResetError) as error:
            raise WorkerDied from error
        while not isinstance(reply := await self._read(), Drawn):
            if isinstance(reply, Refused):
                raise InputError(reply.field, reply.message)
            if isinstance(reply, Preview) and on_preview is not None:
                await on_preview(reply.jpeg)
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


class _Seat:
    """A place for one worker: it is started when needed, and again when it has died."""

    def __init__(self, cache_dir: Path) -> None:
        self._cache_dir = cache_dir
        self._start: asyncio.Task[_Worker] | None = None

    @property
    def now(self) -> _Worker | None:
        """The worker that sits here, if one is alive."""
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
        """Empty the seat at once; the worker that sat here is ended by the task that is returned."""
        start, self._start = self._start, None
        return asyncio.create_task(_ended(start))


async def _ended(start: asyncio.Task[_Worker] | None) -> None:
    if start is not None:
        with suppress(OSError):
            await (await start).gone()


class RenderPool:
    """A fixed number of render processes. Lives on one event loop: made, used and closed there."""

    def __init__(self, workers: int, cache_dir: Path) -> None:
        self.workers = workers
        self._seats = tuple(_Seat(cache_dir) for _ in range(workers))
        self._free = list(self._seats)
        self._places = asyncio.Semaphore(workers)
        self._chores: set[asyncio.Task[None]] = set()
        self._closed = False

    def start(self) -> None:
        """Warm all workers up in the background; without it, the first pictures do."""
        for seat in self._seats:
            seat.warm()

    @property
    def pids(self) -> tuple[int, ...]:
        """The process ids of the workers that are alive."""
        return tuple(seat.now.pid for seat in self._seats if seat.now)

    @property
    def busy_pids(self) -> tuple[int, ...]:
        """The process ids of the workers that are drawing."""
        return tuple(seat.now.pid for seat in self._seats if seat.now and seat not in self._free)

    async def render(self, shot: Shot, on_preview: OnPreview | None = None) -> Drawn:
        """Draw a shot in a free worker.

        Raises InputError for a shot that cannot be drawn, EngineBroken when two workers died over it or the pool is
        closed. Cancelling it ends its worker.
        """
        check_size(shot.size)
        async with self._places:
            for _ in range(_TRIES):
                if self._closed:
                    raise EngineBroken("The studio is shutting down.", reason="closed")
                with suppress(WorkerDied):
                    return await self._draw(shot, on_preview)
        raise EngineBroken(
            f"The studio's render process died {_TRIES} times over this view. There may be too little memory: try a "
            "smaller picture or fewer workers.",
            reason="crash",
        )

    async def aclose(self) -> None:
        """End all workers. What is being drawn fails."""
        self._closed = True
        await asyncio.gather(*(seat.clear() for seat in self._seats), *self._chores)

    async def _draw(self, shot: Shot, on_preview: OnPreview | None) -> Drawn:
        seat = self._seat(stage_key(shot))
        unhurt = False
        try:
            drawn = await (await seat.worker()).draw(shot, on_preview)
            unhurt = True
            return drawn
        except InputError:
            unhurt = True
            raise
        finally:
            if not unhurt:
                self._renew(seat)
            self._free.append(seat)

    def _seat(self, key: object) -> _Seat:
        """A free seat: one whose worker has the stage loaded, else one with a worker, else any."""
        seat = max(self._free, key=lambda seat: 0 if seat.now is None else 1 + (seat.now.key == key))
        self._free.remove(seat)
        return seat

    def _renew(self, seat: _Seat) -> None:
        """End a seat's worker at once and start the next one."""
        task = seat.clear()
        self._chores.add(task)
        task.add_done_callback(self._chores.discard)
        if not self._closed:
            seat.warm()
