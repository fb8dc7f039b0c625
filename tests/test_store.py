"""Sets, views and takes that last."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from orders import order
from PIL import Image
from stores import SESSION, done, drawn_set, failed, image_bytes, prompt_of, reference, spec_of

from carimg.errors import InputError, StoreError
from carimg.spec import parse_spec
from carimg.store import Store, StoredReference, open_store, order_of
from carimg.store.schema import metadata
from carimg.views import Attempt, Picture, SetState, View, ViewState

ORDERS = (
    order(),
    order(session_id="CAR-1A2B3C4D", engines=["studio", "openai"], size="1024x768", free_only=True),
    order(strategy="anchored", fallback="set", template="{{ brand }}", hints_off=["same_car", "backdrop"]),
    order(seeds={"front": 0, "side": 999_999}, budget_usd=0.25, prompts={"rear": "ззаду\nдва рядки"}),
    order(angles=["yaw_010_el_20", "front"], session_id="1a2b3c4d5e6f"),
)


@pytest.mark.parametrize("given", ORDERS)
def test_an_order_survives_being_kept(given: dict[str, Any]) -> None:
    """spec → order → JSON → spec gives the same spec, whatever was ordered."""
    spec = parse_spec(given)
    assert parse_spec(json.loads(json.dumps(order_of(spec)))) == spec


def test_a_new_set_waits(store: Store) -> None:
    """A set that was just created is running, with one waiting view an angle, in the order they were asked for."""
    spec = spec_of(angles=["rear", "front"], seeds={"rear": 7})
    set_id = store.create_set(spec, SESSION, owner="me", now=1_700_000_000.0)
    stored = store.load_set(set_id)
    assert (stored.state, stored.created_at, stored.display_id) == (SetState.RUNNING, 1_700_000_000.0, "CAR-1a2b3c4d")
    assert [(view.angle, view.state, view.seed) for view in stored.views] == [
        ("rear", ViewState.WAITING, None),
        ("front", ViewState.WAITING, None),
    ]
    assert parse_spec(stored.order) == spec
    assert stored.missing == ("rear", "front")


def test_set_ids_cannot_be_guessed(store: Store) -> None:
    """Ids have 12 small letters and digits and do not repeat."""
    ids = {store.create_set(spec_of(), SESSION, owner="me") for _ in range(20)}
    assert len(ids) == 20
    assert all(re.fullmatch("[a-z2-7]{12}", set_id) for set_id in ids)


def test_every_fact_of_a_view_comes_back(store: Store) -> None:
    """Prompt, translation, seed, badge, references' sources, attempts, costs, times, masks and facts are kept."""
    spec = spec_of()
    set_id = store.create_set(spec, SESSION, owner="me")
    view = done(spec, "front", engine="openai", cost_usd=0.04, seed_honoured=False)
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
    picture = replace(view.picture, car_mask=mask, paint_mask=mask, facts=(("quality", "high"), ("usage", "17")))
    tried = (Attempt("pollinations", "quota", "Too many requests.", 2.5, 0.01), *view.attempts)
    view = replace(view, prompt=prompt, picture=picture, attempts=tried, seconds=3.25)
    kept = store.save_view(set_id, view, now=1_700_000_100.0)
    assert kept == store.takes(set_id, "front")[0]
    assert kept.angle_prompt(spec.car, SESSION) == replace(prompt, references=())
    (photo,) = kept.references
    assert photo == StoredReference("https://example.org/clio.jpg", "Clio", "photo", "image/jpeg", photo.sha256)
    assert kept.attempts == tried
    assert (kept.seconds, kept.work_s, kept.saved_at) == (3.25, view.work_s, 1_700_000_100.0)
    assert kept.cost_usd == pytest.approx(0.05)
    assert (kept.engine, kept.model, kept.seed_honoured, kept.simulated) == ("openai", "openai-1", False, False)
    assert (kept.mime, kept.width, kept.height) == ("image/png", 96, 64)
    assert kept.facts == (("quality", "high"), ("usage", "17"))
    assert store.read_picture(kept.car_mask_sha256, "mask") == mask


