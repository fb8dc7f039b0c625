"""Texts in the visitor's language, safe for Markdown."""

from __future__ import annotations

import pytest

from carimg.ui.i18n import language_of, plain


@pytest.mark.parametrize(
    ("locale", "language"), [("uk-UA", "uk"), ("UK", "uk"), ("en-GB", "en"), ("de", "en"), (None, "en")]
)
def test_the_browsers_language(locale: str | None, language: str) -> None:
    """Ukrainian for Ukrainian browsers, English for all others."""
    assert language_of(locale) == language


def test_foreign_text_is_no_markdown() -> None:
    """Signs of Markdown in a text from elsewhere are shown, not obeyed."""
    assert plain("![x](http://a.b) :red[no] $x$ <b>") == (r"\!\[x\]\(http\://a.b\) \:red\[no\] \$x\$ \<b\>")
