"""The report's messages on pages."""

from __future__ import annotations

from carimg.consistency import Message
from carimg.ui.i18n import Texts, plain
from carimg.ui.names import angle_name


def message_text(t: Texts, message: Message) -> str:
    """A message as Markdown: angles by their names, in bold; nothing that a judge wrote counts as Markdown."""
    return message.filled(t, angle=lambda angle_id: f"**{angle_name(t, angle_id)}**", word=_shown)


def _shown(word: str) -> str:
    return f"`{word}`" if word.startswith("#") else plain(word)
