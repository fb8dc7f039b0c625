"""The engines there are. Adding one: a file with a subclass of Engine, and a line in BUILDERS."""

from __future__ import annotations

from collections.abc import Callable

from carimg.engines.base import Engine
from carimg.errors import SettingsError
from carimg.settings import Settings

__all__ = ["BUILDERS", "build_engines"]


def _openai(settings: Settings) -> Engine:
    from carimg.engines.openai import OpenAIEngine

    return OpenAIEngine.from_settings(settings)


def _pollinations(settings: Settings) -> Engine:
    from carimg.engines.pollinations.engine import PollinationsEngine

    return PollinationsEngine.from_settings(settings)


def _pollinations_legacy(settings: Settings) -> Engine:
    from carimg.engines.pollinations.legacy import PollinationsLegacy

    return PollinationsLegacy.from_settings(settings)


def _studio(settings: Settings) -> Engine:
    from carimg.engines.studio import StudioEngine

    return StudioEngine(settings.workers, settings.data_dir / "studio-cache", settings.engine_timeout_s)


BUILDERS: dict[str, Callable[[Settings], Engine]] = {
    "openai": _openai,
    "pollinations": _pollinations,
    "pollinations-legacy": _pollinations_legacy,
    "studio": _studio,
}
"""Engine id → how to make it. Their modules are imported when they are wanted, not before."""


def build_engines(settings: Settings) -> dict[str, Engine]:
    """The engines that are set up, in the order they are tried. Raises SettingsError for an id that does not exist.

    Engines that lack a key are there too and say what they lack (`Engine.unavailable`).
    """
    engines: dict[str, Engine] = {}
    for name in _order(settings):
        if name not in BUILDERS:
            raise SettingsError(f"CARIMG_ENGINES names '{name}'; the engines are {', '.join(BUILDERS)}.")
        engines[name] = BUILDERS[name](settings)
    return engines


def _order(settings: Settings) -> list[str]:
    """As set, with the keyless legacy host as the last remote try where it is switched on."""
    order = list(dict.fromkeys(settings.engines))
    if settings.pollinations_legacy and "pollinations-legacy" not in order:
        after = order.index("pollinations") + 1 if "pollinations" in order else len(order) - ("studio" in order[-1:])
        order.insert(after, "pollinations-legacy")
    return order
