"""The vault: a key for each patient's audit values, who the patient is, and the trail's anchor."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "patient_key",
        sa.Column("patient_id", sa.Text, nullable=False),
        sa.Column("secret", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("patient_id"),
        schema="vault",
        sqlite_strict=True,
    )
    op.create_table(
        "identity",
        sa.Column("patient_id", sa.Text, nullable=False),
        sa.Column("family_name", sa.Text),
        sa.Column("given_name", sa.Text),
        sa.Column("birth_date", sa.Text),
        sa.Column("hospital_number", sa.Text),
        sa.Column("contact", sa.Text),
        sa.Column("row_version", sa.Integer, nullable=False, server_default="1"),
        sa.PrimaryKeyConstraint("patient_id"),
        schema="vault",
        sqlite_strict=True,
    )
    op.create_table(
        "anchor",
        sa.Column("id", sa.Integer, sa.CheckConstraint("id = 1"), nullable=False),
        sa.Column("registry_id", sa.Text, nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        schema="vault",
        sqlite_strict=True,
    )
