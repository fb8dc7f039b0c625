"""The background loop: one thread with one asyncio loop, shared by every page, route and blocking call."""

from __future__ import annotations

import asyncio
import atexit
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from functools import cache
from typing import Any, TypeVar

T = TypeVar("T")


class Background:
    """One asyncio loop in one daemon thread. Every async client lives on it; other threads hand coroutines in."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._turn, name="carimg-loop", daemon=True)
        self._thread.start()

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        return self._loop

    def submit(self, coroutine: Coroutine[Any, Any, T]) -> Future[T]:
        """Run a coroutine on the loop; the future can be waited for, or cancelled, from any thread."""
        if self._loop.is_closed():
            coroutine.close()
            raise RuntimeError("The background loop is closed.")
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop)

    def run(self, coroutine: Coroutine[Any, Any, T], timeout_s: float | None = None) -> T:
        """Run a coroutine on the loop and block for its result. Never from the loop itself: that would wait forever."""
        if threading.current_thread() is self._thread:
            coroutine.close()
            raise RuntimeError("A blocking call from the background loop would wait for itself: await it instead.")
        return self.submit(coroutine).result(timeout_s)

    def close(self) -> None:
        """Cancel what still runs, then stop the loop and its thread. Closing twice is fine."""
        if self._loop.is_closed():
            return
        asyncio.run_coroutine_threadsafe(self._drain(), self._loop).result(30)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _drain(self) -> None:
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._loop.shutdown_asyncgens()
        await self._loop.shutdown_default_executor()

    def _turn(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()


@cache
def background() -> Background:
    """The process's own background loop, opened at the first call and closed at exit."""
    opened = Background()
    atexit.register(opened.close)
    return opened
