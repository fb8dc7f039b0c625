"""Download buttons. Nothing is built before the click, and a click does not run the page again."""

from __future__ import annotations

import json
from functools import partial

import streamlit as st

from carimg.domain.view import View
from carimg.errors import StoreError
from carimg.export import (
    archive,
    contact_sheet,
    manifest,
    picture_file_name,
    picture_with_parameters,
    set_file_name,
)
from carimg.export.parameters import Format
from carimg.generation.live import Snapshot
from carimg.store import Store
from carimg.ui.i18n import Texts
from carimg.ui.session import jobs

FORMATS: dict[Format, str] = {"png": "png", "jpeg": "jpg", "webp": "webp"}
"""What a picture can be saved as, and how such files end."""
PICTURE_NAMES: dict[Format, str] = {"png": "PNG", "jpeg": "JPEG", "webp": "WebP"}


def archive_button(t: Texts, now: Snapshot) -> None:
    """The whole set: pictures, manifest, prompts, contact sheet."""
    st.download_button(
        t("download.zip"), data=partial(_archive, jobs().store, now.set_id, t.language),
        file_name=set_file_name(now, "zip"), mime="application/zip", on_click="ignore",
        icon=":material/folder_zip:", key="download_zip",
    )  # fmt: skip


def contact_sheet_button(t: Texts, now: Snapshot) -> None:
    """All views on one labelled picture."""
    st.download_button(
        t("download.sheet"), data=partial(_contact_sheet, jobs().store, now.set_id, t.language),
        file_name=set_file_name(now, "png"), mime="image/png", on_click="ignore", icon=":material/grid_view:",
        key="download_sheet",
    )  # fmt: skip


def manifest_button(t: Texts, now: Snapshot) -> None:
    """Everything about the set but its pictures, as JSON: it fills the form again."""
    st.download_button(
        t("download.json"), data=partial(_manifest, jobs().store, now.set_id), file_name=set_file_name(now, "json"),
        mime="application/json", on_click="ignore", icon=":material/data_object:", key="download_json",
        help=t("download.json_help"),
    )  # fmt: skip


def picture_buttons(t: Texts, now: Snapshot, view: View) -> None:
    """One view as PNG, JPEG or WebP, each with its parameters inside."""
    with st.popover(t("download.picture"), type="tertiary", width="content"):
        st.caption(t("download.picture_help"))
        for format, ending in FORMATS.items():
            st.download_button(
                PICTURE_NAMES[format], data=partial(_picture, jobs().store, now.set_id, view.angle, format),
                file_name=picture_file_name(now, view, ending), mime=f"image/{format}",
                on_click="ignore", width="stretch", key=f"download_{format}_{view.angle}",
            )  # fmt: skip


def _archive(store: Store, set_id: str, language: str) -> bytes:
    return archive(store.load_set(set_id), store.read_picture, language)


def _contact_sheet(store: Store, set_id: str, language: str) -> bytes:
    return contact_sheet(store.load_set(set_id), store.read_picture, language)


def _manifest(store: Store, set_id: str) -> bytes:
    return json.dumps(manifest(store.load_set(set_id)), ensure_ascii=False, indent=1).encode()


def _picture(store: Store, set_id: str, angle: str, format: Format) -> bytes:
    record = store.load_set(set_id)
    view = record.view(angle)
    if view is None or not view.sha256:
        raise StoreError(f"This set has no picture '{angle}'.")
    return picture_with_parameters(record, view, store.read_picture(view.sha256), format)
