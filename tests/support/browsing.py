"""Servers for browser tests, and pages that fail the test when the console shows an error."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Page, expect

ROOT = Path(__file__).resolve().parent.parent.parent


@contextmanager
def running(
    app: Path, folder: Path, engines: str, database: str = "", keys: Mapping[str, str] | None = None
) -> Iterator[str]:
    """Serve an app on a free port of this machine with its own data folder, its store on SQLite there or on the
    database whose URL is given, with `keys` in its environment; yields its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    mine = {"CARIMG_DATA_DIR": str(folder), "CARIMG_ENGINES": engines, "CARIMG_SEARCH": "off"}
    mine |= {"CARIMG_DATABASE_URL": database, **(keys or {})}
    secret = ("OPENAI_", "POLLINATIONS_", "CARIMG_")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(secret)} | mine
    command = [sys.executable, "-m", "streamlit", "run", str(app), "--server.port", str(port)]
    command += ["--server.address", "127.0.0.1"]
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
    try:
        _wait_for(f"http://127.0.0.1:{port}/api/health", server)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(20)


def _wait_for(address: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise RuntimeError("The server did not come up.")


def drawn(url: str, model: str, **order: Any) -> dict[str, Any]:
    """Draw a Renault of this model over REST and wait for it: quicker than by hand. Returns the manifest."""
    car = {"brand": "Renault", "model": model, "year": 2019, "color": "blue", "body_type": "hatchback"}
    car |= order.pop("car", {})
    body = json.dumps({"car_data": car, **order}).encode()
    address = f"{url}/api/chat/generate-car-images/"
    request = urllib.request.Request(address, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return dict(json.load(answer))


def draw(page: Page, url: str, model: str) -> None:
    """Draw a set of this model by hand, three views, and wait for it."""
    page.goto(url)
    field = page.get_by_label("Model", exact=True)
    field.fill(model)
    field.press("Enter")
    page.get_by_role("button", name=re.compile("Generate")).click()
    expect(page.get_by_role("heading", name=re.compile(model))).to_be_visible()
    expect(page.get_by_text(re.compile(r"^3 views in"))).to_be_visible()


def rested(page: Page) -> None:
    """Wait until the board changes no more by itself, the report included: a click on it may miss otherwise."""
    expect(page.get_by_role("button", name=re.compile("ZIP"))).to_be_visible()


@contextmanager
def watched_page(
    browser: Browser,
    width: int = 1440,
    height: int = 900,
    locale: str = "en-US",
    dark: bool = False,
    touch: bool = False,
) -> Iterator[Page]:
    context = browser.new_context(
        viewport={"width": width, "height": height},
        locale=locale,
        color_scheme="dark" if dark else "light",
        has_touch=touch,
        accept_downloads=True,
    )
    page = context.new_page()
    page.set_default_timeout(20_000)
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if _counts(message) else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()
    assert not errors, errors


def _counts(message: ConsoleMessage) -> bool:
    """Whether a message is an error of ours. A link to a page makes Streamlit look for its server under that page
    first, and then where it is."""
    return message.type == "error" and "/_stcore/" not in message.location["url"]


def shot(page: Page, name: str) -> None:
    """Keep a screenshot where CARIMG_SHOTS points, for people to look at."""
    if folder := os.environ.get("CARIMG_SHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
