"""Secrets leave no text in any form."""

from __future__ import annotations

import base64
import io
import json
import logging
from collections.abc import Iterator
from urllib.parse import quote, quote_plus

import pytest

from carimg.logs import MASK, RedactingFilter, redact

KEY = "sk-Pl4nted/key+of=carimg"
DATABASE = "postgresql+psycopg://carimg:s3cr%2Ft%40pw@db.example:5432/cars"


@pytest.fixture
def out() -> Iterator[io.StringIO]:
    """What a handler with the filter writes for 'carimg.test' and its children."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(RedactingFilter([KEY, DATABASE]))
    logger = logging.getLogger("carimg.test")
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    yield stream
    logger.removeHandler(handler)
    logger.propagate = True


@pytest.mark.parametrize(
    "form",
    [
        KEY,
        quote(KEY),
        quote(KEY, safe=""),
        quote(KEY, safe="").lower().replace("pl4nted", "Pl4nted"),
        quote_plus(KEY),
        base64.b64encode(KEY.encode()).decode(),
        base64.urlsafe_b64encode(KEY.encode()).decode(),
        base64.b64encode(f"user:{KEY}".encode()).decode(),
        base64.b64encode(f"me:{KEY}:more".encode()).decode(),
        json.dumps({"key": KEY}),
    ],
)
def test_a_key_is_hidden_however_it_is_spelt(form: str) -> None:
    """Plain, URL-encoded, in base64 (also inside a longer text) and in JSON: nothing of it is left."""
    shown = redact(f"failed: {form} (401)", [KEY])
    assert MASK in shown
    assert "Pl4nted" not in shown
    assert "Pl4nted" not in base64.b64decode(shown.split()[1].replace(MASK, "") + "==", validate=False).decode(
        "latin-1"
    )
    assert shown.startswith("failed: ")
    assert shown.endswith(" (401)")


def test_key_with_signs_that_json_escapes_is_hidden() -> None:
    """Quotes and backslashes in a key do not save it from being found in JSON or a repr."""
    secret = 'a"b\\c-ключ-d'
    assert "ключ" not in redact(json.dumps([secret], ensure_ascii=False), [secret])
    assert "b\\\\c" not in redact(json.dumps([secret]), [secret])
    assert "ключ" not in redact(repr([secret]), [secret])


def test_password_of_a_database_url_is_hidden() -> None:
    """Encoded and decoded, in the URL and out of it; host and user stay readable."""
    shown = redact(f"cannot connect to {DATABASE}: password 's3cr/t@pw' refused", [DATABASE])
    assert (
        shown == f"cannot connect to postgresql+psycopg://carimg:{MASK}@db.example:5432/cars: password '{MASK}' refused"
    )


def test_short_password_is_hidden_inside_its_url_only() -> None:
    """'car' as a password does not blank out every car."""
    url = "postgresql://carimg:car@db/cars"
    assert redact(f"{url}: no such car", [url]) == f"postgresql://carimg:{MASK}@db/cars: no such car"


def test_database_url_without_password_is_no_secret() -> None:
    """A path to SQLite stays readable."""
    assert (
        redact("cannot open sqlite:///data/sets.db", ["sqlite:///data/sets.db"]) == "cannot open sqlite:///data/sets.db"
    )


def test_text_without_secrets_stays() -> None:
    """No secrets, or none of them inside: the same text."""
    assert redact("2019 Renault Clio", []) == "2019 Renault Clio"
    assert redact("2019 Renault Clio", [KEY, ""]) == "2019 Renault Clio"


def test_longer_secret_goes_first() -> None:
    """Of two keys that begin alike, no tail of the longer one stays."""
    assert redact("abcd1234", ["abcd", "abcd1234"]) == MASK


def test_log_line_and_arguments_are_redactbed(out: io.StringIO) -> None:
    """A key in the message, in an argument, or inside an argument's text is hidden; numbers stay numbers."""
    log = logging.getLogger("carimg.test.child")
    log.info("key " + KEY)
    log.info("%s asked with %s in %d ms", "openai", KEY, 12)
    log.info("%(url)s", {"url": f"https://x.example/?key={quote(KEY, safe='')}"})
    log.info("%r", [KEY])
    log.info(ValueError(KEY))
    assert "Pl4nted" not in out.getvalue()
    assert f"openai asked with {MASK} in 12 ms" in out.getvalue()


def test_log_line_with_percent_sign_is_not_broken(out: io.StringIO) -> None:
    """A message without arguments may hold '%'."""
    logging.getLogger("carimg.test").info("100 % of " + KEY)
    assert out.getvalue() == f"100 % of {MASK}\n"


def test_traceback_is_redactbed(out: io.StringIO) -> None:
    """A key in an exception, or in the one that caused it, is hidden; the traceback stays."""
    try:
        try:
            raise ValueError(f"bad key {KEY}")
        except ValueError as exc:
            raise RuntimeError(f"cannot connect to {DATABASE}") from exc
    except RuntimeError:
        logging.getLogger("carimg.test").exception("it broke", stack_info=True)
    text = out.getvalue()
    assert "Pl4nted" not in text
    assert "s3cr" not in text
    assert f"bad key {MASK}" in text
    assert "test_traceback_is_redactbed" in text


def test_clean_exception_is_kept_for_other_formatters() -> None:
    """Without a secret inside, the exception itself stays on the record."""
    error = ValueError("nothing to hide")
    record = logging.LogRecord("x", logging.ERROR, "x.py", 1, "m", None, (ValueError, error, None))
    assert RedactingFilter([KEY]).filter(record)
    assert record.exc_info is not None


def test_clean_arguments_are_not_touched() -> None:
    """Formatters that read the arguments (uvicorn's access log) find them as they were."""
    args = ("127.0.0.1:5000", "GET", "/", "1.1", 200)
    record = logging.LogRecord("x", logging.INFO, "x.py", 1, '%s - "%s %s HTTP/%s" %d', args, None)
    RedactingFilter([KEY]).filter(record)
    assert record.args == args
