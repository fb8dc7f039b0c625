"""What a running set keeps in the store; when the store fails, the set goes on and ends all the same."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import TypeVar

from carimg.domain.set_record import outcome_of
from carimg.domain.view import SetState, View, ViewState
from carimg.errors import NotThere, StoreError
from carimg.generation.events import ViewEnded
from carimg.generation.live import LiveSet, Snapshot
from carimg.store import Store

log = logging.getLogger("carimg.generation.persistence")

T = TypeVar("T")

STORE_TIMEOUT_S = 30.0
"""How long a set waits for the store to keep a view, or its end; longer than SQLite waits for a lock."""


class Persistence:
    """Keeps views and ends of sets. Lives on the background loop."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._unended: dict[str, tuple[SetState, float]] = {}
        """Sets whose end the store did not keep: told to it again at every heartbeat."""

    def begin(self, set_id: str) -> None:
        """A set is drawn (again): an end that the store was still to be told is none any more."""
        self._unended.pop(set_id, None)

    async def keep(self, set_id: str, live: LiveSet, view: View) -> View | None:
        """Keep a view that has ended, then show it; returns what the store has of it. One that the store does not keep
        has failed, and says why: then None."""
        try:
            stored = await _within(lambda: self._store.save_view(set_id, view))
        except Exception as exc:  # whatever the store says, the set goes on
            trouble = _trouble(exc, f"view {view.angle} of set {set_id} was not kept")
            live.warn(trouble)
            if view.picture is not None:
                view = replace(view, state=ViewState.FAILED, picture=None, error=trouble)
            live.note(ViewEnded(view))
            return None
        live.note(ViewEnded(stored))
        return stored

    async def finish(self, set_id: str, live: LiveSet, state: SetState) -> None:
        """End a set in the store if it can be, and in memory whatever the store says."""
        now = live.snapshot
        state = _ending(state, now)
        try:
            await _within(lambda: self._store.finish_set(set_id, state, now.seconds))
        except Exception as exc:  # see above
            live.warn(_trouble(exc, f"the end of set {set_id} was not kept"))
            self._unended[set_id] = (state, now.seconds)
        finally:
            live.finish(state)

    async def tell_ends(self) -> None:
        """Tell the store how sets ended that it did not hear of. Raises StoreError while it still cannot be told."""
        for set_id, (state, seconds) in tuple(self._unended.items()):
            with suppress(NotThere):  # it was deleted meanwhile
                await asyncio.to_thread(self._store.finish_set, set_id, state, seconds)
            self._unended.pop(set_id, None)


async def _within(work: Callable[[], T]) -> T:
    """Blocking work of the store. Raises what it raises, and StoreError when it takes too long."""
    try:
        async with asyncio.timeout(STORE_TIMEOUT_S):
            return await asyncio.to_thread(work)
    except TimeoutError as exc:
        raise StoreError(f"The store gave no answer within {STORE_TIMEOUT_S:g} s.") from exc


def _ending(state: SetState, now: Snapshot) -> SetState:
    """How a set has ended, by the views it has; one that was cancelled stays so."""
    return state if state is SetState.CANCELLED else outcome_of(now.views)


def _trouble(exc: Exception, what: str) -> str:
    """What the store said, for people; anything but its own sentences goes to the log whole."""
    if isinstance(exc, StoreError):
        log.warning("%s: %s", what, exc)
        return str(exc)
    log.exception("%s", what, exc_info=exc)
    return f"The store failed for an internal error ({type(exc).__name__}); the server's log has it."
