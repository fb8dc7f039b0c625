"""The way back from a file: a picture, ZIP or manifest that was downloaded here fills the form again."""

from __future__ import annotations

import streamlit as st

from carimg.errors import CarimgError
from carimg.export import recall
from carimg.ui.core import go
from carimg.ui.form import take_over
from carimg.ui.text import Texts, plain

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
        car = order["car"]
        name = plain(f"{car['brand']} {car['model']} {car['year']}")
        st.markdown(f"**{name}**")
        st.button(t("recall.fill"), type="primary", key="recall_go", on_click=_fill, args=(order,))


def _fill(order: dict[str, object]) -> None:
    take_over(order, "everything")
    go("generate")
