"""The way back from a file: a picture, ZIP or manifest that was downloaded here fills the form again."""

from __future__ import annotations

import streamlit as st

from carimg.domain.car import Car
from carimg.errors import CarimgError
from carimg.export import recall
from carimg.ui.generate.form import take_over
from carimg.ui.i18n import Texts, plain
from carimg.ui.session import go

KEY = "recall_file"


def recall_from_file(t: Texts) -> None:
    """A button that opens a drop zone for a file to recall its set from."""
    with st.popover(t("recall.file"), icon=":material/upload_file:"):
        file = st.file_uploader(t("recall.file_help"), type=["png", "jpg", "jpeg", "webp", "zip", "json"], key=KEY)
        if file is None:
            return
        try:
            order = recall(file.getvalue())
        except CarimgError as exc:
            st.error(plain(str(exc)), icon=":material/error:")
            return
        st.markdown(f"**{plain(Car(**order['car']).title)}**")
        st.button(t("recall.fill"), type="primary", key="recall_go", on_click=_fill, args=(order,))


def _fill(order: dict[str, object]) -> None:
    take_over(order, "everything")
    go("generate")
