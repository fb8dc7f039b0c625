"""A set as one ZIP."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from carimg.export.file_names import picture_file_name
from carimg.export.manifest import manifest
from carimg.export.sheet import contact_sheet
from carimg.store import StoredSet

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def archive(
    stored: StoredSet, read: Callable[[str], bytes], lang: str = "en", *, extra: Mapping[str, bytes] | None = None
) -> bytes:
    """Pictures, `manifest.json`, `prompts.csv`, `contact-sheet.png`; `extra` adds files by name.

    `read` gives a picture's bytes by its hash. The same set gives the same ZIP. Raises StoreError.
    """
    facts = manifest(stored)
    names = {view.angle: picture_file_name(stored, view) for view in stored.drawn}
    for image in facts["images"]:
        image["file"] = names[image["angle"]]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        for view in stored.drawn:
            _add(packed, stored, names[view.angle], read(view.sha256), zipfile.ZIP_STORED)
        text = json.dumps(facts, ensure_ascii=False, indent=2)
        _add(packed, stored, "manifest.json", text.encode(), zipfile.ZIP_DEFLATED)
        _add(packed, stored, "prompts.csv", prompts_csv(stored), zipfile.ZIP_DEFLATED)
        _add(packed, stored, "contact-sheet.png", contact_sheet(stored, read, lang), zipfile.ZIP_STORED)
        for name, data in (extra or {}).items():
            _add(packed, stored, name, data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def prompts_csv(stored: StoredSet) -> bytes:
    """One line a view: UTF-8 with a byte order mark, so that spreadsheets read Ukrainian; no cell starts a formula."""
    columns = ("angle", "state", "seed", "seed_honoured", "engine", "model", "take", "seconds", "cost_usd",
               "prompt", "prompt_en", "translated_by", "error")  # fmt: skip
    out = io.StringIO()
    lines = csv.writer(out, lineterminator="\r\n")
    lines.writerow(columns)
    lines.writerows([csv_cell(getattr(view, name)) for name in columns] for view in stored.views)
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def csv_cell(value: object) -> object:
    """A value that no spreadsheet takes for a formula: such text gets an apostrophe in front."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA_STARTS) else value


def _add(packed: zipfile.ZipFile, stored: StoredSet, name: str, data: bytes, method: int) -> None:
    when = datetime.fromtimestamp(max(stored.created_at, 315_532_800.0), UTC)  # ZIP knows no time before 1980
    info = zipfile.ZipInfo(name, when.timetuple()[:6])
    info.compress_type = method
    info.external_attr = 0o644 << 16
    packed.writestr(info, data)
