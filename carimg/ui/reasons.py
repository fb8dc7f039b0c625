"""Why a view was not drawn, in the visitor's language."""

from __future__ import annotations

from collections.abc import Sequence

from carimg.ui.text import Texts, plain
from carimg.views import Attempt


def why(t: Texts, attempt: Attempt) -> str:
    """An attempt's outcome as Markdown: the sentence of its reason where there is one, with what the engine said."""
    said = plain(attempt.message)
    return t(f"reason.{attempt.outcome}", message=said) if t.has(f"reason.{attempt.outcome}") else said


def nobody_drew(t: Texts, attempts: Sequence[Attempt], error: str) -> str:
    """Why a view has no picture, as Markdown: each engine's last word; `error` where no engine was asked, or where one
    did draw and the picture was not kept."""
    if any(attempt.outcome == "ok" for attempt in attempts):
        return f"{t('card.not_kept')} {plain(error)}"
    last = {attempt.engine: attempt for attempt in attempts if attempt.outcome != "ok"}
    if not last:
        return plain(error)
    return " ".join([t("card.nobody"), *(why(t, attempt) for attempt in last.values())])
