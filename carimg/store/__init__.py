"""Sets that last: SQL (SQLite by default, PostgreSQL by URL) and picture files."""

from carimg.store.files import Kind
from carimg.store.records import HistoryItem, HistoryPage, StoredLab, StoredTemplate
from carimg.store.store import Store, open_store

__all__ = ["HistoryItem", "HistoryPage", "Kind", "Store", "StoredLab", "StoredTemplate", "open_store"]
