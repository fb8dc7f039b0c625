"""One engine on the page Engines: is it ready, what it can do, how it has been doing, and a way to try it."""

from __future__ import annotations

import statistics

import streamlit as st

from carimg.circuit import BreakerState
from carimg.domain.order import DEFAULT_SIZE
from carimg.engines.base import Drawn, Engine
from carimg.engines.retry import EngineHealth
from carimg.errors import CarimgError
from carimg.ui.i18n import Texts, plain
from carimg.ui.names import local_time
from carimg.ui.sentences import sentence
from carimg.ui.session import jobs


def engine_card(t: Texts, place: int, engine: Engine) -> None:
    """An engine; `place` counts from 1 in the order of asking."""
    with st.container(border=True, height="stretch", key=f"engine_{engine.id}"):
        _body(t, place, engine)


@st.fragment
def _body(t: Texts, place: int, engine: Engine) -> None:
    """Drawn again by itself when its engine is tried."""
    lacks = engine.unavailable()
    slot = f"trial_{engine.id}"
    if st.session_state.pop(f"{slot}_asked", False):
        with st.spinner(t("engines.testing", engine=plain(engine.title)), show_time=True):
            st.session_state[slot] = _tried(t, engine.id)
    health = jobs().engines.health(engine.id)
    state = f":green-badge[{t('engines.ready')}]" if lacks is None else f":gray-badge[{t('engines.not_ready')}]"
    st.markdown(f"**{place}. {plain(engine.title)}** {state} {_breaker(t, health)}")
    if lacks:
        st.markdown(f":material/key: {plain(lacks)}")
    st.caption(_abilities(t, engine))
    if text := _history(t, health):
        st.caption(text)
    if health.last_error:
        when = local_time(health.last_error_at) if health.last_error_at else ""
        st.markdown(f":orange[:material/warning:] {when} {plain(health.last_error)}")
    _outcome(t, st.session_state.get(slot))
    st.button(
        t("engines.test"), key=f"test_{engine.id}", disabled=lacks is not None, icon=":material/play_arrow:",
        help=t("engines.test_paid" if engine.costs_money else "engines.test_free"),
        on_click=lambda: st.session_state.update({f"{slot}_asked": True}),
    )  # fmt: skip


def _breaker(t: Texts, health: EngineHealth) -> str:
    if health.state is BreakerState.CLOSED:
        return ""
    until = local_time(health.open_until)[-5:] if health.open_until else ""
    return f":red-badge[{t('engines.paused', cause=plain(health.cause), until=until)}]"


def _abilities(t: Texts, engine: Engine) -> str:
    can = engine.capabilities
    cost = engine.estimate_usd(DEFAULT_SIZE)
    parts = [
        t("engines.seed") if can.takes_seed else t("engines.no_seed"),
        t("engines.references", n=can.max_references) if can.max_references else t("engines.no_references"),
        t("engines.sizes", low=can.min_edge, high=can.max_edge),
        t("engines.price", usd=t.number(cost, 3)) if cost else t("engines.free"),
        t("engines.remote") if engine.leaves_machine else t("engines.local"),
    ]
    if can.per_minute:
        parts.append(t("engines.per_minute", n=can.per_minute))
    return " · ".join(parts)


def _history(t: Texts, health: EngineHealth) -> str:
    if not health.drawn and not health.failed:
        return ""
    parts = [t("engines.drawn", n=health.drawn)]
    if health.latencies_s:
        parts.append(t("engines.latency", seconds=t.number(statistics.median(health.latencies_s))))
    if health.failed:
        reasons = ", ".join(f"{reason} × {count}" for reason, count in health.reasons[:3])
        parts.append(t("engines.failed", n=health.failed, reasons=plain(reasons)))
    if health.in_flight or health.waiting:
        parts.append(t("engines.busy", flying=health.in_flight, waiting=health.waiting))
    return " · ".join(parts)


def _tried(t: Texts, engine: str) -> Drawn | str:
    """The test picture, or why there is none."""
    try:
        return jobs().try_engine(engine)
    except CarimgError as exc:
        return sentence(exc, t)


def _outcome(t: Texts, tried: Drawn | str | None) -> None:
    if isinstance(tried, str):
        st.error(plain(tried), icon=":material/error:")
    elif tried is not None:
        picture, last = tried.picture, tried.attempts[-1]
        st.image(picture.data, width=384, alt=t("engines.tested"))
        cost = t("card.cost", usd=t.number(last.cost_usd, 3)) if last.cost_usd else t("engines.free")
        st.caption(f"{t('engines.tested')} · {t('card.seconds', seconds=t.number(last.seconds))} · {cost}")
