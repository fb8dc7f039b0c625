"""The circuit breaker, on a clock that stands still until it is told."""

from __future__ import annotations

import pytest

from carimg.circuit import BreakerRules, BreakerState, CircuitBreaker
from carimg.search.throttle import RULES as SEARCH_RULES

RULES = BreakerRules(after=3, limited=2, open_s=10.0, most_s=60.0, refused_s=300.0)


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


class Breaker(CircuitBreaker):
    """A breaker with its clock at hand."""

    def __init__(self, rules: BreakerRules = RULES) -> None:
        self.clock = Clock()
        super().__init__(rules, self.clock)

    def wait(self) -> None:
        """Until it may be tried again."""
        self.clock.now += self.open_s


def test_the_rules_as_shipped() -> None:
    """What the manual says of engines, and of search back ends."""
    assert BreakerRules() == BreakerRules(after=5, limited=2, open_s=15.0, most_s=240.0, refused_s=300.0)
    assert BreakerRules(after=3, open_s=60.0, most_s=900.0) == SEARCH_RULES


def test_it_opens_at_the_third_failure_in_a_row() -> None:
    """Two are no reason yet, and an answer in between starts the count again."""
    breaker = Breaker()
    assert [breaker.failed("down.") for _ in range(2)] == [False, False]
    breaker.answered()
    assert [breaker.failed("down.") for _ in range(3)] == [False, False, True]
    assert (breaker.state, breaker.open_s, breaker.cause) == (BreakerState.OPEN, 10.0, "down.")
    assert breaker.refusal == "It is asked again in 10 s."


def test_failures_that_may_not_open_it_are_counted_all_the_same() -> None:
    """First tries of one burst do not open it; the first retry that fails after them does."""
    breaker = Breaker()
    assert not any(breaker.failed("down.", may_open=False) for _ in range(9))
    assert breaker.failed("down.")


def test_a_caller_may_be_less_patient() -> None:
    """`after` replaces the rules' number for one failure."""
    assert Breaker().failed("down.", after=1)


def test_each_opening_lasts_twice_as_long_up_to_the_longest() -> None:
    """10, 20, 40, 60, 60 s; one answer forgets it all."""
    breaker, pauses = Breaker(), []
    for _ in range(5):
        breaker.trip("down.")
        pauses.append(breaker.open_s)
        breaker.wait()
    assert pauses == [10.0, 20.0, 40.0, 60.0, 60.0]
    breaker.answered(breaker.begin())
    breaker.trip("down.")
    assert breaker.open_s == 10.0


def test_a_probe_that_fails_opens_it_at_once_for_twice_as_long() -> None:
    """When the time is up one failure is enough."""
    breaker = Breaker()
    breaker.trip("down.")
    breaker.wait()
    assert breaker.state is BreakerState.HALF_OPEN
    assert breaker.failed("still down.", probe=breaker.begin())
    assert (breaker.open_s, breaker.cause) == (20.0, "still down.")


@pytest.mark.parametrize(("wish_s", "open_s"), [(3.0, 10.0), (25.0, 25.0), (9999.0, 60.0)])
def test_the_services_own_wish_holds_within_the_longest(wish_s: float, open_s: float) -> None:
    """At least as long as the service asked for, never shorter than the rules, never longer than the longest."""
    breaker = Breaker()
    breaker.trip("slow down.", at_least_s=wish_s)
    assert breaker.open_s == open_s


def test_what_holds_for_every_request_opens_it_for_a_time_of_its_own() -> None:
    """A missing key: five minutes, beyond the rules' longest, and not shorter for a later, smaller cause."""
    breaker = Breaker()
    assert breaker.trip("no key.", RULES.refused_s)
    assert not breaker.trip("down.")
    assert breaker.open_s == 300.0


def test_what_was_sent_before_it_opened_is_nothing_new() -> None:
    """Eight failures of one burst are one opening, not eight doublings."""
    breaker = Breaker()
    opened = [breaker.failed("down.") for _ in range(8)]
    assert opened == [False, False, True] + [False] * 5
    assert breaker.open_s == 10.0
    breaker.wait()
    assert not breaker.failed("down.", probe=False)
    assert breaker.state is BreakerState.HALF_OPEN
    assert [breaker.trip("down.") for _ in range(4)] == [True, False, False, False]
    assert breaker.open_s == 20.0
    breaker.wait()
    breaker.trip("down.")
    assert breaker.open_s == 40.0


def test_a_late_answer_does_not_close_it() -> None:
    """What was sent before it opened, and is no probe, proves nothing; the probe does."""
    breaker = Breaker()
    breaker.trip("down.")
    breaker.answered(probe=False)
    assert (breaker.state, breaker.cause) == (BreakerState.OPEN, "down.")
    breaker.wait()
    probe = breaker.begin()
    breaker.answered(probe=False)
    assert breaker.refusal == "It is being tried again right now."
    breaker.answered(probe)
    assert (breaker.state, breaker.cause, breaker.refusal) == (BreakerState.CLOSED, "", "")


def test_one_request_at_a_time_tries_whether_the_service_is_back() -> None:
    """Closed, nobody is a probe; half-open, one is, until it is over or called off."""
    breaker = Breaker()
    assert not breaker.begin()
    breaker.trip("down.")
    breaker.wait()
    assert breaker.refusal == ""
    assert breaker.begin()
    assert breaker.refusal == "It is being tried again right now."
    breaker.cancel(probe=False)
    assert breaker.refusal
    breaker.cancel(probe=True)
    assert breaker.refusal == ""


def test_too_many_requests_open_it_when_a_slower_pace_did_not_help() -> None:
    """The first two of a burst prove nothing (`counts` False); two that came after slowing down do, for the first
    pause of the rules."""
    breaker = Breaker()
    assert not any(breaker.slowed("slow down.", counts=False) for _ in range(9))
    assert [breaker.slowed("slow down."), breaker.slowed("slow down.")] == [False, True]
    assert breaker.open_s == 10.0


def test_slowing_down_in_vain_opens_it_at_once() -> None:
    """A view that used up its tries on 'too many requests' says enough, once; what was sent before adds nothing."""
    breaker = Breaker()
    assert breaker.slowed("slow down.", counts=False, in_vain=True)
    breaker.clock.now += 4.0
    assert not breaker.slowed("slow down.", counts=False, in_vain=True)
    assert breaker.open_s == 6.0


def test_a_probe_that_is_slowed_in_vain_opens_it_for_twice_as_long() -> None:
    """A service that comes back and still says 'too many requests' is left alone again, not asked view after view."""
    breaker = Breaker()
    assert breaker.trip("down.")
    breaker.wait()
    probe = breaker.begin()
    assert breaker.slowed("too many.", probe=probe, in_vain=True)
    assert (breaker.state, breaker.open_s, breaker.cause) == (BreakerState.OPEN, 20.0, "too many.")


def test_an_answer_starts_the_count_of_limits_again() -> None:
    """Two limits with an answer in between are two first ones."""
    breaker = Breaker()
    assert not breaker.slowed("slow down.")
    breaker.answered()
    assert not breaker.slowed("slow down.")


def test_a_person_may_forget_everything() -> None:
    """After a reset the next pause is the first again, and nobody is refused."""
    breaker = Breaker()
    breaker.trip("down.")
    breaker.wait()
    breaker.trip("down.")
    breaker.reset()
    assert (breaker.state, breaker.cause, breaker.refusal, breaker.open_s) == (BreakerState.CLOSED, "", "", 0.0)
    breaker.trip("down.")
    assert breaker.open_s == 10.0
