"""Sets, views, attempts, tags, servers, templates."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sets",
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("set_id", sa.String(32), nullable=False),
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
        sa.PrimaryKeyConstraint("number", name="pk_sets"),
        sa.UniqueConstraint("set_id", name="uq_sets_set_id"),
    )
    op.create_index("ix_sets_canonical_id", "sets", ["canonical_id"])
    op.create_index("ix_sets_listed", "sets", ["deleted_at", "created_at", "number"])
    op.create_index("ix_sets_state", "sets", ["state"])
    op.create_table(
        "views",
        sa.Column("view_id", sa.Integer, nullable=False),
        sa.Column("set_number", sa.Integer, nullable=False),
        sa.Column("angle", sa.String(64), nullable=False),
        sa.Column("take", sa.Integer, nullable=False),
        sa.Column("chosen", sa.Boolean, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("saved_at", sa.Double, nullable=False),
        sa.Column("seconds", sa.Double, nullable=False),
        sa.Column("work_s", sa.Double, nullable=False),
        sa.Column("cost_usd", sa.Double, nullable=False),
        sa.Column("error", sa.Text, nullable=False),
        sa.Column("seed", sa.Integer),
        sa.Column("prompt", sa.Text, nullable=False),
        sa.Column("prompt_en", sa.Text),
        sa.Column("translated_by", sa.String(32), nullable=False),
        sa.Column("badge", sa.Text, nullable=False),
        sa.Column("badge_source", sa.Text, nullable=False),
        sa.Column("references", sa.JSON, nullable=False),
        sa.Column("engine", sa.String(64), nullable=False),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("seed_honoured", sa.Boolean, nullable=False),
        sa.Column("simulated", sa.Boolean, nullable=False),
        sa.Column("mime", sa.String(32), nullable=False),
        sa.Column("width", sa.Integer, nullable=False),
        sa.Column("height", sa.Integer, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("page_sha256", sa.String(64), nullable=False),
        sa.Column("thumb_sha256", sa.String(64), nullable=False),
        sa.Column("car_mask_sha256", sa.String(64), nullable=False),
        sa.Column("paint_mask_sha256", sa.String(64), nullable=False),
        sa.Column("facts", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("view_id", name="pk_views"),
        sa.ForeignKeyConstraint(["set_number"], ["sets.number"], name="fk_views_set_number", ondelete="CASCADE"),
        sa.UniqueConstraint("set_number", "angle", "take", name="uq_views_set_number_angle_take"),
    )
    op.create_index("ix_views_sha256", "views", ["sha256"])
    op.create_index("ix_views_saved_at", "views", ["saved_at"])
    op.create_table(
        "attempts",
        sa.Column("view_id", sa.Integer, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("engine", sa.String(64), nullable=False),
        sa.Column("outcome", sa.String(64), nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("seconds", sa.Double, nullable=False),
        sa.Column("cost_usd", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("view_id", "position", name="pk_attempts"),
        sa.ForeignKeyConstraint(["view_id"], ["views.view_id"], name="fk_attempts_view_id", ondelete="CASCADE"),
    )
    op.create_table(
        "tags",
        sa.Column("set_number", sa.Integer, nullable=False),
        sa.Column("folded", sa.String(64), nullable=False),
        sa.Column("tag", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("set_number", "folded", name="pk_tags"),
        sa.ForeignKeyConstraint(["set_number"], ["sets.number"], name="fk_tags_set_number", ondelete="CASCADE"),
    )
    op.create_index("ix_tags_folded", "tags", ["folded"])
    op.create_table(
        "servers",
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("beat_at", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("owner", name="pk_servers"),
    )
    op.create_table(
        "templates",
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("name", "version", name="pk_templates"),
    )
    _create_words()


def _create_words() -> None:
    """SQLite keeps a full-text table over trigrams; PostgreSQL a table, with a trigram index if the extension can be
    had: without it a search reads all rows."""
    if op.get_context().dialect.name == "sqlite":
        op.execute("CREATE VIRTUAL TABLE words USING fts5(text, tokenize = 'trigram case_sensitive 1')")
        return
    op.create_table(
        "words",
        sa.Column("rowid", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("rowid", name="pk_words"),
    )
    op.execute(
        """
        DO $$
        BEGIN
            CREATE EXTENSION IF NOT EXISTS pg_trgm;
            CREATE INDEX ix_words_text ON words USING gin (text gin_trgm_ops) WITH (fastupdate = off);
        EXCEPTION WHEN insufficient_privilege OR undefined_file OR feature_not_supported OR undefined_object THEN
            RAISE NOTICE 'pg_trgm cannot be had: searches will read all rows';
        END
        $$
        """
    )


def downgrade() -> None:
    op.drop_table("words")
    for table in ("templates", "servers", "tags", "attempts", "views", "sets"):
        op.drop_table(table)
