"""OpenAI's image endpoints on a loopback socket, and the self-hosted servers that speak the same protocol."""

from __future__ import annotations

import base64
import email.parser
import email.policy
import itertools
import json
import re
import ssl
from typing import Any

from tests.support.loopback.paint import picture
from tests.support.loopback.wire import LoopbackServer, Reply, Request, json_reply

KEY = "sk-loopback-7f3b2c9d1e5a"
LIVING = ("gpt-image-2.6-flare", "gpt-image-2", "gpt-image-1.5", "gpt-image-1-mini", "sd-turbo")
GENERATE = {
    "model", "prompt", "n", "size", "quality", "moderation", "output_format", "background", "stream", "partial_images"
}  # fmt: skip
EDIT = GENERATE - {"moderation"} | {"image", "image[]", "input_fidelity", "mask"}


def error(status: int, code: str | None, message: str, kind: str = "invalid_request_error", **more: Any) -> Reply:
    """An error answer in OpenAI's form."""
    content = {"error": {"message": message, "type": kind, "param": None, "code": code}}
    return json_reply(content, status, **more)


class OpenAIServer(LoopbackServer):
    """`self_hosted` servers take no key, know no quality, accept a seed, and do not stream.

    `drawn` counts pictures made (and so billed); `seeds` what seeds arrived, however they came.
    """

    def __init__(self, *, self_hosted: bool = False, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(tls)
        self.self_hosted = self_hosted
        self.drawn = 0
        self.seeds: list[int] = []
        self._numbers = itertools.count(1)

    @property
    def base_url(self) -> str:
        return f"{self.url}/v1"

    async def answer(self, request: Request) -> Reply:
        if not self.self_hosted and request.headers.get("authorization") != f"Bearer {KEY}":
            return error(401, "invalid_api_key", f"Incorrect API key provided: {KEY[:6]}****{KEY[-4:]}.")
        if request.path == "/v1/images/generations":
            return self._draw(request.json, GENERATE)
        if request.path == "/v1/images/edits":
            return self._draw(form_fields(request), EDIT)
        return error(404, None, f"Invalid URL (POST {request.path})")

    def _draw(self, given: dict[str, Any], known: set[str]) -> Reply:
        fault = None if self.self_hosted else _refusal(given, known)
        if fault is not None:
            return fault
        self._note_seed(given)
        self.drawn += 1
        width, height = (int(edge) for edge in str(given["size"]).split("x"))
        images = given.get("image[]", given.get("image", []))
        count = len(images) if isinstance(images, list) else 1
        data = picture((width, height), f"{given['prompt']}{count}{next(self._numbers)}")
        if str(given.get("stream", "")).lower() == "true" and not self.self_hosted:
            kind = "image_edit" if count else "image_generation"
            return stream_reply(kind, data, usage(count), partials=int(given.get("partial_images", 0)))
        return json_reply(done(data) | {"usage": usage(count)})

    def _note_seed(self, given: dict[str, Any]) -> None:
        tag = re.search(r'<sd_cpp_extra_args>\{"seed":(\d+)\}</sd_cpp_extra_args>', str(given["prompt"]))
        if tag or "seed" in given:
            self.seeds.append(int(tag[1] if tag else given["seed"]))


def _refusal(given: dict[str, Any], known: set[str]) -> Reply | None:
    """What OpenAI says to a request it does not accept."""
    for name in given:
        if name not in known:
            return error(400, "unknown_parameter", f"Unknown parameter: '{name}'.")
    if given["model"] not in LIVING:
        return error(404, "model_not_found", f"The model '{given['model']}' does not exist.")
    if given.get("quality") not in (None, "auto", "low", "medium", "high", "xhigh", "max"):
        return error(400, "invalid_value", f"Invalid value: '{given['quality']}'.")
    width, height = (int(edge) for edge in str(given["size"]).split("x"))
    fixed = given["model"].startswith(("gpt-image-1.5", "gpt-image-1-mini"))
    good = (
        (width, height) in ((1024, 1024), (1536, 1024), (1024, 1536))
        if fixed
        else width % 16 == height % 16 == 0
        and 655_360 <= width * height <= 8_294_400
        and max(width, height) <= min(3840, 3 * min(width, height))
    )
    return None if good else error(400, "invalid_size", f"Invalid size {given['size']}.")


def done(data: bytes) -> dict[str, Any]:
    """The body of a good answer, without usage."""
    return {"created": 1_790_000_000, "data": [{"b64_json": base64.b64encode(data).decode()}]}


def usage(images: int = 0) -> dict[str, Any]:
    """Token counts: 50 of text, 300 an input image, 1,500 out."""
    counts = {"text_tokens": 50, "image_tokens": 300 * images}
    total = 50 + 300 * images
    return {
        "input_tokens": total,
        "input_tokens_details": counts,
        "output_tokens": 1500,
        "total_tokens": total + 1500,
    }


def stream_reply(kind: str, data: bytes, counted: dict[str, Any], partials: int = 2, complete: bool = True) -> Reply:
    """Server-sent events: previews, then the completed event (unless `complete` is False)."""
    common = {
        "created_at": 1_790_000_000,
        "size": "1024x1024",
        "quality": "medium",
        "background": "opaque",
        "output_format": "png",
    }
    events = [
        ({"type": f"{kind}.partial_image", "partial_image_index": number} | common, picture((96, 64), f"part{number}"))
        for number in range(partials)
    ]
    if complete:
        events.append(({"type": f"{kind}.completed", "usage": counted} | common, data))
    chunks = [
        _event(str(event["type"]), event | {"b64_json": base64.b64encode(shown).decode()}) for event, shown in events
    ]
    return Reply(mime="text/event-stream", chunks=tuple(chunks))


def _event(kind: str, data: dict[str, Any]) -> bytes:
    return f"event: {kind}\ndata: {json.dumps(data)}\n\n".encode()


def form_fields(request: Request) -> dict[str, Any]:
    """Fields of a multipart body: text as str, one file as bytes, fields named 'x[]' as lists of bytes."""
    head = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode()
    message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + request.body)
    fields: dict[str, Any] = {}
    for part in message.iter_parts():
        name = str(part.get_param("name", header="content-disposition"))
        value = part.get_payload(decode=True)
        if part.get_filename() is None:
            fields[name] = value.decode()
        elif name.endswith("[]"):
            fields.setdefault(name, []).append(value)
        else:
            fields[name] = value
    return fields
