"""Pictures of a store: files that are addressed by their hash."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from PIL import Image

from carimg.domain.view import Picture, View, ViewState
from carimg.errors import StoreError
from carimg.store import Store, open_store
from tests.support.stores import SESSION, done, drawn_set, image_bytes, order_of, prompt_of


def test_files_are_addressed_by_their_hash(store: Store) -> None:
    """The original is kept byte for byte under its sha256; the page's JPEG has at most 1400 px, the thumbnail 320."""
    order = order_of()
    set_id = store.create_set(order, SESSION, owner="me")
    view = done(order, "front", size=(1536, 1024))
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
    order = order_of()
    set_id = store.create_set(order, SESSION, owner="me")
    data = image_bytes("image/webp", mode="RGBA")
    picture = Picture(data, "image/webp", 96, 64, "openai", "m", False)
    view = View("front", ViewState.DONE, prompt_of(order, "front")).ended((), 0.5, picture)
    kept = store.save_view(set_id, view)
    with Image.open(store.picture_path(kept.page_sha256, "page")) as page:
        assert min(page.getpixel((0, 0))) > 250
    assert store.picture_path(kept.sha256).suffix == ".webp"


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
    order = order_of()
    set_id = store.create_set(order, SESSION, owner="me")
    with pytest.raises(StoreError):
        picture = Picture(data, mime, 1, 1, "openai", "m", False)
        store.save_view(set_id, View("front", ViewState.DONE).ended((), 0.5, picture))
    assert store.load_set(set_id).views[0].state is ViewState.WAITING
    store.close()
