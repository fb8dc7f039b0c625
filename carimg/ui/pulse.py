"""Keeps a fragment current while a set runs: an invisible component that listens to the set's events."""

from __future__ import annotations

import time
from pathlib import Path

import streamlit as st

_PULSE = st.components.v2.component(
    "carimg_pulse",
    html="<i\n hidden></i>",
    js=(Path(__file__).parent / "assets" / "pulse.js").read_text("utf-8"),
)


def pulse(set_id: str, version: int, place: str = "") -> None:
    """Rerun the fragment this is called in whenever the set changes, and about once a second while it runs.

    `version` is the snapshot's that the fragment shows. Where the events cannot be heard, it ticks every 0.4 s. A
    `place` of its own keeps the listener when the page goes on to another set.
    """
    _PULSE(
        key=f"pulse_{place or set_id}",
        data={"url": f"/api/sets/{set_id}/events", "version": version, "at": time.time()},
        on_tick_change=lambda: None,
    )
