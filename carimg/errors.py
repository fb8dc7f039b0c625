"""Everything carimg raises on purpose.

CarimgError
├── InputError            what somebody typed cannot be drawn: field, and what would be right
├── SettingsError         a setting cannot be used
├── CatalogError          a file in carimg/data is wrong: file and key
├── EngineError           an engine did not draw this view
│   ├── EngineUnavailable   it lacks a key, is switched off, or its breaker is open: nothing was asked
│   ├── EngineRefused       it will not draw this prompt, key or model: asking again changes nothing
│   ├── EngineBusy          a rate or quota limit: later may work
│   ├── EngineTimeout       no answer before the deadline
│   ├── EngineBroken        it answered, but with an error, or not at all (network, 5xx, crash)
│   └── BadPicture          what came back is not a usable picture
├── BudgetError           a budget would be passed: nothing more is asked
├── NoEngineDrew          every engine of the ladder failed: carries all attempts
├── SearchError           a search back end failed (SearchLimited when it said 'too many')
├── FetchError            foreign bytes were not fetched, and why
├── TemplateError         a prompt template cannot be rendered: line and reason
└── StoreError            a set, view or picture is not there, or cannot be kept
    └── NotThere            there is no set or grid of that id

A message is what the user reads: what failed, and what to do next. It never carries a key.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from carimg.views import Attempt


class CarimgError(Exception):
    """Base of everything carimg raises on purpose."""


class InputError(CarimgError):
    """Wrong input. `field` names the form field; `message` is one sentence in plain words."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message


class SettingsError(CarimgError):
    """A setting cannot be used; the message names it."""


class CatalogError(CarimgError):
    """A data file is wrong; the message names file and key."""


class EngineError(CarimgError):
    """An engine did not draw a view.

    `reason` is a short stable code for logs and tables ('quota', 'moderation', 'timeout', …), `retry_after_s` the
    service's own wish in seconds, `spent_usd` what the failed attempt cost nevertheless.
    """

    reason = "error"
    retryable = False

    def __init__(
        self,
        message: str,
        *,
        reason: str | None = None,
        retry_after_s: float | None = None,
        spent_usd: float = 0.0,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.reason = reason or type(self).reason
        self.retry_after_s = retry_after_s
        self.spent_usd = spent_usd


class EngineUnavailable(EngineError):
    reason = "unavailable"


class EngineRefused(EngineError):
    reason = "refused"


class EngineBusy(EngineError):
    reason = "busy"
    retryable = True


class EngineTimeout(EngineError):
    reason = "timeout"
    retryable = True


class EngineBroken(EngineError):
    reason = "broken"
    retryable = True


class BadPicture(EngineError):
    reason = "bad-picture"


class NoEngineDrew(CarimgError):
    """Every engine that was tried for a view failed; `attempts` says which and why, in order."""

    def __init__(self, message: str, attempts: tuple[Attempt, ...]) -> None:
        super().__init__(message)
        self.message = message
        self.attempts = attempts


class BudgetError(CarimgError):
    """Drawing on would pass a budget; the message says which and by how much."""


class SearchError(CarimgError):
    """A search back end failed."""


class SearchLimited(SearchError):
    """A search back end said that it was asked too often."""


class FetchError(CarimgError):
    """Foreign bytes were not fetched; the message says why."""


class TemplateError(CarimgError):
    """A prompt template cannot be rendered. `line` is 1-based, 0 when no line is known; `reason` is a short stable
    code, `about` the word or number it is about ('' = none), for sentences in other languages."""

    def __init__(self, message: str, line: int = 0, *, reason: str = "template", about: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.reason = reason
        self.about = about


class StoreError(CarimgError):
    """A set, view or picture is not in the store, or could not be kept."""


class NotThere(StoreError):
    """There is no set, or no grid of the lab, of that id. `kind` is 'set' or 'grid'. The id, which may come from
    anybody's link, is not repeated."""

    def __init__(self, kind: Literal["set", "grid"]) -> None:
        super().__init__(f"There is no such {kind}. It may have been deleted, or the link is incomplete.")
        self.kind = kind
