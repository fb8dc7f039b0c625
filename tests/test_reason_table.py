"""The table of reasons, whole: retries, breaker, budget and pages all decide by it."""

from __future__ import annotations

import pytest

from carimg import errors
from carimg.errors import EngineError, Reason

TABLE = """
unavailable     not-asked  1  stays
no-references   not-asked  1  stays
budget          not-asked  1  stays
breaker         not-asked  1  stays
key             account    1  stays
forbidden       account    1  stays
quota           account    1  stays
balance         account    1  stays
key-budget      account    1  stays
model           account    1  stays
settings        account    1  stays
tls             account    1  stays
redirect        account    1  stays
network         service    3  passes
broken          service    3  passes
timeout         service    2  passes
busy            service    3  passes
answer          service    2  stays
too-big         service    1  stays
rate-limit      pace       3  passes
concurrency     pace       6  passes
moderation      view       1  stays
too-long        view       1  stays
too-large       view       1  stays
bad-request     view       1  stays
refused         view       1  stays
placeholder     view       1  stays
not-a-picture   view       1  stays
damaged         view       1  stays
blank           view       1  stays
too-small       view       1  stays
wrong-shape     view       1  stays
duplicate       view       1  stays
bad-picture     view       1  stays
no-guide        view       1  stays
crash           view       1  passes
closed          view       1  stays
internal        view       1  stays
error           view       1  stays
"""
"""Code, what it is about, how often a view is tried, and whether a quieter attempt at the set may go well."""


def test_every_reason_has_the_rules_of_the_table() -> None:
    """None is missing, none is new, none has moved."""
    found = [[reason.value, reason.scope.value, str(reason.tries), reason.passing] for reason in Reason]
    lines = [line.split() for line in TABLE.strip().splitlines()]
    assert found == [[code, scope, tries, end == "passes"] for code, scope, tries, end in lines]


def test_only_what_was_asked_has_failed() -> None:
    """An engine that was passed over has not: no key, no place for references, no money, an open breaker."""
    passed_over = {reason.value for reason in Reason if not reason.failed}
    assert passed_over == {"unavailable", "no-references", "budget", "breaker"}


@pytest.mark.parametrize("code", ["", "ok", "from-a-newer-version"])
def test_a_code_that_nobody_here_knows_is_an_error_of_the_view(code: str) -> None:
    """A store that a newer version wrote can be read."""
    assert Reason.of(code) is Reason.ERROR
    assert Reason.of("quota") is Reason.QUOTA


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("EngineError", "error"),
        ("EngineUnavailable", "unavailable"),
        ("EngineRefused", "refused"),
        ("EngineBusy", "busy"),
        ("EngineTimeout", "timeout"),
        ("EngineBroken", "broken"),
        ("BadPicture", "bad-picture"),
    ],
)
def test_an_error_without_a_reason_has_the_usual_one_of_its_kind(kind: str, reason: str) -> None:
    """And costs nothing, and wishes no pause, unless it says so."""
    made = getattr(errors, kind)("It did not draw.")
    assert isinstance(made, EngineError)
    assert (made.reason, made.retry_after_s, made.spent_usd, str(made)) == (reason, None, 0.0, "It did not draw.")
    assert getattr(errors, kind)("No.", reason=Reason.QUOTA).reason is Reason.QUOTA
