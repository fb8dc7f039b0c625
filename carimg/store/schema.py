"""The tables. What is here is what the newest migration makes (a test compares the two).

sets ─┬─ views (one row a take) ─┬─ attempts
      └─ tags                    └─ photos
labs ─── lab_runs (one row a set)
words: what a set is found by, one row a set. servers: which server processes live; templates: named versions of
prompt templates. Times are Unix seconds, money is US dollars.
"""

from __future__ import annotations

import sqlalchemy as sa

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

sets = sa.Table(
    "sets",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("set_id", sa.String(32), nullable=False, unique=True),
    sa.Column("session_id", sa.String(64), nullable=False),
    sa.Column("canonical_id", sa.String(64), nullable=False),
    sa.Column("owner", sa.String(64), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("created_at", sa.Double, nullable=False),
    sa.Column("seconds", sa.Double, nullable=False),
    sa.Column("brand", sa.Text, nullable=False),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("year", sa.Integer, nullable=False),
    sa.Column("color", sa.Text, nullable=False),
    sa.Column("body_type", sa.Text, nullable=False),
    sa.Column("angles", sa.JSON, nullable=False),
    sa.Column("order", sa.JSON, nullable=False),
    sa.Column("favourite", sa.Boolean, nullable=False),
    sa.Column("deleted_at", sa.Double),
    sa.Index("ix_sets_canonical_id", "canonical_id"),
    sa.Index("ix_sets_listed", "deleted_at", "created_at", "number"),
    sa.Index("ix_sets_state", "state"),
)
views = sa.Table(
    "views",
    metadata,
    sa.Column("view_id", sa.Integer, primary_key=True),
    sa.Column("set_number", sa.ForeignKey("sets.number", ondelete="CASCADE"), nullable=False),
    sa.Column("angle", sa.String(64), nullable=False),
    sa.Column("take", sa.Integer, nullable=False),
    sa.Column("chosen", sa.Boolean, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("saved_at", sa.Double, nullable=False),
    sa.Column("seconds", sa.Double, nullable=False, default=0.0),
    sa.Column("work_s", sa.Double, nullable=False, default=0.0),
    sa.Column("cost_usd", sa.Double, nullable=False, default=0.0),
    sa.Column("error", sa.Text, nullable=False, default=""),
    sa.Column("seed", sa.Integer),
    sa.Column("prompt", sa.Text, nullable=False, default=""),
    sa.Column("prompt_en", sa.Text),
    sa.Column("translated_by", sa.String(32), nullable=False, default=""),
    sa.Column("badge", sa.Text, nullable=False, default=""),
    sa.Column("badge_source", sa.Text, nullable=False, default=""),
    sa.Column("references", sa.JSON, nullable=False, default=list),
    sa.Column("engine", sa.String(64), nullable=False, default=""),
    sa.Column("model", sa.Text, nullable=False, default=""),
    sa.Column("seed_honoured", sa.Boolean, nullable=False, default=False),
    sa.Column("simulated", sa.Boolean, nullable=False, default=False),
    sa.Column("mime", sa.String(32), nullable=False, default=""),
    sa.Column("width", sa.Integer, nullable=False, default=0),
    sa.Column("height", sa.Integer, nullable=False, default=0),
    sa.Column("sha256", sa.String(64), nullable=False, default=""),
    sa.Column("page_sha256", sa.String(64), nullable=False, default=""),
    sa.Column("thumb_sha256", sa.String(64), nullable=False, default=""),
    sa.Column("car_mask_sha256", sa.String(64), nullable=False, default=""),
    sa.Column("paint_mask_sha256", sa.String(64), nullable=False, default=""),
    sa.Column("facts", sa.JSON, nullable=False, default=list),
    sa.UniqueConstraint("set_number", "angle", "take"),
    sa.Index("ix_views_sha256", "sha256"),
    sa.Index("ix_views_saved_at", "saved_at"),
)

attempts = sa.Table(
    "attempts",
    metadata,
    sa.Column("view_id", sa.ForeignKey("views.view_id", ondelete="CASCADE"), primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("engine", sa.String(64), nullable=False),
    sa.Column("outcome", sa.String(64), nullable=False),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("seconds", sa.Double, nullable=False),
    sa.Column("cost_usd", sa.Double, nullable=False),
)

photos = sa.Table(
    "photos",
    metadata,
    sa.Column("view_id", sa.ForeignKey("views.view_id", ondelete="CASCADE"), primary_key=True),
    sa.Column("sha256", sa.String(64), primary_key=True),
    sa.Index("ix_photos_sha256", "sha256"),
)
"""Which files `views.references` names, for the clean-up of files."""

tags = sa.Table(
    "tags",
    metadata,
    sa.Column("set_number", sa.ForeignKey("sets.number", ondelete="CASCADE"), primary_key=True),
    sa.Column("folded", sa.String(64), primary_key=True),
    sa.Column("tag", sa.String(64), nullable=False),
    sa.Index("ix_tags_folded", "folded"),
)

words = sa.Table("words", sa.MetaData(), sa.Column("rowid", sa.Integer, primary_key=True), sa.Column("text", sa.Text))
"""`rowid` is the number of the set, `text` every word that finds it, casefolded by Python, so that Ukrainian is found
in any case too. It has metadata of its own: on SQLite it is a full-text table over trigrams (FTS5), on PostgreSQL one
with a trigram index where the extension pg_trgm can be had."""

servers = sa.Table(
    "servers",
    metadata,
    sa.Column("owner", sa.String(64), primary_key=True),
    sa.Column("beat_at", sa.Double, nullable=False),
)

templates = sa.Table(
    "templates",
    metadata,
    sa.Column("name", sa.String(80), primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("created_at", sa.Double, nullable=False),
)

labs = sa.Table(
    "labs",
    metadata,
    sa.Column("lab_id", sa.String(32), primary_key=True),
    sa.Column("created_at", sa.Double, nullable=False),
    sa.Column("plan", sa.JSON, nullable=False),
    sa.Index("ix_labs_created_at", "created_at"),
)

lab_runs = sa.Table(
    "lab_runs",
    metadata,
    sa.Column("lab_id", sa.ForeignKey("labs.lab_id", ondelete="CASCADE"), primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("set_id", sa.String(32), nullable=False),
)
"""Which set a run of a grid became; sets may be deleted without their grid."""
