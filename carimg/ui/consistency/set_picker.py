"""Choose one of the newest sets, for a page about one set."""

from __future__ import annotations

import streamlit as st

from carimg.errors import CarimgError
from carimg.ui.i18n import Texts
from carimg.ui.names import set_name
from carimg.ui.session import jobs, open_set

SHOWN_SETS = 24
_KEY = "report_set"


def set_picker(t: Texts, opened: str | None) -> str | None:
    """Offer the newest sets, and the open one if it is older; returns the id of the open set."""
    newest = jobs().store.history(limit=SHOWN_SETS).items
    names = {item.set_id: set_name(item.car, item.display_id, item.created_at) for item in newest}
    chosen = None
    if opened:
        try:
            now = jobs().snapshot(opened)
        except CarimgError:
            return opened  # the report says that there is none
        chosen = now.set_id
        names.setdefault(chosen, set_name(now.order.car, now.display_id, now.started_at))
    if names:
        st.session_state[_KEY] = chosen
        st.selectbox(
            t("report.pick"), list(names), index=None, key=_KEY, format_func=lambda one: names.get(one, one),
            placeholder=t("report.pick_one"), on_change=_picked, width=520,
        )  # fmt: skip
    return chosen


def _picked() -> None:
    open_set(st.session_state[_KEY])
