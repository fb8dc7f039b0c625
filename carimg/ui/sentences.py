"""What went wrong, in the visitor's language: errors, and why a view was not drawn."""

from __future__ import annotations

from collections.abc import Sequence

from carimg.domain.view import Attempt
from carimg.errors import CarimgError, InputError, NotThere, TemplateError
from carimg.ui.i18n import Texts, plain


def sentence(exc: CarimgError, t: Texts) -> str:
    """An error in the visitor's language where there is a sentence for it, else in its own words."""
    key = ""
    if isinstance(exc, InputError):
        key = f"wrong.{exc.field}"
    elif isinstance(exc, NotThere):
        key = f"wrong.no_{exc.kind}"
    return t(key) if key and t.has(key) else str(exc)


def template_sentence(exc: CarimgError, t: Texts) -> str:
    """What is wrong with a template, in the visitor's language, with the line; other errors as everywhere."""
    if not isinstance(exc, TemplateError):
        return sentence(exc, t)
    if not t.has(f"template.wrong_{exc.reason}"):
        return exc.message
    about = exc.about.replace(" ", "_")
    what = t(f"template.refused_{about}") if t.has(f"template.refused_{about}") else exc.about
    text = t(f"template.wrong_{exc.reason}", about=what)
    return t("template.line", line=exc.line, text=text) if exc.line else text


def why(t: Texts, attempt: Attempt) -> str:
    """An attempt's outcome as Markdown: the sentence of its reason where there is one, with what the engine said."""
    message = plain(attempt.message)
    return t(f"reason.{attempt.outcome}", message=message) if t.has(f"reason.{attempt.outcome}") else message


def nobody_drew(t: Texts, attempts: Sequence[Attempt], error: str) -> str:
    """Why a view has no picture, as Markdown: each engine's last word; `error` where no engine was asked, or where one
    did draw and the picture was not kept."""
    if any(attempt.drew for attempt in attempts):
        return f"{t('card.not_kept')} {plain(error)}"
    last = {attempt.engine: attempt for attempt in attempts if not attempt.drew}
    if not last:
        return plain(error)
    return " ".join([t("card.nobody"), *(why(t, attempt) for attempt in last.values())])
