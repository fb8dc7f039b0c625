"""Every fault a remote engine can meet, in one table, over real sockets: each view ends in time with one sentence."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import random
import resource
import ssl
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import trustme

from carimg import images
from carimg.circuit import BreakerRules, BreakerState
from carimg.engines.base import Engine
from carimg.engines.fallback import Drawn, FallbackChain, NoEngineDrew
from carimg.engines.openai import OpenAIEngine
from carimg.engines.pollinations.engine import PollinationsEngine
from carimg.engines.pollinations.legacy import PollinationsLegacy
from carimg.engines.retry import Policy, Rules
from tests.support.loopback import openai_server, pollinations_server
from tests.support.loopback.faults import HUGE, for_legacy, for_openai, for_pollinations
from tests.support.loopback.openai_server import OpenAIServer
from tests.support.loopback.paint import picture, placeholder
from tests.support.loopback.pollinations_server import LegacyServer, PollinationsServer
from tests.support.loopback.wire import Fate, LoopbackServer, Reply, Request, json_reply
from tests.support.remote import RemoteScript, request

SHORT_S, LONG_S = 1.0, 10.0
"""Deadlines: of the faults that use theirs up, and of the others, which must end long before."""
SLACK_S = 2.0
"""What a busy test machine may add to a deadline."""
SLOW = ("slow drip past the deadline", "hangs")
RULES = Rules(timeout_s=LONG_S, backoff_s=0.01, most_backoff_s=0.03, breaker=BreakerRules(open_s=0.2))
KEYS = (openai_server.KEY, pollinations_server.KEY)


@dataclass(frozen=True, slots=True)
class End:
    """How a view must end: the attempt's outcome, words of its message, and how often the service was asked."""

    outcome: str
    says: str = ""
    asked: int = 1


TABLE: dict[str, End] = {
    "connection refused": End("network", "the connection was refused", 0),
    "DNS failure": End("network", "its host name was not found", 0),
    "TLS failure": End("tls", "its certificate is not trusted", 0),
    "reset in mid-body": End("network", "the connection broke", 3),
    "slow drip past the deadline": End("timeout", "no picture within", 2),
    "hangs": End("timeout", "no picture within", 2),
    "time-out then success": End("ok", "", 2),
    "400 moderation": End("moderation", "content filter refused this prompt"),
    "422 moderation": End("moderation", "content filter refused this prompt"),
    "401": End("key", "does not accept the key"),
    "402": End("balance", "no balance left. Top it up"),
    "402 key budget": End("key-budget", "budget of the key in POLLINATIONS_API_KEY is used up"),
    "402 queue full": End("busy", "queue is full: try later", 3),
    "403": End("forbidden", "does not allow this key or account"),
    "404 model": End("model", "has no model"),
    "413": End("too-large", "send fewer or smaller reference pictures"),
    "422": End("bad-request", "does not accept the request (HTTP 422)"),
    "429": End("rate-limit", "too many requests", 3),
    "429 with Retry-After": End("rate-limit", "too many requests", 3),
    "429 with a long Retry-After": End("rate-limit", "too many requests", 1),
    "429 quota": End("quota", "quota is used up"),
    "429 concurrency": End("concurrency", "fewer pictures at once", 6),
    "500": End("broken", "broke down (HTTP 500)", 3),
    "502": End("broken", "broke down (HTTP 502)", 3),
    "503 with Retry-After": End("busy", "overloaded (HTTP 503)", 3),
    "530 HTML": End("broken", "broke down (HTTP 530)", 3),
    "200 with HTML": End("answer", "answered with a web page", 2),
    "200 with error JSON": End("answer", "answered with an error instead of a picture", 2),
    "200 truncated": End("answer", "breaks off", 2),
    "200 with empty data": End("answer", "instead of a picture", 2),
    "bad base64": End("not-a-picture", "not valid base64"),
    "truncated PNG": End("damaged", "breaks off or does not decode"),
    "1x1 picture": End("too-small", "only 1x1 pixels"),
    "decompression bomb": End("too-big", "open safely"),
    "a picture of one colour": End("blank", "one single colour"),
    "a picture of another shape": End("wrong-shape", "sent 200x600: another shape"),
    "placeholder": End("placeholder", "sent a placeholder instead of a picture"),
    "same picture for all angles": End("duplicate", "the very same picture", 2),
    "wrong content type with a good picture": End("ok"),
    "redirect to a private address": End("redirect", "redirects are not followed"),
    "a 200 MB body, announced": End("too-big", "it was cut off"),
    "a 200 MB body, unannounced": End("too-big", "it was cut off"),
    "compressed to nothing": End("answer", "compressed answer", 2),
}

LEGACY: dict[str, End] = {
    "200 with HTML": End("not-a-picture", "sent a web page where"),
    "200 with error JSON": End("not-a-picture", "sent JSON where"),
    "200 with empty data": End("not-a-picture", "sent nothing where"),
    "200 truncated": End("damaged", "breaks off"),
}
"""Where the legacy host, whose answers are bare pictures, ends differently."""

