"""What a search back end's answers mean for the next search, on a clock that stands still."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from carimg.circuit import BreakerState, CircuitBreaker
from carimg.errors import SearchError, SearchLimited
from carimg.search.backends import DuckDuckGoSearch, SearchEmpty, SearchUnclear
from carimg.search.throttle import RULES, SPACING_S, Throttle


class Asked:
    """A throttle without pauses, its clock, and how often its back end was asked."""

    def __init__(self, threads: ThreadPoolExecutor) -> None:
        self.now = 0.0
        self.calls = 0
        self.breaker = CircuitBreaker(RULES, lambda: self.now)
        self.throttle = Throttle(DuckDuckGoSearch(), threads, spacing_s=0.0, breaker=self.breaker)

    async def ends_with(self, error: Exception | None) -> None:
        def call(_: float) -> str:
            self.calls += 1
            if error:
                raise error
            return "found"

        if error is None:
            assert await self.throttle.run(call, 5.0) == "found"
        else:
            with pytest.raises(type(error)):
                await self.throttle.run(call, 5.0)


@pytest.fixture
def asked() -> Iterator[Asked]:
    with ThreadPoolExecutor(2) as threads:
        yield Asked(threads)


UNCLEAR, EMPTY, LIMITED = SearchUnclear("nothing, or a limit"), SearchEmpty("nothing"), SearchLimited("too often")


async def test_the_third_failure_in_a_row_stops_it_for_a_minute(asked: Asked) -> None:
    """The fourth search does not reach the back end, and says for how long and why."""
    for _ in range(3):
        assert asked.breaker.state is BreakerState.CLOSED
        await asked.ends_with(UNCLEAR)
    assert asked.breaker.open_s == 60.0
    with pytest.raises(SearchLimited, match=r"another 60 s \(nothing, or a limit\)"):
        await asked.throttle.run(lambda _: None, 5.0)
    assert asked.calls == 3


@pytest.mark.parametrize("answer", [None, EMPTY])
async def test_an_answer_starts_the_count_anew_and_so_does_no_results(asked: Asked, answer: Exception | None) -> None:
    """Two failures, an answer, two failures: nothing has happened. That nothing is there is an answer."""
    for error in (UNCLEAR, UNCLEAR, answer, UNCLEAR, UNCLEAR):
        await asked.ends_with(error)
    assert asked.breaker.state is BreakerState.CLOSED
    for _ in range(5):
        await asked.ends_with(EMPTY)
    assert asked.breaker.state is BreakerState.CLOSED


async def test_too_often_stops_it_at_once(asked: Asked) -> None:
    """That is no doubtful failure."""
    await asked.ends_with(LIMITED)
    assert (asked.breaker.open_s, asked.breaker.cause) == (60.0, "too often")


@pytest.mark.parametrize("error", [UNCLEAR, LIMITED])
async def test_a_failed_probe_stops_it_for_twice_as_long(asked: Asked, error: Exception) -> None:
    """After the minute one failure is enough; after two more the next one may try."""
    await asked.ends_with(LIMITED)
    asked.now = 60.0
    await asked.ends_with(error)
    assert asked.breaker.open_s == 120.0
    asked.now = 180.0
    await asked.ends_with(None)


@pytest.mark.parametrize("answer", [None, EMPTY])
async def test_a_probe_that_is_answered_starts_it_again(asked: Asked, answer: Exception | None) -> None:
    """As if nothing had been: three failures are needed once more, and the pause is the first again."""
    await asked.ends_with(LIMITED)
    asked.now = 60.0
    await asked.ends_with(answer)
    assert asked.breaker.state is BreakerState.CLOSED
    for _ in range(3):
        await asked.ends_with(UNCLEAR)
    assert asked.breaker.open_s == 60.0


@pytest.mark.parametrize("ending", ["answered", "cancelled", "a bug"])
async def test_one_search_tries_whether_it_is_back(asked: Asked, ending: str) -> None:
    """While it is under way the others are told so; called off or ended by a bug, it gives the turn to the next."""
    await asked.ends_with(LIMITED)
    asked.now = 60.0
    started, go_on = threading.Event(), threading.Event()

    def call(_: float) -> str:
        started.set()
        go_on.wait(5)
        if ending == "a bug":
            raise KeyError("a bug")
        return "back"

    probe = asyncio.ensure_future(asked.throttle.run(call, 5.0))
    await asyncio.to_thread(started.wait, 5)
    with pytest.raises(SearchLimited, match="being tried again right now"):
        await asked.throttle.run(lambda _: "second", 5.0)
    if ending == "cancelled":
        probe.cancel()
    go_on.set()
    await asyncio.gather(probe, return_exceptions=True)
    assert asked.breaker.state is (BreakerState.CLOSED if ending == "answered" else BreakerState.HALF_OPEN)
    await asked.ends_with(None)
    assert asked.breaker.state is BreakerState.CLOSED


async def test_an_answer_in_time_is_what_counts(asked: Asked) -> None:
    """A back end that does not answer in its time has failed, like any other."""
    late = threading.Event()
    for _ in range(3):
        with pytest.raises(SearchError, match="no answer in time"):
            await asked.throttle.run(lambda _: late.wait(0.2), 0.02)
    late.set()
    assert asked.breaker.state is BreakerState.OPEN


async def test_two_searches_start_a_pause_apart() -> None:
    """As long as duckduckgo-search itself would wait; the first one does not wait at all."""
    assert SPACING_S == 0.75
    loop = asyncio.get_running_loop()
    starts: list[float] = []
    note: Callable[[float], None] = lambda _: starts.append(loop.time())  # noqa: E731
    with ThreadPoolExecutor(3) as threads:
        throttle = Throttle(DuckDuckGoSearch(), threads, spacing_s=0.1)
        began = loop.time()
        await asyncio.gather(*(throttle.run(note, 5.0) for _ in range(3)))
    assert starts[0] - began < 0.1
    assert [round(at - starts[0], 1) >= 0.1 * n for n, at in enumerate(starts)] == [True] * 3
