"""The first tables: data set, patients, vertebrae, visits, assessments, adverse events."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.sqlite import REAL

revision = "0001"
down_revision = None

_REAL: sa.Double[float] = sa.Double().with_variant(REAL(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "dataset",
        sa.Column("id", sa.Integer, sa.CheckConstraint("id = 1"), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("data_cut_off", sa.Text, nullable=False),
        sa.Column(
            "synthetic", sa.Integer, sa.CheckConstraint("synthetic IN (0, 1)"), nullable=False
        ),
        sa.Column("provenance", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_strict=True,
    )
    op.create_table(
        "patient",
        sa.Column("patient_id", sa.Text, nullable=False),
        sa.Column("sex", sa.Text, nullable=False),
        sa.Column(
            "age_years",
            sa.Integer,
            sa.CheckConstraint("age_years BETWEEN 0 AND 120"),
            nullable=False,
        ),
        sa.Column("entity", sa.Text, nullable=False),
        sa.Column("last_contact_date", sa.Text, nullable=False),
        sa.Column("death_date", sa.Text),
        sa.Column("death_relatedness", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("patient_id"),
        sqlite_strict=True,
    )
    op.create_table(
        "vertebra",
        sa.Column("patient_id", sa.Text, nullable=False),
        sa.Column("level", sa.Text, nullable=False),
        sa.Column("procedure_date", sa.Text, nullable=False),
        sa.Column("dose_gy", _REAL, sa.CheckConstraint("dose_gy > 0"), nullable=False),
        sa.Column("distance_mm", _REAL, sa.CheckConstraint("distance_mm > 0"), nullable=False),
        sa.Column("distance_reference", sa.Text, nullable=False),
        sa.Column("reporting_quantity", sa.Text, nullable=False),
        sa.Column("calibration_dataset", sa.Text, nullable=False),
        sa.Column("preexisting_fracture", sa.Integer),
        sa.Column("retreatment_date", sa.Text),
        sa.PrimaryKeyConstraint("patient_id", "level"),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.patient_id"]),
        sqlite_strict=True,
    )
    op.create_table(
        "visit",
        sa.Column("patient_id", sa.Text, nullable=False),
        sa.Column("visit_date", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("modality", sa.Text, nullable=False),
        sa.Column("pain_nrs", _REAL, sa.CheckConstraint("pain_nrs BETWEEN 0 AND 10")),
        sa.Column("omed_mg", _REAL, sa.CheckConstraint("omed_mg >= 0")),
        sa.PrimaryKeyConstraint("patient_id", "visit_date"),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.patient_id"]),
        sqlite_strict=True,
    )
    op.create_table(
        "assessment",
        sa.Column("patient_id", sa.Text, nullable=False),
        sa.Column("visit_date", sa.Text, nullable=False),
        sa.Column("level", sa.Text, nullable=False),
        sa.Column("reader", sa.Text, nullable=False),
        sa.Column("local_status", sa.Text, nullable=False),
        sa.Column("new_fracture", sa.Text, nullable=False),
        sa.Column("adjacent_fracture", sa.Text, nullable=False),
        sa.Column("epidural_status", sa.Text, nullable=False),
        sa.Column("adjacent_status", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("patient_id", "visit_date", "level", "reader"),
        sa.ForeignKeyConstraint(
            ["patient_id", "visit_date"], ["visit.patient_id", "visit.visit_date"]
        ),
        sa.ForeignKeyConstraint(["patient_id", "level"], ["vertebra.patient_id", "vertebra.level"]),
        sqlite_strict=True,
    )
    op.create_table(
        "adverse_event",
        sa.Column("patient_id", sa.Text, nullable=False),
        sa.Column("onset_date", sa.Text, nullable=False),
        sa.Column("term", sa.Text, nullable=False),
        sa.Column(
            "ctcae_grade",
            sa.Integer,
            sa.CheckConstraint("ctcae_grade BETWEEN 1 AND 5"),
            nullable=False,
        ),
        sa.Column("ctcae_version", sa.Text, nullable=False),
        sa.Column("serious", sa.Integer, nullable=False),
        sa.Column("relatedness", sa.Text, nullable=False),
        sa.Column("resolved_date", sa.Text),
        sa.PrimaryKeyConstraint("patient_id", "onset_date", "term"),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.patient_id"]),
        sqlite_strict=True,
    )
