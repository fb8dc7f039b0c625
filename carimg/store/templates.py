"""Named prompt templates with all their versions."""

from __future__ import annotations

import time
import unicodedata

import sqlalchemy as sa

from carimg.domain.names import TYPED_LETTERS
from carimg.errors import InputError, StoreError
from carimg.store.database import Database
from carimg.store.records import StoredTemplate
from carimg.store.schema import templates

MAX_NAME = 60
MAX_SOURCE = 20_000


class Templates:
    """The part of the store that keeps prompt templates. A version, once saved, never changes."""

    database: Database

    def save_template(self, name: str, source: str, *, now: float | None = None) -> StoredTemplate:
        """Keep a template under a name as its next version; the same source as the newest version makes no new one.

        Raises InputError for an empty or too long name or source, StoreError.
        """
        name = " ".join(unicodedata.normalize("NFC", name[:TYPED_LETTERS]).split())
        if not 1 <= len(name) <= MAX_NAME or not name.isprintable():
            raise InputError("name", f"Give the template a name of 1 to {MAX_NAME} letters.")
        if not source.strip() or len(source) > MAX_SOURCE or "\0" in source:
            raise InputError("template", f"A prompt template has 1 to {MAX_SOURCE:,} characters.")
        with self.database.writing() as connection:
            if not self.database.is_sqlite:  # two first versions of one name: one waits for the other
                connection.execute(sa.text("LOCK TABLE templates IN SHARE ROW EXCLUSIVE MODE"))
            latest = _newest(connection, name)
            if latest is not None and latest.source == source:
                return latest
            version = latest.version + 1 if latest else 1
            saved = StoredTemplate(name, version, source, time.time() if now is None else now)
            values = {"name": name, "version": version, "source": source, "created_at": saved.created_at}
            connection.execute(templates.insert().values(values))
        return saved

    def templates(self) -> tuple[StoredTemplate, ...]:
        """All versions of all templates, by name, newest version first."""
        wanted = sa.select(templates).order_by(templates.c.name, templates.c.version.desc())
        with self.database.reading() as connection:
            return tuple(StoredTemplate(*row) for row in connection.execute(wanted))

    def template(self, name: str, version: int | None = None) -> StoredTemplate:
        """One version of a template, the newest by default. Raises StoreError when it is not there."""
        with self.database.reading() as connection:
            found = _newest(connection, name, version)
        if found is None:
            raise StoreError(f"There is no template '{name}'" + (f" with version {version}." if version else "."))
        return found


def _newest(connection: sa.Connection, name: str, version: int | None = None) -> StoredTemplate | None:
    wanted = sa.select(templates).where(templates.c.name == name).order_by(templates.c.version.desc()).limit(1)
    if version is not None:
        wanted = wanted.where(templates.c.version == version)
    row = connection.execute(wanted).first()
    return None if row is None else StoredTemplate(*row)
