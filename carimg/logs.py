"""The server's log: the steps of every set on standard error, keys taken out."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence

from carimg.scrub import ScrubFilter


def log_to_stderr(secrets: Sequence[str], level: int = logging.INFO) -> None:
    """Show carimg's own log lines on standard error. Calling it again replaces the handler of before."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
    handler.addFilter(ScrubFilter(secrets))
    logger = logging.getLogger("carimg")
    for old in list(logger.handlers):
        logger.removeHandler(old)
    logger.addHandler(handler)
    logger.setLevel(level)
    logger.propagate = False
