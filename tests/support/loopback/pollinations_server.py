"""Pollinations on a loopback socket: the API with a key, and the old keyless host."""

from __future__ import annotations

import base64
import json
import ssl
from typing import Any
from urllib.parse import unquote

from tests.support.loopback.paint import picture
from tests.support.loopback.wire import LoopbackServer, Reply, Request, json_reply

KEY = "sk_loopback_9e1d4b7a60c2"
MODELS: list[dict[str, Any]] = [
    {
        "name": "black-forest-labs/flux",
        "aliases": ["flux"],
        "category": "image",
        "pricing": {"currency": "pollen", "completionImageTokens": "0.0020"},
        "flat_rate": True,
        "input_modalities": ["text"],
        "output_modalities": ["image"],
    },
    {
        "name": "google/nanobanana",
        "aliases": ["nanobanana"],
        "category": "image",
        "pricing": {"currency": "pollen", "completionImageTokens": "0.00003", "promptTextTokens": "0.0000003"},
        "flat_rate": False,
        "input_modalities": ["text", "image"],
        "output_modalities": ["image"],
        "max_reference_images": 3,
    },
    {
        "name": "google/veo",
        "aliases": ["veo", "video"],
        "category": "video",
        "pricing": {"currency": "pollen", "completionVideoSeconds": "0.08"},
        "input_modalities": ["text", "image"],
        "output_modalities": ["video"],
    },
]


def error(status: int, code: str, message: str, **more: Any) -> Reply:
    """An error answer in Pollinations' form."""
    content = {"status": status, "success": False, "error": {"code": code, "message": message}}
    return json_reply(content, status, **more)


def concurrency() -> Reply:
    """What an unpaid account hears when a picture of it is being drawn already."""
    content = {"error": "concurrency_limit_exceeded", "message": "One generation at a time on this account."}
    return json_reply(content, 429)


def done(data: bytes) -> dict[str, Any]:
    """The body of a good answer."""
    return {
        "created": 1_790_000_000,
        "data": [{"b64_json": base64.b64encode(data).decode(), "revised_prompt": "as asked"}],
        "usage": {"input_tokens": 40, "output_tokens": 1290, "total_tokens": 1330},
    }


class PollinationsServer(LoopbackServer):
    """`one_at_a_time` refuses a second drawing in flight. `billed` counts drawings: identical requests join one."""

    def __init__(self, *, one_at_a_time: bool = False, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(tls)
        self.one_at_a_time = one_at_a_time
        self.drawings: set[bytes] = set()
        self.listed = 0
        self.models: Any = MODELS

    @property
    def billed(self) -> int:
        return len(self.drawings)

    def draws(self, request: Request) -> bool:
        return request.method == "POST"

    async def answer(self, request: Request) -> Reply:
        if request.path in ("/image/models", "/v1/models"):
            self.listed += 1
            return json_reply(self.models)
        if request.headers.get("authorization") != f"Bearer {KEY}":
            return error(401, "UNAUTHORIZED", "Authentication required. Pass a key as Bearer token.")
        if self.one_at_a_time and self.in_flight > 1:
            return concurrency()
        if request.path not in ("/v1/images/generations", "/v1/images/edits"):
            return error(404, "NOT_FOUND", "Route not found.")
        return self._draw(request)

    def _draw(self, request: Request) -> Reply:
        given = request.json
        model = next((m for m in MODELS if given["model"] in (m["name"], *m["aliases"])), None)
        if model is None:
            return error(404, "MODEL_NOT_FOUND", f"No such model: {given['model']}.")
        edits = request.path.endswith("edits")
        if edits and not all(str(image["image_url"]).startswith("data:image/") for image in given["image"]):
            return error(400, "BAD_REQUEST", "Missing required field: image")
        self.drawings.add(request.body)
        width, height = (int(edge) for edge in given["size"].split("x"))
        data = picture((width, height), json.dumps(given, sort_keys=True), "JPEG")
        return json_reply(done(data), headers=(("x-model-used", str(model["name"])),))


class LegacyServer(LoopbackServer):
    """GET /prompt/{prompt}: bytes of a JPEG."""

    async def answer(self, request: Request) -> Reply:
        if not request.path.startswith("/prompt/"):
            return Reply(404, b"not found", "text/plain")
        size = (int(request.query["width"]), int(request.query["height"]))
        key = f"{unquote(request.path)}{request.query['seed']}"
        return Reply(200, picture(size, key, "JPEG"), "image/jpeg", headers=(("x-model-used", "flux"),))
