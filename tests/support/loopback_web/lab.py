"""The search hosts behind a proxy, with an authority of their own: what both search libraries can be pointed at."""

from __future__ import annotations

from contextlib import ExitStack
from types import TracebackType

import trustme

from carimg.search.backends import Ddgs, DuckDuckGoSearch
from tests.support.loopback_web.proxy import ConnectProxy
from tests.support.loopback_web.search_hosts import HOSTS, nothing_found
from tests.support.loopback_web.web import Web


class SearchLab:
    """A context manager. `web` answers for the hosts, `proxy` leads there, `pem` is the authority's file."""

    def __init__(self) -> None:
        authority = trustme.CA()
        self.web = Web(authority, HOSTS)
        self.proxy = ConnectProxy(self.web.port)
        self._stack = ExitStack()
        self.pem = self._stack.enter_context(authority.cert_pem.tempfile())

    @property
    def duck(self) -> DuckDuckGoSearch:
        return DuckDuckGoSearch(proxy=self.proxy.url, verify=False)

    @property
    def ddgs(self) -> Ddgs:
        return Ddgs(proxy=self.proxy.url, verify=self.pem)

    def well(self) -> Web:
        """All hosts are reachable and know nothing; what was asked is forgotten."""
        self.proxy.down = False
        for host in HOSTS:
            self.web.forget(host)
        nothing_found(self.web)
        self.web.requests.clear()
        return self.web

    def __enter__(self) -> SearchLab:
        self._stack.enter_context(self.web)
        self._stack.enter_context(self.proxy)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stack.close()
