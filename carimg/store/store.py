"""The store as its users see it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import sqlalchemy as sa

from carimg.domain.view import Reference, View
from carimg.errors import StoreError
from carimg.store.database import Database
from carimg.store.files import Kind, PictureFiles, disk_errors
from carimg.store.history import History
from carimg.store.labs import Labs
from carimg.store.schema import views
from carimg.store.sets import Sets
from carimg.store.templates import Templates

PICTURES = "pictures"


class Store(Sets, History, Templates, Labs):
    """Sets, history, templates and grids of the lab in a database, pictures in a folder. Blocking, and safe from any
    thread; several servers may share both."""

    def picture_path(self, sha256: str, kind: Kind = "original") -> Path:
        """The file of a picture. `sha256` is the hash of the file itself or, for 'page' and 'thumb', of the original.

        Raises StoreError when there is none.
        """
        path = self.files.find(sha256, kind)
        if path is None and kind in ("page", "thumb"):
            derived = self._derived(sha256, kind)
            path = self.files.find(derived, kind) if derived else None
        if path is None:
            raise StoreError("This picture is not in the store any more.")
        return path

    def read_picture(self, sha256: str, kind: Kind = "original") -> bytes:
        """The bytes of a picture's file. Raises StoreError."""
        with disk_errors("Reading a picture"):
            return self.picture_path(sha256, kind).read_bytes()

    def photos(self, view: View) -> tuple[Reference, ...]:
        """The reference photos of a view, as far as their files are there."""
        kept: list[Reference] = []
        for item in view.references:
            with suppress(StoreError):
                kept.append(replace(item, data=self.read_picture(item.sha256, "photo")))
        return tuple(kept)

    def close(self) -> None:
        """Close all connections. The store must not be used afterwards."""
        self.database.close()

    def _derived(self, sha256: str, kind: Kind) -> str | None:
        wanted = sa.select(views.c[f"{kind}_sha256"]).where(views.c.sha256 == sha256).limit(1)
        with self.database.reading() as connection:
            return connection.execute(wanted).scalar()


def open_store(database_url: str, folder: Path) -> Store:
    """Open the store and bring its tables to the newest version.

    `database_url` '' is the SQLite file `folder/carimg.db`; pictures go to `folder/pictures` in any case. Raises
    StoreError, in one sentence without the URL.
    """
    with disk_errors("Opening the store"):
        (folder / PICTURES).mkdir(parents=True, exist_ok=True)
    database = Database(database_url, folder)
    try:
        database.migrate()
    except BaseException:
        database.close()
        raise
    return Store(database, PictureFiles(folder / PICTURES))
