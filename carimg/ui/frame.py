"""A view's picture on the board: it shows the moment the server has it, and opens large on a click."""

from __future__ import annotations

import base64
from pathlib import Path

import streamlit as st

from carimg.board import Snapshot, ViewProgress
from carimg.catalog import Angle
from carimg.ui.drawings import placeholder
from carimg.ui.text import Texts
from carimg.views import ViewState

BUSY = (ViewState.WAITING, ViewState.PROMPT, ViewState.DRAWING)
_ASSETS = Path(__file__).parent / "assets"
_FRAME = st.components.v2.component(
    "carimg_frame",
    html='<button type="button" class="open">\n<img></button><dialog><img></dialog>',
    css=(_ASSETS / "frame.css").read_text("utf-8"),
    js=(_ASSETS / "frame.js").read_text("utf-8"),
)


def frame(t: Texts, now: Snapshot, view: ViewProgress, angle: Angle) -> None:
    """The picture, else its newest preview, else a drawing of the camera in the picture's proportions."""
    base = f"/api/pictures/{now.set_id}/pages"
    name = f"{now.spec.car.brand} {now.spec.car.model}, {t.name(angle)}"
    if view.page_sha256:
        source, alt = f"{base}/{view.page_sha256}.jpg", name
    elif view.partial:
        source, alt = _inline(view.partial, "jpeg"), t("card.preview", name=name)
    else:
        drawing = placeholder(angle, now.spec.size, view.state in BUSY)
        source, alt = _inline(drawing.encode(), "svg+xml"), f"{name}: {t(f'view.{view.state}')}"
    width, height = (view.width, view.height) if view.page_sha256 and view.width else now.spec.size
    _FRAME(
        key=f"frame_{now.set_id}_{view.angle}",
        data={
            "src": source,
            "alt": alt,
            "picture": bool(view.page_sha256),
            "angle": view.angle,
            "base": base,
            "ratio": f"{width} / {height}",
            "url": f"/api/sets/{now.set_id}/events" if now.live and view.state in BUSY else None,
            "enlarge": t("card.enlarge"),
        },
    )


def _inline(data: bytes, kind: str) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"
