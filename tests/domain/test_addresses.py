"""Where things are on the server: addresses that were handed out once hold for ever."""

from __future__ import annotations

import pytest

from carimg.domain.addresses import (
    address,
    events_address,
    page_link,
    page_pictures_address,
    picture_address,
    set_address,
)
from carimg.domain.view import View

VIEW = View("yaw_010", mime="image/jpeg", sha256="0123456789abcdef" * 4)


@pytest.mark.parametrize(
    ("made", "found"),
    [
        (set_address("0a1b"), "/api/sets/0a1b"),
        (set_address("0a1b", "https://cars.example/below/"), "https://cars.example/below/api/sets/0a1b"),
        (events_address("sets", "0a1b"), "/api/sets/0a1b/events"),
        (events_address("labs", "0a1b"), "/api/labs/0a1b/events"),
        (picture_address("0a1b", VIEW), "/api/pictures/0a1b/yaw_010.jpg"),
        (picture_address("0a1b", VIEW, "http://h:1"), "http://h:1/api/pictures/0a1b/yaw_010.jpg"),
        (picture_address("0a1b", VIEW, version=True), "/api/pictures/0a1b/yaw_010.jpg?v=0123456789ab"),
        (page_pictures_address("0a1b"), "/api/pictures/0a1b/pages"),
    ],
)
def test_everything_has_the_address_written_down(made: str, found: str) -> None:
    """Below '/api' and below whatever base the server has; another take of a view has another query."""
    assert made == found


@pytest.mark.parametrize(("mime", "ending"), [("image/png", "png"), ("image/jpeg", "jpg"), ("image/webp", "webp")])
def test_a_picture_ends_as_its_type_says(mime: str, ending: str) -> None:
    """So that browsers and people know what they will get."""
    assert picture_address("0a1b", View("front", mime=mime)) == f"/api/pictures/0a1b/front.{ending}"


def test_no_part_of_an_address_leaves_its_place() -> None:
    """Slashes, question marks and letters beyond ASCII in a part or a query are quoted."""
    assert address("api", "../x?y#z", "ї") == "/api/..%2Fx%3Fy%23z/%D1%97"
    assert address("api", q="a&b=c/ї") == "/api?q=a%26b%3Dc%2F%D1%97"


@pytest.mark.parametrize("page", ["http://h/Generate", "http://h/Generate?set=old&lang=uk"])
def test_a_link_to_a_page_opens_one_thing(page: str) -> None:
    """Whatever the page had open itself is left out."""
    assert page_link(page, set="0a1b") == "http://h/Generate?set=0a1b"
