"""Keeps a fragment current while a set runs: a component that listens to the set's events, and one that counts."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from carimg.domain.addresses import events_address
from carimg.ui.i18n import Texts

_PULSE = st.components.v2.component(
    "carimg_pulse",
    html="<i\n hidden></i>",
    js=Path(__file__).with_suffix(".js").read_text("utf-8"),
)
_CLOCK = st.components.v2.component(
    "carimg_clock",
    html='<span\n role="timer"></span>',
    css=Path(__file__).with_name("clock.css").read_text("utf-8"),
    js=Path(__file__).with_name("clock.js").read_text("utf-8"),
)


def pulse(set_id: str, version: int, of: str = "sets") -> None:
    """Rerun the fragment this is called in whenever the set changes. Call it last: the browser asks for the next run
    when this one has arrived.

    `version` is the snapshot's that the fragment shows. Where the events cannot be heard, it ticks every 0.4 s. With
    `of` 'labs' the id and the version are those of a grid of the lab.
    """
    _PULSE(
        key=f"pulse_{set_id}",
        data={"url": events_address(of, set_id), "version": version, "at": time.time()},
        on_tick_change=lambda: None,
    )


def clock(t: Texts, set_id: str, seconds: float) -> None:
    """Seconds that go on counting in the browser, from `seconds` at this run."""
    text = t("card.seconds", seconds="{seconds}")
    _CLOCK(key=f"clock_{set_id}", data={"seconds": seconds, "text": text, "language": t.language}, width="content")


def breathe(keys: Sequence[str]) -> None:
    """Let containers, by their keys, breathe while somebody works on what they will show, in a few steps a second:
    smooth motion would take the processor that the engines need.

    Call it in the fragment that shows them. A style alone would go where no run of a fragment ever takes it away again;
    with an element beside it, it lives in the fragment, and goes with the run that does not call this.
    """
    if not keys:
        return
    frames = "@keyframes breathe { from { opacity: 1 } to { opacity: 0.55 } }"
    motion = "animation: breathe 1.2s steps(6) infinite alternate"
    calm = "@media (prefers-reduced-motion: no-preference)"
    busy = ", ".join(f".st-key-{key}" for key in keys)
    st.html(f"<style>{frames} {calm} {{ {busy} {{ {motion} }} }}</style><i hidden></i>")
