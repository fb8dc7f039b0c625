"""The search libraries behind one blocking interface: queries in, plain hits out, their errors mapped once."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Protocol, TypeVar

from carimg.errors import SearchError, SearchLimited

MAX_HITS = 10
MAX_TEXT = 2000
"""Characters of a snippet that are looked at."""

T = TypeVar("T")


class SearchEmpty(SearchError):
    """Nothing was found."""


class SearchUnclear(SearchError):
    """Nothing was found, or the back end was asked too often: it does not tell the two apart."""


class SearchSlow(SearchError):
    """A back end did not answer in time."""


@dataclass(frozen=True, slots=True)
class PhotoHit:
    """A photo that a search found: foreign texts, not checked. Sizes in pixels as claimed, 0 = unknown."""

    image: str
    page: str
    title: str
    width: int = 0
    height: int = 0
    thumbnail: str = ""


class Backend(Protocol):
    """One search library. Calls block for up to about `timeout_s`; they raise SearchError and nothing else."""

    @property
    def id(self) -> str: ...

    def snippets(self, query: str, timeout_s: float) -> list[str]:
        """Title and text of up to 10 pages about a query."""
        ...

    def photos(self, query: str, timeout_s: float) -> list[PhotoHit]:
        """Up to 10 photos."""
        ...


@dataclass(frozen=True, slots=True)
class DuckDuckGoSearch:
    """The package duckduckgo-search: texts from Bing, photos from DuckDuckGo. The environment's DDGS_PROXY wins over
    `proxy`; `verify` False accepts any certificate.

    Only a first page is asked for: with a number of hits to reach it would turn up to five pages, 0.75 s apart.
    """

    proxy: str | None = None
    verify: bool = True
    id: str = "duckduckgo-search"

    def snippets(self, query: str, timeout_s: float) -> list[str]:
        client = self._client(timeout_s)
        return _snippets(self._mapped(lambda: client.text(query, region="us-en")))

    def photos(self, query: str, timeout_s: float) -> list[PhotoHit]:
        client = self._client(timeout_s)
        return _photos(self._mapped(lambda: client.images(query, region="us-en")))

    def _client(self, timeout_s: float) -> Any:
        from duckduckgo_search import DDGS

        # Its constructor announces the package's new name as a RuntimeWarning and switches all warnings of the process
        # on. Filters are the process's, not the thread's: the module gets a `warnings` of its own that keeps still.
        still = SimpleNamespace(simplefilter=_nothing, warn=_nothing)
        sys.modules[DDGS.__module__].warnings = still  # type: ignore[attr-defined]
        return DDGS(proxy=self.proxy, timeout=_whole(timeout_s), verify=self.verify)

    def _mapped(self, call: Callable[[], list[T]]) -> list[T]:
        from duckduckgo_search.exceptions import DuckDuckGoSearchException, RatelimitException, TimeoutException

        try:
            hits = call()
        except DuckDuckGoSearchException as exc:
            cause = exc.args[0] if exc.args and isinstance(exc.args[0], Exception) else exc  # text() wraps the real one
            if isinstance(cause, RatelimitException) or "Ratelimit" in str(cause):
                raise SearchLimited("rate limited") from exc
            if isinstance(cause, TimeoutException):
                raise SearchSlow("no answer in time") from exc
            if "vqd" in str(cause):
                raise SearchUnclear("no results, or rate limited") from exc
            raise _broken(str(cause)) from exc
        except Exception as exc:  # KeyError and the like, where the answer is not what it expects
            raise SearchError(f"no usable answer ({type(exc).__name__})") from exc
        if not hits:
            raise SearchEmpty("no results")
        return hits


@dataclass(frozen=True, slots=True)
class Ddgs:
    """The package ddgs, which went on where duckduckgo-search stopped. `proxy` wins over the environment's DDGS_PROXY;
    `verify` is False or the path of a PEM file with the authorities to trust."""

    proxy: str | None = None
    verify: bool | str = True
    id: str = "ddgs"

    def snippets(self, query: str, timeout_s: float) -> list[str]:
        client = self._client(timeout_s)
        return _snippets(
            self._mapped(
                lambda: client.text(query, region="us-en", max_results=MAX_HITS, backend="wikipedia,duckduckgo")
            )
        )

    def photos(self, query: str, timeout_s: float) -> list[PhotoHit]:
        client = self._client(timeout_s)
        return _photos(
            self._mapped(lambda: client.images(query, region="us-en", max_results=MAX_HITS, backend="duckduckgo,bing"))
        )

    def _client(self, timeout_s: float) -> Any:
        from ddgs import DDGS

        return DDGS(proxy=self.proxy, timeout=_whole(timeout_s), verify=self.verify)

    def _mapped(self, call: Callable[[], list[T]]) -> list[T]:
        from ddgs.exceptions import DDGSException, RatelimitException, TimeoutException

        try:
            hits = call()
        except RatelimitException as exc:
            raise SearchLimited("rate limited") from exc
        except TimeoutException as exc:
            raise SearchSlow("no answer in time") from exc
        except DDGSException as exc:
            if "No results" in str(exc) or "vqd" in str(exc):
                raise SearchUnclear("no results, or rate limited") from exc
            raise _broken(str(exc)) from exc
        except Exception as exc:  # lxml and json errors, where the answer is not what it expects
            raise SearchError(f"no usable answer ({type(exc).__name__})") from exc
        if not hits:
            raise SearchUnclear("no results, or rate limited")
        return hits


def _broken(said: str) -> SearchError:
    """Both libraries put the name of the transport's error into their message."""
    unreachable = any(name in said for name in ("ConnectError", "DNSError", "RequestError"))
    return SearchError("cannot be reached" if unreachable else "no usable answer")


def _snippets(hits: Iterable[object]) -> list[str]:
    rows = [row for row in hits if isinstance(row, Mapping)]
    texts = (f"{_text(row, 'title')}. {_text(row, 'body')}" for row in rows[:MAX_HITS])
    return [text for text in texts if len(text) > 2]


def _photos(hits: Iterable[object]) -> list[PhotoHit]:
    rows = [row for row in hits if isinstance(row, Mapping)]
    return [
        PhotoHit(
            image=_text(row, "image"),
            page=_text(row, "url"),
            title=_text(row, "title"),
            width=_pixels(row.get("width")),
            height=_pixels(row.get("height")),
            thumbnail=_text(row, "thumbnail"),
        )
        for row in rows[:MAX_HITS]
    ]


def _text(row: Mapping[Any, Any], name: str) -> str:
    value = row.get(name)
    return value[:MAX_TEXT] if isinstance(value, str) else ""


def _pixels(value: object) -> int:
    text = str(value).strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0


def _whole(seconds: float) -> int:
    return max(1, math.ceil(seconds))


def _nothing(*_: object, **__: object) -> None:
    return None
