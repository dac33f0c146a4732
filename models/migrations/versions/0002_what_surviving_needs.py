"""what surviving needs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "lease",
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("holder", sa.String(length=64), nullable=True),
        sa.Column("token", sa.Integer(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_lease")),
    )
    op.create_table(
        "sign_of_life",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("silence_told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_sign_of_life")),
    )
    with op.batch_alter_table("phase", schema=None) as batch_op:
        batch_op.add_column(sa.Column("relaunches", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("relaunched_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("trouble", sa.String(length=300), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("phase", schema=None) as batch_op:
        batch_op.drop_column("trouble")
        batch_op.drop_column("relaunched_at")
        batch_op.drop_column("relaunches")

    op.drop_table("sign_of_life")
    op.drop_table("lease")
