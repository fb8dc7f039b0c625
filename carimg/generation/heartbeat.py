"""The heartbeat: servers on one database tell each other that they live, and take care of what dead ones left."""

from __future__ import annotations

import asyncio
import itertools
import logging
import os
import secrets
import socket
import time

from carimg.errors import StoreError
from carimg.generation.persistence import Persistence
from carimg.store import Store

log = logging.getLogger("carimg.generation.heartbeat")

HEARTBEAT_S = 5.0
BEATS_A_PURGE = 720
"""Deleted sets are looked over at the start and every hour."""
STALE_AFTER_S = 20.0
PURGE_AFTER_S = 7 * 86_400.0
"""How long a deleted set can be brought back."""


async def beat(store: Store, persistence: Persistence, owner: str, every_s: float = HEARTBEAT_S) -> None:
    """Beat for ever: tell that this server lives, mark the sets of those that died, tell the store what it missed."""
    for number in itertools.count():
        try:
            await asyncio.to_thread(store.heartbeat, owner)
            await asyncio.to_thread(store.mark_interrupted, time.time(), STALE_AFTER_S)
            if number % BEATS_A_PURGE == 0:
                await asyncio.to_thread(store.purge_deleted, PURGE_AFTER_S)
            await persistence.tell_ends()
        except StoreError as exc:
            log.warning("heartbeat: %s", exc)
        except Exception:  # a heart that stops once would have every set of this server marked as interrupted
            log.exception("heartbeat")
        await asyncio.sleep(every_s)


def take_over_from_the_dead(store: Store) -> None:
    """Mark the sets of servers that are gone as interrupted: at once where they ran on this machine. Raises
    StoreError."""
    for owner in store.running_owners():
        if died_here(owner):
            store.heartbeat(owner, now=0.0)
    store.mark_interrupted(time.time(), STALE_AFTER_S)


def owner_name() -> str:
    """A name for this process, at most 64 characters, that no other process ever has: host, process id, chance."""
    return f"{_host()}:{os.getpid()}:{secrets.token_hex(4)}"


def died_here(owner: str) -> bool:
    """Whether a process was one of this machine and is gone: its sets need not wait for their heartbeat to stop."""
    host, _, rest = owner.partition(":")
    pid = rest.partition(":")[0]
    if host != _host() or not pid.isdecimal():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def _host() -> str:
    return socket.gethostname().replace(":", "-")[:40]
