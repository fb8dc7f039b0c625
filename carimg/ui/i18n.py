"""The texts as pages need them: in the visitor's language, and safe where Markdown is read."""

from __future__ import annotations

import re

from carimg.texts import LANGUAGES, Texts, texts

__all__ = ["LANGUAGES", "Texts", "language_of", "plain", "texts"]

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-!|:$~<>&])")


def plain(text: str) -> str:
    """A text from elsewhere (a name, an engine's message) for a place that reads Markdown: no sign in it counts."""
    return _MARKDOWN.sub(r"\\\1", text)


def language_of(locale: str | None) -> str:
    """The language for a browser's locale ('uk-UA', 'en', None): Ukrainian for Ukrainian, else English."""
    tag = (locale or "").lower().replace("_", "-").split("-")[0]
    return tag if tag in LANGUAGES else "en"
