"""The two search libraries over real sockets: what they find, and how their failures are told apart."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from carimg.errors import SearchError, SearchLimited
from carimg.search.backends import Ddgs, DuckDuckGoSearch, SearchEmpty, SearchSlow, SearchUnclear
from tests.support.loopback_web import Answer, Web
from tests.support.loopback_web.lab import SearchLab
from tests.support.loopback_web.search_hosts import VQD, all_say, bing_page, duckduckgo_page, images_json, photo

SNIPPETS = ("The Renault logo is a silver diamond.", "Renault's emblem, the silver diamond, dates from 1925.")


@pytest.fixture(scope="module")
def lab() -> Iterator[SearchLab]:
    with SearchLab() as lab:
        yield lab


@pytest.fixture
def web(lab: SearchLab) -> Web:
    """The search hosts: well, and knowing nothing, until a test says otherwise."""
    return lab.well()


@pytest.mark.parametrize("status", [202, 403, 429, 418])
def test_first_library_tells_rate_limits(lab: SearchLab, web: Web, status: int) -> None:
    """For texts and for photos."""
    all_say(web, Answer("slow down", status=status))
    with pytest.raises(SearchLimited, match="rate limited"):
        lab.duck.snippets("Renault", 3)
    with pytest.raises(SearchLimited, match="rate limited"):
        lab.duck.photos("Renault", 3)


@pytest.mark.parametrize("status", [202, 403, 429])
def test_second_library_cannot_tell_rate_limits_from_emptiness(lab: SearchLab, web: Web, status: int) -> None:
    """So we say that it may be either."""
    all_say(web, Answer("slow down", status=status))
    with pytest.raises(SearchUnclear, match="no results, or rate limited"):
        lab.ddgs.snippets("Renault", 3)
    with pytest.raises(SearchUnclear, match="no results, or rate limited"):
        lab.ddgs.photos("Renault", 3)


def test_nothing_found_is_told(lab: SearchLab, web: Web) -> None:
    """An honest 'nothing' from the first, a doubtful one from the second."""
    for ask in (lab.duck.snippets, lab.duck.photos):
        with pytest.raises(SearchEmpty):
            ask("Renault", 3)
    for ask in (lab.ddgs.snippets, lab.ddgs.photos):
        with pytest.raises(SearchUnclear):
            ask("Renault", 3)


def test_second_library_finds(lab: SearchLab, web: Web) -> None:
    """Texts and photos in the same plain form."""
    web.on("html.duckduckgo.com", "*", duckduckgo_page(["The Renault logo"]))
    web.on("duckduckgo.com", "/i.js", images_json([photo("https://site.example/a.jpg", width="1600")]))
    assert lab.ddgs.snippets("Renault", 3) == ["Page 0. The Renault logo"]
    assert lab.ddgs.photos("Renault", 3)[0].image == "https://site.example/a.jpg"
    assert lab.ddgs.photos("Renault", 3)[0].width == 1600


JUNK = {
    "html": Answer("<html><body>" + VQD + "</body></html>"),
    "empty": Answer(""),
    "a list": Answer('["vqd=\\"4-1\\""]', headers={"Content-Type": "application/json"}),
    "rows of junk": Answer('{"x": "vqd=\\"4-1\\"", "results": [5, null, {"image": 7}]}'),
    "truncated": Answer('{"x": "vqd=\\"4-1\\"", "results": [{"ima'),
    "half a body": Answer(b'vqd="4-1"', headers={"Content-Length": "90000"}),
    "binary": Answer(bytes(range(256)) * 40),
    "8 MB": Answer(b" " * 8_000_000),
    "500": Answer("", status=500),
    "redirect": Answer("", status=302, headers={"Location": "file:///etc/passwd"}),
}


@pytest.mark.parametrize("fault", JUNK)
def test_junk_is_a_search_error(lab: SearchLab, web: Web, fault: str) -> None:
    """Whatever comes back, nothing but a SearchError leaves an adapter."""
    all_say(web, JUNK[fault])
    for ask in (lab.duck.snippets, lab.duck.photos, lab.ddgs.snippets, lab.ddgs.photos):
        with pytest.raises(SearchError):
            ask("Renault", 3)


def test_slow_host_ends_at_the_libraries_own_limit(lab: SearchLab, web: Web) -> None:
    """A blocking call ends by itself about when it should, so that no thread hangs for ever."""
    all_say(web, Answer("late", delay_s=4.0))
    with ThreadPoolExecutor(2) as threads:
        start = time.monotonic()
        calls = [threads.submit(ask, "Renault", 0.9) for ask in (lab.duck.snippets, lab.ddgs.snippets)]
        for call in calls:
            with pytest.raises((SearchSlow, SearchUnclear)):
                call.result()
        assert time.monotonic() - start < 3.0


def test_warnings_of_the_first_library_are_contained(lab: SearchLab, web: Web) -> None:
    """It announces its new name and switches all warnings on: neither is seen, and the filters stay as they were."""
    web.on("www.bing.com", "/search", bing_page(SNIPPETS))
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("error")
        before = list(warnings.filters)
        lab.duck.snippets("Renault", 3)
        assert warnings.filters == before
    assert not seen


def test_proxy_of_the_environment_is_used_by_both(lab: SearchLab, web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    """DDGS_PROXY, which both libraries read themselves."""
    web.on("www.bing.com", "/search", bing_page(SNIPPETS))
    web.on("html.duckduckgo.com", "*", duckduckgo_page(SNIPPETS))
    monkeypatch.setenv("DDGS_PROXY", lab.proxy.url)
    assert DuckDuckGoSearch(verify=False).snippets("Renault", 3)
    assert Ddgs(verify=lab.pem).snippets("Renault", 3)


def test_certificates_are_checked(lab: SearchLab, web: Web) -> None:
    """By default an authority that nobody knows is not trusted, and nothing is asked."""
    for library in (DuckDuckGoSearch(proxy=lab.proxy.url), Ddgs(proxy=lab.proxy.url)):
        with pytest.raises(SearchError):
            library.photos("Renault", 3)
    assert not web.requests
