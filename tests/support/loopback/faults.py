"""Every way a picture service goes wrong, as replies of the loopback servers."""

from __future__ import annotations

from collections.abc import Callable

from tests.support.loopback import openai_server, pollinations_server
from tests.support.loopback.paint import bomb, picture, plain, tiny, truncated
from tests.support.loopback.wire import Fate, Reply, Request, json_reply

HTML = b"<!DOCTYPE html><html><head><title>Please wait</title></head><body>Checking your browser</body></html>"
PRIVATE = "http://169.254.169.254/latest/meta-data/"
HUGE = 200 * 2**20
MIB = 2**20

Done = Callable[[bytes], bytes]


def for_openai() -> dict[str, Fate]:
    """Fault → reply, in OpenAI's forms."""
    say = openai_server.error
    return _common(lambda data: json_reply(openai_server.done(data)).body) | {
        "400 moderation": say(400, "moderation_blocked", "Your request was rejected by the safety system."),
        "401": say(401, "invalid_api_key", f"Incorrect API key provided: {openai_server.KEY}."),
        "402": say(402, "billing_not_active", "Your account is not active, please check your billing details."),
        "403": say(403, "unsupported_country_region_territory", "Country, region, or territory not supported."),
        "404 model": say(404, "model_not_found", "The model does not exist or you do not have access to it."),
        "413": say(413, None, "Maximum content size limit exceeded."),
        "422": say(422, None, "Unprocessable request."),
        "429 with Retry-After": say(429, "rate_limit_exceeded", "Rate limit reached.", headers=_after(0.2)),
        "429 with a long Retry-After": say(429, "rate_limit_exceeded", "Rate limit reached.", headers=_after(60)),
        "429": say(429, "rate_limit_exceeded", "Rate limit reached for images per minute."),
        "429 quota": say(429, "insufficient_quota", "You exceeded your current quota.", "insufficient_quota"),
        "500": say(500, "server_error", "The server had an error.", "server_error"),
        "200 with error JSON": json_reply({"error": {"message": "Something went wrong", "code": "server_error"}}),
        "200 with empty data": json_reply({"created": 1, "data": []}),
        "bad base64": json_reply({"created": 1, "data": [{"b64_json": "%%%not base64%%%"}]}),
        "429 concurrency": json_reply({"error": "concurrency_limit_exceeded"}, 429),
    }


def for_pollinations() -> dict[str, Fate]:
    """Fault → reply, in Pollinations' forms."""
    say = pollinations_server.error
    return _common(lambda data: json_reply(pollinations_server.done(data)).body) | {
        "400 moderation": say(400, "safety_error", "The prompt was blocked."),
        "422 moderation": say(422, "content_policy_violation", "The prompt violates the content policy."),
        "401": say(401, "UNAUTHORIZED", f"Invalid key {pollinations_server.KEY}"),
        "402": say(402, "INSUFFICIENT_BALANCE", "Your pollen balance is too low."),
        "402 key budget": say(402, "KEY_BUDGET_EXHAUSTED", "This API key's budget is exhausted."),
        "402 queue full": json_reply({"error": "Queue full for IP", "queueLimit": 1}, 402),
        "403": say(403, "FORBIDDEN", "API key lacks required permission."),
        "404 model": say(404, "MODEL_NOT_FOUND", "No such model."),
        "413": say(413, "PAYLOAD_TOO_LARGE", "Body too large."),
        "422": say(422, "UNPROCESSABLE", "Validation failed."),
        "429 with Retry-After": say(429, "RATE_LIMITED", "Slow down.", headers=_after(0.2)),
        "429 with a long Retry-After": say(429, "RATE_LIMITED", "Slow down.", headers=_after(60)),
        "429": say(429, "RATE_LIMITED", "Slow down."),
        "429 quota": say(429, "insufficient_quota", "Quota used up."),
        "500": say(500, "INTERNAL_ERROR", "Internal server error."),
        "200 with error JSON": say(200, "INTERNAL_ERROR", "No server available."),
        "200 with empty data": json_reply({"created": 1, "data": []}),
        "bad base64": json_reply({"created": 1, "data": [{"b64_json": "%%%not base64%%%"}]}),
        "429 concurrency": pollinations_server.concurrency(),
    }


