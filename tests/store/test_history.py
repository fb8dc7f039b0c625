"""The history: search, tags, stars, deleting and bringing back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from carimg.domain.view import SetState
from carimg.errors import InputError, StoreError
from carimg.store import Store, open_store
from tests.support.orders import CLIO
from tests.support.stores import SESSION, done, drawn_set, failed, order_of

UKRAINIAN = {"brand": "Таврія", "model": "Славута", "year": 2004, "color": "Червоний", "body_type": "sedan"}


def found(store: Store, query: str = "", **filters: object) -> list[str]:
    return [item.set_id for item in store.history(query, **filters).items]


def test_the_history_is_newest_first_in_pages(store: Store) -> None:
    """Pages hold `limit` sets, newest first, with the total; a page past the end is the last one."""
    ids = [store.create_set(order_of(), SESSION, owner="me", now=1000.0 + n) for n in range(7)]
    first = store.history(limit=3)
    assert [item.set_id for item in first.items] == ids[:3:-1]
    assert (first.total, first.page, first.pages) == (7, 1, 3)
    last = store.history(limit=3, page=99)
    assert [item.set_id for item in last.items] == ids[:1]
    assert last.page == 3
    assert found(store, page=-1, limit=7) == ids[::-1]


def test_an_empty_history_is_one_empty_page(store: Store) -> None:
    """Without sets there is one page with nothing on it."""
    page = store.history()
    assert (page.items, page.total, page.page, page.pages) == ((), 0, 1, 1)


def test_an_item_tells_what_a_list_shows(store: Store) -> None:
    """Car, ids, state, thumbnails in the set's order, engines, costs of all takes, drawn and all views; as JSON too."""
    order = order_of(angles=["rear", "front", "side"])
    set_id = store.create_set(order, SESSION, owner="me", now=1000.0)
    store.save_view(set_id, done(order, "front", engine="openai", cost_usd=0.02, color="red"))
    store.save_view(set_id, done(order, "front", engine="openai", cost_usd=0.03, color="green"))
    store.save_view(set_id, done(order, "rear"))
    store.save_view(set_id, failed(order, "side", cost_usd=0.01))
    store.finish_set(set_id, SetState.PARTIAL, 2.0)
    store.add_tag(set_id, "Client")
    item = store.history().items[0]
    stored = store.load_set(set_id)
    assert (item.set_id, item.display_id, item.car) == (set_id, "CAR-1a2b3c4d", order.car)
    assert (item.state, item.created_at, item.seconds) == (SetState.PARTIAL, 1000.0, 2.0)
    assert item.thumbs == tuple((view.angle, view.thumb_sha256) for view in stored.drawn)
    assert [angle for angle, _ in item.thumbs] == ["rear", "front"]
    assert item.engines == ("studio", "openai")
    assert (item.tags, item.favourite, item.total_views) == (("Client",), False, 3)
    assert item.cost_usd == pytest.approx(0.06)
    assert json.loads(json.dumps(item.to_json()))["session_id"] == "CAR-1a2b3c4d"


@pytest.mark.parametrize(
    "query",
    [
        "таврія",
        "ТАВРІЯ славута",
        "тавр",
        "червоний 2004",
        "sedan",
        "CAR-1A2B3C4D",
        "1a2b3c4d5e6f",
        "studio-1",
        "rear",
        "захід сонця",
        "СОНЦЯ, таврія.",
        "клієнт",
        "ці",
        "в",
        "  ",
        "100% чорно_білий",
        "d'azur",
        'він "каже"',
        "c:\\авто",
        "straße",
        "STRASSE",
    ],
)
def test_a_set_is_found_by_its_words(store: Store, query: str) -> None:
    """Car, prompt, ids, engine, angle and tag, in any case and script, whole words or parts, all of them at once."""
    other = store.create_set(order_of(car={**CLIO, "year": 1999}, angles=["front"]), "ffffffffffff", owner="me")
    order = order_of(car=UKRAINIAN)
    set_id = store.create_set(order, SESSION, owner="me")
    text = 'Захід СОНЦЯ, 100% чорно_білий; côte d\'Azur, він "каже" c:\\авто Straße'
    store.save_view(set_id, done(order, "rear", text=text))
    store.add_tag(set_id, "Клієнт ціна")
    assert set_id in found(store, query)
    assert query.strip() == "" or other not in found(store, query)


@pytest.mark.parametrize(
    "query",
    ["renault таврія", "20%4", "20_4", "00000000", "*", "таврія*", "NOT таврія", "rowid:1", "т" * 500, "х'х"],
)
def test_other_words_find_nothing(store: Store, query: str) -> None:
    """Every word has to occur; signs that mean something to a database are only signs."""
    store.create_set(order_of(car=UKRAINIAN), SESSION, owner="me")
    assert found(store, query) == []


def test_filters_go_together(store: Store) -> None:
    """Search, tag, star and state narrow one after the other."""
    red = drawn_set(store, "front", car={**CLIO, "color": "red"})
    blue = drawn_set(store, "front")
    running = store.create_set(order_of(), SESSION, owner="me")
    store.set_favourite(red)
    store.set_favourite(blue)
    store.add_tag(red, "Весна")
    assert found(store, favourites=True) == [blue, red]
    assert found(store, tag="ВЕСНА") == [red]
    assert found(store, "blue", favourites=True) == [blue]
    assert found(store, "blue", tag="весна") == []
    assert found(store, state=SetState.RUNNING) == [running]
    store.set_favourite(blue, False)
    assert found(store, favourites=True) == [red]