ODD = ("connection refused", "DNS failure", "TLS failure", "time-out then success", "placeholder")
"""Faults that are no single reply."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One engine under test: how to make its server and itself, and its faults."""

    server: Callable[..., LoopbackServer]
    engine: Callable[[str], Engine]
    faults: dict[str, Fate]
    good: Callable[[bytes], Reply]

    @property
    def names(self) -> list[str]:
        return [name for name in TABLE if name in self.faults or name in (*ODD, "same picture for all angles")]


def _openai(stream: bool) -> Callable[[str], Engine]:
    def make(url: str) -> Engine:
        return OpenAIEngine(
            api_key=openai_server.KEY, model="gpt-image-2", base_url=f"{url}/v1", gateway=True, stream=stream
        )

    return make


def _json_of(module_done: Callable[[bytes], object]) -> Callable[[bytes], Reply]:
    return lambda data: json_reply(module_done(data))


KINDS: dict[str, Kind] = {
    "openai": Kind(OpenAIServer, _openai(True), for_openai(), _json_of(openai_server.done)),
    "openai-whole": Kind(OpenAIServer, _openai(False), for_openai(), _json_of(openai_server.done)),
    "pollinations": Kind(
        PollinationsServer,
        lambda url: PollinationsEngine(api_key=pollinations_server.KEY, base_url=url, timeout_s=2.0),
        for_pollinations(),
        _json_of(pollinations_server.done),
    ),
    "pollinations-legacy": Kind(
        LegacyServer,
        lambda url: PollinationsLegacy(on=True, base_url=url, timeout_s=2.0),
        for_legacy(),
        lambda data: Reply(200, data, "image/jpeg"),
    ),
}

CASES = [(kind, name) for kind in KINDS for name in KINDS[kind].names]


@asynccontextmanager
async def chain_of(*engines: Engine, rules: Rules = RULES) -> AsyncIterator[FallbackChain]:
    chain = FallbackChain({engine.id: engine for engine in engines}, rules.timeout_s, Policy(rules))
    try:
        yield chain
    finally:
        await chain.aclose()


async def ending(chain: FallbackChain, number: int = 0) -> tuple[str, str]:
    """How one view ends: the last attempt's outcome and message."""
    try:
        attempts = (await chain.draw(request(number), tuple(chain.engines))).attempts
    except NoEngineDrew as exc:
        attempts = exc.attempts
    return attempts[-1].outcome, attempts[-1].message