def test_files_are_addressed_by_their_hash(store: Store) -> None:
    """The original is kept byte for byte under its sha256; the page's JPEG has at most 1400 px, the thumbnail 320."""
    spec = spec_of()
    set_id = store.create_set(spec, SESSION, owner="me")
    view = done(spec, "front", size=(1536, 1024))
    assert view.picture
    kept = store.save_view(set_id, view)
    assert kept.sha256 == hashlib.sha256(view.picture.data).hexdigest()
    assert store.read_picture(kept.sha256) == view.picture.data
    with Image.open(store.picture_path(kept.page_sha256, "page")) as page:
        assert (page.format, page.size) == ("JPEG", (1400, 933))
    with Image.open(store.picture_path(kept.thumb_sha256, "thumb")) as thumb:
        assert (thumb.format, thumb.size) == ("JPEG", (320, 213))


def test_the_page_picture_is_found_by_the_originals_hash(store: Store) -> None:
    """Who only knows the original's hash gets its page picture and thumbnail."""
    stored = store.load_set(drawn_set(store, "front"))
    view = stored.views[0]
    assert store.picture_path(view.sha256, "page") == store.picture_path(view.page_sha256, "page")
    assert store.picture_path(view.sha256, "thumb") == store.picture_path(view.thumb_sha256, "thumb")


def test_transparent_pictures_are_shown_on_white(store: Store) -> None:
    """A picture with an alpha channel gets a page JPEG on white; its original keeps the channel."""
    spec = spec_of()
    set_id = store.create_set(spec, SESSION, owner="me")
    data = image_bytes("image/webp", mode="RGBA")
    view = View(
        "front", ViewState.DONE, prompt_of(spec, "front"), Picture(data, "image/webp", 96, 64, "openai", "m", False)
    )
    kept = store.save_view(set_id, view)
    with Image.open(store.picture_path(kept.page_sha256, "page")) as page:
        assert min(page.getpixel((0, 0))) > 250
    assert store.picture_path(kept.sha256).suffix == ".webp"


def test_a_new_take_is_chosen_and_the_earlier_ones_stay(store: Store) -> None:
    """Drawing a view again adds a take; any take can be chosen; the costs of all takes count."""
    spec = spec_of()
    set_id = store.create_set(spec, SESSION, owner="me")
    first = store.save_view(set_id, done(spec, "front", seed=1, engine="openai", cost_usd=0.02))
    second = store.save_view(set_id, done(spec, "front", seed=2, engine="openai", cost_usd=0.03, color="red"))
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
    spec = spec_of()
    set_id = store.create_set(spec, SESSION, owner="me")
    picture = store.save_view(set_id, done(spec, "front"))
    store.save_view(set_id, failed(spec, "front", cost_usd=0.01))
    assert store.load_set(set_id).view("front") == picture
    takes = store.takes(set_id, "front")
    assert [take.state for take in takes] == [ViewState.DONE, ViewState.FAILED]
    assert takes[1].attempts[0].outcome == "moderation"


def test_a_failed_view_that_is_drawn_at_last_shows_the_picture(store: Store) -> None:
    """Failure first, picture next: two takes, the picture chosen."""
    spec = spec_of()
    set_id = store.create_set(spec, SESSION, owner="me")
    store.save_view(set_id, failed(spec, "front"))
    store.save_view(set_id, done(spec, "front"))
    view = store.load_set(set_id).view("front")
    assert view and view.drawn and view.take == 2