def test_tags_are_counted_and_taken_away(store: Store) -> None:
    """A tag is there once in any case; taking it away makes the set unfindable by it; deleted sets do not count."""
    first, second = drawn_set(store, "front"), drawn_set(store, "front")
    for set_id, tag in ((first, "Client  A"), (first, "client a"), (second, "CLIENT A"), (second, "zeta")):
        store.add_tag(set_id, tag)
    assert store.load_set(first).tags == ("Client A",)
    assert [(tag.casefold(), count) for tag, count in store.tags()] == [("client a", 2), ("zeta", 1)]
    store.remove_tag(first, "CLIENT a")
    store.remove_tag(first, "never there")
    assert found(store, "client") == [second]
    store.delete_set(second)
    assert store.tags() == ()


@pytest.mark.parametrize("tag", ["", "  ", "x" * 41, "a\x07b"])
def test_wrong_tags_are_refused(tmp_path: Path, tag: str) -> None:
    """A tag has 1 to 40 printable letters."""
    store = open_store("", tmp_path)
    set_id = drawn_set(store, "front")
    with pytest.raises(InputError, match="1 to 40"):
        store.add_tag(set_id, tag)
    store.close()


def test_deleting_can_be_undone(store: Store) -> None:
    """A deleted set is in no list and not found; restored it is back whole, in its place."""
    older, newer = drawn_set(store, "front"), drawn_set(store, "front", session_id="ffffffffffff")
    before = store.load_set(newer)
    store.delete_set(newer)
    assert found(store) == [older]
    assert store.find_set("CAR-ffffffff") is None
    with pytest.raises(StoreError, match="may have been deleted"):
        store.load_set(newer)
    store.restore_set(newer)
    assert store.load_set(newer) == before
    assert found(store) == [newer, older]


def test_purging_removes_what_nobody_needs(store: Store, tmp_path: Path) -> None:
    """Only sets deleted long enough ago go, with all their files but those that another set shows too."""
    order = order_of(angles=["front", "side"])
    gone = store.create_set(order, SESSION, owner="me")
    kept = store.create_set(order, SESSION, owner="me")
    fresh = store.create_set(order, SESSION, owner="me")
    for set_id, color in ((gone, "green"), (kept, "red"), (fresh, "white")):
        store.save_view(set_id, done(order, "front", color="red"))
        store.save_view(set_id, done(order, "side", color=color))
        store.finish_set(set_id, SetState.DONE, 1.0)
    store.delete_set(gone, now=1000.0)
    store.delete_set(fresh, now=1900.0)
    lonely = store.takes(gone, "side")[0]
    assert store.purge_deleted(500.0, now=2000.0) == 1
    for view in (*store.load_set(kept).views, *store.takes(fresh, "side")):
        assert store.read_picture(view.sha256)
        assert store.read_picture(view.thumb_sha256, "thumb")
    for sha256, kind in ((lonely.sha256, "original"), (lonely.page_sha256, "page"), (lonely.thumb_sha256, "thumb")):
        with pytest.raises(StoreError):
            store.picture_path(sha256, kind)
    with pytest.raises(StoreError):
        store.restore_set(gone)
    store.restore_set(fresh)
    hidden = [path for path in (tmp_path / "pictures").rglob("*") if path.name.startswith(".")]
    assert hidden == []


def test_a_set_that_is_being_drawn_is_not_purged(store: Store) -> None:
    """Deleting a running set hides it; it is purged only after it ended."""
    set_id = store.create_set(order_of(), SESSION, owner="me")
    store.delete_set(set_id, now=1000.0)
    assert store.purge_deleted(0.0, now=2000.0) == 0
    store.save_view(set_id, done(order_of(), "front"))
    store.finish_set(set_id, SetState.DONE, 1.0)
    assert store.purge_deleted(0.0, now=2000.0) == 1


def test_a_purge_gives_back_what_somebody_names_meanwhile(tmp_path: Path) -> None:
    """A file that was put aside comes back when a view has named it in the meantime."""
    store = open_store("", tmp_path)
    view = store.load_set(drawn_set(store, "front")).views[0]
    path = store.picture_path(view.sha256)
    hidden = store.files.move_aside(path)
    assert not path.exists()
    store.files.settle(path, hidden, keep=True)
    assert store.read_picture(view.sha256)
    store.files.settle(path, store.files.move_aside(path), keep=False)
    assert not path.exists()
    assert not list(path.parent.iterdir())
    store.close()


def test_saving_writes_again_what_a_purge_took(tmp_path: Path) -> None:
    """A view whose picture was purged before with another set has its files again after it is saved."""
    store = open_store("", tmp_path)
    first = drawn_set(store, "front")
    store.delete_set(first, now=0.0)
    store.purge_deleted(0.0)
    second = drawn_set(store, "front")
    assert store.read_picture(store.load_set(second).views[0].sha256)
    store.close()


def test_unknown_sets_get_a_sentence(store: Store) -> None:
    """Starring, tagging, deleting and restoring what is not there raises StoreError."""
    for call in (store.set_favourite, store.delete_set, store.restore_set):
        with pytest.raises(StoreError, match="There is no such set"):
            call("nothing")
    for call in (store.add_tag, store.remove_tag):
        with pytest.raises(StoreError, match="There is no such set"):
            call("nothing", "tag")
