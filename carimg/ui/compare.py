"""Two views compared: their pictures, what they were drawn with, and their prompts word by word."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import streamlit as st

from carimg.domain.addresses import picture_address
from carimg.domain.set_record import SetRecord
from carimg.domain.view import View
from carimg.errors import CarimgError
from carimg.prompts.diff import Piece, word_diff
from carimg.ui.choice import choice
from carimg.ui.generate.form import take_over
from carimg.ui.i18n import Texts, plain
from carimg.ui.names import angle_name, color_name, set_name
from carimg.ui.sentences import sentence
from carimg.ui.session import go, jobs, opened_set, words
from carimg.ui.shortcuts import listen, with_key

Side = Literal["left", "right"]
MODES = ("side", "slider", "hover", "difference")
PARAMETERS = (
    "car", "color", "angle", "seed", "engine", "model", "size", "strategy", "session", "take", "seconds", "cost",
)  # fmt: skip
RECALLS = {"a": "everything", "s": "seeds", "p": "prompt", "r": "remix"}
"""Key → what is taken over from the left picture's set."""
SHOWN_SETS = 24
_FIGURE = '<figure><div class="frame"><img draggable="false"></div><figcaption></figcaption></figure>'
_COMPARE = st.components.v2.component(
    "carimg_compare",
    html=f"""<div class="compare"><div class="view" role="group" tabindex="0">{_FIGURE}{_FIGURE}</div>
<input type="range" min="0" max="100" value="50">
<div class="foot"><button type="button" class="reset"></button><span class="hint"></span></div>
<p class="said" role="status"></p></div>""",
    css=Path(__file__).with_suffix(".css").read_text("utf-8"),
    js=Path(__file__).with_suffix(".js").read_text("utf-8"),
)


@dataclass(frozen=True, slots=True)
class Picked:
    """One side: a set, and one of its views that has a picture."""

    record: SetRecord
    view: View


def pick(t: Texts, side: Side) -> Picked | None:
    """Choose a set and a view for one side; None when there is nothing to choose from."""
    sets = _choices()
    set_key, view_key = f"compare_{side}_set", f"compare_{side}_view"
    if not sets:
        return None
    if st.session_state.get(set_key) not in sets:
        st.session_state[set_key] = _first(list(sets), side)
    set_id = st.selectbox(t(f"compare.{side}"), list(sets), key=set_key, format_func=lambda one: sets.get(one, one))
    try:
        stored = jobs().store.load_set(set_id)
    except CarimgError as exc:
        st.error(plain(sentence(exc, t)))
        return None
    angles = [view.angle for view in stored.drawn]
    if st.session_state.get(view_key) not in angles:
        st.session_state[view_key] = angles[min(len(angles) - 1, 1 if side == "right" and _same_set() else 0)]
    angle = choice(
        st.pills, t("compare.view"), angles, view_key, required=True, label_visibility="collapsed",
        format_func=lambda one: angle_name(t, one),
    )  # fmt: skip
    view = stored.view(angle)
    return Picked(stored, view) if view else None


def show(t: Texts, left: Picked, right: Picked, mode: str) -> None:
    """Both pictures in one of MODES."""
    pictures = [
        {"src": picture_address(one.record.set_id, one.view, version=True), "title": _caption(t, one)}
        for one in (left, right)
    ]
    ratio = f"{left.view.width or 3} / {left.view.height or 2}"
    hint = t("compare.hint_hover") if mode == "hover" else t("compare.hint")
    text = {"slider": t("compare.slider"), "hint": hint, "reset": t("compare.reset")}
    _COMPARE(key="compare_stage", data={"pictures": pictures, "mode": mode, "ratio": ratio, "text": text})


def actions(t: Texts, left: Picked) -> None:
    """What can be done with the left picture, each with its key."""
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
        st.button(with_key(t("compare.swap"), "c"), icon=":material/swap_horiz:", key="compare_swap", on_click=_swap)
        st.caption(t("compare.recall"), width="content")
        for key, what in RECALLS.items():
            st.button(
                with_key(t(f"recall.{what}"), key), key=f"compare_{what}", type="tertiary",
                on_click=_recall, args=(left.record.set_id, what),
            )  # fmt: skip
        star = "history.unstar" if left.record.favourite else "history.star"
        st.button(
            with_key(t(star), "."), key="compare_star", type="tertiary",
            icon=":material/star:" if left.record.favourite else ":material/star_border:",
            on_click=_star, args=(left.record.set_id, not left.record.favourite),
        )  # fmt: skip
        listen({"c": "compare_swap", ".": "compare_star"} | {key: f"compare_{what}" for key, what in RECALLS.items()})


