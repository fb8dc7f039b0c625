"""The web search of stage 1: the badge in words and one reference photo an angle."""

from carimg.search.found import Badge, Found
from carimg.search.search import Search

__all__ = ["Badge", "Found", "Search"]