def for_legacy() -> dict[str, Fate]:
    """Fault → reply of the old keyless host: bodies are pictures, not JSON."""
    common = _common(lambda data: data)
    return common | {
        "400 moderation": json_reply({"error": "safety_error", "message": "Content blocked."}, 400),
        "401": json_reply({"error": "Unauthorized"}, 401),
        "402 queue full": json_reply({"error": "Queue full for IP: 1 requests already queued"}, 402),
        "403": Reply(403, HTML, "text/html"),
        "404 model": Reply(404, b"Not Found", "text/plain"),
        "413": Reply(413, b"Too Large", "text/plain"),
        "422": json_reply({"error": "Unprocessable"}, 422),
        "429 with Retry-After": Reply(429, b"Too Many Requests", "text/plain", headers=_after(0.2)),
        "429 with a long Retry-After": Reply(429, b"Too Many Requests", "text/plain", headers=_after(60)),
        "429": Reply(429, b"Too Many Requests", "text/plain"),
        "429 concurrency": json_reply({"error": "concurrency_limit_exceeded"}, 429),
        "500": Reply(500, b"Internal Server Error", "text/plain"),
        "200 with error JSON": json_reply({"error": "No active servers"}),
        "200 with empty data": Reply(200, b"", "image/jpeg"),
    }


def _common(wrap: Done) -> dict[str, Fate]:
    """Faults that look alike everywhere. `wrap` makes a picture's bytes the body of a good answer; pictures have the
    size the request asks for."""

    def shown(make: Callable[[tuple[int, int]], bytes], mime: str = "application/json") -> Fate:
        return lambda request: Reply(200, wrap(make(size_of(request))), mime)

    def cut(**how: float) -> Fate:
        def fate(request: Request) -> Reply:
            return Reply(200, wrap(picture(size_of(request), "cut")), **how)  # type: ignore[arg-type]

        return fate

    return {
        "reset in mid-body": cut(reset_after=700),
        "slow drip past the deadline": cut(drip_s=0.05),
        "hangs": Reply(hang_s=60),
        "502": Reply(502, HTML, "text/html"),
        "503 with Retry-After": Reply(503, b"overloaded", "text/plain", headers=_after(0.2)),
        "530 HTML": Reply(530, b"<html>error code: 1033</html>", "text/html"),
        "200 with HTML": Reply(200, HTML, "text/html; charset=utf-8"),
        "200 truncated": lambda request: Reply(200, wrap(picture(size_of(request), "half"))[:600]),
        "truncated PNG": shown(truncated),
        "1x1 picture": shown(lambda size: tiny()),
        "decompression bomb": shown(lambda size: bomb()),
        "a picture of one colour": shown(plain),
        "a picture of another shape": shown(lambda size: picture((200, 600), "tall")),
        "wrong content type with a good picture": shown(lambda size: picture(size, "fine"), "text/plain"),
        "redirect to a private address": Reply(302, b"", "text/plain", headers=(("Location", PRIVATE),)),
        "a 200 MB body, announced": Reply(200, b"{", endless=HUGE),
        "a 200 MB body, unannounced": Reply(200, chunks=(b"A" * MIB,) * 200),
        "compressed to nothing": Reply(200, b"\x1f\x8b" + b"\0" * 98, headers=(("Content-Encoding", "gzip"),)),
    }


def size_of(request: Request) -> tuple[int, int]:
    """The (width, height) a request asks for, in its URL or its JSON body."""
    if "width" in request.query:
        return int(request.query["width"]), int(request.query["height"])
    width, height = str(request.json["size"]).split("x")
    return int(width), int(height)


def _after(seconds: float) -> tuple[tuple[str, str], ...]:
    return (("Retry-After", f"{seconds:g}"),)