def test_a_view_that_was_never_tried_leaves_no_take(store: Store) -> None:
    """A waiting or cancelled view of which nothing came is written over, not kept as a take."""
    spec = spec_of()
    set_id = store.create_set(spec, SESSION, owner="me")
    store.save_view(set_id, View("front", ViewState.DRAWING, prompt_of(spec, "front")))
    store.finish_set(set_id, SetState.CANCELLED, 0.5)
    assert {view.state for view in store.load_set(set_id).views} == {ViewState.CANCELLED}
    assert store.save_view(set_id, done(spec, "front")).take == 1
    assert store.load_set(set_id).view("front").error == ""


def test_finishing_cancels_what_never_ended(store: Store) -> None:
    """A finished set has its state and time; its open views are cancelled with a reason, drawn ones stay."""
    spec = spec_of()
    set_id = store.create_set(spec, SESSION, owner="me")
    store.save_view(set_id, done(spec, "front"))
    store.finish_set(set_id, SetState.CANCELLED, 2.5)
    stored = store.load_set(set_id)
    assert (stored.state, stored.seconds) == (SetState.CANCELLED, 2.5)
    assert [view.state for view in stored.views] == [ViewState.DONE, ViewState.CANCELLED, ViewState.CANCELLED]
    assert "before this view was drawn" in stored.views[1].error
    assert stored.missing == ("side", "rear")


def test_only_sets_of_silent_servers_are_interrupted(store: Store) -> None:
    """A running set whose server sent no heartbeat for long is interrupted; its pictures stay, the rest is missing."""
    spec = spec_of()
    dead = store.create_set(spec, SESSION, owner="dead", now=1000.0)
    alive = store.create_set(spec, SESSION, owner="alive", now=1000.0)
    ended = store.create_set(spec, SESSION, owner="dead", now=1000.0)
    store.finish_set(ended, SetState.PARTIAL, 1.0)
    store.save_view(dead, done(spec, "side"))
    store.heartbeat("alive", 1100.0)
    assert store.mark_interrupted(1010.0, 20.0) == 0
    assert store.mark_interrupted(1110.0, 20.0) == 1
    assert store.mark_interrupted(1110.0, 20.0) == 0
    stored = store.load_set(dead)
    assert stored.state is SetState.INTERRUPTED
    assert stored.missing == ("front", "rear")
    assert "server stopped" in stored.views[0].error
    assert store.load_set(alive).state is SetState.RUNNING
    assert store.load_set(ended).state is SetState.PARTIAL


def test_a_set_taken_up_again_belongs_to_its_new_server(store: Store) -> None:
    """set_state with an owner lets another server draw the rest, and that one's heartbeat counts."""
    set_id = store.create_set(spec_of(), SESSION, owner="dead", now=1000.0)
    store.mark_interrupted(1100.0, 20.0)
    store.set_state(set_id, SetState.RUNNING, owner="new", now=1100.0)
    assert store.mark_interrupted(1110.0, 20.0) == 0
    assert store.load_set(set_id).owner == "new"


def test_a_set_is_found_by_what_people_see(store: Store) -> None:
    """The displayed id finds the newest set of its session, in any case; a set id finds that set."""
    first = store.create_set(spec_of(), SESSION, owner="me")
    second = store.create_set(spec_of(), SESSION, owner="me")
    for text in ("CAR-1a2b3c4d", "car-1A2B3C4D", " 1a2b3c4d ", SESSION):
        found = store.find_set(text)
        assert found and found.set_id == second, text
    found = store.find_set(first)
    assert found and found.set_id == first
    for text in ("CAR-00000000", "", "nothing", "'; drop table sets; --"):
        assert store.find_set(text) is None


def test_what_is_not_there_gets_a_sentence(store: Store) -> None:
    """Unknown sets, views and pictures raise StoreError in plain words."""
    spec = spec_of()
    set_id = store.create_set(spec, SESSION, owner="me")
    for call in (
        lambda: store.load_set("nothing"),
        lambda: store.save_view("nothing", done(spec, "front")),
        lambda: store.finish_set("nothing", SetState.DONE, 1.0),
        lambda: store.set_state("nothing", SetState.DONE),
        lambda: store.takes("nothing", "front"),
        lambda: store.choose_take("nothing", "front", 1),
        lambda: store.save_view(set_id, done(spec, "top")),
        lambda: store.read_picture("0" * 64),
    ):
        with pytest.raises(StoreError, match=r"^(There is no|This )"):
            call()


