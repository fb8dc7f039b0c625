"""One view on the board: its picture or what stands for it, the facts about it, and what can be done with it."""

from __future__ import annotations

import secrets

import streamlit as st

from carimg.domain.catalog import Angle, catalog
from carimg.domain.identity import SEEDS
from carimg.domain.view import Attempt, Reference, View, ViewState
from carimg.errors import CarimgError, StoreError
from carimg.generation.live import Snapshot
from carimg.ui.generate import downloads
from carimg.ui.generate.frame import BUSY as BUSY
from carimg.ui.generate.frame import frame
from carimg.ui.i18n import Texts, plain
from carimg.ui.sentences import nobody_drew, sentence, template_sentence, why
from carimg.ui.session import jobs, words


def view_card(t: Texts, now: Snapshot, view: View) -> None:
    """A view of a set. Its parts keep their places from skeleton to picture, so nothing jumps."""
    angle = catalog().angle(view.angle) or Angle(view.angle, view.angle, view.angle, view.angle, 0.0, 0.0)
    with st.container(border=True, height="stretch", gap="xsmall", key=f"view_{view.angle}"):
        main = f" :blue-badge[{t('card.main')}]" if view.angle == now.order.main_angle.id and len(now.views) > 1 else ""
        st.markdown(f"**{t.name(angle)}**{main}")
        with st.container(key=f"picture_{view.angle}"):
            frame(t, now, view, angle)
        st.caption(_facts(t, view))
        if badges := _badges(t, view):
            st.markdown(badges)
        if view.state is ViewState.FAILED:
            st.markdown(f":red[:material/error:] {nobody_drew(t, view.attempts, view.error)}")
        _buttons(t, now, view)


def _facts(t: Texts, view: View) -> str:
    parts = []
    if view.state is ViewState.DONE:
        parts.append(_engine(view.engine))
        parts.append(t("card.seconds", seconds=t.number(view.seconds)))
    elif view.state is ViewState.DRAWING:
        parts.append(t("card.drawing", engine=_engine(view.engine)))
    else:
        parts.append(t(f"view.{view.state}"))
    if view.prompt or view.state is ViewState.DONE:
        parts.append(t("card.seed", seed=view.seed))
    return " · ".join(parts)


def _engine(name: str) -> str:
    return jobs().engines.title(name)


def _badges(t: Texts, view: View) -> str:
    if view.state is not ViewState.DONE:
        return ""
    badges = [f":green-badge[{t('card.seed_used')}]" if view.seed_honoured else f":gray-badge[{t('card.seed_unused')}]"]
    if view.simulated:
        badges.append(f":violet-badge[{t('card.simulated')}]")
    if view.cost_usd:
        badges.append(f":gray-badge[{t('card.cost', usd=t.number(view.cost_usd, 3))}]")
    if failed := sum(attempt.failed for attempt in view.attempts):
        badges.append(f":orange-badge[{t('card.tries', n=failed)}]")
    if view.take > 1:
        badges.append(f":gray-badge[{t('card.take', take=view.take)}]")
    return " ".join(badges)


def _buttons(t: Texts, now: Snapshot, view: View) -> None:
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
        if view.prompt:
            _details(t, view)
        if now.changing:
            return  # less to draw again at every change: the rest comes when the set has ended
        if view.state is ViewState.DONE and view.sha256:
            downloads.picture_buttons(t, now, view)
        _again(t, now, view)


def _details(t: Texts, view: View) -> None:
    assert view.prompt is not None
    with st.popover(t("card.prompt"), type="tertiary", width="content"):
        st.caption(t("card.prompt_sent") if view.prompt.prompt_en else t("card.prompt"))
        st.code(view.prompt.sent, language=None, wrap_lines=True)
        if view.prompt.prompt_en and view.prompt.prompt_en != view.prompt.prompt:
            st.caption(t("card.prompt_typed", by=view.prompt.translated_by))
            st.code(view.prompt.prompt, language=None, wrap_lines=True)
        if view.attempts:
            st.caption(t("card.attempts"))
            st.markdown("\n".join(f"- {_attempt(t, attempt)}" for attempt in view.attempts))
        for reference in view.prompt.references:
            st.caption(t("card.reference", url=plain(reference.source_url)))
            if data := _photo(reference):
                st.image(data, width=160, alt=reference.title or reference.source_url)


