"""Sets, views and takes that last."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from carimg.domain.order import Order
from carimg.domain.view import Attempt, Reference, SetState, View, ViewState
from carimg.errors import StoreError
from carimg.store import Store
from tests.support.orders import order
from tests.support.stores import SESSION, done, drawn_set, failed, image_bytes, order_of, prompt_of, reference

ORDERS = (
    order(),
    order(session_id="CAR-1A2B3C4D", engines=["studio", "openai"], size="1024x768", free_only=True),
    order(strategy="anchored", fallback="set", template="{{ brand }}", hints_off=["same_car", "backdrop"]),
    order(seeds={"front": 0, "side": 999_999}, budget_usd=0.25, prompts={"rear": "ззаду\nдва рядки"}),
    order(angles=["yaw_010_el_20", "front"], session_id="1a2b3c4d5e6f"),
)


@pytest.mark.parametrize("given", ORDERS)
def test_an_order_survives_being_kept(given: dict[str, Any]) -> None:
    """Order → JSON → order gives the same order, whatever was ordered."""
    wanted = Order.parse(given)
    assert Order.parse(json.loads(json.dumps(wanted.to_json()))) == wanted


def test_a_new_set_waits(store: Store) -> None:
    """A set that was just created is running, with one waiting view an angle, in the order they were asked for."""
    wanted = order_of(angles=["rear", "front"], seeds={"rear": 7})
    set_id = store.create_set(wanted, SESSION, owner="me", now=1_700_000_000.0)
    stored = store.load_set(set_id)
    assert (stored.state, stored.created_at, stored.display_id) == (SetState.RUNNING, 1_700_000_000.0, "CAR-1a2b3c4d")
    assert [(view.angle, view.state, view.seed) for view in stored.views] == [
        ("rear", ViewState.WAITING, None),
        ("front", ViewState.WAITING, None),
    ]
    assert stored.order == wanted
    assert stored.missing == ("rear", "front")


def test_set_ids_cannot_be_guessed(store: Store) -> None:
    """Ids have 12 small letters and digits and do not repeat."""
    ids = {store.create_set(order_of(), SESSION, owner="me") for _ in range(20)}
    assert len(ids) == 20
    assert all(re.fullmatch("[a-z2-7]{12}", set_id) for set_id in ids)


def test_every_fact_of_a_view_comes_back(store: Store) -> None:
    """Prompt, translation, seed, badge, references' sources, attempts, costs, times, masks and facts are kept."""
    wanted = order_of()
    set_id = store.create_set(wanted, SESSION, owner="me")
    view = done(wanted, "front", engine="openai", cost_usd=0.04, seed_honoured=False)
    assert view.prompt and view.picture
    prompt = replace(
        view.prompt,
        prompt="синій Рено",
        prompt_en="blue Renault",
        translated_by="glossary",
        references=(reference(),),
        badge="silver diamond",
        badge_source="web",
    )
    mask = image_bytes(mode="RGB", color="white")
    facts = (("quality", "high"), ("usage", "17"))
    picture = replace(view.picture, car_mask=mask, paint_mask=mask, facts=facts)
    tried = (Attempt("pollinations", "quota", "Too many requests.", 2.5, 0.01), *view.attempts)
    view = replace(view, prompt=prompt).ended(tried, 3.25, picture)
    kept = store.save_view(set_id, view, now=1_700_000_100.0)
    assert kept == store.takes(set_id, "front")[0]
    (photo,) = kept.references
    assert photo.sha256
    assert photo == Reference(b"", "image/jpeg", "https://example.org/clio.jpg", "Clio", "photo", photo.sha256)
    assert kept.prompt == replace(prompt, references=(photo,))
    assert kept.attempts == tried
    assert (kept.seconds, kept.work_s, kept.saved_at) == (3.25, view.work_s, 1_700_000_100.0)
    assert kept.cost_usd == pytest.approx(0.05)
    assert (kept.engine, kept.model, kept.seed_honoured, kept.simulated) == ("openai", "openai-1", False, False)
    assert (kept.mime, kept.width, kept.height) == ("image/png", 96, 64)
    assert kept.facts == (("quality", "high"), ("usage", "17"))
    assert store.read_picture(kept.car_mask_sha256, "mask") == mask


def test_a_new_take_is_chosen_and_the_earlier_ones_stay(store: Store) -> None:
    """Drawing a view again adds a take; any take can be chosen; the costs of all takes count."""
    wanted = order_of()
    set_id = store.create_set(wanted, SESSION, owner="me")
    first = store.save_view(set_id, done(wanted, "front", seed=1, engine="openai", cost_usd=0.02))
    second = store.save_view(set_id, done(wanted, "front", seed=2, engine="openai", cost_usd=0.03, color="red"))
    assert (first.take, second.take) == (1, 2)
    shown = store.load_set(set_id).view("front")
    assert shown == second
    chosen = store.choose_take(set_id, "front", 1)
    assert chosen.seed == 1
    stored = store.load_set(set_id)
    assert stored.views[0] == chosen
    assert [take.chosen for take in store.takes(set_id, "front")] == [True, False]
    assert stored.spent_usd == pytest.approx(0.05)
    with pytest.raises(StoreError, match="no take 3"):
        store.choose_take(set_id, "front", 3)


def test_a_failed_take_does_not_hide_a_picture(store: Store) -> None:
    """When drawing again fails, the picture that was there stays chosen, and the failure is kept as a take."""
    wanted = order_of()
    set_id = store.create_set(wanted, SESSION, owner="me")
    picture = store.save_view(set_id, done(wanted, "front"))
    store.save_view(set_id, failed(wanted, "front", cost_usd=0.01))
    assert store.load_set(set_id).view("front") == picture
    takes = store.takes(set_id, "front")
    assert [take.state for take in takes] == [ViewState.DONE, ViewState.FAILED]
    assert takes[1].attempts[0].outcome == "moderation"