@pytest.mark.parametrize("name", ["../../carimg.db", "..", "", "A" * 64, "0" * 63 + "/", "0" * 64 + "\n", "%2e%2e"])
def test_a_picture_name_cannot_leave_its_folder(tmp_path: Path, name: str) -> None:
    """Only 64 hex digits name a picture, for every kind."""
    store = open_store("", tmp_path)
    for kind in ("original", "page", "thumb", "mask"):
        with pytest.raises(StoreError, match="not in the store"):
            store.picture_path(name, kind)
    store.close()


@pytest.mark.parametrize(
    ("data", "mime"),
    [(b"", "image/png"), (b"<svg/>", "image/png"), (image_bytes()[:-40], "image/png"), (image_bytes(), "image/gif")],
)
def test_what_is_no_picture_is_not_kept(tmp_path: Path, data: bytes, mime: str) -> None:
    """Broken bytes or a foreign type raise StoreError; the view stays as it was."""
    store = open_store("", tmp_path)
    spec = spec_of()
    set_id = store.create_set(spec, SESSION, owner="me")
    with pytest.raises(StoreError):
        store.save_view(set_id, View("front", ViewState.DONE, None, Picture(data, mime, 1, 1, "openai", "m", False)))
    assert store.load_set(set_id).views[0].state is ViewState.WAITING
    store.close()


def test_texts_that_databases_refuse_are_kept_without_the_trouble(store: Store) -> None:
    """NUL characters, lone surrogates and endless codes in an engine's answer do not lose the view."""
    spec = spec_of()
    set_id = store.create_set(spec, SESSION, owner="me")
    attempt = Attempt("openai", "a-code-of-the-service-" * 9, "bad\0 byte \ud800", 0.1)
    kept = store.save_view(set_id, replace(failed(spec, "front"), attempts=(attempt,), error="x\0y"))
    assert (kept.attempts[0].message, kept.error) == ("bad byte ?", "xy")


def test_two_servers_see_each_others_sets(store: Store, database_url: str, tmp_path: Path) -> None:
    """A second store on the same database and folder has the first one's sets, pictures and takes, and adds its own."""
    set_id = drawn_set(store, "front")
    other = open_store(database_url, tmp_path)
    view = other.load_set(set_id).views[0]
    assert other.read_picture(view.sha256) == store.read_picture(view.sha256)
    assert other.save_view(set_id, done(spec_of(angles=["front"]), "front")).take == 2
    assert store.load_set(set_id).views[0].take == 2
    other.close()


def test_many_threads_write_one_set(store: Store) -> None:
    """24 views and 24 more takes from 12 threads: none is lost, none is there twice."""
    angles = [f"yaw_{yaw:03d}" for yaw in range(0, 360, 15)]
    spec = spec_of(angles=angles)
    ids = [angle.id for angle in spec.angles]
    set_id = store.create_set(spec, SESSION, owner="me")
    with ThreadPoolExecutor(12) as pool:
        kept = list(pool.map(lambda angle: store.save_view(set_id, done(spec, angle)), ids * 2))
    assert sorted((view.angle, view.take) for view in kept) == sorted((angle, take) for angle in ids for take in (1, 2))
    assert len(store.load_set(set_id).drawn) == 24


def test_the_migrations_make_the_schema(store: Store) -> None:
    """The newest migration and `schema.py` describe the same tables."""
    options = {"include_name": lambda name, kind, _: not (kind == "table" and (name or "").startswith("words"))}
    with store.database.reading() as connection:
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []


OPEN = """
import sys
from pathlib import Path
from carimg.store import open_store
open_store(sys.argv[1], Path(sys.argv[2])).close()
"""


def test_servers_that_start_at_once_do_not_collide(database_url: str, tmp_path: Path) -> None:
    """Three processes open a new database at the same time; all succeed, and the tables are there."""
    command = [sys.executable, "-c", OPEN, database_url, str(tmp_path)]
    started = [subprocess.Popen(command, stderr=subprocess.PIPE, cwd=Path(__file__).parent.parent) for _ in range(3)]
    for process in started:
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors.decode()
    store = open_store(database_url, tmp_path)
    assert store.history().total == 0
    store.close()


SAVE_UNTIL_KILLED = """
import sys
from pathlib import Path
sys.path.insert(0, "tests")
from stores import SESSION, done, spec_of
from carimg.store import open_store
store = open_store(sys.argv[1], Path(sys.argv[2]))
spec = spec_of(angles=[f"yaw_{yaw:03d}" for yaw in range(0, 360, 5)])
set_id = store.create_set(spec, SESSION, owner="killed")
print(set_id, flush=True)
for number, angle in enumerate(spec.angles):
    view = store.save_view(set_id, done(spec, angle.id, size=(600, 400), color=f"#{number:06x}"))
    print(angle.id, view.sha256, flush=True)
"""


