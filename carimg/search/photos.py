"""Photo hits → which to fetch, in order, and the reference that one becomes."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from carimg.domain.view import Reference
from carimg.images import CheckedPicture
from carimg.search.backends import PhotoHit

MAX_PHOTOS = 4
MAX_THUMBNAILS = 2
"""Fetched at most for one angle; thumbnails come from the search's own host, so they nearly always come."""
MIN_EDGE, MAX_EDGE = 256, 8000
"""Pixels, as the search claims: outside, a photo is an icon or a poster."""
MAX_TITLE = 120
MAX_LINK = 500


def candidates(hits: Sequence[PhotoHit]) -> Iterator[tuple[PhotoHit, str]]:
    """What to fetch, best first: (hit, URL). The order of the search is kept."""
    fit = [hit for hit in hits if _fits(hit.width) and _fits(hit.height)]
    yield from ((hit, hit.image) for hit in fit[:MAX_PHOTOS] if hit.image)
    yield from ((hit, hit.thumbnail) for hit in fit[:MAX_THUMBNAILS] if hit.thumbnail)


def reference(hit: PhotoHit, picture: CheckedPicture) -> Reference:
    """A checked picture with its source: the page it stands on where that is a web link, else its own URL."""
    source = hit.page if is_web_link(hit.page) else picture.url
    return Reference(picture.data, picture.mime, source_url=source, title=_plain(hit.title))


def is_web_link(url: str) -> bool:
    """Whether a foreign URL can be shown as a link: http(s) with a host, short, without blanks, controls or a login."""
    if len(url) > MAX_LINK or any(not char.isprintable() or char.isspace() or char in "<>\"'`\\" for char in url):
        return False
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc


def _fits(edge: int) -> bool:
    return edge == 0 or MIN_EDGE <= edge <= MAX_EDGE


def _plain(title: str) -> str:
    """A title as one line of printable text of at most 120 characters."""
    shown = "".join(char if unicodedata.category(char)[0] != "C" else " " for char in title)
    return " ".join(shown.split())[:MAX_TITLE]
