"""Where the server has what: every address of a picture, a set, a page or a stream of events is built here."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from carimg.domain.view import View
from carimg.images import SUFFIXES


def address(*parts: str, base: str = "", **query: str) -> str:
    """`base` ('' or 'https://host/below'), then the parts, each quoted, then the query."""
    path = "".join(f"/{quote(part, safe='')}" for part in parts)
    asked = f"?{urlencode(query)}" if query else ""
    return f"{base.rstrip('/')}{path}{asked}"


def set_address(set_id: str, base: str = "") -> str:
    """The set as JSON."""
    return address("api", "sets", set_id, base=base)


def events_address(kind: str, some_id: str, base: str = "") -> str:
    """Server-sent events of a set (`kind` 'sets') or of a grid of the lab ('labs')."""
    return address("api", kind, some_id, "events", base=base)


def picture_address(set_id: str, view: View, base: str = "", *, version: bool = False) -> str:
    """A view's picture as its engine made it; with `version` a browser fetches another take again."""
    known = {"v": view.sha256[:12]} if version else {}
    return address("api", "pictures", set_id, f"{view.angle}.{SUFFIXES[view.mime]}", base=base, **known)


def page_pictures_address(set_id: str, base: str = "") -> str:
    """The folder of the JPEGs that pages show: below it stands `<page_sha256>.jpg`."""
    return address("api", "pictures", set_id, "pages", base=base)


def page_link(page_url: str, **query: str) -> str:
    """A link to the page at `page_url` (with whatever query it had) that opens something: `set=…` or `lab=…`."""
    return f"{page_url.split('?')[0]}?{urlencode(query)}"
