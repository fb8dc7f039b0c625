"""A set as one ZIP."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from carimg.domain.set_record import SetRecord
from carimg.domain.view import View
from carimg.export.file_names import picture_file_name
from carimg.export.manifest import manifest
from carimg.export.sheet import contact_sheet

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def archive(
    record: SetRecord, read: Callable[[str], bytes], lang: str = "en", *, extra: Mapping[str, bytes] | None = None
) -> bytes:
    """Pictures, `manifest.json`, `prompts.csv`, `contact-sheet.png`; `extra` adds files by name.

    `read` gives a picture's bytes by its hash. The same set gives the same ZIP. Raises StoreError.
    """
    facts = manifest(record)
    names = {view.angle: picture_file_name(record, view) for view in record.drawn}
    for image in facts["images"]:
        image["file"] = names[image["angle"]]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        for view in record.drawn:
            _add(packed, record, names[view.angle], read(view.sha256), zipfile.ZIP_STORED)
        text = json.dumps(facts, ensure_ascii=False, indent=2)
        _add(packed, record, "manifest.json", text.encode(), zipfile.ZIP_DEFLATED)
        _add(packed, record, "prompts.csv", prompts_csv(record), zipfile.ZIP_DEFLATED)
        _add(packed, record, "contact-sheet.png", contact_sheet(record, read, lang), zipfile.ZIP_STORED)
        for name, data in (extra or {}).items():
            _add(packed, record, name, data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def prompts_csv(record: SetRecord) -> bytes:
    """One line a view: UTF-8 with a byte order mark, so that spreadsheets read Ukrainian; no cell starts a formula."""
    columns = ("angle", "state", "seed", "seed_honoured", "engine", "model", "take", "seconds", "cost_usd",
               "prompt", "prompt_en", "translated_by", "error")  # fmt: skip
    out = io.StringIO()
    lines = csv.writer(out, lineterminator="\r\n")
    lines.writerow(columns)
    lines.writerows([csv_cell(_cell(view, name)) for name in columns] for view in record.views)
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _cell(view: View, name: str) -> object:
    if name in ("prompt", "prompt_en", "translated_by"):
        return getattr(view.prompt, name) if view.prompt else None if name == "prompt_en" else ""
    return getattr(view, name)


def csv_cell(value: object) -> object:
    """A value that no spreadsheet takes for a formula: such text gets an apostrophe in front."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA_STARTS) else value


def _add(packed: zipfile.ZipFile, record: SetRecord, name: str, data: bytes, method: int) -> None:
    when = datetime.fromtimestamp(max(record.created_at, 315_532_800.0), UTC)  # ZIP knows no time before 1980
    info = zipfile.ZipInfo(name, when.timetuple()[:6])
    info.compress_type = method
    info.external_attr = 0o644 << 16
    packed.writestr(info, data)
