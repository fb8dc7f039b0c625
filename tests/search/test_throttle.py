"""What keeps searches polite and few: queue, breaker, disk cache; and which foreign links are shown."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from carimg.circuit import CircuitBreaker
from carimg.errors import SearchError, SearchLimited
from carimg.search.backends import DuckDuckGoSearch, PhotoHit, SearchUnclear
from carimg.search.cache import HitCache
from carimg.search.photos import is_web_link
from carimg.search.throttle import RULES, Throttle


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_breaker_pauses_longer_each_time() -> None:
    """A minute, doubled up to fifteen; an answer forgets it all."""
    clock = Clock()
    breaker = CircuitBreaker(RULES, clock)
    pauses = []
    for _ in range(6):
        breaker.trip("rate limited")
        pauses.append(breaker.open_s)
        clock.now += breaker.open_s
    assert pauses == [60, 120, 240, 480, 900, 900]
    breaker.answered()
    breaker.trip("rate limited", at_least_s=300)
    assert breaker.open_s == 300


def test_failures_under_way_count_once() -> None:
    """Eight answers 'too often' to one burst make one pause, not the longest."""
    clock = Clock()
    breaker = CircuitBreaker(RULES, clock)
    for _ in range(8):
        breaker.trip("rate limited")
    assert breaker.open_s == 60


async def test_three_doubtful_failures_open_the_breaker() -> None:
    """Errors that may be a limit in disguise are believed the third time."""

    def fails(_: float) -> None:
        raise SearchUnclear("no results, or rate limited")

    with ThreadPoolExecutor(1) as threads:
        throttle = Throttle(DuckDuckGoSearch(), threads, spacing_s=0.0)
        for _ in range(3):
            assert not throttle.breaker.open_s
            with pytest.raises(SearchUnclear):
                await throttle.run(fails, 1.0)
        with pytest.raises(SearchLimited, match="not asked for another"):
            await throttle.run(fails, 1.0)


async def test_late_turn_is_not_waited_for() -> None:
    """Where the queue is longer than half the time left, the caller hears it at once."""
    with ThreadPoolExecutor(1) as threads:
        throttle = Throttle(DuckDuckGoSearch(), threads, spacing_s=5.0)
        assert await throttle.run(lambda _: "first", 1.0) == "first"
        start = time.monotonic()
        with pytest.raises(SearchError, match="too many searches"):
            await throttle.run(lambda _: "second", 1.0)
        assert time.monotonic() - start < 4.0


HITS = TypeAdapter(list[PhotoHit])


def test_cache_forgets_after_its_time(tmp_path: Path) -> None:
    """A week, then it counts as not there; another query never was."""
    clock = Clock()
    cache = HitCache(tmp_path / "cache", ttl_s=100, clock=clock)
    hits = [PhotoHit("https://site.example/a.jpg", "https://site.example/", "Кліо", 1600, 900)]
    cache.put("photos", "clio", hits, HITS)
    assert cache.get("photos", "clio", HITS) == hits
    assert cache.get("photos", "golf", HITS) is None
    clock.now += 100
    assert cache.get("photos", "clio", HITS) is None


@pytest.mark.parametrize(
    "damage", ["", "{", "[]", '{"query": "clio", "at": "x", "hits": []}', '{"query": "clio", "at": 1}']
)
def test_damaged_cache_file_is_not_there(tmp_path: Path, damage: str) -> None:
    """Whatever is in the file, the search goes on."""
    cache = HitCache(tmp_path)
    cache.put("photos", "clio", [], HITS)
    [path] = tmp_path.iterdir()
    path.write_text(damage)
    assert cache.get("photos", "clio", HITS) is None
    path.write_text(json.dumps({"query": "clio", "at": time.time(), "hits": [{"image": 5}]}))
    assert cache.get("photos", "clio", HITS) is None


def test_cache_that_cannot_be_written_is_left_out(tmp_path: Path) -> None:
    """A file where the folder should be."""
    (tmp_path / "cache").write_text("in the way")
    cache = HitCache(tmp_path / "cache")
    cache.put("photos", "clio", [], HITS)
    assert cache.get("photos", "clio", HITS) is None


@pytest.mark.parametrize(
    ("url", "fit"),
    [
        ("https://site.example/clio?x=1#y", True),
        ("http://site.example", True),
        ("javascript:alert(1)", False),
        ("data:text/html,x", False),
        ("https://user:pw@site.example/", False),
        ('https://site.example/" onmouseover="x', False),
        ("https://site.example/a b", False),
        ("https://[::1", False),
        ("https:///path", False),
        ("https://site.example/" + "a" * 600, False),
        ("", False),
    ],
)
def test_only_plain_web_links_are_shown(url: str, fit: bool) -> None:
    """What stands beside a reference photo is a link that can do no harm."""
    assert is_web_link(url) is fit
