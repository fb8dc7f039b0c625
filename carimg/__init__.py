"""Pictures of one car from many angles.

The functions of the original design are importable from here. They load on first use, so that a render worker that
needs only `carimg.studio` starts quickly.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from carimg.domain.identity import generate_consistent_seed, generate_consistent_session_id
    from carimg.generation.functions import (
        async_generate_all_images,
        async_generate_all_prompts,
        sync_generate_all_images,
        sync_generate_all_prompts,
    )

__all__ = [
    "async_generate_all_images",
    "async_generate_all_prompts",
    "generate_consistent_seed",
    "generate_consistent_session_id",
    "sync_generate_all_images",
    "sync_generate_all_prompts",
]

__version__ = "0.2.0"

_HOMES = dict.fromkeys(__all__, "carimg.generation.functions") | {
    "generate_consistent_seed": "carimg.domain.identity",
    "generate_consistent_session_id": "carimg.domain.identity",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'carimg' has no attribute '{name}'")
    return getattr(import_module(_HOMES[name]), name)
