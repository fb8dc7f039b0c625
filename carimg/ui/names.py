"""What things are called on pages: angles, bodies, colours, sets, times."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

from carimg.domain.car import Car
from carimg.domain.catalog import catalog
from carimg.ui.i18n import Texts


def angle_name(t: Texts, angle_id: str) -> str:
    """The catalogue's name of an angle; of one it does not know any more, the words of its id. No sign of Markdown is
    in either."""
    angle = catalog().angle(angle_id)
    return t.name(angle) if angle else re.sub(r"[\W_]+", " ", angle_id).strip()


def body_name(t: Texts, body_type: str) -> str:
    """The catalogue's name of a body type, or the text that it does not know."""
    body = catalog().body(body_type)
    return t.name(body) if body else body_type


def color_name(t: Texts, color: str) -> str:
    """A colour as the catalogue calls it, or as it was typed."""
    return t.name(catalog().color(color))


def set_name(car: Car, shown_id: str, created_at: float) -> str:
    """A set in a list of many: 'Renault Clio 2019 · CAR-1a2b3c4d · 2026-11-25 14:03'."""
    return f"{car.title} · {shown_id} · {local_time(created_at)}"


def local_time(unix_s: float) -> str:
    """A time as the visitor's clock shows it: '2026-11-25 14:03'."""
    try:
        zone = ZoneInfo(st.context.timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        zone = ZoneInfo("UTC")
    return datetime.fromtimestamp(unix_s, UTC).astimezone(zone).strftime("%Y-%m-%d %H:%M")
