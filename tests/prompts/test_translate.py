"""Prompts into English: offline, and with text services on loopback that answer well, badly or not at all."""

from __future__ import annotations

import asyncio
import json
import re
import threading
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from carimg.prompts.translate import Translation, Translator
from carimg.settings import Settings, load_settings
from tests.support.waiting import until

KEY = "sk-openai-planted"
POLLEN_KEY = "sk-pollen-planted"
ROAD = "на мокрій дорозі вночі"
PROMPT = f"2019 Renault Clio hatchback, синій, front view. {ROAD} (Session: 1a2b3c4d, Seed: 42)."
KEEP = ("Renault", "Clio", "42", "1a2b3c4d")
IN_ENGLISH = "2019 Renault Clio hatchback, blue, front view. on a wet road at night (Session: 1a2b3c4d, Seed: 42)."


def chat(text: str) -> Response:
    """A chat completion as both services send it."""
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    return Response(json.dumps({"object": "chat.completion", "choices": [choice]}), content_type="application/json")


def settings_for(server: HTTPServer | None = None, **changes: Any) -> Settings:
    """Settings without keys, or with both services on a loopback server."""
    remote = (
        {}
        if server is None
        else {
            "openai_api_key": KEY,
            "openai_base_url": server.url_for("/openai/v1"),
            "pollinations_api_key": POLLEN_KEY,
            "pollinations_url": server.url_for("/pollinations"),
        }
    )
    return load_settings(_env_file=None, **{"search_timeout_s": 3.0, **remote, **changes})


@pytest.fixture
async def offline() -> AsyncIterator[Translator]:
    """A translator without keys."""
    translator = Translator(settings_for())
    yield translator
    await translator.aclose()


class Services:
    """Both text services on one loopback server."""

    def __init__(self, server: HTTPServer) -> None:
        self.server = server
        self.asked: list[tuple[str, dict[str, Any], str]] = []

    def answer(self, service: str, answer: Response | Callable[[str], Response]) -> None:
        """What a service says to every question: always the same, or made from the fragment."""

        def handler(request: Request) -> Response:
            body = request.get_json()
            self.asked.append((service, body, request.headers.get("Authorization", "")))
            return answer if isinstance(answer, Response) else answer(body["messages"][-1]["content"])

        path = "/openai/v1/chat/completions" if service == "openai" else "/pollinations/v1/chat/completions"
        self.server.expect_request(path, method="POST").respond_with_handler(handler)

    def count(self, service: str) -> int:
        return sum(name == service for name, _, _ in self.asked)


@pytest.fixture
def services(httpserver: HTTPServer) -> Services:
    return Services(httpserver)


@pytest.fixture
async def online(httpserver: HTTPServer) -> AsyncIterator[Translator]:
    """A translator with keys for both services."""
    translator = Translator(settings_for(httpserver))
    yield translator
    await translator.aclose()


async def test_english_stays_as_it_is(offline: Translator) -> None:
    """Nothing to translate: the same text, by nobody."""
    text = "2019 Škoda Fabia,  blue (Session: 1a2b3c4d)"
    assert await offline.to_english(text) == Translation(text, "")


async def test_car_typed_in_ukrainian_is_clean_english_offline(offline: Translator) -> None:
    """'синій', 'хетчбек', 'спереду' and a make: the glossary alone."""
    translation = await offline.to_english("2019 Рено Кліо хетчбек, синій, спереду view.", ["2019"])
    assert translation == Translation("2019 Renault Clio hatchback, blue, front view.", "glossary")


async def test_unknown_words_are_spelt_in_latin_letters_offline(offline: Translator) -> None:
    """Without a service no Cyrillic is left, and what the glossary knows is still in English."""
    translation = await offline.to_english("2019 Renault Clio, синій, біля Жашкова", ["Renault"])
    assert translation.by == "transliteration"
    assert translation.text == "2019 Renault Clio, blue, bilia Zhashkova" or "Zhashkov" in translation.text
    assert not re.search("[\u0400-\u052f]", translation.text)


async def test_letters_no_table_knows_do_not_stay(offline: Translator) -> None:
    """Historic and Abkhaz letters, and combining ones."""
    translation = await offline.to_english("авто ꙮ ԀԂ ⷠ end")
    assert not re.search("[\u0400-\u052f\u2de0-\u2dff\ua640-\ua69f]", translation.text)
    assert translation.text.endswith("end")


async def test_only_the_unknown_clause_is_sent(services: Services, online: Translator) -> None:
    """OpenAI gets the clause, the model of the settings and the key; the rest of the prompt stays untouched."""
    services.answer("openai", chat("on a wet road at night"))
    assert await online.to_english(PROMPT, KEEP) == Translation(IN_ENGLISH, "openai")
    [(_, body, authorization)] = services.asked
    assert body["model"] == "gpt-5.4-mini"
    assert body["messages"][-1] == {"role": "user", "content": ROAD}
    assert authorization == f"Bearer {KEY}"


