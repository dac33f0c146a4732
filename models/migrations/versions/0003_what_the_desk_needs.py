"""what the desk needs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# A table that others refer to must not be made anew on SQLite: rows below it forbid that. So new columns have plain defaults, no
# expressions, and a foreign key comes with its column, named as ever: Alembic would add it after, or leave out its name.


def upgrade() -> None:
    op.create_table(
        "sign_in",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("programme_id", sa.String(length=48), nullable=False),
        sa.Column("link_sha256", sa.String(length=64), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("link_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("session_sha256", sa.String(length=64), nullable=True),
        sa.Column("session_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name=op.f("fk_sign_in_programme_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in")),
        sa.UniqueConstraint("link_sha256", name=op.f("uq_sign_in_link_sha256")),
        sa.UniqueConstraint("session_sha256", name=op.f("uq_sign_in_session_sha256")),
    )
    with op.batch_alter_table("sign_in", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sign_in_programme_id"), ["programme_id"], unique=False)

    op.create_table(
        "delegation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("programme_id", sa.String(length=48), nullable=False),
        sa.Column("gate_id", sa.Integer(), nullable=False),
        sa.Column("organisation", sa.String(length=48), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("label", sa.String(length=80), nullable=False),
        sa.Column("on_behalf", sa.Boolean(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["gate_id"], ["gate.id"], name=op.f("fk_delegation_gate_id")),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name=op.f("fk_delegation_programme_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delegation")),
    )
    with op.batch_alter_table("delegation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_delegation_gate_id"), ["gate_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_delegation_programme_id"), ["programme_id"], unique=False)

    op.create_table(
        "draft",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("programme_id", sa.String(length=48), nullable=False),
        sa.Column("gate_id", sa.Integer(), nullable=False),
        sa.Column("organisation", sa.String(length=48), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("based_on", sa.Integer(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("saves", sa.Integer(), nullable=False),
        sa.Column("counted_from", sa.Integer(), nullable=False),
        sa.Column("answers", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["gate_id"], ["gate.id"], name=op.f("fk_draft_gate_id")),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name=op.f("fk_draft_programme_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draft")),
        sa.UniqueConstraint("gate_id", "organisation", name=op.f("uq_draft_gate_id_organisation")),
    )
    with op.batch_alter_table("draft", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_draft_gate_id"), ["gate_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_draft_programme_id"), ["programme_id"], unique=False)

    op.create_table(
        "promise",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("programme_id", sa.String(length=48), nullable=False),
        sa.Column("gate_id", sa.Integer(), nullable=False),
        sa.Column("organisation", sa.String(length=48), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["gate_id"], ["gate.id"], name=op.f("fk_promise_gate_id")),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name=op.f("fk_promise_programme_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promise")),
    )
    with op.batch_alter_table("promise", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_promise_gate_id"), ["gate_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_promise_programme_id"), ["programme_id"], unique=False)

    op.create_table(
        "proposal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("programme_id", sa.String(length=48), nullable=False),
        sa.Column("gate_id", sa.Integer(), nullable=False),
        sa.Column("organisation", sa.String(length=48), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("filename", sa.String(length=200), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("writer", sa.String(length=80), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["gate_id"], ["gate.id"], name=op.f("fk_proposal_gate_id")),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name=op.f("fk_proposal_programme_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal")),
    )
    with op.batch_alter_table("proposal", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_proposal_gate_id"), ["gate_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_proposal_programme_id"), ["programme_id"], unique=False)

    op.create_table(
        "time_request",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("programme_id", sa.String(length=48), nullable=False),
        sa.Column("gate_id", sa.Integer(), nullable=False),
        sa.Column("gate_round", sa.Integer(), nullable=False),
        sa.Column("organisation", sa.String(length=48), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("writer", sa.String(length=80), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("granted_until", sa.Date(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["gate_id"], ["gate.id"], name=op.f("fk_time_request_gate_id")),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name=op.f("fk_time_request_programme_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_time_request")),
    )
    with op.batch_alter_table("time_request", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_time_request_gate_id"), ["gate_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_time_request_programme_id"), ["programme_id"], unique=False)

    op.create_table(
        "draft_save",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("draft_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("writer", sa.String(length=80), nullable=False),
        sa.Column("state", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["draft_id"], ["draft.id"], name=op.f("fk_draft_save_draft_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draft_save")),
        sa.UniqueConstraint("draft_id", "number", name=op.f("uq_draft_save_draft_id_number")),
    )
    with op.batch_alter_table("draft_save", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_draft_save_draft_id"), ["draft_id"], unique=False)

    op.create_table(
        "other_answer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("draft_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("place", sa.String(length=400), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("writer", sa.String(length=80), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["draft_id"], ["draft.id"], name=op.f("fk_other_answer_draft_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_other_answer")),
        sa.UniqueConstraint("draft_id", "number", name=op.f("uq_other_answer_draft_id_number")),
    )
    with op.batch_alter_table("other_answer", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_other_answer_draft_id"), ["draft_id"], unique=False)

    op.execute("ALTER TABLE attachment ADD COLUMN gate_id INTEGER CONSTRAINT fk_attachment_gate_id REFERENCES gate (id)")
    with op.batch_alter_table("attachment", schema=None) as batch_op:
        batch_op.add_column(sa.Column("organisation", sa.String(length=48), nullable=True))
        batch_op.add_column(sa.Column("received_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("writer", sa.String(length=80), server_default="", nullable=False))
        batch_op.create_index(batch_op.f("ix_attachment_gate_id"), ["gate_id"], unique=False)

    with op.batch_alter_table("contribution", schema=None) as batch_op:
        batch_op.add_column(sa.Column("draft_saves", sa.Integer(), server_default="0", nullable=False))

    with op.batch_alter_table("decision", schema=None) as batch_op:
        batch_op.add_column(sa.Column("remarks", sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column("writer", sa.String(length=80), server_default="", nullable=False))

    with op.batch_alter_table("organisation", schema=None) as batch_op:
        batch_op.add_column(sa.Column("link_epoch", sa.Integer(), server_default="0", nullable=False))

    with op.batch_alter_table("revision", schema=None) as batch_op:
        batch_op.add_column(sa.Column("writer", sa.String(length=80), server_default="", nullable=False))
        batch_op.add_column(sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("answer", sa.Text(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("revision", schema=None) as batch_op:
        batch_op.drop_column("answer")
        batch_op.drop_column("settled_at")
        batch_op.drop_column("writer")

    with op.batch_alter_table("organisation", schema=None) as batch_op:
        batch_op.drop_column("link_epoch")

    with op.batch_alter_table("decision", schema=None) as batch_op:
        batch_op.drop_column("writer")
        batch_op.drop_column("remarks")

    with op.batch_alter_table("contribution", schema=None) as batch_op:
        batch_op.drop_column("draft_saves")

    with op.batch_alter_table("attachment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_attachment_gate_id"))
        batch_op.drop_column("writer")
        batch_op.drop_column("received_at")
        batch_op.drop_column("organisation")
        batch_op.drop_column("gate_id")

    with op.batch_alter_table("other_answer", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_other_answer_draft_id"))

    op.drop_table("other_answer")
    with op.batch_alter_table("draft_save", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_draft_save_draft_id"))

    op.drop_table("draft_save")
    with op.batch_alter_table("time_request", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_time_request_programme_id"))
        batch_op.drop_index(batch_op.f("ix_time_request_gate_id"))

    op.drop_table("time_request")
    with op.batch_alter_table("proposal", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_proposal_programme_id"))
        batch_op.drop_index(batch_op.f("ix_proposal_gate_id"))

    op.drop_table("proposal")
    with op.batch_alter_table("promise", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_promise_programme_id"))
        batch_op.drop_index(batch_op.f("ix_promise_gate_id"))

    op.drop_table("promise")
    with op.batch_alter_table("draft", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_draft_programme_id"))
        batch_op.drop_index(batch_op.f("ix_draft_gate_id"))

    op.drop_table("draft")
    with op.batch_alter_table("delegation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_delegation_programme_id"))
        batch_op.drop_index(batch_op.f("ix_delegation_gate_id"))

    op.drop_table("delegation")
    with op.batch_alter_table("sign_in", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sign_in_programme_id"))

    op.drop_table("sign_in")
