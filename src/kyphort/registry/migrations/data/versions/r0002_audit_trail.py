"""The audit trail with its triggers, row versions, locks and erasures."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_RECORDS = ("dataset", "patient", "vertebra", "visit", "assessment", "adverse_event")

_SQLITE_TRIGGERS = (
    """
    CREATE TRIGGER audit_is_append_only_update BEFORE UPDATE ON audit
    BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only: no entry can be changed'); END
    """,
    """
    CREATE TRIGGER audit_is_append_only_delete BEFORE DELETE ON audit
    BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only: no entry can be removed'); END
    """,
    # Fires before REPLACE removes anything, so it holds without recursive triggers as well.
    """
    CREATE TRIGGER audit_is_append_only_insert BEFORE INSERT ON audit
    WHEN NEW.seq <> 1 + coalesce((SELECT max(seq) FROM audit), 0)
    BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only: an entry goes to its end'); END
    """,
)
_POSTGRESQL_TRIGGERS = (
    """
    CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'the audit trail is append-only: no entry can be changed or removed';
    END $$
    """,
    """
    CREATE TRIGGER audit_is_append_only_rows BEFORE UPDATE OR DELETE ON audit
    FOR EACH ROW EXECUTE FUNCTION audit_is_append_only()
    """,
    """
    CREATE TRIGGER audit_is_append_only_table BEFORE TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only()
    """,
    """
    CREATE FUNCTION audit_goes_on() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.seq <> 1 + coalesce((SELECT max(seq) FROM audit), 0) THEN
            RAISE EXCEPTION 'the audit trail is append-only: an entry goes to its end';
        END IF;
        RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER audit_is_append_only_insert BEFORE INSERT ON audit
    FOR EACH ROW EXECUTE FUNCTION audit_goes_on()
    """,
)


def upgrade() -> None:
    """Give versions to the rows, and make the trail."""
    for record in _RECORDS:
        op.add_column(
            record, sa.Column("row_version", sa.Integer, nullable=False, server_default="1")
        )
    _make_audit()
    _make_locks()
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in _SQLITE_TRIGGERS if is_sqlite else _POSTGRESQL_TRIGGERS:
        op.execute(statement)


def _make_audit() -> None:
    op.create_table(
        "audit",
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("record", sa.Text, nullable=False),
        sa.Column("patient_id", sa.Text, nullable=False),
        sa.Column("payload", sa.LargeBinary, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("seq"),
        sqlite_strict=True,
    )
    op.create_index("audit_of_patient", "audit", ["patient_id"])
    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer, sa.CheckConstraint("id = 1"), nullable=False),
        sa.Column("registry_id", sa.Text, nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_strict=True,
    )


def _make_locks() -> None:
    op.create_table(
        "record_lock",
        sa.Column("patient_id", sa.Text, nullable=False),
        sa.Column("record", sa.Text, nullable=False),
        sa.Column("record_key", sa.Text, nullable=False),
        sa.Column("row_version", sa.Integer, nullable=False, server_default="1"),
        sa.PrimaryKeyConstraint("patient_id", "record", "record_key"),
        sqlite_strict=True,
    )
    op.create_table(
        "erasure",
        sa.Column("patient_id", sa.Text, nullable=False),
        sa.Column("erased_on", sa.Text, nullable=False),
        sa.Column("row_version", sa.Integer, nullable=False, server_default="1"),
        sa.PrimaryKeyConstraint("patient_id"),
        sqlite_strict=True,
    )
