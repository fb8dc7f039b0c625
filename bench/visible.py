"""How long after an engine has handed a picture over is it visible in the browser? Goal: 0.15 s from the store.

Real server, real browser. 'handed over' is when the engine returned, 'stored' when the server told that the view is in
the store (its files written and flushed), 'visible' when the browser had decoded the picture in its card.

    python bench/visible.py [sets]
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.support.browsing import running  # noqa: E402

ANGLES = ("front", "side", "rear")
GOAL_S = 0.15

WATCH = """
window.seen = {}
setInterval(() => {
  for (const card of document.querySelectorAll("[class*='st-key-picture_']")) {
    const angle = card.className.match(/st-key-picture_(\\w+)/)[1]
    for (const part of card.querySelectorAll("*")) {
      const image = part.shadowRoot?.querySelector("img")
      const there = image?.src.includes("/pages/") && image.complete && image.naturalWidth
      if (there) window.seen[angle] ??= Date.now() / 1000
    }
  }
}, 5)
"""


def measured(page: Page, url: str, folder: Path) -> list[tuple[float, float]]:
    """Draw one set; for each view (handed over → visible, stored → visible) in seconds."""
    notes, stored = folder / "handed-over.txt", dict[str, float]()
    notes.unlink(missing_ok=True)
    page.goto(url)
    page.get_by_role("button", name="Generate").first.wait_for()
    page.wait_for_timeout(1500)
    page.evaluate(WATCH)
    page.get_by_role("button", name="Generate").first.click()
    page.wait_for_url("**/?set=*")
    events = f"{url}/api/sets/{page.url.partition('set=')[2]}/events"
    threading.Thread(target=listen, args=(events, stored), daemon=True).start()
    page.wait_for_function("Object.keys(window.seen).length === 3", timeout=60_000)
    page.get_by_text("3 views in").first.wait_for()
    seen: dict[str, float] = page.evaluate("window.seen")
    handed = dict(line.split() for line in notes.read_text().splitlines())
    return [(seen[angle] - float(handed[angle]), seen[angle] - stored[angle]) for angle in ANGLES]


def listen(events: str, stored: dict[str, float]) -> None:
    """Note when the server tells that a view is in the store."""
    with urllib.request.urlopen(events, timeout=60) as stream:
        for line in stream:
            if line.startswith(b'data: {"angle"'):
                stored.setdefault(json.loads(line[6:])["angle"], time.time())


def main(sets: int = 5) -> None:
    delays: list[tuple[float, float]] = []
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        with running(Path(__file__).with_name("visible_app.py"), folder, "clock") as url:
            browser = playwright.chromium.launch(
                executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"),
                args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
            )
            page = browser.new_page(viewport={"width": 1440, "height": 900}, locale="en-US")
            measured(page, url, folder)  # warms both up
            for _ in range(sets):
                delays += measured(page, url, folder)
            browser.close()
    print(f"{'delay, s':24}{'mean':>8}{'median':>8}{'worst':>8}   of {len(delays)} views")
    for place, title in enumerate(("handed over → visible", "stored → visible")):
        column = [delay[place] for delay in delays]
        print(f"{title:24}{statistics.mean(column):8.3f}{statistics.median(column):8.3f}{max(column):8.3f}")
    median = statistics.median(delay[1] for delay in delays)
    print(f"goal: stored → visible {GOAL_S} s: {'met' if median <= GOAL_S else 'MISSED'} (median {median:.3f} s)")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
