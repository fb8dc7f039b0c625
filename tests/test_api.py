"""The REST routes, over a real socket."""

from __future__ import annotations

import io
import json
import threading
import zipfile
from pathlib import Path
from typing import Any

import httpx
import pytest

from carimg.errors import EngineRefused
from tests.support.kit import open_script_jobs, serving
from tests.support.orders import CLIO
from tests.support.script_engine import Act, ScriptEngine
from tests.support.waiting import until_set

GENERATE = "/api/chat/generate-car-images/"


def body(**changes: Any) -> dict[str, Any]:
    return {
        "car_data": dict(CLIO),
        "angles": ["front", "side"],
        "use_mock_algorithm": True,
        "size": "256x256",
    } | changes


def test_the_contracts_call_answers_in_the_contracts_shape(tmp_path: Path) -> None:
    """success, session_id, images with url, angle, seed, session_id, isMain and prompt, total and debug."""
    with open_script_jobs(tmp_path, ScriptEngine()) as jobs, serving(jobs) as url:
        answer = httpx.post(url + GENERATE, json=body()).json()
        assert answer["success"] is True
        assert answer["session_id"].startswith("CAR-")
        assert len(answer["session_id"]) == 12
        assert answer["total_generated"] == 2
        assert answer["debug"]["requested_angles"] == ["front", "side"]
        assert answer["debug"]["generated_count"] == 2
        assert [image["isMain"] for image in answer["images"]] == [True, False]
        for image in answer["images"]:
            assert {"url", "angle", "seed", "session_id", "isMain", "prompt"} <= image.keys()
            picture = httpx.get(url + image["url"])
            assert picture.headers["content-type"] == "image/png"
            assert picture.content.startswith(b"\x89PNG")


def test_mock_keeps_to_engines_that_cost_nothing(tmp_path: Path) -> None:
    """With use_mock_algorithm the paid engine is not asked; without, it is."""
    paid, free = ScriptEngine(id="paid", costs_money=True), ScriptEngine(id="free")
    with open_script_jobs(tmp_path, paid, free) as jobs, serving(jobs) as url:
        assert {i["engine"] for i in httpx.post(url + GENERATE, json=body()).json()["images"]} == {"free"}
        answer = httpx.post(url + GENERATE, json=body(use_mock_algorithm=False)).json()
        assert {image["engine"] for image in answer["images"]} == {"paid"}


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"car_data": CLIO | {"year": 1700}}, "car_data.year", "between 1886"),
        ({"car_data": CLIO | {"body_type": "boat"}}, "car_data.body_type", "hatchback"),
        ({"car_data": {"brand": "Renault"}}, "car_data.model", "required"),
        ({"angles": ["nowhere"]}, "angles", "not known"),
        ({"size": "9x9"}, "size", "256 to 2048"),
        ({"template": "{{ nonsense }}"}, "template", "nonsense"),
    ],
)
def test_bad_input_is_422_with_the_field(changes: dict[str, Any], field: str, words: str, tmp_path: Path) -> None:
    """JSON with field and sentence; no engine was asked."""
    engine = ScriptEngine()
    with open_script_jobs(tmp_path, engine) as jobs, serving(jobs) as url:
        answer = httpx.post(url + GENERATE, json=body(**changes))
        assert answer.status_code == 422
        assert answer.json()["success"] is False
        assert answer.json()["error"]["field"] == field
        assert words in answer.json()["error"]["message"]
        assert engine.asked == []


def test_broken_json_unknown_paths_and_wrong_methods_answer_json(tmp_path: Path) -> None:
    """422, 404 and 405, each as JSON, never as a page."""
    with open_script_jobs(tmp_path, ScriptEngine()) as jobs, serving(jobs) as url:
        for answer, status in (
            (httpx.post(url + GENERATE, content=b"{", headers={"content-type": "application/json"}), 422),
            (httpx.get(url + "/api/nothing"), 404),
            (httpx.get(url + GENERATE), 405),
            (httpx.get(url + "/api/sets/nothing"), 404),
            (httpx.get(url + "/api/pictures/nothing/front.png"), 404),
        ):
            assert answer.status_code == status
            assert answer.headers["content-type"] == "application/json"
            assert answer.json()["error"]["message"]