def test_kill_9_loses_no_finished_view(database_url: str, tmp_path: Path) -> None:
    """A server killed in mid-set: every view it had reported is there, whole; the set is interrupted, the rest
    missing."""
    command = [sys.executable, "-c", SAVE_UNTIL_KILLED, database_url, str(tmp_path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parent.parent)
    assert process.stdout
    set_id = process.stdout.readline().strip()
    reported = [process.stdout.readline().split() for _ in range(8)]
    time.sleep(0.013)
    os.kill(process.pid, signal.SIGKILL)
    reported += [line.split() for line in process.communicate(timeout=30)[0].splitlines() if len(line.split()) == 2]
    store = open_store(database_url, tmp_path)
    assert store.mark_interrupted(time.time() + 60, 20.0) == 1
    stored = store.load_set(set_id)
    assert stored.state is SetState.INTERRUPTED
    assert 8 <= len(stored.drawn) < 72
    assert {(view.angle, view.sha256) for view in stored.drawn} >= {(angle, sha256) for angle, sha256 in reported}
    for view in stored.drawn:
        data = store.read_picture(view.sha256)
        assert hashlib.sha256(data).hexdigest() == view.sha256
        with Image.open(io.BytesIO(data)) as picture:
            picture.load()
        assert store.picture_path(view.page_sha256, "page").stat().st_size > 0
    assert set(stored.missing) == {view.angle for view in stored.views} - {view.angle for view in stored.drawn}
    store.close()


@pytest.mark.parametrize(
    "url", ["mysql://u:geheim@h/x", "nonsense geheim", "sqlite://", "postgresql+asyncpg://u:geheim@h/x"]
)
def test_a_wrong_database_url_gets_a_sentence(tmp_path: Path, url: str) -> None:
    """The message tells what a URL looks like and never repeats the one that was given."""
    with pytest.raises(StoreError, match="CARIMG_DATABASE_URL must look like") as caught:
        open_store(url, tmp_path)
    assert "geheim" not in str(caught.value)


def test_an_unreachable_database_gets_a_sentence_without_its_password(tmp_path: Path) -> None:
    """A server that does not answer is told as such; address and password stay out of the message."""
    with pytest.raises(StoreError, match="CARIMG_DATABASE_URL") as caught:
        open_store("postgresql://carimg:geheim@127.0.0.1:1/carimg", tmp_path)
    assert "geheim" not in str(caught.value)
    assert "127.0.0.1" not in str(caught.value)


def test_a_folder_that_cannot_be_made_gets_a_sentence(tmp_path: Path) -> None:
    """CARIMG_DATA_DIR that is a file is told as such."""
    (tmp_path / "data").write_text("here is a file")
    with pytest.raises(StoreError, match="CARIMG_DATA_DIR"):
        open_store("", tmp_path / "data")


def test_a_damaged_database_file_gets_a_sentence(tmp_path: Path) -> None:
    """A carimg.db that is none raises StoreError, not SQLite's exception."""
    (tmp_path / "carimg.db").write_bytes(b"this is not a database, " * 100)
    with pytest.raises(StoreError):
        open_store("", tmp_path)


def test_spending_is_counted_by_the_day(store: Store) -> None:
    """Only what was spent since midnight UTC counts, failed attempts and earlier takes included."""
    spec = spec_of()
    set_id = store.create_set(spec, SESSION, owner="me")
    midnight = 1_795_564_800.0  # 2026-11-25 00:00 UTC
    store.save_view(set_id, done(spec, "front", engine="openai", cost_usd=1.0), now=midnight - 1)
    store.save_view(set_id, done(spec, "front", engine="openai", cost_usd=0.25), now=midnight)
    store.save_view(set_id, failed(spec, "side", cost_usd=0.5), now=midnight + 3600)
    assert store.spent_today_usd(midnight + 7200) == pytest.approx(0.75)
    assert store.spent_today_usd(midnight + 90_000) == 0.0


def test_recalling_a_set_fixes_its_session_and_seeds(store: Store) -> None:
    """`recalled` is an order that draws the same again: session id and the seeds of the chosen takes are in it."""
    stored = store.load_set(drawn_set(store))
    spec = parse_spec(stored.recalled)
    assert spec.session_id == SESSION
    assert spec.seeds == {"front": 100, "side": 101, "rear": 102}


def test_a_mixed_set_says_so(store: Store) -> None:
    """Views by different engines, or by different models of one engine, make a set mixed."""
    spec = spec_of()
    set_id = store.create_set(spec, SESSION, owner="me")
    store.save_view(set_id, done(spec, "front"))
    store.save_view(set_id, failed(spec, "side"))
    assert not store.load_set(set_id).mixed
    store.save_view(set_id, done(spec, "rear", engine="openai"))
    assert store.load_set(set_id).mixed
    assert store.load_set(set_id).engines == ("studio", "openai")


def test_templates_have_versions(store: Store) -> None:
    """Saving under a name adds a version, unless nothing changed; every version stays readable."""
    first = store.save_template("Night  shot", "{{ brand }}", now=1.0)
    assert (first.name, first.version) == ("Night shot", 1)
    assert store.save_template("Night shot", "{{ brand }}", now=2.0) == first
    second = store.save_template("Night shot", "{{ brand }} at night", now=3.0)
    store.save_template("Абетка", "{{ model }}", now=4.0)
    assert second.version == 2
    assert store.template("Night shot") == second
    assert store.template("Night shot", 1) == first
    assert [(found.name, found.version) for found in store.templates()] == [
        ("Night shot", 2),
        ("Night shot", 1),
        ("Абетка", 1),
    ]
    with pytest.raises(StoreError, match="no template"):
        store.template("Day shot")


def test_templates_of_many_threads_get_different_versions(store: Store) -> None:
    """Twelve versions saved at once are numbered 1 to 12."""
    with ThreadPoolExecutor(6) as pool:
        saved = list(pool.map(lambda number: store.save_template("t", f"source {number}"), range(12)))
    assert sorted(template.version for template in saved) == list(range(1, 13))


@pytest.mark.parametrize(("name", "source"), [("", "x"), (" ", "x"), ("n" * 61, "x"), ("n", " "), ("n", "x" * 20_001)])
def test_wrong_templates_are_refused(tmp_path: Path, name: str, source: str) -> None:
    """A template needs a name and a source of sensible length."""
    store = open_store("", tmp_path)
    with pytest.raises(InputError):
        store.save_template(name, source)
    store.close()
