"""What holds for every page."""

from __future__ import annotations

import pytest

from carimg.generation.jobs import Jobs
from carimg.ui.i18n import LANGUAGES, texts
from carimg.ui.menu import SHOWN
from tests.support.orders import order

NAMES = [name for name, _ in SHOWN]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_opens_empty(name: str, language: str, open_page) -> None:
    """A page opens without an error on a server that has drawn nothing, in both languages."""
    at = open_page(name, locale=language)
    assert at.session_state["lang"] == language
    assert not at.exception


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_opens_with_a_set(name: str, language: str, open_page, jobs: Jobs) -> None:
    """A page opens without an error when there is a set, and one is open."""
    set_id = jobs.start(jobs.parse(order()))
    jobs.wait(set_id, 20)
    at = open_page(name, locale=language, set=set_id)
    assert not at.exception


def test_pages_have_titles_in_both_languages() -> None:
    """Every page in the navigation has a title in every language."""
    for language in LANGUAGES:
        assert all(texts(language)(f"nav.{name}") for name in NAMES)