def _photo(reference: Reference) -> bytes | None:
    """The picture of a reference photo, from the store once the set has been there; None where it kept none."""
    if reference.data or not reference.sha256:
        return reference.data or None
    try:
        return jobs().store.read_picture(reference.sha256, "photo")
    except StoreError:
        return None


def _attempt(t: Texts, attempt: Attempt) -> str:
    mark = ":orange[:material/close:]" if attempt.failed else ":gray[:material/remove:]"
    if attempt.drew:
        mark = ":green[:material/check:]"
    text = f"{mark} **{_engine(attempt.engine)}**, {t('card.seconds', seconds=t.number(attempt.seconds))}"
    return f"{text}: {why(t, attempt)}" if attempt.message else text


def _again(t: Texts, now: Snapshot, view: View) -> None:
    """Draw this view again: same seed, another seed, or an edited prompt."""
    if view.state is not ViewState.DONE:
        st.button(
            t("card.draw"), key=f"draw_{view.angle}", icon=":material/brush:", type="tertiary",
            on_click=_redo, args=(now.set_id, view.angle),
        )  # fmt: skip
        return
    with st.popover(t("card.again"), type="tertiary", width="content"):
        st.button(
            t("card.same_seed", seed=view.seed), key=f"same_{view.angle}", width="stretch",
            on_click=_redo, args=(now.set_id, view.angle),
        )  # fmt: skip
        st.button(
            t("card.new_seed"), key=f"new_{view.angle}", width="stretch", icon=":material/casino:",
            on_click=_reroll, args=(now.set_id, view.angle),
        )  # fmt: skip
        key = f"prompt_{now.set_id}_{view.angle}_{view.take}"
        if view.prompt:
            st.session_state.setdefault(key, view.prompt.prompt)
            st.text_area(t("card.edit_prompt"), key=key, height=150)
            st.button(
                t("card.draw_prompt"), key=f"edit_{view.angle}", width="stretch", type="primary",
                on_click=_redo_with_prompt, args=(now.set_id, view.angle, key),
            )  # fmt: skip
        if _has_takes(now, view):
            _takes(t, now, view)


def _has_takes(now: Snapshot, view: View) -> bool:
    return len(jobs().store.takes(now.set_id, view.angle)) > 1


def _takes(t: Texts, now: Snapshot, view: View) -> None:
    """Every take of this view; one that is not shown can be."""
    st.caption(t("card.takes"))
    store = jobs().store
    for take in store.takes(now.set_id, view.angle):
        if take.drawn:
            st.image(store.read_picture(take.thumb_sha256, "thumb"), width=160, alt=t("card.take", take=take.take))
            st.button(
                t("card.show_take", take=take.take, seed=take.seed or 0), key=f"take_{view.angle}_{take.take}",
                width="stretch", disabled=take.take == view.take,
                on_click=_show_take, args=(now.set_id, view.angle, take.take),
            )  # fmt: skip


def _show_take(set_id: str, angle: str, take: int) -> None:
    try:
        jobs().choose_take(set_id, angle, take)
    except CarimgError as exc:
        st.toast(plain(sentence(exc, words())), icon=":material/error:")


def _reroll(set_id: str, angle: str) -> None:
    _redo(set_id, angle, seeds={angle: secrets.randbelow(SEEDS)})


def _redo_with_prompt(set_id: str, angle: str, key: str) -> None:
    _redo(set_id, angle, prompts={angle: st.session_state[key]})


def _redo(set_id: str, angle: str, seeds: dict[str, int] | None = None, prompts: dict[str, str] | None = None) -> None:
    try:
        jobs().redo(set_id, [angle], seeds=seeds, prompts=prompts)
    except CarimgError as exc:
        st.toast(plain(template_sentence(exc, words())), icon=":material/error:")
