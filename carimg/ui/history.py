"""One set in the history: its pictures, what it is, and what can be done with it."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from carimg.domain.catalog import catalog
from carimg.domain.order import DEFAULT_SIZE
from carimg.domain.view import SetState
from carimg.errors import CarimgError, StoreError
from carimg.store.records import HistoryItem
from carimg.ui.drawings import placeholder
from carimg.ui.generate.form import take_over
from carimg.ui.i18n import Texts, plain
from carimg.ui.names import angle_name, body_name, color_name, local_time
from carimg.ui.sentences import sentence
from carimg.ui.session import go, jobs, open_set, words

DELETED = "history_deleted"
"""The set that was deleted last, (id, name), so that it can be brought back."""
MENU = ("everything", "remix", "seeds", "prompt")


def set_card(t: Texts, item: HistoryItem) -> None:
    """A set of the history as a card."""
    car = item.car
    with st.container(border=True, height="stretch", gap="xsmall", key=f"set_{item.set_id}"):
        _picture(t, item)
        star = " :orange[:material/star:]" if item.favourite else ""
        st.markdown(f"**{plain(car.title)}**{star}")
        st.caption(_facts(t, item))
        st.markdown(_badges(t, item))
        st.space("stretch")
        _buttons(t, item)


def undo_bar(t: Texts) -> None:
    """Offer to bring the set back that was deleted last."""
    deleted = st.session_state.get(DELETED)
    if not deleted:
        return
    with st.container(horizontal=True, vertical_alignment="center", border=True):
        st.markdown(t("history.deleted", name=plain(deleted[1])), width="stretch")
        st.button(t("history.undo"), icon=":material/undo:", on_click=_restore, args=(deleted[0],), key="history_undo")


def _picture(t: Texts, item: HistoryItem) -> None:
    """The first picture large, or a drawing of the same size: cards of one row stay alike."""
    for angle_id, sha256 in item.thumbs:
        try:
            data = jobs().store.read_picture(sha256, "thumb")
        except StoreError:
            continue
        st.image(data, width="stretch", output_format="JPEG", alt=angle_name(t, angle_id))
        return
    st.image(placeholder(catalog().angles["front"], DEFAULT_SIZE), width="stretch", alt=t("history.no_pictures"))


def _facts(t: Texts, item: HistoryItem) -> str:
    color, body = color_name(t, item.car.color), body_name(t, item.car.body_type)
    return " · ".join((plain(color), plain(body), local_time(item.created_at)))


def _badges(t: Texts, item: HistoryItem) -> str:
    titles = [jobs().engines.title(name) for name in item.engines]
    badges = [f":gray-badge[{plain(item.display_id)}]"]
    badges += [f":gray-badge[{plain(title)}]" for title in titles]
    if item.state is not SetState.DONE:
        badges.append(f":orange-badge[{t(f'set.{item.state}')}]")
    badges.append(f":gray-badge[{t('history.views', n=item.total_views)}]")
    badges += [f":blue-badge[:material/sell: {plain(tag)}]" for tag in item.tags]
    return " ".join(badges)


def _buttons(t: Texts, item: HistoryItem) -> None:
    key = item.set_id
    with st.container(horizontal=True, gap="xsmall"):
        st.button(t("history.open"), key=f"open_{key}", on_click=_open, args=(key,), icon=":material/open_in_full:")
        st.button(
            "", key=f"star_{key}", icon=":material/star:" if item.favourite else ":material/star_border:",
            help=t("history.unstar" if item.favourite else "history.star"), type="tertiary",
            on_click=_try, args=(_star, key, not item.favourite),
        )  # fmt: skip
        st.menu_button(
            t("history.recall"), MENU, key=f"recall_{key}", format_func=lambda what: t(f"recall.{what}"),
            on_click=_recall, args=(key,), type="tertiary", help=t("history.recall_help"),
        )  # fmt: skip
        with st.popover("", icon=":material/more_horiz:", type="tertiary", help=t("history.more"), key=f"more_{key}"):
            _more(t, item)


def _more(t: Texts, item: HistoryItem) -> None:
    key = item.set_id
    st.text_input(
        t("history.add_tag"), key=f"tag_{key}", on_change=_try, args=(_tag, key, f"tag_{key}"),
        placeholder=t("history.tag_example"),
    )  # fmt: skip
    for tag in item.tags:
        st.button(
            t("history.remove_tag", tag=plain(tag)), key=f"untag_{key}_{tag}", icon=":material/close:",
            on_click=_try, args=(_untag, key, tag),
        )  # fmt: skip
    car = item.car
    st.button(
        t("history.delete"), key=f"delete_{key}", icon=":material/delete:",
        on_click=_try, args=(_delete, key, car.title),
    )  # fmt: skip


def _try(action: Callable[..., None], *args: object) -> None:
    """Do something to a set; what goes wrong is said in a sentence."""
    try:
        action(*args)
    except CarimgError as exc:
        st.toast(plain(sentence(exc, words())), icon=":material/error:")


def _open(set_id: str) -> None:
    open_set(set_id)
    go("generate")


def _star(set_id: str, favourite: bool) -> None:
    jobs().store.set_favourite(set_id, favourite)


def _tag(set_id: str, key: str) -> None:
    tag = st.session_state[key].strip()
    if tag:
        jobs().store.add_tag(set_id, tag)
    st.session_state[key] = ""


def _untag(set_id: str, tag: str) -> None:
    jobs().store.remove_tag(set_id, tag)


def _delete(set_id: str, name: str) -> None:
    jobs().store.delete_set(set_id)
    st.session_state[DELETED] = (set_id, name)


def _restore(set_id: str) -> None:
    _try(jobs().store.restore_set, set_id)
    st.session_state.pop(DELETED, None)


def _recall(set_id: str) -> None:
    what = st.session_state[f"recall_{set_id}"]
    try:
        stored = jobs().store.load_set(set_id)
    except CarimgError as exc:
        st.toast(plain(sentence(exc, words())), icon=":material/error:")
        return
    take_over(stored.recalled, what)
    go("generate")
