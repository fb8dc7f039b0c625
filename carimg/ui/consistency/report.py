"""The whole consistency report of one set, live while the set arrives."""

from __future__ import annotations

import streamlit as st

from carimg.consistency import Report
from carimg.consistency.judges import Opinion
from carimg.domain.set_record import SetRecord
from carimg.errors import CarimgError
from carimg.generation.live import Snapshot
from carimg.ui.consistency.paint import set_paint
from carimg.ui.consistency.sentences import message_text
from carimg.ui.consistency.verdict import STATES, verdict_box
from carimg.ui.consistency.view import redo_button, small_picture, view_report
from carimg.ui.i18n import Texts, plain
from carimg.ui.live import pulse
from carimg.ui.names import angle_name
from carimg.ui.sentences import sentence
from carimg.ui.session import go, jobs, open_set, words

MASKS = "report_masks"
CARD_WIDTH = 280
"""Pixels below which the grid of views takes a column away."""


@st.fragment
def full_report(set_id: str) -> None:
    """Everything that was measured of a set, its verdict first. This part of the page alone runs again while the set
    changes; what was never examined is examined now, with its progress shown."""
    t = words()
    try:
        now = jobs().snapshot(set_id)
        _facts(t, now)
        beat = st.container(gap=None)
        report, stored = _examined(t, now)
    except CarimgError as exc:
        st.warning(plain(sentence(exc, t)), icon=":material/link_off:")
        return
    verdict_box(t, report, so_far=now.changing)
    _odd_one(t, now, report, stored)
    _paint(t, report)
    _views(t, now, report, stored)
    _pairs(t, report)
    _blind_spots(t)
    if not now.changing:
        _second_opinions(t, stored)
    else:
        with beat:
            pulse(now.set_id, now.version)  # sent last: the next run is asked for when this one has arrived whole


def _facts(t: Texts, now: Snapshot) -> None:
    """What drew it, how the car was kept the same, and whether the seeds counted."""
    car = now.order.car
    titles = [jobs().engines.title(name) for name in now.engines]
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.subheader(plain(car.title), anchor=False)
        if st.button(t("report.to_board"), icon=":material/grid_view:", key="report_board"):
            open_set(now.set_id)
            go("generate")
    badges = [f":gray-badge[{now.display_id}]"]
    badges += [f":gray-badge[:material/memory: {plain(title)}]" for title in titles]
    badges.append(f":blue-badge[:material/anchor: {t(f'strategy.{now.order.strategy}')}]")
    used = sum(view.seed_honoured for view in now.drawn)
    if now.drawn:
        badges.append(f":gray-badge[:material/casino: {t('report.seeds_used', used=used, n=len(now.drawn))}]")
    st.markdown(" ".join(badges))
    st.caption(t(f"strategy_help.{now.order.strategy}"))
    if now.mixed:
        st.warning(t("board.mixed", engines=", ".join(titles)), title=t("board.mixed_title"), icon=":material/warning:")


def _examined(t: Texts, now: Snapshot) -> tuple[Report, SetRecord]:
    """The report and the set it is about. A set that changes shows what is known; any other is examined to the end."""
    stored = jobs().store.load_set(now.set_id)
    reports = jobs().reports
    progress = reports.so_far(stored)
    if now.changing or not progress.missing:
        return progress.report, stored
    n = len(stored.drawn)
    bar = st.progress(0.0, text=t("report.examining", done=0, n=n))
    for done in reports.step_by_step(stored):
        bar.progress(done / n, text=t("report.examining", done=done, n=n))
    bar.empty()
    return reports.so_far(stored).report, stored


def _odd_one(t: Texts, now: Snapshot, report: Report, stored: SetRecord) -> None:
    view = stored.view(report.odd_one_out) if report.odd_one_out else None
    if view is None or not view.drawn or now.live:
        return
    with st.container(horizontal=True, vertical_alignment="center", border=True, key="report_odd"):
        small_picture(t, view, 150)
        with st.container(width="stretch", gap="xsmall"):
            st.markdown(t("report.odd_title", name=f"**{angle_name(t, view.angle)}**"))
            if report.odd_reason:
                st.markdown(message_text(t, report.odd_reason))
            st.caption(_certainty(t, report.odd_confidence or 0.0))
            redo_button(t, now, view, "report_redo", primary=True)


