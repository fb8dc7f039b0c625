"""What a service's refusals and breakdowns mean: one table for all remote engines, one sentence each, no key in any."""

from __future__ import annotations

import email.utils
import json
import re
import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from carimg.errors import (
    EngineBroken,
    EngineBusy,
    EngineError,
    EngineRefused,
    EngineTimeout,
    EngineUnavailable,
    Reason,
)

_KEY_LIKE = re.compile(r"\b(?:sk|pk|plln_pk)[-_][\w*.\-]{4,}|Bearer\s+\S+", re.IGNORECASE)
_MODERATION = {"moderation_blocked", "content_policy_violation", "safety_error", "content_filter"}
_QUOTA = {"insufficient_quota", "billing_hard_limit_reached", "billing_limit_user_error"}
_MAX_WORDS = 200


@dataclass(frozen=True, slots=True)
class Service:
    """How a service is spoken of in messages, and what to name as the fix."""

    title: str
    key_setting: str
    model_setting: str
    url_setting: str
    model: str
    living_models: str
    """Models to name when `model` is not there."""
    secrets: tuple[str, ...] = ()

    def redacted(self, text: str) -> str:
        """One line of at most 200 characters without keys or anything that looks like one."""
        for secret in self.secrets:
            text = text.replace(secret, "[key]")
        text = " ".join(_KEY_LIKE.sub("[key]", text).split())
        return text if len(text) <= _MAX_WORDS else f"{text[: _MAX_WORDS - 1]}…"


@dataclass(frozen=True, slots=True)
class ErrorBody:
    """What a service's error body says: a code in lower case and its own words ('' where there are none)."""

    code: str = ""
    words: str = ""


def read_body(body: str | bytes | Mapping[str, Any] | None) -> ErrorBody:
    """The code and words of an error body in any of the shapes seen: OpenAI's, Pollinations', a bare string, HTML."""
    if isinstance(body, bytes):
        body = body.decode("utf-8", "replace")
    if isinstance(body, str):
        try:
            body = json.loads(body)
        except ValueError:
            text = str(body).strip()
            return ErrorBody("", "a web page" if text[:20].lower().startswith(("<!doctype", "<html")) else text)
    if not isinstance(body, Mapping):
        return ErrorBody("", "" if body is None else str(body))
    error = body.get("error", body)
    if isinstance(error, str):
        words = body.get("message")
        return ErrorBody(error.lower(), words if isinstance(words, str) else error)
    if not isinstance(error, Mapping):
        return ErrorBody()
    code = error.get("code") or error.get("type") or ""
    return ErrorBody(str(code).lower(), str(error.get("message") or ""))


def status_error(service: Service, status: int, body: Any, headers: Mapping[str, str] | None = None) -> EngineError:
    """The EngineError for an answer with an error status, or for an error inside an answer (then `status` is 200)."""
    error = read_body(body)
    words = service.redacted(error.words)
    quoted = f" It says: {words}{'' if words[-1] in '.!?…' else '.'}" if words else ""
    title = service.title
    if error.code in _MODERATION or (status == 422 and "policy" in error.words.lower()):
        return EngineRefused(
            f"{title}'s content filter refused this prompt: change its wording.{quoted}", reason=Reason.MODERATION
        )
    if error.code in _QUOTA:
        return EngineBusy(f"{title}: the account's quota is used up. Top it up, or wait.{quoted}", reason=Reason.QUOTA)
    if "concurren" in error.code:
        return EngineBusy(f"{title} draws fewer pictures at once than were asked for.", reason=Reason.CONCURRENCY)
    if status in (401, 403):
        return _key_error(service, status, quoted)
    if status == 402:
        return _money_error(service, error, quoted)
    if status == 404 or error.code == "model_not_found":
        return EngineRefused(
            f"{title} has no model '{service.model}' (or no such address): set {service.model_setting} to "
            f"{service.living_models}, and check {service.url_setting}.{quoted}",
            reason=Reason.MODEL,
        )
    if status == 429:
        return EngineBusy(
            f"{title} says 'too many requests': fewer pictures a minute, or wait.{quoted}",
            reason=Reason.RATE_LIMIT,
            retry_after_s=retry_after_s(headers),
        )
    return _other_error(service, status, quoted, headers)


def _key_error(service: Service, status: int, quoted: str) -> EngineError:
    if status == 401:
        return EngineRefused(
            f"{service.title} does not accept the key: check {service.key_setting}.{quoted}", reason=Reason.KEY
        )
    return EngineRefused(
        f"{service.title} does not allow this key or account to draw: check what {service.key_setting} may do.{quoted}",
        reason=Reason.FORBIDDEN,
    )


