"""Reference photos: kept beside the pictures, shown again, removed with the last set that names them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from carimg.domain.view import Reference, SetState, View, ViewState
from carimg.errors import StoreError
from carimg.store import Store, open_store
from tests.support.stores import SESSION, done, image_bytes, order_of


def photo(color: str) -> Reference:
    data = image_bytes("image/jpeg", color=color)
    return Reference(data, "image/jpeg", f"https://example.org/{color}.jpg", f"A {color} car")


def with_photos(view: View, *photos: Reference) -> View:
    assert view.prompt is not None
    return replace(view, prompt=replace(view.prompt, references=photos))


def test_photos_come_back_in_their_order(store: Store) -> None:
    """A set that is opened again has the photos that its views were drawn with, each with its source."""
    set_id = store.create_set(order_of(), SESSION, owner="me")
    photos = (photo("red"), photo("blue"))
    kept = store.save_view(set_id, with_photos(done(order_of(), "front"), *photos))
    assert [replace(item, sha256="") for item in store.photos(kept)] == list(photos)
    assert kept.prompt is not None
    assert kept.prompt.references == tuple(replace(item, data=b"") for item in store.photos(kept))


def test_a_view_that_failed_keeps_its_photos(store: Store) -> None:
    """Photos do not depend on a picture: what a failed view had been given is there too."""
    set_id = store.create_set(order_of(), SESSION, owner="me")
    failed = replace(done(order_of(), "front"), state=ViewState.FAILED, picture=None, error="It broke.")
    kept = store.save_view(set_id, with_photos(failed, photo("red")))
    assert [replace(item, sha256="") for item in store.photos(kept)] == [photo("red")]


def test_a_photo_whose_file_is_gone_is_left_out(store: Store) -> None:
    """A lost file costs that photo, never the set."""
    set_id = store.create_set(order_of(), SESSION, owner="me")
    kept = store.save_view(set_id, with_photos(done(order_of(), "front"), photo("red"), photo("blue")))
    store.picture_path(kept.references[0].sha256, "photo").unlink()
    assert [replace(item, sha256="") for item in store.photos(kept)] == [photo("blue")]


def test_a_photo_goes_with_the_last_set_that_names_it(tmp_path: Path) -> None:
    """Two sets share a photo: purging one keeps the file, purging both removes it."""
    store = open_store("", tmp_path)
    shared = photo("red")
    sets = [store.create_set(order_of(), SESSION, owner="me") for _ in range(2)]
    (sha256,) = {
        store.save_view(set_id, with_photos(done(order_of(), "front"), shared)).references[0].sha256 for set_id in sets
    }
    for set_id in sets:
        assert store.read_picture(sha256, "photo") == shared.data
        store.finish_set(set_id, SetState.DONE, 1.0)
        store.delete_set(set_id, now=0.0)
        store.purge_deleted(0.0)
    with pytest.raises(StoreError, match="not in the store any more"):
        store.picture_path(sha256, "photo")
    store.close()
