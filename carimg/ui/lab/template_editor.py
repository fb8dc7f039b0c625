"""The prompt template: edited with a preview for every picked angle, kept in named versions, taken up again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from carimg.domain.catalog import catalog
from carimg.domain.order import Order
from carimg.errors import CarimgError, TemplateError
from carimg.prompts.diff import Piece, word_diff
from carimg.prompts.template import VARIABLES, built_in, expand_variants, hint_names, prompt_of, variant_names
from carimg.store import StoredTemplate
from carimg.ui.choice import choice
from carimg.ui.generate.form import EXTRA, order
from carimg.ui.i18n import Texts, plain
from carimg.ui.lab.live_text import live_text, take_in
from carimg.ui.names import angle_name
from carimg.ui.sentences import sentence, template_sentence
from carimg.ui.session import go, jobs, words

VIEW = "lab_view"
"""Key of what the page shows, in the session: 'template' or 'grid'."""
SOURCE = "template_source"
"""The text in the editor, in the session."""
_SAVED, _NAME, _BEFORE, _VARIANT = "template_saved", "template_name", "template_before", "template_variant"
_USABLE = "template_usable"
"""The last text that could be used, in the session."""
EDITOR_WIDTH = 260
"""Pixels below which editor and preview stand below each other."""
SHOWN = 4
"""Previews that stand below each other; more scroll."""
_BUILT_IN = ("", 0)
_NO_SESSION = "0" * 8
_KEEP: dict[str, Any] = {"persist_state": "session"}


def source() -> str:
    """The template in the editor, as `Order.template` and the lab take it: '' is the built-in one."""
    text = st.session_state.get(SOURCE) or st.session_state.get(EXTRA, {}).get("template") or ""
    return "" if text.strip() == built_in().template.strip() else text


def hints_off() -> list[str]:
    """The hint blocks that are switched off in the editor."""
    return [name for name in hint_names() if not st.session_state.get(f"template_hint_{name}", True)]


def template_editor(t: Texts) -> None:
    """Editor and preview, side by side where there is room."""
    state = st.session_state
    state.setdefault(SOURCE, state.get(EXTRA, {}).get("template") or built_in().template)
    for name in hint_names():
        state.setdefault(f"template_hint_{name}", name not in state.get(EXTRA, {}).get("hints_off", ()))
    take_in(SOURCE)
    wrong = _error(state[SOURCE])
    if wrong is None:
        state[_USABLE] = state[SOURCE]
    with st.grid(2, min_column_width=EDITOR_WIDTH, gap="medium"):
        with st.container():
            _recall(t)
            live_text(
                t("template.source"), SOURCE, hint=t("template.help"),
                wrong=template_sentence(wrong, t) if wrong else "",
                line=wrong.line if isinstance(wrong, TemplateError) else 0,
            )  # fmt: skip
            _keep(t)
            _hints(t)
            _variables(t)
        with st.container():
            _preview(t, usable=wrong is None)


def marked(pieces: tuple[Piece, ...]) -> str:
    """Pieces as Markdown, those of one text's own on a coloured ground."""
    return " ".join(f":blue-background[{plain(p.text)}]" if p.own else plain(p.text) for p in pieces)


def _error(text: str) -> CarimgError | None:
    """What keeps a template from being used; None when it can be."""
    wanted = _order_or_default()
    try:
        for variant in expand_variants(text):
            _prompts(variant, wanted)
    except CarimgError as exc:
        return exc
    return None


def _recall(t: Texts) -> None:
    """Choose the built-in template or a kept version; what was in the editor can be brought back."""
    kept = {(one.name, one.version): one for one in jobs().store.templates()}
    with st.container(horizontal=True, vertical_alignment="bottom", gap="xsmall"):
        choice(
            st.selectbox, t("template.saved"), [_BUILT_IN, *kept], _SAVED, format_func=lambda one: _title(t, one),
            then=_load,
        )  # fmt: skip
        if st.session_state.get(_BEFORE):
            st.button(
                t("template.back"), key="template_undo", icon=":material/undo:", help=t("template.back_help"),
                on_click=_undo,
            )  # fmt: skip


def _title(t: Texts, one: tuple[str, int]) -> str:
    name, version = one
    return t("template.version", name=name, version=version) if version else t("template.built_in")


def _load() -> None:
    state = st.session_state
    take_in(SOURCE)
    name, version = state[_SAVED]
    try:
        text = jobs().store.template(name, version).source if version else built_in().template
    except CarimgError as exc:
        st.toast(plain(sentence(exc, words())), icon=":material/error:")
        return
    state[_BEFORE] = state[SOURCE] if state[SOURCE] not in _known_sources() else None
    state[SOURCE] = text


def _undo() -> None:
    take_in(SOURCE)
    st.session_state[SOURCE] = st.session_state.pop(_BEFORE)


def _known_sources() -> set[str]:
    return {built_in().template, "", *(one.source for one in jobs().store.templates())}


