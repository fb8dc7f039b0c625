"""Sets that last: SQL (SQLite by default, PostgreSQL by URL) and picture files."""

from carimg.store.files import Kind
from carimg.store.orders import order_of
from carimg.store.records import (
    HistoryItem,
    HistoryPage,
    StoredLab,
    StoredReference,
    StoredSet,
    StoredTemplate,
    StoredView,
)
from carimg.store.store import Store, open_store

__all__ = [
    "HistoryItem",
    "HistoryPage",
    "Kind",
    "Store",
    "StoredLab",
    "StoredReference",
    "StoredSet",
    "StoredTemplate",
    "StoredView",
    "open_store",
    "order_of",
]