def test_a_failed_view_is_said_and_the_others_are_there(tmp_path: Path) -> None:
    """What was drawn is in the answer, what was not is in `failed` with its reason; with nothing drawn, no success."""
    engine = ScriptEngine(by_angle={"side": Act(error=EngineRefused("It will not draw this."))})
    with open_script_jobs(tmp_path, engine) as jobs, serving(jobs) as url:
        answer = httpx.post(url + GENERATE, json=body())
        assert answer.status_code == 200
        assert answer.json()["success"] is True
        assert [image["angle"] for image in answer.json()["images"]] == ["front"]
        assert [view["angle"] for view in answer.json()["failed"]] == ["side"]
        assert "It will not draw this." in answer.json()["failed"][0]["error"]
        assert httpx.post(url + GENERATE, json=body(angles=["side"])).json()["success"] is False


def test_a_set_can_be_started_watched_cancelled_and_fetched(tmp_path: Path) -> None:
    """202 at once; events until the end; cancel keeps what is there; archive and sheet download."""
    engine = ScriptEngine(by_angle={"front": Act(0.0), "side": Act(30)})
    with open_script_jobs(tmp_path, engine) as jobs, serving(jobs) as url:
        started = httpx.post(url + "/api/sets", json=body())
        assert started.status_code == 202
        where = url + started.json()["url"]
        lines: list[str] = []

        def listen() -> None:
            with httpx.stream("GET", where + "/events", timeout=20) as stream:
                lines.extend(line for line in stream.iter_lines() if line)

        listener = threading.Thread(target=listen)
        listener.start()
        until_set(jobs, started.json()["set_id"], lambda now: now.drawn)
        cancelled = httpx.post(where + "/cancel").json()
        listener.join(10)
        assert lines[-2:] == ["event: end", "data: end"]
        assert len(lines) > 4
        assert cancelled["total_generated"] == 1
        names = zipfile.ZipFile(io.BytesIO(httpx.get(where + "/archive.zip").content)).namelist()
        assert {"manifest.json", "contact-sheet.png", "prompts.csv"} <= {name.rsplit("/", 1)[-1] for name in names}
        assert httpx.get(where + "/contact-sheet.png").content.startswith(b"\x89PNG")
        assert httpx.get(url + "/api/sets").json()["total"] == 1


def test_tokens_lock_what_costs_money(tmp_path: Path) -> None:
    """With CARIMG_API_TOKENS, calls without one get 401 as JSON, and calls with one work."""
    with open_script_jobs(tmp_path, ScriptEngine(), api_tokens="open-sesame") as jobs, serving(jobs) as url:
        assert httpx.post(url + GENERATE, json=body()).status_code == 401
        wrong = {"Authorization": "Bearer open"}
        assert httpx.post(url + GENERATE, json=body(), headers=wrong).json()["success"] is False
        right = {"Authorization": "Bearer open-sesame"}
        assert httpx.post(url + GENERATE, json=body(), headers=right).json()["success"] is True


def test_the_api_describes_itself(tmp_path: Path) -> None:
    """OpenAPI page and document, catalogue and engines are there."""
    with open_script_jobs(tmp_path, ScriptEngine()) as jobs, serving(jobs) as url:
        assert "/chat/generate-car-images/" in httpx.get(url + "/api/openapi.json").json()["paths"]
        assert httpx.get(url + "/api/docs").status_code == 200
        assert len(httpx.get(url + "/api/catalog").json()["angles"]) >= 12
        assert httpx.get(url + "/api/engines").json()["engines"][0]["ready"] is True


def test_the_report_says_what_it_can_and_what_it_cannot_measure(tmp_path: Path) -> None:
    """A set of plain coloured cards has no car in it: not measurable, never a score."""
    with open_script_jobs(tmp_path, ScriptEngine()) as jobs, serving(jobs) as url:
        set_id = httpx.post(url + GENERATE, json=body()).json()["set_id"]
        answer = httpx.get(f"{url}/api/sets/{set_id}/report").json()
        report = answer["report"]
        assert report["verdict"] == "not-measurable"
        assert answer["opinions"] == []
        assert [view["angle"] for view in report["views"]] == ["front", "side"]
        assert httpx.get(url + "/api/sets/nothing/report").status_code == 404


