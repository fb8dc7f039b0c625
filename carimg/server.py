"""The server's life: open before the first visitor comes, and gone within seconds of being told to stop."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from types import FrameType
from typing import Any

from carimg.generation import jobs
from carimg.logs import log_to_stderr
from carimg.settings import settings

STOP_S = 4.0
"""How long stopping may take before the process ends all the same: a search or a database that does not answer holds a
thread that cannot be ended. What is worth keeping is in the store by then."""
_SIGNALS = (signal.SIGTERM, signal.SIGINT)


@asynccontextmanager
async def lifespan(_: Any) -> AsyncIterator[None]:
    """Open the engines before the first visitor comes; close them, and keep what was drawn, when the server stops."""
    log_to_stderr(settings().secrets)
    with on_stop_signal(jobs.shared().stop):
        yield
    jobs.close_shared()


@contextmanager
def on_stop_signal(begin: Callable[[], None]) -> Iterator[None]:
    """When the process is told to stop, call `begin` on a thread at once, and end the process after 4 s at the latest.

    The web server waits until every open answer has ended, and events of a running set end only with the set: so the
    sets are ended first. The web server's own handlers are called as before. Off the main thread nothing is changed.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    told = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        if not told.is_set():
            told.set()
            threading.Thread(target=begin, name="carimg-stop", daemon=True).start()
            end = threading.Timer(STOP_S, os._exit, (128 + number,))
            end.daemon = True
            end.start()
        handler = before[signal.Signals(number)]
        if callable(handler):
            handler(number, frame)

    for number in _SIGNALS:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