async def test_pollinations_follows_openai(services: Services, online: Translator) -> None:
    """The second service is asked with its own key, and the note says why."""
    services.answer("openai", Response("{}", 401))
    services.answer("pollinations", chat("on a wet road at night"))
    translation = await online.to_english(PROMPT, KEEP)
    assert (translation.text, translation.by) == (IN_ENGLISH, "pollinations")
    assert translation.note == "openai: it does not accept the key"
    assert services.asked[-1][2] == f"Bearer {POLLEN_KEY}"


BAD_ANSWERS = {
    "Cyrillic left": (chat("on a мокрій road"), "not all English"),
    "nothing": (chat("  "), "no text"),
    "HTML as text": (chat("<p>on a wet road</p>"), "no translation"),
    "an essay": (chat("Sure! Here is the translation. " * 20), "no translation"),
    "HTML": (Response("<html>maintenance</html>", content_type="text/html"), "not JSON"),
    "truncated JSON": (Response('{"choices": [{"message": {"content": "on a w'), "not JSON"),
    "other JSON": (Response('{"choices": []}'), "no text"),
    "error JSON": (Response('{"error": {"message": "bad"}}'), "no text"),
    "a number": (Response('{"choices": [{"message": {"content": 5}}]}'), "no text"),
    "a huge answer": (Response("x" * 2_000_000), "far too long"),
    "redirect": (Response("", 302, {"Location": "http://127.0.0.1:1/"}), "HTTP 302"),
    "401": (Response("{}", 401), "does not accept the key"),
    "402": (Response("{}", 402), "account is empty"),
    "403": (Response("{}", 403), "does not allow"),
    "404": (Response("{}", 404), "does not know the text model"),
    "429": (Response("{}", 429), "asked too often"),
    "503": (Response("", 503), "HTTP 503"),
    "530": (Response("<html>1033</html>", 530), "HTTP 530"),
}


