"""The server: `streamlit run app.py` serves the pages and, under /api, the REST routes."""

from __future__ import annotations

import streamlit as st
from starlette.routing import Mount

from carimg.api import api
from carimg.server import lifespan
from carimg.settings import PACKAGE

app = st.App(PACKAGE / "ui" / "navigation.py", routes=[Mount("/api", app=api)], lifespan=lifespan)
