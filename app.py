"""The server: `streamlit run app.py` serves the pages and, under /api, the REST routes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import streamlit as st
from starlette.routing import Mount

from carimg import jobs
from carimg.api import api
from carimg.logs import log_to_stderr
from carimg.settings import settings


@asynccontextmanager
async def lifespan(_: Any) -> AsyncIterator[None]:
    """Open the engines before the first visitor comes; close them, and keep what was drawn, when the server stops."""
    log_to_stderr(settings().secrets)
    jobs.shared()
    yield
    jobs.close_shared()


app = st.App("carimg/ui/main.py", routes=[Mount("/api", app=api)], lifespan=lifespan)
