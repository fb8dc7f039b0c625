"""One view in the report: its picture, what was taken for the car, its paint, its angle, and what speaks against it."""

from __future__ import annotations

import secrets

import streamlit as st

from carimg.consistency import Evidence, Plausibility, Report, State, ViewReport, overlay
from carimg.domain.identity import SEEDS
from carimg.domain.view import View
from carimg.errors import CarimgError, StoreError
from carimg.generation.live import Snapshot
from carimg.ui.consistency.paint import view_paint
from carimg.ui.consistency.sentences import message_text
from carimg.ui.consistency.verdict import state_badge
from carimg.ui.i18n import Texts, plain
from carimg.ui.names import angle_name
from carimg.ui.sentences import sentence
from carimg.ui.session import jobs, words

OVERLAY_EDGE = 640  # pixels: a card is no wider

_ANGLES = {
    Plausibility.PLAUSIBLE: ("green", ":material/explore:"),
    Plausibility.DOUBTFUL: ("orange", ":material/explore:"),
    Plausibility.NOT_CHECKED: ("gray", ":material/explore_off:"),
}


def view_report(t: Texts, now: Snapshot, report: Report, view: ViewReport, stored: View, masks: bool) -> None:
    """A card; with `masks` the picture has all but the car dimmed."""
    odd = report.odd_one_out == view.angle
    with st.container(border=True, height="stretch", gap="xsmall", key=f"report_{view.angle}"):
        mark = f" :red-badge[:material/flag: {t('report.odd_badge')}]" if odd else ""
        st.markdown(f"**{angle_name(t, view.angle)}** {state_badge(t, view.state)}{mark}")
        _picture(t, view, stored, masks)
        for message in view.messages:
            st.markdown(f":material/chevron_right: {message_text(t, message)}")
        if view.state is State.NOT_MEASURABLE:
            st.markdown(f":gray[{t('report.nothing_measured')}]")
        else:
            _measured(t, report, view)
        st.space("stretch")
        redo_button(t, now, stored, f"redo_{view.angle}")


def redo_button(t: Texts, now: Snapshot, stored: View, key: str, primary: bool = False) -> None:
    """Draw this view again and leave the others alone: with a new seed where the engine takes seeds, since the same
    one would bring the same picture."""
    st.button(
        t("report.redo"), key=key, icon=":material/refresh:", type="primary" if primary else "tertiary",
        help=t("report.redo_help"), disabled=now.live, on_click=_redo,
        args=(now.set_id, stored.angle, stored.seed_honoured),
    )  # fmt: skip


def small_picture(t: Texts, stored: View, width: int) -> None:
    """The view's picture, `width` pixels wide, without anything drawn over it."""
    try:
        data = jobs().store.read_picture(stored.page_sha256, "page")
    except StoreError as exc:
        st.caption(plain(sentence(exc, t)))
        return
    st.image(data, width=width, output_format="JPEG", alt=angle_name(t, stored.angle))


def _picture(t: Texts, view: ViewReport, stored: View, masks: bool) -> None:
    name = angle_name(t, view.angle)
    try:
        data = jobs().store.read_picture(stored.page_sha256, "page")
        found = jobs().reports.evidence(stored) if masks else None
        outlined = _outlined(stored.page_sha256, stored.angle, found) if found and found.mask_png else None
    except StoreError as exc:
        st.caption(plain(sentence(exc, t)))
        return
    alt = t("report.mask_alt", name=name) if outlined else name
    st.image(outlined or data, width="stretch", output_format="JPEG", alt=alt)
    if masks and outlined is None:
        st.caption(f":material/visibility_off: {t('report.no_mask')}")


@st.cache_data(max_entries=256, show_spinner=False)
def _outlined(page_sha256: str, angle: str, _evidence: Evidence) -> bytes | None:
    return overlay(jobs().store.read_picture(page_sha256, "page"), _evidence, OVERLAY_EDGE)


def _measured(t: Texts, report: Report, view: ViewReport) -> None:
    if view.paint_hex:
        view_paint(t, view, report)
    color, icon = _ANGLES[view.angle_plausibility]
    confidence = t.percent(view.mask_confidence)
    st.caption(
        f":{color}[{icon}] {t(f'report.plausibility.{view.angle_plausibility}')}  \n"
        f":material/content_cut: {t(f'report.mask.{view.mask_source}')}, {t('report.confidence', value=confidence)}"
    )


def _redo(set_id: str, angle: str, takes_seed: bool) -> None:
    seeds = {angle: secrets.randbelow(SEEDS)} if takes_seed else None
    try:
        jobs().redo(set_id, [angle], seeds=seeds)
    except CarimgError as exc:
        st.toast(plain(sentence(exc, words())), icon=":material/error:")