def _keep(t: Texts) -> None:
    """Keep the editor's text as the next version under a name; take it to where it is drawn."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="xsmall"):
        st.text_input(t("template.name"), key=_NAME, max_chars=60, placeholder=t("template.name_example"), **_KEEP)
        st.button(t("template.save"), key="template_save", icon=":material/save:", on_click=_save)
    with st.container(horizontal=True, gap="xsmall"):
        st.button(
            t("template.run"), key="template_run", icon=":material/science:", help=t("template.run_help"),
            on_click=_run,
        )  # fmt: skip
        icon = ":material/directions_car:"
        if st.button(t("template.use"), key="template_use", icon=icon, help=t("template.use_help")):
            _use()


def _run() -> None:
    take_in(SOURCE)
    st.session_state[VIEW] = "grid"


def _save() -> None:
    t, state = words(), st.session_state
    take_in(SOURCE)
    try:
        kept: StoredTemplate = jobs().store.save_template(state[_NAME] or "", state[SOURCE])
    except CarimgError as exc:
        st.toast(plain(sentence(exc, t)), icon=":material/error:")
        return
    state[_SAVED], state[_NAME], state[_BEFORE] = (kept.name, kept.version), kept.name, None
    st.toast(t("template.saved_as", name=plain(kept.name), version=kept.version), icon=":material/check:")


def _use() -> None:
    """Take the template, with the choice that is previewed, and the hints to the form of the page Generate."""
    t = words()
    wrong = _error(st.session_state[SOURCE])
    if wrong is not None:
        st.toast(plain(template_sentence(wrong, t)), icon=":material/error:")
        return
    dropped = ("template", "hints_off", "prompts")
    extra = {name: value for name, value in st.session_state.get(EXTRA, {}).items() if name not in dropped}
    variants = expand_variants(source())
    chosen = min(st.session_state.get(_VARIANT, 0), len(variants) - 1)
    mine = {"template": variants[chosen], "hints_off": hints_off()}
    st.session_state[EXTRA] = extra | {name: value for name, value in mine.items() if value}
    go("generate")


def _hints(t: Texts) -> None:
    st.markdown(f"**{t('template.hints')}**", help=t("template.hints_help"))
    texts = {**built_in().hints, "references": ""}
    with st.grid(2, min_column_width=190, gap="xsmall"):
        for name in hint_names():
            st.toggle(
                t(f"template.hint_{name}"), key=f"template_hint_{name}", **_KEEP,
                help=f"`{{{{ {name} }}}}` {plain(texts[name] or t('template.references_help'))}",
            )  # fmt: skip


def _variables(t: Texts) -> None:
    st.markdown(f"**{t('template.variables')}**")
    st.markdown(" ".join(f"`{name}`" for name in (*VARIABLES, *hint_names())))
    st.caption(t("template.syntax"))


def _preview(t: Texts, *, usable: bool) -> None:
    """The prompt of every picked angle, with what differs from the built-in one marked. While the template is wrong,
    the prompts of the last one that was right stay."""
    state = st.session_state
    try:
        wanted = jobs().parse(order())
    except CarimgError as exc:
        st.info(plain(sentence(exc, t)), icon=":material/edit:")
        wanted = _order_or_default()
    text = state.get(_USABLE, built_in().template)
    st.markdown(f"**{t('template.preview')}**")
    try:
        variants = expand_variants(text)
        chosen = _variant(t, variant_names(text)) if len(variants) > 1 else 0
        shown = _prompts(variants[chosen], wanted)
    except CarimgError:
        shown = {}
    if not usable:
        st.caption(t("template.no_preview"))
    elif len(variants) > 1:
        st.caption(t("template.variants", n=len(variants)))
    _prompt_cards(t, shown, _prompts(None, wanted, off=frozenset()))
    if not wanted.session_id:
        st.caption(t("template.no_session"))


def _prompt_cards(t: Texts, shown: Mapping[str, str], plainly: Mapping[str, str]) -> None:
    with st.container(height=640 if len(shown) > SHOWN else "content", border=False, gap="xsmall"):
        for angle, prompt in shown.items():
            with st.container(border=True, gap=None, key=f"preview_{angle}"):
                st.markdown(f"**{angle_name(t, angle)}**")
                st.markdown(marked(word_diff(prompt, plainly[angle])[0]))
    st.caption(t("template.marks"))


def _variant(t: Texts, names: list[str]) -> int:
    state = st.session_state
    if state.get(_VARIANT, 0) not in range(len(names)):
        state[_VARIANT] = 0
    number: int = choice(
        st.selectbox, t("template.variant"), range(len(names)), _VARIANT, format_func=lambda one: names[one]
    )
    return number


def _prompts(template: str | None, wanted: Order, off: frozenset[str] | None = None) -> dict[str, str]:
    """The prompt by angle id. Raises TemplateError."""
    hints = frozenset(hints_off()) if off is None else off
    wanted = wanted.changed(template=template, hints_off=hints, prompts={})
    badge = catalog().badge(wanted.car.brand)
    return {angle.id: prompt_of(wanted, angle, wanted.session_id or _NO_SESSION, badge) for angle in wanted.angles}


def _order_or_default() -> Order:
    """The order in the form or, while that is wrong, one that can be rendered."""
    try:
        return jobs().parse(order())
    except CarimgError:
        return jobs().parse({"car": {**_EXAMPLE}, "angles": ["front"]})


_EXAMPLE = {"brand": "Renault", "model": "Clio", "year": 2019, "color": "blue", "body_type": "hatchback"}
