"""Grids of the prompt lab and their runs."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "labs",
        sa.Column("lab_id", sa.String(32), nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("plan", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("lab_id", name="pk_labs"),
    )
    op.create_index("ix_labs_created_at", "labs", ["created_at"])
    op.create_table(
        "lab_runs",
        sa.Column("lab_id", sa.String(32), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("set_id", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("lab_id", "position", name="pk_lab_runs"),
        sa.ForeignKeyConstraint(["lab_id"], ["labs.lab_id"], name="fk_lab_runs_lab_id", ondelete="CASCADE"),
    )


def downgrade() -> None:
    op.drop_table("lab_runs")
    op.drop_table("labs")
