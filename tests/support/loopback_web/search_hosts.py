"""What duckduckgo.com, bing.com and wikipedia.org answer, as far as the two search libraries read it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape
from typing import Any

from tests.support.loopback_web.web import Answer, Web

HOSTS = ("duckduckgo.com", "html.duckduckgo.com", "www.bing.com", "en.wikipedia.org")
VQD = '<html><script>DDG.deep.initialize("/d.js?q=x");vqd="4-258148316";</script></html>'


def bing_page(snippets: Sequence[str]) -> Answer:
    """Bing's page of results, one snippet a page."""
    items = "".join(
        f'<li class="b_algo"><h2><a href="https://site{number}.example/">Page {number}</a></h2>'
        f"<p>{escape(text)}</p></li>"
        for number, text in enumerate(snippets)
    )
    return Answer(f"<html><body><ol id='b_results'>{items}</ol></body></html>", headers={"Content-Type": "text/html"})


def duckduckgo_page(snippets: Sequence[str]) -> Answer:
    """DuckDuckGo's HTML page of results."""
    items = "".join(
        f'<div class="links_main body"><h2><a>Page {number}</a></h2>'
        f'<a href="https://site{number}.example/">{escape(text)}</a></div>'
        for number, text in enumerate(snippets)
    )
    return Answer(f"<html><body>{items}</body></html>", headers={"Content-Type": "text/html"})


def photo(image: str, **more: Any) -> dict[str, Any]:
    """One row of DuckDuckGo's image results."""
    row = {
        "title": "Renault Clio",
        "image": image,
        "thumbnail": "",
        "url": "https://site.example/clio",
        "source": "Bing",
    }
    return {**row, "width": 1600, "height": 900, **more}


def images_json(rows: Sequence[dict[str, Any]]) -> Answer:
    """DuckDuckGo's i.js."""
    return Answer(json.dumps({"results": list(rows)}), headers={"Content-Type": "application/json"})


def nothing_found(web: Web) -> None:
    """All hosts are well and know nothing."""
    web.on("www.bing.com", "*", Answer("<html><body>There are no results for this</body></html>"))
    web.on("html.duckduckgo.com", "*", Answer("<html><body><p>No results.</p></body></html>"))
    web.on("en.wikipedia.org", "*", Answer('["x", [], [], []]', headers={"Content-Type": "application/json"}))
    web.on("duckduckgo.com", "/", Answer(VQD, headers={"Content-Type": "text/html"}))
    web.on("duckduckgo.com", "/i.js", images_json([]))


def all_say(web: Web, answer: Answer) -> None:
    """Every host answers everything with this."""
    for host in HOSTS:
        web.forget(host)
        web.on(host, "*", answer)
