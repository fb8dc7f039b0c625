"""Pictures that carry what they were made from: in the forms other tools read, and as JSON for the way back."""

from __future__ import annotations

import io
import json
import zlib
from typing import Any, Literal

from carimg.domain.set_record import SetRecord
from carimg.domain.view import View
from carimg.errors import StoreError
from carimg.export.containers import exif_block, jpeg_with_exif, png_with_texts, webp_with_exif
from carimg.export.manifest import drawn_facts
from carimg.images import PictureError, decoded, on_white

Format = Literal["png", "jpeg", "webp"]
VERSION = 1
QUALITY = 95


def picture_with_parameters(record: SetRecord, view: View, data: bytes, format: Format) -> bytes:
    """A view's picture as PNG, JPEG or WebP with its parameters inside. `data` is the original.

    In its own format the pixels stay as they are, byte for byte. PNG: a text chunk `parameters` and a chunk `carimg`
    with JSON; JPEG and WebP: the same in EXIF. Raises StoreError for bytes that are no picture, InputError when a
    prompt does not fit into a JPEG.
    """
    encoded = data if view.mime == f"image/{format}" else _converted(data, format)
    if format == "png":
        return png_with_texts(encoded, {"parameters": parameters_of(record, view), "carimg": _json(record, view)})
    exif = exif_block(parameters_of(record, view), zlib.compress(_json(record, view).encode(), 9))
    if format == "jpeg":
        return jpeg_with_exif(encoded, exif)
    return webp_with_exif(encoded, exif, (view.width, view.height))


def parameters_of(record: SetRecord, view: View) -> str:
    """AUTOMATIC1111's form: the prompt, then one line 'Steps: …, Seed: …, Size: …, Model: …'.

    Readers find that line by 'Steps', so it is there always: 0 where the engine does not tell.
    """
    facts = dict(view.facts)
    fields = {
        "Steps": facts.get("steps") or facts.get("samples") or "0",
        "Seed": view.seed,
        "Size": f"{view.width}x{view.height}",
        "Model": view.model,
        "Engine": view.engine,
        "Seed honoured": "yes" if view.seed_honoured else "no",
        "Angle": view.angle,
        "Session": record.display_id,
        "Car": str(record.car),
        "Version": "carimg",
    }
    line = ", ".join(f"{name}: {_quoted(str(value))}" for name, value in fields.items())
    return f"{view.prompt.sent if view.prompt else ''}\n{line}"


def _quoted(value: str) -> str:
    """A value with commas, colons or quotes as a JSON string, as AUTOMATIC1111 writes it."""
    return json.dumps(value, ensure_ascii=False) if any(sign in value for sign in ',:\n"') else value


def _json(record: SetRecord, view: View) -> str:
    order = record.order.to_json()
    seeds = {**order["seeds"], **({} if view.seed is None else {view.angle: view.seed})}
    facts = {
        "carimg": VERSION,
        "set_id": record.set_id,
        "order": order | {"session_id": record.session_id, "seeds": seeds},
        "view": drawn_facts(record, view),
    }
    return json.dumps(facts, ensure_ascii=False)


def _converted(data: bytes, format: Format) -> bytes:
    try:
        picture = decoded(data)
    except PictureError as exc:
        raise StoreError("This picture cannot be read, so it cannot be saved in another format.") from exc
    mode = "RGBA" if "A" in picture.getbands() else "RGB"
    picture = on_white(picture) if format == "jpeg" else picture.convert(mode)
    out = io.BytesIO()
    options: dict[str, Any] = {"png": {}, "jpeg": {"quality": QUALITY, "subsampling": 0}, "webp": {"quality": QUALITY}}
    picture.save(out, format.upper(), **options[format])
    return out.getvalue()