MARKS = "a" + "\u0301\u0323" * 10_000


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"car_data": CLIO | {"brand": MARKS}}, "car_data.brand"),
        ({"car_data": CLIO | {"color": MARKS}}, "car_data.color"),
        ({"angles": [MARKS]}, "angles"),
        ({"angles": ["front"] * 50_000}, "angles"),
        ({"seeds": {MARKS: 5}}, "seeds"),
        ({"prompts": {"front": MARKS}}, "prompts"),
        ({"engines": [MARKS]}, "engines"),
        ({"template": MARKS}, "template"),
        ({"session_id": MARKS}, "session_id"),
    ],
)
def test_an_order_of_joined_accents_is_refused_unread(changes: dict[str, Any], field: str, tmp_path: Path) -> None:
    """What would take long to read is 422 with one short sentence; nothing was drawn, and the server answers on."""
    engine = ScriptEngine()
    with open_script_jobs(tmp_path, engine) as jobs, serving(jobs) as url:
        answer = httpx.post(url + "/api/sets", json=body(**changes))
        assert answer.status_code == 422
        assert answer.json()["error"]["field"] == field
        assert len(answer.content) < 1_000
        assert httpx.get(url + "/api/health").json() == {"ok": True}
        assert not engine.asked


@pytest.mark.parametrize("path", ["/api/sets", GENERATE, "/api/sets/nothing/redo"])
@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_over_one_megabyte_is_413(path: str, chunked: bool, tmp_path: Path) -> None:
    """Whether its length is told or not, nothing after the limit is read; just below it an order is looked at."""
    large = json.dumps(body(template="x" * 1_000_000)).encode()
    json_body = {"Content-Type": "application/json"}
    with open_script_jobs(tmp_path, ScriptEngine()) as jobs, serving(jobs) as url:
        content = (large[at : at + 65_536] for at in range(0, len(large), 65_536)) if chunked else large
        answer = httpx.post(url + path, content=content, headers=json_body)
        assert (answer.status_code, answer.json()["success"]) == (413, False)
        below = httpx.post(url + GENERATE, json=body(template="x" * 990_000))
        assert (below.status_code, below.json()["error"]["field"]) == (422, "template")


@pytest.mark.parametrize(
    "order",
    [
        '{"seeds": {"\\ud800": 5}}',
        '{"seeds": {"\\ud800": "x"}}',
        '{"prompts": {"\\ud800": "a"}}',
        '{"budget_usd": Infinity}',
        '{"budget_usd": 1e999}',
        '{"budget_usd": NaN}',
    ],
)
def test_what_no_answer_can_hold_is_refused(order: str, tmp_path: Path) -> None:
    """Half characters as names, and amounts without end, are 422 with JSON, not accepted and never readable."""
    with open_script_jobs(tmp_path, ScriptEngine()) as jobs, serving(jobs) as url:
        content = json.dumps(body())[:-1] + ", " + order[1:]
        answer = httpx.post(url + "/api/sets", content=content, headers={"Content-Type": "application/json"})
        assert answer.status_code == 422
        assert answer.json()["success"] is False
        assert httpx.get(url + "/api/sets").json()["total"] == 0


def test_the_operators_cap_holds_over_rest(tmp_path: Path) -> None:
    """An order that would raise it draws nothing that the operator did not allow."""
    paid = PricedScript(id="paid", costs_money=True, otherwise=Act(cost_usd=0.04))
    with open_script_jobs(tmp_path, paid, set_budget_usd=0.05) as jobs, serving(jobs) as url:
        answer = httpx.post(url + GENERATE, json=body(use_mock_algorithm=False, budget_usd=1000)).json()
        assert answer["total_generated"] == 1
        assert len(paid.asked) == 1


class PricedScript(ScriptEngine):
    def estimate_usd(self, size: tuple[int, int]) -> float:
        return 0.04
