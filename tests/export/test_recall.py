"""The way back: pictures, manifests and archives give their order, and nothing else does."""

from __future__ import annotations

import io
import json
import random
import struct
import warnings
import zipfile
import zlib

import pytest

from carimg.domain.order import Order
from carimg.domain.set_record import SetRecord
from carimg.errors import InputError
from carimg.export import archive, manifest, picture_with_parameters, recall
from carimg.export.containers import exif_block, jpeg_with_exif
from carimg.store import Store
from tests.support.orders import order
from tests.support.stores import image_bytes


def test_manifest_and_archive_recall_the_whole_set(shelf: Store, mixed: SetRecord) -> None:
    """manifest.json and the ZIP give the order with session id and all seeds, ready for Order.parse."""
    expected = Order.parse(mixed.recalled).to_json()
    text = json.dumps(manifest(mixed), ensure_ascii=False, indent=2)
    assert recall(text.encode()) == expected
    assert recall(text.encode("utf-8-sig")) == expected
    assert recall(archive(mixed, shelf.read_picture)) == expected
    assert Order.parse(expected).seeds == {"front": 100, "side": 101, "rear": 102, "top": 103}


def packed_manifest(data: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("manifest.json", data)
    return out.getvalue()


FOREIGN = {
    "nothing": b"",
    "text": "привіт".encode(),
    "foreign picture": image_bytes(),
    "foreign jpeg": image_bytes("image/jpeg"),
    "foreign webp": image_bytes("image/webp"),
    "foreign json": b'{"order": 5}',
    "a list": b"[]",
    "no json": b'{"order": ',
    "deep json": b'{"order":' * 200_000,
    "not utf-8": b'{"order": "\xff\xfe"}',
    "long json": b'{"order": "' + b"x" * 5_000_000 + b'"}',
    "zip without manifest": b"PK\x05\x06" + bytes(18),
    "broken zip": b"PK\x03\x04" + bytes(50),
    "zip bomb": packed_manifest(b" " * 50_000_000),
    "exif bomb": jpeg_with_exif(image_bytes("image/jpeg"), exif_block("", zlib.compress(b" " * 20_000_000, 9))),
    "exif rubbish": jpeg_with_exif(image_bytes("image/jpeg"), exif_block("", b"rubbish")),
    "wrong order": json.dumps({"order": order(angles=["nowhere"])}).encode(),
    "unknown field": json.dumps({"order": order(surprise=1)}).encode(),
}


@pytest.mark.parametrize("name", list(FOREIGN))
def test_foreign_files_are_refused_in_one_sentence(name: str) -> None:
    """Whatever is no order of ours raises InputError with a short sentence, quickly and with bounded memory."""
    with pytest.raises(InputError) as caught:
        recall(FOREIGN[name])
    assert 10 < len(caught.value.message) < 400


def test_a_picture_too_large_to_be_true_is_refused(mixed: SetRecord) -> None:
    """A PNG that claims 100,000 × 100,000 pixels is not decoded."""
    header = struct.pack(">II5B", 100_000, 100_000, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + header
    png = image_bytes()[:8] + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk)) + image_bytes()[33:]
    with pytest.raises(InputError, match="damaged"):
        recall(png)


@pytest.mark.parametrize("format", ["png", "jpeg", "webp"])
def test_damaged_pictures_never_raise_anything_else(shelf: Store, mixed: SetRecord, format: str) -> None:
    """300 pictures with flipped and missing bytes: recall gives an order or InputError."""
    view = mixed.views[0]
    good = picture_with_parameters(mixed, view, shelf.read_picture(view.sha256), format)
    chance = random.Random(5)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns of damaged EXIF
        for _ in range(300):
            bad = bytearray(good[: chance.randrange(8, len(good))] if chance.random() < 0.4 else good)
            for _ in range(chance.randrange(1, 12)):
                bad[chance.randrange(len(bad))] = chance.randrange(256)
            try:
                Order.parse(recall(bytes(bad)))
            except InputError as exc:
                assert exc.message
