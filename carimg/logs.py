"""The server's log, and the redaction of keys: every form a secret may take is replaced before a text is shown, logged
or kept."""

from __future__ import annotations

import base64
import json
import logging
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from urllib.parse import parse_qsl, quote, quote_plus, unquote, urlsplit

MASK = "***"
SHORTEST = 4
"""Characters: a shorter secret would blank out half of every text; a password this short is hidden inside URLs only."""

_FORMATTER = logging.Formatter()
_PASSWORD_FIELDS = frozenset({"password", "passwd", "pwd", "sslpassword"})


def log_to_stderr(secrets: Sequence[str], level: int = logging.INFO) -> None:
    """Show carimg's own log lines on standard error. Calling it again replaces the handler of before."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
    handler.addFilter(RedactingFilter(secrets))
    logger = logging.getLogger("carimg")
    for old in list(logger.handlers):
        logger.removeHandler(old)
    logger.addHandler(handler)
    logger.setLevel(level)
    logger.propagate = False


def redact(text: str, secrets: Sequence[str]) -> str:
    """`text` with every secret replaced by '***': as it is, URL-encoded, in base64, or escaped as in JSON.

    A secret that is a URL (a database's) stands for the password in it: host and user stay readable.
    """
    pattern = _pattern(tuple(secrets))
    return pattern.sub(MASK, text) if pattern else text


class RedactingFilter(logging.Filter):
    """Redacts a record's message, arguments, traceback and stack. Add it to handlers: a logger's own filters do not see
    what its children log."""

    def __init__(self, secrets: Sequence[str]) -> None:
        super().__init__()
        self._secrets = tuple(secrets)

    def filter(self, record: logging.LogRecord) -> bool:
        if not isinstance(record.msg, str):
            record.msg = str(record.msg)
        record.msg = self._text(record.msg)
        if isinstance(record.args, dict):
            record.args = {key: self._argument(value) for key, value in record.args.items()}
        elif record.args:
            record.args = tuple(self._argument(value) for value in record.args)
        self._redact_traceback(record)
        return True

    def _text(self, text: str) -> str:
        return redact(text, self._secrets)

    def _argument(self, value: object) -> object:
        """The argument itself where it is clean, else its redacted text: numbers stay numbers for '%d'."""
        if isinstance(value, (int, float)):
            return value
        shown = str(value)
        clean = self._text(shown)
        return value if clean == shown and self._text(repr(value)) == repr(value) else clean

    def _redact_traceback(self, record: logging.LogRecord) -> None:
        if record.exc_info and not record.exc_text:
            record.exc_text = _FORMATTER.formatException(record.exc_info)
        if record.exc_text and (clean := self._text(record.exc_text)) != record.exc_text:
            # Formatters that format the exception themselves would show it again.
            record.exc_text, record.exc_info = clean, None
        if record.stack_info:
            record.stack_info = self._text(record.stack_info)


@lru_cache(maxsize=64)
def _pattern(secrets: tuple[str, ...]) -> re.Pattern[str] | None:
    forms = {form for secret in secrets for form in _forms(secret)}
    longest_first = sorted(forms, key=lambda form: (-len(form), form))
    return re.compile("|".join(longest_first)) if forms else None


def _forms(secret: str) -> Iterator[str]:
    """Patterns that find a secret."""
    passwords = list(_passwords(secret)) if "://" in secret else []
    for word in passwords if "://" in secret else [secret]:
        yield from map(re.escape, _spellings(word))
    yield from (f"(?<=:){re.escape(word)}(?=@)" for word in passwords if len(word) < SHORTEST)


def _passwords(url: str) -> Iterator[str]:
    try:
        parts = urlsplit(url)
        password = parts.password
    except ValueError:
        yield url
        return
    if password:
        yield password
        yield unquote(password)
    yield from (value for name, value in parse_qsl(parts.query) if name.lower() in _PASSWORD_FIELDS)


def _spellings(secret: str) -> Iterable[str]:
    if len(secret) < SHORTEST:
        return
    quoted = {quote(secret, safe=""), quote(secret), quote_plus(secret)}
    yield secret
    yield from quoted
    yield from (re.sub("%[0-9A-F]{2}", lambda match: match[0].lower(), form) for form in quoted)
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    yield repr(secret)[1:-1]
    yield from _base64(secret.encode())


def _base64(data: bytes) -> Iterator[str]:
    """The characters of base64 that depend on `data` alone, for each of the three places it can start at in a group of
    three bytes: so 'user:key' in a Basic header is found by its key."""
    for offset in range(3):
        bits = 8 * offset
        first, last = -(-bits // 6), (bits + 8 * len(data)) // 6
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            form = encode(bytes(offset) + data).decode()[first:last]
            if len(form) > SHORTEST:
                yield form