@pytest.mark.parametrize(("kind", "name"), CASES, ids=[f"{kind}-{name}" for kind, name in CASES])
async def test_a_fault_ends_as_it_should(
    kind: str, name: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The view ends by its deadline with the expected reason and sentence; no key shows; the next view is drawn."""
    caplog.set_level(logging.INFO, "carimg")
    expected = LEGACY.get(name, TABLE[name]) if kind == "pollinations-legacy" else TABLE[name]
    under_test = KINDS[kind]
    seconds = SHORT_S if name in SLOW else 2.0 if name == "time-out then success" else LONG_S
    async with (
        setting(under_test, name, monkeypatch) as (server, url),
        chain_of(under_test.engine(url), rules=replace(RULES, timeout_s=seconds)) as chain,
    ):
        start = time.monotonic()
        outcome, message = await ending(chain)
        if name == "same picture for all angles":
            outcome, message = await ending(chain, 1)
        assert time.monotonic() - start < (SHORT_S + SLACK_S if name in SLOW else LONG_S / 2)
        assert outcome == expected.outcome, message
        assert expected.says in message
        assert len(server.asked) == expected.asked
        assert outcome == "ok" or (message.endswith((".", "…", "!")) and outcome in caplog.text)
        assert not any(key in text for key in KEYS for text in (message, caplog.text))
        assert server.sent_bytes < HUGE / 2
        server.otherwise = None
        if name not in ("connection refused", "DNS failure", "TLS failure"):
            assert isinstance(await chain.test(next(iter(chain.engines)), request(7)), Drawn)


@asynccontextmanager
async def setting(kind: Kind, name: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[LoopbackServer, str]]:
    """A server that has the fault, and the address the engine is told."""
    tls = None
    if name == "TLS failure":
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        trustme.CA().issue_cert("localhost").configure_cert(tls)
    async with kind.server(tls=tls) as server:
        url = server.url
        if name == "connection refused":
            async with kind.server() as closed:
                url = closed.url
        elif name == "DNS failure":
            url = "http://carimg-test.invalid"
        elif name == "time-out then success":
            server.play(Reply(hang_s=60))
        elif name == "placeholder":
            known = {hashlib.md5(placeholder(), usedforsecurity=False).hexdigest(): "rate limit"}
            monkeypatch.setattr(images, "known_placeholders", lambda: known)
            server.otherwise = kind.good(placeholder())
        elif name == "same picture for all angles":
            server.otherwise = kind.good(picture((512, 512), "the same"))
        elif name != "TLS failure":
            server.otherwise = kind.faults[name]
        yield server, url


async def test_all_angles_but_one_fail_when_they_are_one_picture() -> None:
    """Six views of a set get the same bytes: one is kept, five say what they are."""
    async with LegacyServer() as server:
        server.otherwise = Reply(200, placeholder(), "image/jpeg")
        async with chain_of(KINDS["pollinations-legacy"].engine(server.url)) as chain:
            ends = await asyncio.gather(*(ending(chain, number) for number in range(6)))
    assert sorted(outcome for outcome, _ in ends) == ["duplicate"] * 5 + ["ok"]


async def test_a_used_up_quota_is_asked_once_for_the_whole_set() -> None:
    """Seven views at once: one hears 'quota', six are told without asking, and the next engine draws them all."""
    async with OpenAIServer() as server:
        server.otherwise = for_openai()["429 quota"]
        engine = OpenAIEngine(api_key=openai_server.KEY, model="gpt-image-2", base_url=server.base_url, gateway=True)
        backup = RemoteScript(id="backup")
        async with chain_of(engine, backup) as chain:
            drawn = await asyncio.gather(*(chain.draw(request(n), ("openai", "backup")) for n in range(7)))
            assert chain.health()["openai"].state is BreakerState.OPEN
            assert "quota is used up" in chain.health()["openai"].cause
    assert len(server.asked) == 1
    assert sorted(one.attempts[0].outcome for one in drawn) == ["breaker"] * 6 + ["quota"]
    assert {one.picture.engine for one in drawn} == {"backup"}


async def test_one_generation_at_a_time_is_respected_over_the_wire() -> None:
    """An unpaid account refuses a second drawing in flight: all views of a set come out, each billed once."""
    async with PollinationsServer(one_at_a_time=True) as server:
        server.work_s = 0.03
        async with chain_of(KINDS["pollinations"].engine(server.url)) as chain:
            ends = await asyncio.gather(*(ending(chain, number) for number in range(8)))
            assert chain.health()["pollinations"].limit == 1
    assert [outcome for outcome, _ in ends] == ["ok"] * 8
    assert server.billed == 8


async def test_random_faults_lose_nothing_and_draw_nothing_twice(caplog: pytest.LogCaptureFixture) -> None:
    """15 sets of 8 views with random faults on both services: every view ends as exactly one picture, nothing is left
    in flight, and file handles stay flat."""
    rng = random.Random(4)
    rules = Rules(timeout_s=0.6, backoff_s=0.01, most_backoff_s=0.02, breaker=BreakerRules(open_s=0.05, refused_s=0.05))
    async with OpenAIServer() as first, PollinationsServer() as second:
        for server, faults in ((first, for_openai()), (second, for_pollinations())):
            server.otherwise = sometimes(rng, faults, 0.5)
        engines = (KINDS["openai"].engine(first.url), KINDS["pollinations"].engine(second.url), RemoteScript(id="last"))
        async with chain_of(*engines, rules=rules) as chain:
            order = tuple(chain.engines)
            handles = []
            for number in range(15):
                session = f"{number:012x}"
                views = [chain.draw(request(angle, session), order) for angle in range(8)]
                drawn = await asyncio.wait_for(asyncio.gather(*views), 30)
                assert len({one.picture.data for one in drawn}) == 8
                for one in drawn:
                    assert [a.outcome for a in one.attempts].count("ok") == 1 and one.attempts[-1].outcome == "ok"
                handles.append(open_files())
            assert [(h.in_flight, h.waiting) for h in chain.health().values()] == [(0, 0)] * 3
    assert max(handles[8:]) <= max(handles[:8]) + 8
    assert not any(key in caplog.text for key in KEYS)


def open_files() -> int:
    """File handles of this process; 0 where the system does not tell."""
    folder = Path("/proc/self/fd")
    return len(list(folder.iterdir())) if folder.exists() else 0


SLOW_FAULTS = (
    "429 with a long Retry-After",
    "slow drip past the deadline",
    "a 200 MB body, announced",
    "a 200 MB body, unannounced",
)


def sometimes(rng: random.Random, faults: dict[str, Fate], share: float) -> Callable[[Request], Reply | None]:
    """A fate that is a random fault now and then; the slow and the huge ones stay out."""
    names = [name for name in faults if name not in SLOW_FAULTS]

    def fate(asked: Request) -> Reply | None:
        if rng.random() > share:
            return None
        chosen = faults[rng.choice(names)]
        return chosen(asked) if callable(chosen) else chosen

    return fate


def test_memory_of_a_huge_answer_stays_bounded() -> None:
    """An answer of 200 MB is cut off at 48 MB: the process does not grow by all of it."""

    async def once() -> str:
        async with LegacyServer() as server:
            server.otherwise = for_legacy()["a 200 MB body, unannounced"]
            async with chain_of(KINDS["pollinations-legacy"].engine(server.url)) as chain:
                return (await ending(chain))[0]

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert asyncio.run(once()) == "too-big"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 400 * 1024
