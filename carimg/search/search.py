"""Looking a car up on the web: its badge once a set, a reference photo an angle; the catalogue stands behind it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from pydantic import TypeAdapter

from carimg.domain.car import Car
from carimg.domain.catalog import Angle, catalog
from carimg.domain.view import Reference
from carimg.errors import FetchError, SearchError, SearchLimited
from carimg.search.backends import Backend, Ddgs, DuckDuckGoSearch, PhotoHit
from carimg.search.badges import LONGEST, describe_badge
from carimg.search.cache import HitCache
from carimg.search.fetch import Fetcher
from carimg.search.found import CATALOGUE, Badge, Found
from carimg.search.photos import candidates, reference
from carimg.search.throttle import SPACING_S, Throttle
from carimg.settings import Settings

log = logging.getLogger("carimg.search")

H = TypeVar("H")
R = TypeVar("R")

THREADS = 8
"""Searches that may hang at once without keeping anything else on the loop waiting."""
MAX_QUERY = 200
FIRST_SHARE, LAST_SHARE = 0.6, 0.8
"""Of the time left: what a back end may take when another stands behind it, and when none does."""
FETCH_SHARE = 0.35
"""Of the whole deadline: what one photo may take to come."""

_SNIPPETS = TypeAdapter(list[str])
_PHOTOS = TypeAdapter(list[PhotoHit])


class Search:
    """Lives on one event loop: made there, closed there by `aclose`. With search off nothing touches the network.

    `backends` are asked in order; `fetcher` brings the photos.
    """

    def __init__(
        self,
        settings: Settings,
        backends: Sequence[Backend] | None = None,
        fetcher: Fetcher | None = None,
        spacing_s: float = SPACING_S,
    ) -> None:
        self._settings = settings
        self._timeout_s = settings.search_timeout_s
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="search")
        chosen = (DuckDuckGoSearch(), Ddgs()) if backends is None else backends
        self.throttles = tuple(Throttle(backend, self._threads, spacing_s) for backend in chosen)
        self._fetcher = fetcher or Fetcher(FETCH_SHARE * self._timeout_s)
        self._cache = HitCache(settings.data_dir / "cache" / "search")

    @property
    def enabled(self) -> bool:
        """Whether the web is asked at all."""
        return self._settings.searches

    async def badge(self, car: Car) -> Badge:
        """The brand's emblem in words: from the web, else from the catalogue with a note why. Never raises for a fault
        of the search."""
        own = catalog().badge(car.brand)[:LONGEST]
        if not self.enabled:
            return Badge(own, CATALOGUE)
        brand = _brand(car)

        async def described(snippets: list[str]) -> str:
            text = describe_badge(snippets, brand)
            if text is None:
                raise SearchError("nothing clear about the badge")
            return text

        def ask(backend: Backend, query: str, timeout_s: float) -> list[str]:
            return backend.snippets(query, timeout_s)

        text, source, note = await self._first("badge", f"{brand} car logo emblem", ask, _SNIPPETS, described)
        return Badge(text, source, note) if text else Badge(own, CATALOGUE, note)

    async def photos(self, car: Car, angle: Angle) -> Found:
        """At most one checked reference photo of this car from this angle. Never raises for a fault of the search."""
        if not self.enabled:
            return Found((), "")

        def ask(backend: Backend, query: str, timeout_s: float) -> list[PhotoHit]:
            return backend.photos(query, timeout_s)

        photo, source, note = await self._first("photos", _photo_query(car, angle), ask, _PHOTOS, self._fetched)
        return Found((photo,), source, note) if photo else Found((), "", note)

    async def aclose(self) -> None:
        """Close connections; searches under way end by their own time limits."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        await self._fetcher.aclose()

    async def _first(
        self,
        kind: str,
        query: str,
        ask: Callable[[Backend, str, float], H],
        shape: TypeAdapter[H],
        use: Callable[[H], Awaitable[R]],
    ) -> tuple[R | None, str, str]:
        """What the first back end with usable hits gives, its id, and what was wrong with those before it. Whatever a
        back end, its hits or the disk raise is that back end's problem alone."""
        query = " ".join(query.split())[:MAX_QUERY]
        deadline = time.monotonic() + self._timeout_s
        problems: list[str] = []
        try:
            async with asyncio.timeout(self._timeout_s):
                for index, throttle in enumerate(self.throttles):
                    share = LAST_SHARE if index == len(self.throttles) - 1 else FIRST_SHARE
                    room_s = share * (deadline - time.monotonic())
                    try:
                        hits = await self._hits(throttle, kind, query, ask, shape, room_s)
                        return await use(hits), throttle.backend.id, "; ".join(problems)
                    except SearchError as exc:
                        problems.append(f"{throttle.backend.id}: {exc}")
                        level = logging.WARNING if isinstance(exc, SearchLimited) else logging.INFO
                        log.log(level, "⚠️ %s of '%s': %s", kind, query, problems[-1])
                    except Exception:  # foreign answers, and libraries that read them, raise whatever they stumble over
                        problems.append(f"{throttle.backend.id}: internal error")
                        log.exception("⚠️ %s of '%s': %s", kind, query, problems[-1])
        except TimeoutError:
            problems.append(f"no answer within {self._timeout_s:g} s")
            log.warning("⚠️ %s of '%s': %s", kind, query, problems[-1])
        return None, "", "; ".join(problems)

    async def _hits(
        self,
        throttle: Throttle,
        kind: str,
        query: str,
        ask: Callable[[Backend, str, float], H],
        shape: TypeAdapter[H],
        room_s: float,
    ) -> H:
        """The hits of one back end, from disk or from the web."""
        cached = f"{throttle.backend.id}-{kind}"
        kept = await asyncio.to_thread(self._cache.get, cached, query, shape)
        if kept is not None:
            return kept
        hits = await throttle.run(lambda timeout_s: ask(throttle.backend, query, timeout_s), room_s)
        await asyncio.to_thread(self._cache.put, cached, query, hits, shape)
        return hits

    async def _fetched(self, hits: list[PhotoHit]) -> Reference:
        """The first photo that can be fetched; a hit that cannot be read, for whatever cause, is no photo. Raises
        SearchError with the last reason."""
        reason = "no photo large enough"
        for hit, url in candidates(hits):
            try:
                return reference(hit, await self._fetcher.picture(url))
            except FetchError as exc:
                reason = str(exc)
                log.info("⚠️ A photo was passed over: %s", exc)
            except Exception as exc:  # a link and the bytes behind it are foreign: whatever they break is their own
                reason = f"internal error ({type(exc).__name__})"
                log.exception("⚠️ A photo was passed over")
        raise SearchError(f"none of its photos can be used: {reason}")


def _brand(car: Car) -> str:
    brand = catalog().brand(car.brand)
    return brand.name if brand else car.brand.strip()


def _photo_query(car: Car, angle: Angle) -> str:
    """'2019 Renault Clio blue hatchback left front three-quarter view': the orbit's degrees say nothing to a search."""
    color = catalog().color(car.color).en
    return f"{car.year} {_brand(car)} {car.model} {color} {car.body_type} {angle.prompt.split(',')[0]} view"