def _certainty(t: Texts, confidence: float) -> str:
    """In words: the number behind it is a margin, not a probability."""
    if confidence >= 0.7:
        return t("report.odd_clear")
    return t("report.odd_some") if confidence >= 0.3 else t("report.odd_weak")


def _paint(t: Texts, report: Report) -> None:
    if not report.consensus_hex:
        return
    with st.container(gap="xsmall"):
        st.markdown(f"#### {t('report.paint_title')}")
        set_paint(t, report)
        if report.requested:
            color, icon = STATES[report.requested_state]
            st.markdown(f":{color}[{icon}] {message_text(t, report.requested)}")


def _views(t: Texts, now: Snapshot, report: Report, stored: SetRecord) -> None:
    if not report.views:
        return
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(f"#### {t('report.views_title')}", width="content")
        masks = st.toggle(t("report.masks"), key=MASKS, help=t("report.masks_help"), persist_state="session")
    if stored.missing and not now.changing:
        names = ", ".join(angle_name(t, angle) for angle in stored.missing)
        st.caption(f":material/hide_image: {t('report.left_out', names=names)}")
    n = len(report.views)
    with st.grid(2 if n in (2, 4) else 3, min_column_width=CARD_WIDTH, gap="small"):
        for view in report.views:
            picture = stored.view(view.angle)
            if picture is not None and picture.drawn:
                view_report(t, now, report, view, picture, bool(masks))


def _pairs(t: Texts, report: Report) -> None:
    st.markdown(f"#### {t('report.pairs_title')}")
    if not report.pairs:
        st.caption(t("report.no_pairs"))
        return
    lines = []
    for pair in report.pairs:
        color, icon = STATES[pair.state]
        names = {"first": f"**{angle_name(t, pair.first)}**", "second": f"**{angle_name(t, pair.second)}**"}
        digits = 0 if pair.score >= 0.1 else 1
        text = t(f"report.compared.{pair.kind}", score=t.percent(pair.score, digits), **names)
        lines.append(f":{color}[{icon}] {text} {t(f'report.pair_state.{pair.state}')}")
    st.markdown("  \n".join(lines))


def _blind_spots(t: Texts) -> None:
    with st.expander(t("report.blind_title"), icon=":material/visibility_off:"):
        st.markdown(t("report.blind"))


def _second_opinions(t: Texts, stored: SetRecord) -> None:
    """The judges that the server's settings name, on demand; nothing of it is part of the verdict."""
    second = jobs().opinions
    if not second.wanted or len(stored.drawn) < 2:
        return
    st.markdown(f"#### {t('report.judges_title')}")
    st.caption(t("report.judges_help"))
    if st.button(t("report.judges_ask"), icon=":material/gavel:", key="report_judges"):
        with st.spinner(t("report.judges_asking")):
            jobs().opinions.ask(stored)
    for opinion in second.known(stored):
        _opinion(t, opinion)


def _opinion(t: Texts, opinion: Opinion) -> None:
    with st.container(border=True, gap="xsmall", key=f"opinion_{opinion.judge}"):
        model = f" · {plain(opinion.model)}" if opinion.model else ""
        st.markdown(f"**{t(f'report.judge.{opinion.judge}')}**{model}")
        st.markdown(message_text(t, opinion.message))
        lines = [f"{angle_name(t, angle)}: {t.number(score, 2)}" for angle, score in opinion.scores.items()]
        lines += [t(f"report.trait.{name}", told=t(f"report.told.{value}")) for name, value in opinion.details.items()]
        wrong = [angle_name(t, angle) for angle, ok in opinion.angles_ok.items() if not ok]
        if wrong:
            lines.append(t("report.judge_angles", angles=", ".join(wrong)))
        if opinion.tokens:
            lines.append(t("report.judge_tokens", n=opinion.tokens))
        if lines:
            st.caption(" · ".join(lines))
