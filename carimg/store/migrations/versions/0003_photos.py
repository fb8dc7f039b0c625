"""Reference photos are kept: which files each take names."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "photos",
        sa.Column("view_id", sa.Integer, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("view_id", "sha256", name="pk_photos"),
        sa.ForeignKeyConstraint(["view_id"], ["views.view_id"], name="fk_photos_view_id", ondelete="CASCADE"),
    )
    op.create_index("ix_photos_sha256", "photos", ["sha256"])


def downgrade() -> None:
    op.drop_table("photos")
