"""Everything carimg raises on purpose.

CarimgError
├── InputError            what somebody typed cannot be drawn: field, and what would be right
├── SettingsError         a setting cannot be used
├── CatalogError          a data file of the package is wrong: file and key
├── EngineError           an engine did not draw this view
│   ├── EngineUnavailable   it lacks a key, is switched off, or its breaker is open: nothing was asked
│   ├── EngineRefused       it will not draw this prompt, key or model: asking again changes nothing
│   ├── EngineBusy          a rate or quota limit: later may work
│   ├── EngineTimeout       no answer before the deadline
│   ├── EngineBroken        it answered, but with an error, or not at all (network, 5xx, crash)
│   └── BadPicture          what came back is not a usable picture
├── BudgetError           a budget would be passed: nothing more is asked
├── NoEngineDrew          every engine of the fallback chain failed: carries all attempts (engines/fallback.py)
├── SearchError           a search back end failed (SearchLimited when it said 'too many')
├── FetchError            foreign bytes were not fetched, and why
├── PictureError          foreign bytes are no usable picture, and why (images.py)
├── ChatError             a text service gave no answer (prompts/chat.py)
├── TemplateError         a prompt template cannot be rendered: line and reason
└── StoreError            a set, view or picture is not there, or cannot be kept
    └── NotThere            there is no set or grid of that id

A message is what the user reads: what failed, and what to do next. It never carries a key.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal


class Scope(StrEnum):
    """What a failure is about, and so for whom it holds."""

    VIEW = "view"
    """This one view: its prompt, its picture. Others may be drawn."""
    ACCOUNT = "account"
    """Key, money, model, address: the same for every view, so one answer is enough."""
    SERVICE = "service"
    """The service at the moment: several in a row, and it is left alone for a while."""
    PACE = "pace"
    """How fast we ask: a slower pace mends it."""
    NOT_ASKED = "not-asked"
    """The engine was passed over: nothing was asked, so nothing has failed."""


class Reason(StrEnum):
    """Why an engine did not draw a view: a short stable code with its rules, for logs, tables, files and decisions."""

    scope: Scope
    tries: int
    """How often a view is tried on an engine that fails for this reason: 1 = asking again changes nothing, or what came
    has been paid for."""
    passing: bool
    """Whether a later, quieter attempt at the whole set may go well."""

    def __new__(cls, code: str, scope: Scope = Scope.VIEW, tries: int = 1, passing: bool | None = None) -> Reason:
        reason = str.__new__(cls, code)
        reason._value_ = code
        reason.scope = scope
        reason.tries = tries
        reason.passing = tries > 1 if passing is None else passing
        return reason

    # nothing was asked
    UNAVAILABLE = "unavailable", Scope.NOT_ASKED
    NO_REFERENCES = "no-references", Scope.NOT_ASKED
    BUDGET = "budget", Scope.NOT_ASKED
    BREAKER = "breaker", Scope.NOT_ASKED
    # the account, the settings: the same for every view
    KEY = "key", Scope.ACCOUNT
    FORBIDDEN = "forbidden", Scope.ACCOUNT
    QUOTA = "quota", Scope.ACCOUNT
    BALANCE = "balance", Scope.ACCOUNT
    KEY_BUDGET = "key-budget", Scope.ACCOUNT
    MODEL = "model", Scope.ACCOUNT
    SETTINGS = "settings", Scope.ACCOUNT
    TLS = "tls", Scope.ACCOUNT
    REDIRECT = "redirect", Scope.ACCOUNT
    # the service at the moment
    NETWORK = "network", Scope.SERVICE, 3
    BROKEN = "broken", Scope.SERVICE, 3
    TIMEOUT = "timeout", Scope.SERVICE, 2
    BUSY = "busy", Scope.SERVICE, 3
    ANSWER = "answer", Scope.SERVICE, 2, False
    TOO_BIG = "too-big", Scope.SERVICE
    # our pace
    RATE_LIMIT = "rate-limit", Scope.PACE, 3
    CONCURRENCY = "concurrency", Scope.PACE, 6
    # this view
    MODERATION = "moderation", Scope.VIEW
    TOO_LONG = "too-long", Scope.VIEW
    TOO_LARGE = "too-large", Scope.VIEW
    BAD_REQUEST = "bad-request", Scope.VIEW
    REFUSED = "refused", Scope.VIEW
    PLACEHOLDER = "placeholder", Scope.VIEW
    NOT_A_PICTURE = "not-a-picture", Scope.VIEW
    DAMAGED = "damaged", Scope.VIEW
    BLANK = "blank", Scope.VIEW
    TOO_SMALL = "too-small", Scope.VIEW
    WRONG_SHAPE = "wrong-shape", Scope.VIEW
    DUPLICATE = "duplicate", Scope.VIEW
    BAD_PICTURE = "bad-picture", Scope.VIEW
    NO_GUIDE = "no-guide", Scope.VIEW
    CRASH = "crash", Scope.VIEW, 1, True
    CLOSED = "closed", Scope.VIEW
    INTERNAL = "internal", Scope.VIEW
    ERROR = "error", Scope.VIEW

    @property
    def failed(self) -> bool:
        """Whether an engine was asked and did not draw; one that was only passed over has not failed."""
        return self.scope is not Scope.NOT_ASKED

    @classmethod
    def of(cls, code: str) -> Reason:
        """The reason of that code; ERROR for one that nobody here knows (from a newer version's store)."""
        try:
            return cls(code)
        except ValueError:
            return cls.ERROR


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

    `reason` says of which kind it is and what follows, `retry_after_s` is the service's own wish in seconds,
    `spent_usd` what the failed attempt cost nevertheless.
    """

    usual = Reason.ERROR
    """The reason where none is given."""

    def __init__(
        self,
        message: str,
        *,
        reason: Reason | None = None,
        retry_after_s: float | None = None,
        spent_usd: float = 0.0,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.reason = type(self).usual if reason is None else reason
        self.retry_after_s = retry_after_s
        self.spent_usd = spent_usd


class EngineUnavailable(EngineError):
    usual = Reason.UNAVAILABLE


class EngineRefused(EngineError):
    usual = Reason.REFUSED


class EngineBusy(EngineError):
    usual = Reason.BUSY


class EngineTimeout(EngineError):
    usual = Reason.TIMEOUT


class EngineBroken(EngineError):
    usual = Reason.BROKEN


class BadPicture(EngineError):
    usual = Reason.BAD_PICTURE


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
