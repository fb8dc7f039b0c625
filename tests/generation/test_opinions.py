"""Second opinions on sets, from judges on a loopback server and in a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from carimg.consistency.judges import Opinion
from carimg.errors import StoreError
from carimg.generation.jobs import Jobs
from tests.support.car_engine import CarEngine
from tests.support.kit import open_script_jobs, serving
from tests.support.orders import order

ANSWER = {
    "same_car": False,
    "paint": "different",
    "wheels": "same",
    "lights": "same",
    "badge": "unclear",
    "angle_ok": [{"angle": "front", "ok": True}, {"angle": "rear", "ok": False}],
    "evidence": "The rear is red.",
}


class Chat:
    """A chat service that gives one answer and keeps what it was asked."""

    def __init__(self, server: HTTPServer) -> None:
        self.url = server.url_for("/v1")
        self.status = 200
        self.asked: list[dict[str, Any]] = []
        server.expect_request("/v1/chat/completions", method="POST").respond_with_handler(self._answer)

    def _answer(self, request: Request) -> Response:
        self.asked.append(request.get_json())
        choice = {"index": 0, "message": {"role": "assistant", "content": json.dumps(ANSWER)}, "finish_reason": "stop"}
        usage = {"prompt_tokens": 1200, "completion_tokens": 90, "total_tokens": 1290}
        body = {"id": "1", "object": "chat.completion", "created": 0, "model": "m", "choices": [choice], "usage": usage}
        return Response(json.dumps(body), status=self.status, content_type="application/json")


@pytest.fixture
def chat(httpserver: HTTPServer) -> Chat:
    return Chat(httpserver)


def drawn(jobs: Jobs) -> str:
    set_id = jobs.start(jobs.parse(order(engines=["script"])))
    jobs.wait(set_id, 20)
    return set_id


def ask(jobs: Jobs, set_id: str) -> tuple[Opinion, ...]:
    return jobs.opinions.ask(jobs.stored(set_id))


def test_without_judges_nobody_is_asked(tmp_path: Path) -> None:
    """The settings name none: nothing is wanted, and asking gives nothing."""
    with open_script_jobs(tmp_path, CarEngine()) as jobs:
        assert not jobs.opinions.wanted
        assert ask(jobs, drawn(jobs)) == ()


def test_an_opinion_is_asked_once_for_the_same_pictures(tmp_path: Path, chat: Chat) -> None:
    """Asking costs one request; asking again costs none until a view has been drawn again. The verdict stays."""
    keys = {"vision_judge": True, "openai_api_key": "sk-planted", "openai_base_url": chat.url}
    with open_script_jobs(tmp_path, CarEngine(planted={"rear": "#a01818"}), **keys) as jobs:
        set_id = drawn(jobs)
        report = jobs.report(set_id)
        assert jobs.opinions.known(jobs.store.load_set(set_id)) == ()
        (opinion,) = ask(jobs, set_id)
        assert (opinion.judge, opinion.same_car, opinion.angles_ok) == ("vision", False, {"front": True, "rear": False})
        assert opinion.details == {"paint": "different", "wheels": "same", "lights": "same", "badge": "unclear"}
        assert ask(jobs, set_id) == jobs.opinions.known(jobs.store.load_set(set_id)) == (opinion,)
        assert len(chat.asked) == 1
        assert jobs.report(set_id) == report
        jobs.redo(set_id, ["rear"])
        jobs.wait(set_id, 20)
        assert jobs.opinions.known(jobs.store.load_set(set_id)) == ()
        ask(jobs, set_id)
        assert len(chat.asked) == 2


def test_a_judge_that_failed_is_asked_again(tmp_path: Path, chat: Chat) -> None:
    """A failed request is an opinion that says why; the next press asks anew."""
    chat.status = 503
    keys = {"vision_judge": True, "openai_api_key": "sk-planted", "openai_base_url": chat.url}
    with open_script_jobs(tmp_path, CarEngine(), **keys) as jobs:
        set_id = drawn(jobs)
        (failed,) = ask(jobs, set_id)
        assert failed.failed and "HTTP 503" in failed.message.text
        chat.status = 200
        assert not ask(jobs, set_id)[0].failed


def test_judges_that_cannot_work_say_why(tmp_path: Path) -> None:
    """A model file that is not there, and a vision model without a key: two reasons, no error."""
    with open_script_jobs(tmp_path, CarEngine(), onnx_judge=tmp_path / "none.onnx", vision_judge=True) as jobs:
        assert jobs.opinions.wanted
        said = {opinion.judge: opinion.message.text for opinion in ask(jobs, drawn(jobs))}
    assert "OPENAI_API_KEY" in said["vision"]
    assert "there is no file" in said["onnx"]


def test_rest_tells_opinions_apart_from_the_report(tmp_path: Path, chat: Chat) -> None:
    """A POST asks the judges; the report's answer then carries what they said, in a list of its own."""
    keys = {"vision_judge": True, "openai_api_key": "sk-planted", "openai_base_url": chat.url}
    with open_script_jobs(tmp_path, CarEngine(), **keys) as jobs, serving(jobs) as url:
        address = f"{url}/api/sets/{drawn(jobs)}"
        assert httpx.get(f"{address}/report", timeout=60).json()["opinions"] == []
        (asked,) = httpx.post(f"{address}/opinions", timeout=60).json()["opinions"]
        assert (asked["judge"], asked["same_car"], asked["failed"]) == ("vision", False, False)
        assert asked["tokens"] == 1290
        answer = httpx.get(f"{address}/report", timeout=60).json()
        assert answer["opinions"] == [asked]
        assert answer["report"]["verdict"] == "same"
        assert httpx.post(f"{url}/api/sets/nowhere/opinions").status_code == 404


def test_an_unknown_set_is_refused(tmp_path: Path) -> None:
    """The same sentence as everywhere."""
    with open_script_jobs(tmp_path, CarEngine()) as jobs, pytest.raises(StoreError, match="There is no such set"):
        ask(jobs, "nowhere")
