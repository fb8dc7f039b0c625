"""The page History, without a browser."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from carimg.generation.jobs import Jobs
from tests.support.orders import order, order_with_car


def drawn(jobs: Jobs, wanted: dict[str, object]) -> str:
    set_id = jobs.start(jobs.parse(wanted))
    jobs.wait(set_id, 20)
    return set_id


def shown(at: AppTest) -> str:
    return "\n".join(str(part.value) for part in [*at.markdown, *at.caption, *at.info]).replace("\\", "")


def test_sets_are_found_by_their_words(open_page, jobs: Jobs) -> None:
    """The search narrows the list; words that nothing has give a sentence."""
    drawn(jobs, order())
    drawn(jobs, order_with_car(brand="Skoda", model="Octavia"))
    at = open_page("history")
    assert "2 sets" in shown(at)
    at.text_input(key="history_query").set_value("octavia").run()
    assert "1 set" in shown(at)
    assert "Clio" not in shown(at)
    at.text_input(key="history_query").set_value("zeppelin").run()
    assert "No set matches" in shown(at)


def test_a_set_is_starred_and_tagged(open_page, jobs: Jobs) -> None:
    """A star and a tag are kept, shown, and can be filtered by."""
    set_id = drawn(jobs, order())
    at = open_page("history")
    at.button(key=f"star_{set_id}").click().run()
    at.text_input(key=f"tag_{set_id}").set_value("campaign").run()
    stored = jobs.store.load_set(set_id)
    assert stored.favourite
    assert stored.tags == ("campaign",)
    assert ":material/sell: campaign" in shown(at)
    at.toggle(key="history_favourites").set_value(True).run()
    assert "1 set" in shown(at)


def test_a_deleted_set_comes_back(open_page, jobs: Jobs) -> None:
    """Delete takes a set out of the list; undo brings it back."""
    set_id = drawn(jobs, order())
    at = open_page("history")
    at.button(key=f"delete_{set_id}").click().run()
    assert jobs.store.history().total == 0
    assert "Deleted: Renault Clio 2019" in shown(at)
    at.button(key="history_undo").click().run()
    assert not at.exception
    assert jobs.store.history().total == 1


def test_open_shows_the_set_on_the_board(open_page, jobs: Jobs) -> None:
    """Open leaves for the board with that set."""
    first = drawn(jobs, order())
    drawn(jobs, order_with_car(model="Megane"))
    at = open_page("history")
    at.button(key=f"open_{first}").click().run()
    assert not at.exception
    assert at.session_state["set"] == first
    assert [part.value for part in at.subheader] == ["Renault Clio 2019"]