def differences(t: Texts, left: Picked, right: Picked) -> None:
    """What they were drawn with, and the prompts with the words marked that differ."""
    rows = [(name, mine, theirs) for name, mine, theirs in _parameters(t, left, right) if mine or theirs]
    differing = [row for row in rows if row[1] != row[2]]
    st.subheader(t("compare.parameters"), anchor=False)
    if differing:
        head = f"| | {t('compare.left')} | {t('compare.right')} |\n|---|---|---|\n"
        st.markdown(
            head + "\n".join(f"| {name} | {plain(mine)} | {plain(theirs)} |" for name, mine, theirs in differing)
        )
    same = ", ".join(f"{name}: {plain(mine)}" for name, mine, theirs in rows if mine == theirs)
    if same:
        st.caption(t("compare.same", names=same))
    st.subheader(t("card.prompt"), anchor=False)
    mine, theirs = word_diff(_prompt(left.view), _prompt(right.view))
    columns = st.columns(2, gap="medium")
    for column, one, pieces, color in zip(columns, (left, right), (mine, theirs), ("orange", "blue"), strict=True):
        with column:
            st.caption(_caption(t, one))
            st.markdown(_marked(pieces, color))


def _parameters(t: Texts, left: Picked, right: Picked) -> list[tuple[str, str, str]]:
    return [(t(f"compare.p_{name}"), _parameter(t, left, name), _parameter(t, right, name)) for name in PARAMETERS]


def _parameter(t: Texts, one: Picked, name: str) -> str:
    view, car = one.view, one.record.car
    match name:
        case "car":
            return car.title
        case "color":
            return color_name(t, car.color)
        case "angle":
            return angle_name(t, view.angle)
        case "seed":
            return str(view.seed)
        case "engine":
            return jobs().engines.title(view.engine)
        case "model":
            return view.model
        case "size":
            return f"{view.width} × {view.height}"
        case "strategy":
            return t(f"strategy.{one.record.order.strategy}")
        case "session":
            return one.record.display_id
        case "take":
            return str(view.take)
        case "seconds":
            return t("card.seconds", seconds=t.number(view.seconds))
    return t("card.cost", usd=t.number(view.cost_usd, 3)) if view.cost_usd else ""


def _prompt(view: View) -> str:
    return view.prompt.prompt if view.prompt else ""


def _marked(pieces: tuple[Piece, ...], color: str) -> str:
    return " ".join(f":{color}-background[{plain(p.text)}]" if p.own else plain(p.text) for p in pieces)


def _caption(t: Texts, one: Picked) -> str:
    return " · ".join((one.record.car.title, angle_name(t, one.view.angle), t("card.seed", seed=one.view.seed)))


def _choices() -> dict[str, str]:
    """The newest sets with a picture, by id, with a name each."""
    found = jobs().store.history(limit=SHOWN_SETS).items
    return {item.set_id: set_name(item.car, item.display_id, item.created_at) for item in found if item.thumbs}


def _first(sets: list[str], side: Side) -> str:
    """The set a side starts with: the open one on the left, the newest other one on the right."""
    opened = opened_set()
    left = st.session_state.get("compare_left_set", opened if opened in sets else sets[0])
    if side == "left":
        return left if left in sets else sets[0]
    return next((one for one in sets if one != left), sets[0])


def _same_set() -> bool:
    return bool(st.session_state.get("compare_left_set") == st.session_state.get("compare_right_set"))


def _swap() -> None:
    state = st.session_state
    for name in ("set", "view"):
        left, right = f"compare_left_{name}", f"compare_right_{name}"
        state[left], state[right] = state[right], state[left]


def _recall(set_id: str, what: str) -> None:
    try:
        take_over(jobs().store.load_set(set_id).recalled, what)
    except CarimgError as exc:
        st.toast(plain(sentence(exc, words())), icon=":material/error:")
        return
    go("generate")


def _star(set_id: str, favourite: bool) -> None:
    try:
        jobs().store.set_favourite(set_id, favourite)
    except CarimgError as exc:
        st.toast(plain(sentence(exc, words())), icon=":material/error:")
