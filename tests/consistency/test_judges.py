"""Optional judges: an ONNX embedding, a vision model at a loopback server."""

import base64
import io
import json
from pathlib import Path

import pytest
from PIL import Image
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from carimg.consistency import examine
from carimg.consistency.judges import OnnxJudge, VisionJudge
from carimg.errors import SettingsError
from carimg.generation.opinions import configured
from carimg.settings import Settings
from tests.support.drawn_car import Drawn, evidence, shown_as, view, views

CAR = Drawn()
VERDICT = {
    "same_car": False,
    "paint": "different",
    "wheels": "same",
    "lights": "unclear",
    "badge": "unclear",
    "angle_ok": [{"angle": "front", "ok": True}, {"angle": "side", "ok": False}, {"angle": "moon", "ok": True}],
    "evidence": "The side view is red,\n the front is blue.",
}


def _judge(server: HTTPServer, timeout_s: float = 5.0) -> VisionJudge:
    return VisionJudge(api_key="sk-secret", base_url=server.url_for("/v1"), model="seer-1", timeout_s=timeout_s)


def _completion(content: str) -> dict:
    message = {"role": "assistant", "content": content}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    return {"id": "c1", "object": "chat.completion", "created": 0, "model": "seer-1", "choices": [choice]}


def _embedding(path: Path) -> Path:
    """A model whose embedding is the picture's mean colour."""
    import onnx

    helper, kind = onnx.helper, onnx.TensorProto.FLOAT
    graph = helper.make_graph(
        [
            helper.make_node("GlobalAveragePool", ["pixels"], ["mean"]),
            helper.make_node("Flatten", ["mean"], ["embedding"]),
        ],
        "mean-colour",
        [helper.make_tensor_value_info("pixels", kind, [1, 3, 32, 32])],
        [helper.make_tensor_value_info("embedding", kind, [1, 3])],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return path


async def test_the_vision_judge_sends_every_view_with_its_angle(httpserver: HTTPServer) -> None:
    """One request: the model, a strict JSON schema, and per view the angle followed by a JPEG."""
    asked: list[dict] = []

    def answer(request: Request) -> Response:
        asked.append(json.loads(request.data))
        assert request.headers["Authorization"] == "Bearer sk-secret"
        return Response(json.dumps(_completion(json.dumps(VERDICT))), content_type="application/json")

    httpserver.expect_request("/v1/chat/completions", method="POST").respond_with_handler(answer)
    told = await _judge(httpserver).judge(views(CAR, "front", "side"))
    (body,) = asked
    assert body["model"] == "seer-1"
    assert body["response_format"]["json_schema"]["strict"] is True
    schema = body["response_format"]["json_schema"]["schema"]
    assert set(schema["required"]) == set(VERDICT) and schema["additionalProperties"] is False
    parts = body["messages"][1]["content"]
    assert [part["text"] for part in parts[::2]] == ["angle: front", "angle: side"]
    head, data = parts[1]["image_url"]["url"].split(",")
    assert head == "data:image/jpeg;base64"
    assert Image.open(io.BytesIO(base64.b64decode(data))).size == (320, 213)
    assert (told.same_car, told.failed) == (False, False)
    assert told.details == {"paint": "different", "wheels": "same", "lights": "unclear", "badge": "unclear"}
    assert told.angles_ok == {"front": True, "side": False}
    assert told.message.text == "The model does not see one car. The side view is red, the front is blue."


@pytest.mark.parametrize(("status", "words"), [(401, "key is not accepted"), (429, "quota limit"), (500, "HTTP 500")])
async def test_a_refused_request_is_an_opinion_that_failed(httpserver: HTTPServer, status: int, words: str) -> None:
    """No exception, a reason in plain words, and no key in it."""
    error = {"error": {"message": "Incorrect API key provided: sk-secret", "code": "x"}}
    httpserver.expect_request("/v1/chat/completions").respond_with_json(error, status=status)
    told = await _judge(httpserver).judge(views(CAR, "front", "side"))
    assert told.failed and told.same_car is None
    assert words in told.message.text
    assert "sk-secret" not in json.dumps(told.to_json())


@pytest.mark.parametrize("content", ["I think it is the same car!", '{"same_car": "perhaps"}', ""])
async def test_an_answer_that_is_not_the_asked_json_is_said_so(httpserver: HTTPServer, content: str) -> None:
    """Prose instead of JSON is no verdict."""
    httpserver.expect_request("/v1/chat/completions").respond_with_json(_completion(content))
    told = await _judge(httpserver).judge(views(CAR, "front", "side"))
    assert told.failed
    assert told.message.params["why"] == "its answer is not the JSON that was asked for."


async def test_an_unreachable_server_is_said_so() -> None:
    """Nobody listens at the discard port."""
    judge = VisionJudge(api_key="", base_url="http://127.0.0.1:9/v1", model="m", timeout_s=2)
    told = await judge.judge(views(CAR, "front", "side"))
    assert told.failed and told.message.params["why"] == "it cannot be reached."


async def test_one_readable_view_is_not_sent(httpserver: HTTPServer) -> None:
    """Nothing to compare, so nothing is asked or paid for."""
    told = await _judge(httpserver).judge([view(CAR, "front"), shown_as(view(CAR, "side"), "side", b"broken")])
    assert told.failed and told.message.key == "judge.vision.few"
    assert not httpserver.log


def test_the_onnx_judge_finds_the_view_that_is_least_like_the_others(tmp_path: Path) -> None:
    """With mean colour as the embedding, the red car among blue ones is named; there is no verdict of its own."""
    shown = [view(CAR, "front"), view(CAR, "side"), view(Drawn(paint="#b5121b"), "rear")]
    told = OnnxJudge(_embedding(tmp_path / "mean.onnx")).judge(shown, [examine(one) for one in shown])
    assert told.message.params["angle"] == "rear"
    assert told.scores["rear"] < min(told.scores["front"], told.scores["side"])
    assert all(-1 <= score <= 1 for score in told.scores.values())
    assert told.same_car is None


def test_the_onnx_judge_says_what_is_missing(tmp_path: Path) -> None:
    """A missing file and a file that is no model name the setting."""
    shown = views(CAR, "front", "side")
    seen = [evidence(CAR, "front"), evidence(CAR, "side")]
    with pytest.raises(SettingsError, match="CARIMG_ONNX_JUDGE: there is no file"):
        OnnxJudge(tmp_path / "none.onnx").judge(shown, seen)
    bad = tmp_path / "bad.onnx"
    bad.write_bytes(b"not a model")
    with pytest.raises(SettingsError, match="cannot be loaded"):
        OnnxJudge(bad).judge(shown, seen)


def test_the_onnx_judge_needs_two_cars(tmp_path: Path) -> None:
    """One measurable view: no opinion, and the model is not even loaded."""
    told = OnnxJudge(tmp_path / "none.onnx").judge(views(CAR, "front"), [evidence(CAR, "front")])
    assert told.failed and told.message.key == "judge.onnx.few"


def test_judges_are_off_unless_configured(tmp_path: Path) -> None:
    """Without settings there is none; a vision judge without a key says what it needs."""
    none = configured(Settings(_env_file=None, OPENAI_API_KEY="", CARIMG_VISION_JUDGE=False))  # type: ignore[call-arg]
    assert (none.onnx, none.vision, dict(none.unusable)) == (None, None, {})
    keyless = configured(Settings(_env_file=None, OPENAI_API_KEY="", OPENAI_BASE_URL="", CARIMG_VISION_JUDGE=True))  # type: ignore[call-arg]
    assert keyless.vision is None
    assert "OPENAI_API_KEY" in keyless.unusable["vision"].text
    both = configured(
        Settings(_env_file=None, OPENAI_API_KEY="sk-x", CARIMG_VISION_JUDGE=True, CARIMG_ONNX_JUDGE=tmp_path / "m.onnx")  # type: ignore[call-arg]
    )
    assert both.vision is not None and both.onnx is not None
    assert both.to_json() == {"onnx": True, "vision": True, "unusable": {}}
