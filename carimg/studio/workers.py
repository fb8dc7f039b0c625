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
from carimg.studio.spec import Shot
from carimg.studio.worker import Drawn, Order, Preview, Ready, Refused, Reply, stage_key

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
        data = pickle.dumps(Order(shot, on_preview is not None), protocol=pickle.HIGHEST_PROTOCOL)
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(len(data).to_bytes(8, "little") + data)
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

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            self._process.kill()

    async def gone(self) -> None:
        self.kill()
        await self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()


class RenderPool:
    """A fixed number of render processes. Lives on one event loop: made, used and closed there."""

    def __init__(self, workers: int, cache_dir: Path) -> None:
        self.workers = workers
        self._cache_dir = cache_dir
        self._idle: list[_Worker] = []
        self._places = asyncio.Semaphore(workers)
        self._chores: set[asyncio.Task[None]] = set()
        self._busy: set[_Worker] = set()
        self._closed = False

    def start(self) -> None:
        """Warm all workers up in the background; without it, the first pictures do."""
        missing = self.workers - len(self._idle) - len(self._busy)
        for _ in range(missing):
            self._chore(self._add())

    @property
    def pids(self) -> tuple[int, ...]:
        """The process ids of all workers there are."""
        return tuple(worker.pid for worker in (*self._idle, *self._busy))

    async def render(self, shot: Shot, on_preview: OnPreview | None = None) -> Drawn:
        """Draw a shot in a free worker.

        Raises InputError for a shot that cannot be drawn, EngineBroken when two workers died over it. Cancelling it
        ends its worker.
        """
        async with self._places:
            for _ in range(_TRIES):
                with suppress(WorkerDied):
                    return await self._draw(shot, on_preview)
        raise EngineBroken(
            f"The studio's render process died {_TRIES} times over this view. There may be too little memory: try a "
            "smaller picture or fewer workers.",
            reason="crash",
        )

    async def aclose(self) -> None:
        """End all workers."""
        self._closed = True
        for task in tuple(self._chores):
            task.cancel()
        await asyncio.gather(*self._chores, return_exceptions=True)
        await asyncio.gather(*(worker.gone() for worker in (*self._idle, *self._busy)))
        self._idle.clear()
        self._busy.clear()

    async def _draw(self, shot: Shot, on_preview: OnPreview | None) -> Drawn:
        worker = self._free(stage_key(shot)) or await _Worker.start(self._cache_dir)
        self._busy.add(worker)
        kept = False
        try:
            drawn = await worker.draw(shot, on_preview)
            kept = True
            return drawn
        except InputError:
            kept = True
            raise
        finally:
            self._busy.discard(worker)
            if kept and not self._closed:
                self._idle.append(worker)
            else:
                worker.kill()
                self._chore(worker.gone())
                self.start()

    def _free(self, key: object) -> _Worker | None:
        """An idle worker that is alive, one with the stage already loaded first."""
        for worker in [worker for worker in self._idle if not worker.alive]:
            self._idle.remove(worker)
        match = next((worker for worker in self._idle if worker.key == key), None)
        chosen = match or (self._idle[-1] if self._idle else None)
        if chosen is not None:
            self._idle.remove(chosen)
        return chosen

    async def _add(self) -> None:
        worker = await _Worker.start(self._cache_dir)
        if self._closed or len(self._idle) + len(self._busy) >= self.workers:
            await worker.gone()
            return
        self._idle.append(worker)

    def _chore(self, work: Awaitable[None]) -> None:
        if self._closed:
            return
        task = asyncio.ensure_future(work)
        self._chores.add(task)
        task.add_done_callback(self._chores.discard)