@pytest.mark.parametrize("fault", BAD_ANSWERS)
async def test_bad_answer_is_thrown_away(
    services: Services, online: Translator, fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever both services send, English comes out and the note says what was wrong; no key is in it."""
    answer, reason = BAD_ANSWERS[fault]
    services.answer("openai", answer)
    services.answer("pollinations", answer)
    translation = await online.to_english(PROMPT, KEEP)
    assert translation.by == "transliteration"
    assert not re.search("[\u0400-\u052f]", translation.text)
    assert all(token in translation.text for token in KEEP)
    assert translation.note.count(reason) == 2
    assert KEY not in translation.note + caplog.text
    assert reason in caplog.text


async def test_answer_that_lost_a_number_is_thrown_away(services: Services, online: Translator) -> None:
    """'двигун 1.6 літра' has to keep its numbers; the next service is asked."""
    services.answer("openai", chat("with a small engine"))
    services.answer("pollinations", chat("with a 1.6 litre engine"))
    translation = await online.to_english("Renault Clio, з двигунищем 1.6 літра", KEEP)
    assert translation.text == "Renault Clio, with a 1.6 litre engine"
    assert translation.note == "openai: its answer lost a number"


async def test_quotes_and_lines_of_an_answer_are_tidied(services: Services, online: Translator) -> None:
    """A model that quotes its answer, breaks the line or adds a full stop is forgiven."""
    services.answer("openai", chat('"on a wet road\n at night."\n'))
    assert (await online.to_english(PROMPT, KEEP)).text == IN_ENGLISH


async def test_kept_tokens_are_never_sent(services: Services, online: Translator) -> None:
    """A seed inside a Ukrainian sentence is cut out before the sentence is sent."""
    services.answer("openai", lambda fragment: chat("seed" if "ерно" in fragment else "rare thing"))
    translation = await online.to_english("Зернятко 777123 дивовижа", ["777123"])
    assert "777123" in translation.text
    assert all("777123" not in body["messages"][-1]["content"] for _, body, _ in services.asked)


async def test_slow_services_end_within_the_deadline(services: Services, httpserver: HTTPServer) -> None:
    """Two services that hang share the deadline; then letters are swapped."""

    def slow(_: str) -> Response:
        time.sleep(0.8)
        return chat("too late")

    services.answer("openai", slow)
    services.answer("pollinations", slow)
    translator = Translator(settings_for(httpserver, search_timeout_s=0.6))
    start = time.monotonic()
    translation = await translator.to_english(PROMPT, KEEP)
    assert time.monotonic() - start < 2.0
    assert translation.by == "transliteration"
    assert translation.note.count("no answer within 0.") == 2
    await translator.aclose()


async def test_nobody_there_is_told_in_plain_words() -> None:
    """A refused connection."""
    settings = load_settings(
        _env_file=None, openai_api_key=KEY, openai_base_url="http://127.0.0.1:1/v1", search_timeout_s=2
    )
    translator = Translator(settings)
    assert (await translator.to_english(PROMPT, KEEP)).note == "openai: it cannot be reached (ConnectError)"
    await translator.aclose()


async def test_views_that_share_a_clause_ask_once(services: Services, online: Translator) -> None:
    """Eight views at once, and one later: one question."""

    services.answer("openai", chat("on a wet road at night"))
    prompts = [f"{angle} view, seed {seed}. {ROAD}" for seed, angle in enumerate(["front", "rear", "side", "top"] * 2)]
    texts = await asyncio.gather(*(online.to_english(prompt) for prompt in prompts))
    assert all(text.text.endswith("on a wet road at night") for text in texts)
    await online.to_english(PROMPT, KEEP)
    assert services.count("openai") == 1


async def test_dead_service_is_asked_once_not_once_a_view(services: Services, online: Translator) -> None:
    """Eight different clauses at once: the first failure opens the breaker for all."""
    services.answer("openai", Response("{}", 401))
    services.answer("pollinations", chat("somewhere"))
    words = ["Жашків", "Чоп", "Хуст", "Ічня", "Броди", "Буськ", "Галич", "Яготин"]
    texts = await asyncio.gather(*(online.to_english(f"Renault, біля міста {word}") for word in words))
    assert services.count("openai") == 1
    assert {text.by for text in texts} == {"pollinations"}
    assert sum("not asked for another" in text.note for text in texts) == 7


async def test_one_cancelled_view_does_not_stop_the_others(services: Services, online: Translator) -> None:
    """Two views wait for one answer; the first is cancelled."""

    asked, goes_on = threading.Event(), threading.Event()

    def answer(_: str) -> Response:
        asked.set()
        goes_on.wait(20)
        return chat("on a wet road at night")

    services.answer("openai", answer)
    first = asyncio.create_task(online.to_english(PROMPT, KEEP))
    second = asyncio.create_task(online.to_english(PROMPT, KEEP))
    await until(asked.is_set)
    first.cancel()
    goes_on.set()
    assert (await second).text == IN_ENGLISH
    assert first.cancelled() or first.cancelling()
    assert services.count("openai") == 1


async def test_free_sets_ask_no_service(services: Services, online: Translator) -> None:
    """A set that must cost nothing swaps letters, but uses what was translated before."""
    services.answer("openai", chat("on a wet road at night"))
    assert (await online.to_english(PROMPT, KEEP, free=True)).by == "transliteration"
    assert not services.asked
    await online.to_english(PROMPT, KEEP)
    assert (await online.to_english(PROMPT, KEEP, free=True)).text == IN_ENGLISH
    assert services.count("openai") == 1


async def test_wish_of_a_busy_service_is_obeyed(services: Services, online: Translator) -> None:
    """Retry-After longer than our own pause."""
    services.answer("openai", Response("{}", 429, {"Retry-After": "500"}))
    services.answer("pollinations", chat("on a wet road at night"))
    await online.to_english(PROMPT, KEEP)
    note = (await online.to_english("Renault, біля Жашківщини")).note
    assert re.search(r"openai: not asked for another (500|499) s: it was asked too often", note)


async def test_engines_switched_off_are_not_asked(services: Services, httpserver: HTTPServer) -> None:
    """CARIMG_ENGINES=studio with keys around: nothing leaves the machine."""
    services.answer("openai", chat("on a wet road at night"))
    translator = Translator(settings_for(httpserver, engines="studio"))
    assert (await translator.to_english(PROMPT, KEEP)).by == "transliteration"
    assert not services.asked
    await translator.aclose()


async def test_long_text_goes_sentence_by_sentence(services: Services, online: Translator) -> None:
    """Many unknown clauses are sent as whole sentences, so that a long prompt does not become a flood of questions."""
    services.answer("openai", chat("something rare"))
    sentence = "дивовижа, чудасія, химерія, нісенітниця, маячня"
    translation = await online.to_english(f"{sentence}. {sentence}! {sentence}")
    assert translation.text == "something rare. something rare! something rare"
    assert services.count("openai") == 1


async def test_closing_ends_what_is_under_way(services: Services, httpserver: HTTPServer) -> None:
    """`aclose` while a service is being asked leaves no task behind."""
    asked, goes_on = threading.Event(), threading.Event()
    services.answer("openai", lambda _: (asked.set(), goes_on.wait(20), chat("late"))[2])
    translator = Translator(settings_for(httpserver))
    task = asyncio.create_task(translator.to_english(PROMPT, KEEP))
    await until(asked.is_set)
    await translator.aclose()
    with pytest.raises(asyncio.CancelledError):
        await task
    goes_on.set()