def test_a_failed_view_that_is_drawn_at_last_shows_the_picture(store: Store) -> None:
    """Failure first, picture next: two takes, the picture chosen."""
    wanted = order_of()
    set_id = store.create_set(wanted, SESSION, owner="me")
    store.save_view(set_id, failed(wanted, "front"))
    store.save_view(set_id, done(wanted, "front"))
    view = store.load_set(set_id).view("front")
    assert view and view.drawn and view.take == 2


def test_a_view_that_was_never_tried_leaves_no_take(store: Store) -> None:
    """A waiting or cancelled view of which nothing came is written over, not kept as a take."""
    wanted = order_of()
    set_id = store.create_set(wanted, SESSION, owner="me")
    store.save_view(set_id, View("front", ViewState.DRAWING, prompt_of(wanted, "front")))
    store.finish_set(set_id, SetState.CANCELLED, 0.5)
    assert {view.state for view in store.load_set(set_id).views} == {ViewState.CANCELLED}
    assert store.save_view(set_id, done(wanted, "front")).take == 1
    assert store.load_set(set_id).view("front").error == ""


def test_finishing_cancels_what_never_ended(store: Store) -> None:
    """A finished set has its state and time; its open views are cancelled with a reason, drawn ones stay."""
    wanted = order_of()
    set_id = store.create_set(wanted, SESSION, owner="me")
    store.save_view(set_id, done(wanted, "front"))
    store.finish_set(set_id, SetState.CANCELLED, 2.5)
    stored = store.load_set(set_id)
    assert (stored.state, stored.seconds) == (SetState.CANCELLED, 2.5)
    assert [view.state for view in stored.views] == [ViewState.DONE, ViewState.CANCELLED, ViewState.CANCELLED]
    assert "before this view was drawn" in stored.views[1].error
    assert stored.missing == ("side", "rear")


def test_a_set_is_found_by_what_people_see(store: Store) -> None:
    """The displayed id finds the newest set of its session, in any case; a set id finds that set."""
    first = store.create_set(order_of(), SESSION, owner="me")
    second = store.create_set(order_of(), SESSION, owner="me")
    for text in ("CAR-1a2b3c4d", "car-1A2B3C4D", " 1a2b3c4d ", SESSION):
        found = store.find_set(text)
        assert found and found.set_id == second, text
    found = store.find_set(first)
    assert found and found.set_id == first
    for text in ("CAR-00000000", "", "nothing", "'; drop table sets; --"):
        assert store.find_set(text) is None


def test_what_is_not_there_gets_a_sentence(store: Store) -> None:
    """Unknown sets, views and pictures raise StoreError in plain words."""
    wanted = order_of()
    set_id = store.create_set(wanted, SESSION, owner="me")
    for call in (
        lambda: store.load_set("nothing"),
        lambda: store.save_view("nothing", done(wanted, "front")),
        lambda: store.finish_set("nothing", SetState.DONE, 1.0),
        lambda: store.set_state("nothing", SetState.DONE),
        lambda: store.takes("nothing", "front"),
        lambda: store.choose_take("nothing", "front", 1),
        lambda: store.save_view(set_id, done(wanted, "top")),
        lambda: store.read_picture("0" * 64),
    ):
        with pytest.raises(StoreError, match=r"^(There is no|This )"):
            call()


def test_texts_that_databases_refuse_are_kept_without_the_trouble(store: Store) -> None:
    """NUL characters, lone surrogates and endless codes in an engine's answer do not lose the view."""
    wanted = order_of()
    set_id = store.create_set(wanted, SESSION, owner="me")
    attempt = Attempt("openai", "a-code-of-the-service-" * 9, "bad\0 byte \ud800", 0.1)
    kept = store.save_view(set_id, replace(failed(wanted, "front"), attempts=(attempt,), error="x\0y"))
    assert (kept.attempts[0].message, kept.error) == ("bad byte ?", "xy")


def test_spending_is_counted_by_the_day(store: Store) -> None:
    """Only what was spent since midnight UTC counts, failed attempts and earlier takes included."""
    wanted = order_of()
    set_id = store.create_set(wanted, SESSION, owner="me")
    midnight = 1_795_564_800.0  # 2026-11-25 00:00 UTC
    store.save_view(set_id, done(wanted, "front", engine="openai", cost_usd=1.0), now=midnight - 1)
    store.save_view(set_id, done(wanted, "front", engine="openai", cost_usd=0.25), now=midnight)
    store.save_view(set_id, failed(wanted, "side", cost_usd=0.5), now=midnight + 3600)
    assert store.spent_today_usd(midnight + 7200) == pytest.approx(0.75)
    assert store.spent_today_usd(midnight + 90_000) == 0.0


def test_recalling_a_set_fixes_its_session_and_seeds(store: Store) -> None:
    """`recalled` is an order that draws the same again: session id and the seeds of the chosen takes are in it."""
    stored = store.load_set(drawn_set(store))
    wanted = Order.parse(stored.recalled)
    assert wanted.session_id == SESSION
    assert wanted.seeds == {"front": 100, "side": 101, "rear": 102}


def test_a_mixed_set_says_so(store: Store) -> None:
    """Views by different engines, or by different models of one engine, make a set mixed."""
    wanted = order_of()
    set_id = store.create_set(wanted, SESSION, owner="me")
    store.save_view(set_id, done(wanted, "front"))
    store.save_view(set_id, failed(wanted, "side"))
    assert not store.load_set(set_id).mixed
    store.save_view(set_id, done(wanted, "rear", engine="openai"))
    assert store.load_set(set_id).mixed
    assert store.load_set(set_id).engines == ("studio", "openai")
