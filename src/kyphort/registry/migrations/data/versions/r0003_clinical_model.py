"""The extended clinical model: what came before, during and after the procedure."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.sqlite import REAL

revision = "0003"
down_revision = "0002"

_REAL: sa.Double[float] = sa.Double().with_variant(REAL(), "sqlite")


def upgrade() -> None:
    """Add columns to the first tables, and the tables of the other records."""
    _add_columns()
    _make_tables_of_patients()
    _make_tables_of_vertebrae()


def _add_columns() -> None:
    op.add_column("patient", sa.Column("vital_status_source", sa.Text, nullable=True))
    op.add_column("patient", sa.Column("cause_of_death", sa.Text, nullable=True))
    op.add_column("visit", sa.Column("trigger", sa.Text, nullable=True))
    op.add_column("adverse_event", sa.Column("clavien_dindo", sa.Text, nullable=True))
    op.add_column(
        "adverse_event",
        sa.Column(
            "lasting_disability",
            sa.Integer,
            sa.CheckConstraint("lasting_disability IN (0, 1)"),
            nullable=True,
        ),
    )
    op.add_column("adverse_event", sa.Column("seriousness", sa.Text, nullable=True))
    op.add_column("adverse_event", sa.Column("cause", sa.Text, nullable=True))


def _make_tables_of_patients() -> None:
    op.create_table(
        "primary_tumour",
        sa.Column("patient_id", sa.Text, nullable=False),
        sa.Column("icd10_code", sa.Text, nullable=False),
        sa.Column("code_system", sa.Text, nullable=False),
        sa.Column("topography", sa.Text, nullable=False),
        sa.Column("morphology", sa.Text, nullable=False),
        sa.Column("confirmation", sa.Text, nullable=False),
        sa.Column("diagnosis_date", sa.Text, nullable=True),
        sa.Column("row_version", sa.Integer, nullable=False, server_default="1"),
        sa.PrimaryKeyConstraint("patient_id", "icd10_code"),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.patient_id"]),
        sqlite_strict=True,
    )
    op.create_table(
        "consent",
        sa.Column("patient_id", sa.Text, nullable=False),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("consent_date", sa.Text, nullable=False),
        sa.Column("given", sa.Integer, sa.CheckConstraint("given IN (0, 1)"), nullable=False),
        sa.Column("form_version", sa.Text, nullable=False),
        sa.Column("row_version", sa.Integer, nullable=False, server_default="1"),
        sa.PrimaryKeyConstraint("patient_id", "purpose", "consent_date"),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.patient_id"]),
        sqlite_strict=True,
    )
    op.create_table(
        "trial_membership",
        sa.Column("patient_id", sa.Text, nullable=False),
        sa.Column("trial", sa.Text, nullable=False),
        sa.Column("arm", sa.Text, nullable=False),
        sa.Column("enrolment_date", sa.Text, nullable=True),
        sa.Column("randomisation_date", sa.Text, nullable=True),
        sa.Column("row_version", sa.Integer, nullable=False, server_default="1"),
        sa.PrimaryKeyConstraint("patient_id", "trial"),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.patient_id"]),
        sqlite_strict=True,
    )
    op.create_table(
        "eligibility_entry",
        sa.Column("patient_id", sa.Text, nullable=False),
        sa.Column("protocol", sa.Text, nullable=False),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("entry_date", sa.Text, nullable=False),
        sa.Column("answer", sa.Text, nullable=True),
        sa.Column("deviation", sa.Text, nullable=False),
        sa.Column("entered_by", sa.Text, nullable=False),
        sa.Column("row_version", sa.Integer, nullable=False, server_default="1"),
        sa.PrimaryKeyConstraint("patient_id", "protocol", "rule"),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.patient_id"]),
        sqlite_strict=True,
    )
    op.create_table(
        "procedure",
        sa.Column("patient_id", sa.Text, nullable=False),
        sa.Column("procedure_date", sa.Text, nullable=False),
        sa.Column("anaesthesia", sa.Text, nullable=True),
        sa.Column("approach", sa.Text, nullable=True),
        sa.Column("cement", sa.Text, nullable=True),
        sa.Column("cement_ml", _REAL, sa.CheckConstraint("cement_ml >= 0"), nullable=True),
        sa.Column("duration_min", _REAL, sa.CheckConstraint("duration_min > 0"), nullable=True),
        sa.Column("setting", sa.Text, nullable=True),
        sa.Column("row_version", sa.Integer, nullable=False, server_default="1"),
        sa.PrimaryKeyConstraint("patient_id", "procedure_date"),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.patient_id"]),
        sqlite_strict=True,
    )
    op.create_table(
        "neurological_status",
        sa.Column("patient_id", sa.Text, nullable=False),
        sa.Column("assessed_date", sa.Text, nullable=False),
        sa.Column("grade", sa.Text, nullable=False),
        sa.Column("scale", sa.Text, nullable=False),
        sa.Column("row_version", sa.Integer, nullable=False, server_default="1"),
        sa.PrimaryKeyConstraint("patient_id", "assessed_date"),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.patient_id"]),
        sqlite_strict=True,
    )
    op.create_table(
        "performance_status",
        sa.Column("patient_id", sa.Text, nullable=False),
        sa.Column("assessed_date", sa.Text, nullable=False),
        sa.Column(
            "karnofsky",
            sa.Integer,
            sa.CheckConstraint("karnofsky BETWEEN 0 AND 100"),
            nullable=True,
        ),
        sa.Column("ecog", sa.Integer, sa.CheckConstraint("ecog BETWEEN 0 AND 5"), nullable=True),
        sa.Column("row_version", sa.Integer, nullable=False, server_default="1"),
        sa.PrimaryKeyConstraint("patient_id", "assessed_date"),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.patient_id"]),
        sqlite_strict=True,
    )
    op.create_table(
        "systemic_therapy",
        sa.Column("patient_id", sa.Text, nullable=False),
        sa.Column("start_date", sa.Text, nullable=False),
        sa.Column("agent", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("end_date", sa.Text, nullable=True),
        sa.Column("row_version", sa.Integer, nullable=False, server_default="1"),
        sa.PrimaryKeyConstraint("patient_id", "start_date", "agent"),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.patient_id"]),
        sqlite_strict=True,
    )
    op.create_table(
        "withdrawal",
        sa.Column("patient_id", sa.Text, nullable=False),
        sa.Column("form", sa.Text, nullable=False),
        sa.Column("withdrawal_date", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("row_version", sa.Integer, nullable=False, server_default="1"),
        sa.PrimaryKeyConstraint("patient_id", "form"),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.patient_id"]),
        sqlite_strict=True,
    )
    op.create_table(
        "loss_to_follow_up",
        sa.Column("patient_id", sa.Text, nullable=False),
        sa.Column("loss_date", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("row_version", sa.Integer, nullable=False, server_default="1"),
        sa.PrimaryKeyConstraint("patient_id"),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.patient_id"]),
        sqlite_strict=True,
    )


def _make_tables_of_vertebrae() -> None:
    op.create_table(
        "baseline",
        sa.Column("patient_id", sa.Text, nullable=False),
        sa.Column("level", sa.Text, nullable=False),
        sa.Column("assessed_date", sa.Text, nullable=True),
        sa.Column("tomita_type", sa.Text, nullable=True),
        sa.Column("sins_pain", sa.Text, nullable=True),
        sa.Column("sins_lesion", sa.Text, nullable=True),
        sa.Column("sins_alignment", sa.Text, nullable=True),
        sa.Column("sins_collapse", sa.Text, nullable=True),
        sa.Column("sins_posterolateral", sa.Text, nullable=True),
        sa.Column(
            "sins_total",
            sa.Integer,
            sa.CheckConstraint("sins_total BETWEEN 0 AND 18"),
            nullable=True,
        ),
        sa.Column("escc", sa.Text, nullable=True),
        sa.Column("painful", sa.Integer, sa.CheckConstraint("painful IN (0, 1)"), nullable=True),
        sa.Column("unstable", sa.Integer, sa.CheckConstraint("unstable IN (0, 1)"), nullable=True),
        sa.Column("lesion_mm", _REAL, sa.CheckConstraint("lesion_mm > 0"), nullable=True),
        sa.Column("row_version", sa.Integer, nullable=False, server_default="1"),
        sa.PrimaryKeyConstraint("patient_id", "level"),
        sa.ForeignKeyConstraint(["patient_id", "level"], ["vertebra.patient_id", "vertebra.level"]),
        sqlite_strict=True,
    )
    op.create_table(
        "radiotherapy",
        sa.Column("patient_id", sa.Text, nullable=False),
        sa.Column("level", sa.Text, nullable=False),
        sa.Column("start_date", sa.Text, nullable=False),
        sa.Column("dose_gy", _REAL, sa.CheckConstraint("dose_gy > 0"), nullable=True),
        sa.Column("fractions", sa.Integer, sa.CheckConstraint("fractions >= 1"), nullable=True),
        sa.Column("technique", sa.Text, nullable=False),
        sa.Column("row_version", sa.Integer, nullable=False, server_default="1"),
        sa.PrimaryKeyConstraint("patient_id", "level", "start_date"),
        sa.ForeignKeyConstraint(["patient_id", "level"], ["vertebra.patient_id", "vertebra.level"]),
        sqlite_strict=True,
    )
    op.create_table(
        "delivery",
        sa.Column("patient_id", sa.Text, nullable=False),
        sa.Column("level", sa.Text, nullable=False),
        sa.Column(
            "delivered", sa.Integer, sa.CheckConstraint("delivered IN (0, 1)"), nullable=False
        ),
        sa.Column("not_delivered_reason", sa.Text, nullable=True),
        sa.Column("source_serial", sa.Text, nullable=False),
        sa.Column("applicator_serial", sa.Text, nullable=False),
        sa.Column("output_percent", _REAL, sa.CheckConstraint("output_percent > 0"), nullable=True),
        sa.Column(
            "isotropy_percent", _REAL, sa.CheckConstraint("isotropy_percent >= 0"), nullable=True
        ),
        sa.Column(
            "straightness_mm", _REAL, sa.CheckConstraint("straightness_mm >= 0"), nullable=True
        ),
        sa.Column("planned_s", _REAL, sa.CheckConstraint("planned_s > 0"), nullable=True),
        sa.Column("delivered_s", _REAL, sa.CheckConstraint("delivered_s >= 0"), nullable=True),
        sa.Column(
            "interrupted_at_s", _REAL, sa.CheckConstraint("interrupted_at_s >= 0"), nullable=True
        ),
        sa.Column("resumed", sa.Integer, sa.CheckConstraint("resumed IN (0, 1)"), nullable=True),
        sa.Column("pause_s", _REAL, sa.CheckConstraint("pause_s >= 0"), nullable=True),
        sa.Column("row_version", sa.Integer, nullable=False, server_default="1"),
        sa.PrimaryKeyConstraint("patient_id", "level"),
        sa.ForeignKeyConstraint(["patient_id", "level"], ["vertebra.patient_id", "vertebra.level"]),
        sqlite_strict=True,
    )
    op.create_table(
        "dose_summary",
        sa.Column("patient_id", sa.Text, nullable=False),
        sa.Column("level", sa.Text, nullable=False),
        sa.Column("procedure_date", sa.Text, nullable=False),
        sa.Column("dose_gy", _REAL, sa.CheckConstraint("dose_gy > 0"), nullable=False),
        sa.Column("distance_mm", _REAL, sa.CheckConstraint("distance_mm > 0"), nullable=False),
        sa.Column("distance_reference", sa.Text, nullable=False),
        sa.Column("reporting_quantity", sa.Text, nullable=False),
        sa.Column("calibration_dataset", sa.Text, nullable=False),
        sa.Column(
            "irradiation_time_s",
            _REAL,
            sa.CheckConstraint("irradiation_time_s > 0"),
            nullable=False,
        ),
        sa.Column("source_model", sa.Text, nullable=False),
        sa.Column("plan_hash", sa.Text, nullable=False),
        sa.Column("plan_date", sa.Text, nullable=False),
        sa.Column("engine_version", sa.Text, nullable=False),
        sa.Column("lesion_quantity", sa.Text, nullable=False),
        sa.Column("lesion_d90_gy", _REAL, sa.CheckConstraint("lesion_d90_gy >= 0"), nullable=True),
        sa.Column("lesion_d98_gy", _REAL, sa.CheckConstraint("lesion_d98_gy >= 0"), nullable=True),
        sa.Column(
            "lesion_dmean_gy", _REAL, sa.CheckConstraint("lesion_dmean_gy >= 0"), nullable=True
        ),
        sa.Column(
            "lesion_v100_percent",
            _REAL,
            sa.CheckConstraint("lesion_v100_percent BETWEEN 0 AND 100"),
            nullable=True,
        ),
        sa.Column("cord_quantity", sa.Text, nullable=False),
        sa.Column(
            "cord_d003cc_gy", _REAL, sa.CheckConstraint("cord_d003cc_gy >= 0"), nullable=True
        ),
        sa.Column("row_version", sa.Integer, nullable=False, server_default="1"),
        sa.PrimaryKeyConstraint("patient_id", "level"),
        sa.ForeignKeyConstraint(["patient_id", "level"], ["vertebra.patient_id", "vertebra.level"]),
        sqlite_strict=True,
    )
    op.create_table(
        "retreatment",
        sa.Column("patient_id", sa.Text, nullable=False),
        sa.Column("level", sa.Text, nullable=False),
        sa.Column("retreatment_date", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("row_version", sa.Integer, nullable=False, server_default="1"),
        sa.PrimaryKeyConstraint("patient_id", "level", "retreatment_date"),
        sa.ForeignKeyConstraint(["patient_id", "level"], ["vertebra.patient_id", "vertebra.level"]),
        sqlite_strict=True,
    )
