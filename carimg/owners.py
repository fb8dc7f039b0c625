"""Which server process draws a set, and whether it is still there."""

from __future__ import annotations

import os
import secrets
import socket


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
