"""The tables of the registry: one for each noun of `kyphort.clinical`."""

from enum import StrEnum

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    MetaData,
    Table,
    Text,
)

from kyphort.clinical import (
    DistanceReference,
    Finding,
    LocalStatus,
    Modality,
    Relatedness,
    ReportingQuantity,
    Sex,
    SpinalLevel,
    VisitKind,
)
from kyphort.registry.types import Coded, IsoDate, Real, YesNo

SQLITE_APPLICATION_ID = 0x6B796F72
"""Marks an SQLite file as a kyphort registry ("kyor" in ASCII)."""

SCHEMA_VERSION = 1
"""Version of the tables below, kept as SQLite's user_version."""

metadata = MetaData()


def _coded(name: str, codes: type[StrEnum], *, primary_key: bool = False) -> Column[StrEnum]:
    return Column(name, Coded(codes), primary_key=primary_key, nullable=False)


dataset = Table(
    "dataset",
    metadata,
    Column("id", Integer, CheckConstraint("id = 1"), primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    Column("data_cut_off", IsoDate, nullable=False),
    Column("synthetic", YesNo, CheckConstraint("synthetic IN (0, 1)"), nullable=False),
    Column("provenance", Text, nullable=False),
    sqlite_strict=True,
)

patient = Table(
    "patient",
    metadata,
    Column("patient_id", Text, primary_key=True),
    _coded("sex", Sex),
    Column("age_years", Integer, CheckConstraint("age_years BETWEEN 0 AND 120"), nullable=False),
    Column("entity", Text, nullable=False),
    Column("last_contact_date", IsoDate, nullable=False),
    Column("death_date", IsoDate),
    _coded("death_relatedness", Relatedness),
    sqlite_strict=True,
)

vertebra = Table(
    "vertebra",
    metadata,
    Column("patient_id", Text, ForeignKey("patient.patient_id"), primary_key=True),
    _coded("level", SpinalLevel, primary_key=True),
    Column("procedure_date", IsoDate, nullable=False),
    Column("dose_gy", Real, CheckConstraint("dose_gy > 0"), nullable=False),
    Column("distance_mm", Real, CheckConstraint("distance_mm > 0"), nullable=False),
    _coded("distance_reference", DistanceReference),
    _coded("reporting_quantity", ReportingQuantity),
    Column("calibration_dataset", Text, nullable=False),
    Column("preexisting_fracture", YesNo),
    Column("retreatment_date", IsoDate),
    sqlite_strict=True,
)

visit = Table(
    "visit",
    metadata,
    Column("patient_id", Text, ForeignKey("patient.patient_id"), primary_key=True),
    Column("visit_date", IsoDate, primary_key=True),
    _coded("kind", VisitKind),
    _coded("modality", Modality),
    Column("pain_nrs", Real, CheckConstraint("pain_nrs BETWEEN 0 AND 10")),
    Column("omed_mg", Real, CheckConstraint("omed_mg >= 0")),
    sqlite_strict=True,
)

assessment = Table(
    "assessment",
    metadata,
    Column("patient_id", Text, primary_key=True),
    Column("visit_date", IsoDate, primary_key=True),
    _coded("level", SpinalLevel, primary_key=True),
    Column("reader", Text, primary_key=True),
    _coded("local_status", LocalStatus),
    _coded("new_fracture", Finding),
    _coded("adjacent_fracture", Finding),
    _coded("epidural_status", LocalStatus),
    _coded("adjacent_status", LocalStatus),
    ForeignKeyConstraint(["patient_id", "visit_date"], ["visit.patient_id", "visit.visit_date"]),
    ForeignKeyConstraint(["patient_id", "level"], ["vertebra.patient_id", "vertebra.level"]),
    sqlite_strict=True,
)

adverse_event = Table(
    "adverse_event",
    metadata,
    Column("patient_id", Text, ForeignKey("patient.patient_id"), primary_key=True),
    Column("onset_date", IsoDate, primary_key=True),
    Column("term", Text, primary_key=True),
    Column("ctcae_grade", Integer, CheckConstraint("ctcae_grade BETWEEN 1 AND 5"), nullable=False),
    Column("ctcae_version", Text, nullable=False),
    Column("serious", YesNo, nullable=False),
    _coded("relatedness", Relatedness),
    Column("resolved_date", IsoDate),
    sqlite_strict=True,
)
