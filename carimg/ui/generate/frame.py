"""A view's picture on the board: it shows the moment the server has it, and opens large on a click."""

from __future__ import annotations

import base64
from pathlib import Path

import streamlit as st

from carimg.domain.addresses import events_address, page_pictures_address
from carimg.domain.catalog import Angle
from carimg.domain.view import View, ViewState
from carimg.generation.live import Snapshot
from carimg.ui.drawings import placeholder
from carimg.ui.i18n import Texts

BUSY = (ViewState.WAITING, ViewState.PROMPT, ViewState.DRAWING)
_FRAME = st.components.v2.component(
    "carimg_frame",
    html='<button type="button" class="open">\n<img></button><dialog><img></dialog>',
    css=Path(__file__).with_suffix(".css").read_text("utf-8"),
    js=Path(__file__).with_suffix(".js").read_text("utf-8"),
)


def frame(t: Texts, now: Snapshot, view: View, angle: Angle) -> None:
    """The picture, else its newest preview, else a drawing of the camera in the picture's proportions."""
    base = page_pictures_address(now.set_id)
    name = f"{now.order.car.brand} {now.order.car.model}, {t.name(angle)}"
    if view.page_sha256:
        source, alt = f"{base}/{view.page_sha256}.jpg", name
    elif view.partial:
        source, alt = _inline(view.partial, "jpeg"), t("card.preview", name=name)
    else:
        drawing = placeholder(angle, now.order.size, view.state in BUSY)
        source, alt = _inline(drawing.encode(), "svg+xml"), f"{name}: {t(f'view.{view.state}')}"
    width, height = (view.width, view.height) if view.page_sha256 and view.width else now.order.size
    _FRAME(
        key=f"frame_{now.set_id}_{view.angle}",
        data={
            "src": source,
            "alt": alt,
            "picture": bool(view.page_sha256),
            "angle": view.angle,
            "base": base,
            "ratio": f"{width} / {height}",
            "url": events_address("sets", now.set_id) if now.live and view.state in BUSY else None,
            "enlarge": t("card.enlarge"),
        },
    )


def _inline(data: bytes, kind: str) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"