def _money_error(service: Service, error: ErrorBody, quoted: str) -> EngineError:
    if "queue" in f"{error.code} {error.words}".lower():
        return EngineBusy(f"{service.title}'s queue is full: try later.{quoted}", reason=Reason.BUSY)
    if error.code == "key_budget_exhausted":
        return EngineRefused(
            f"{service.title}: the budget of the key in {service.key_setting} is used up. Raise it.{quoted}",
            reason=Reason.KEY_BUDGET,
        )
    return EngineRefused(f"{service.title}: the account has no balance left. Top it up.{quoted}", reason=Reason.BALANCE)


def _other_error(service: Service, status: int, quoted: str, headers: Mapping[str, str] | None) -> EngineError:
    title = service.title
    if 300 <= status < 400:
        return EngineRefused(
            f"{title} sent a redirect, and redirects are not followed: check {service.url_setting}.",
            reason=Reason.REDIRECT,
        )
    if status in (408, 504, 522, 524):
        return EngineTimeout(f"{title} gave up waiting for its own picture (HTTP {status}).")
    if status == 503:
        return EngineBusy(
            f"{title} is overloaded (HTTP 503): try later.{quoted}",
            reason=Reason.BUSY,
            retry_after_s=retry_after_s(headers),
        )
    if status >= 500:
        return EngineBroken(f"{title} broke down (HTTP {status}).{quoted}", retry_after_s=retry_after_s(headers))
    if status == 413:
        return EngineRefused(
            f"{title} finds the request too large: send fewer or smaller reference pictures.{quoted}",
            reason=Reason.TOO_LARGE,
        )
    if status == 200:
        return EngineBroken(f"{title} answered with an error instead of a picture.{quoted}", reason=Reason.ANSWER)
    return EngineRefused(f"{title} does not accept the request (HTTP {status}).{quoted}", reason=Reason.BAD_REQUEST)


def answer_error(service: Service, body: bytes) -> EngineError:
    """The EngineError for a good status whose body is not the JSON that was due."""
    error = read_body(body[:4096])
    what = error.words if error.words == "a web page" else "something that is no picture, or breaks off"
    return EngineBroken(
        f"{service.title} answered with {what}: check {service.url_setting}, or try again.", reason=Reason.ANSWER
    )


def network_error(service: Service, exc: BaseException) -> EngineError:
    """The EngineError for a connection that failed: why is read from the chain of causes."""
    causes = list(_causes(exc))
    title = service.title
    if any(isinstance(cause, ssl.SSLError) for cause in causes):
        return EngineBroken(
            f"{title}: the secure connection failed; its certificate is not trusted.", reason=Reason.TLS
        )
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return EngineBroken(
            f"{title}: its host name was not found. Check the network and {service.url_setting}.", reason=Reason.NETWORK
        )
    if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        return EngineBroken(
            f"{title} cannot be reached: the connection was refused. Check {service.url_setting}.",
            reason=Reason.NETWORK,
        )
    names = {type(cause).__name__ for cause in causes}
    if names & {"UnsupportedProtocol", "InvalidURL", "LocalProtocolError", "CookieConflict"}:
        return EngineUnavailable(
            f"{title} cannot be asked: {service.url_setting} is not a web address it answers at.",
            reason=Reason.SETTINGS,
        )
    if names & {"DecodingError", "JSONDecodeError", "UnicodeDecodeError"}:
        return EngineBroken(f"{title} sent an answer that cannot be read.", reason=Reason.ANSWER)
    return EngineBroken(f"{title}: the connection broke before the picture was there.", reason=Reason.NETWORK)


def _causes(exc: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    waiting = [exc]
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        waiting += [one.__cause__, one.__context__, *getattr(one, "exceptions", ())]


def retry_after_s(headers: Mapping[str, str] | None) -> float | None:
    """Seconds until the service wants to be asked again (RFC 9110, 10.2.3: seconds or a date), None when unerror."""
    text = (headers or {}).get("retry-after", "").strip()
    if not text:
        return None
    try:
        return max(0.0, float(text))
    except ValueError:
        pass
    try:
        return max(0.0, email.utils.parsedate_to_datetime(text).timestamp() - time.time())
    except (TypeError, ValueError):
        return None


def key_fault(key: str, setting: str) -> str | None:
    """Why a key cannot even be sent, None when it can. The key itself is not in the sentence."""
    if key and (not key.isascii() or not key.isprintable() or " " in key):
        return f"{setting} holds blanks, line breaks or letters that no key has: copy the key again."
    return None
