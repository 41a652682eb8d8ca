"""The tables as queries see them; `migrations` makes them."""

from typing import Any

from sqlalchemy import Column, Double, Integer, LargeBinary, MetaData, Table, Text
from sqlalchemy.types import TypeEngine

from kyphort.clinical.records import FieldKind
from kyphort.registry.place import VAULT_SCHEMA
from kyphort.registry.rows import SHAPES
from kyphort.registry.shapes import Shape, StoredField

metadata = MetaData()

ROW_VERSION = "row_version"
"""The column that counts the changes of a row, for those who change it at the same time."""

_TYPES: dict[type, TypeEngine[Any]] = {str: Text(), int: Integer(), float: Double()}

_PATIENT_ID = StoredField("patient_id", FieldKind.TEXT)

LOCK = Shape(
    "record_lock",
    (
        _PATIENT_ID,
        StoredField("record", FieldKind.TEXT),
        StoredField("record_key", FieldKind.TEXT),
    ),
    ("patient_id", "record", "record_key"),
)
"""A record that counts as clean; `record_key` is its key as JSON.

A lock of the record "patient" holds for all records of the patient.
"""
ERASURE = Shape("erasure", (_PATIENT_ID, StoredField("erased_on", FieldKind.DATE)), ("patient_id",))
"""A pseudonym whose records and key were destroyed; it is never given again."""
IDENTITY = Shape(
    "identity",
    (
        _PATIENT_ID,
        StoredField("family_name", FieldKind.TEXT, optional=True),
        StoredField("given_name", FieldKind.TEXT, optional=True),
        StoredField("birth_date", FieldKind.DATE, optional=True),
        StoredField("hospital_number", FieldKind.TEXT, optional=True),
        StoredField("contact", FieldKind.TEXT, optional=True),
    ),
    ("patient_id",),
    ("patient",),
)
"""Who a patient is; it lives in the vault and nowhere else."""

ALL_SHAPES = {**SHAPES, **{one.name: one for one in (LOCK, ERASURE, IDENTITY)}}
"""Everything that a change can be about, an owner before what it owns."""


def _table(shape: Shape, schema: str | None = None) -> Table:
    columns = [
        Column(
            one.name,
            _TYPES[one.stored],
            primary_key=one.name in shape.key,
            nullable=one.optional,
            autoincrement=False,
        )
        for one in shape.fields
    ]
    return Table(
        shape.name,
        metadata,
        *columns,
        Column(ROW_VERSION, Integer, nullable=False),
        schema=schema,
    )


TABLES = {
    name: _table(shape, VAULT_SCHEMA if name == "identity" else None)
    for name, shape in ALL_SHAPES.items()
}

audit = Table(
    "audit",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("record", Text, nullable=False),
    Column("patient_id", Text, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("hash", Text, nullable=False),
)
head = Table(
    "audit_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("registry_id", Text, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("hash", Text, nullable=False),
)
patient_key = Table(
    "patient_key",
    metadata,
    Column("patient_id", Text, primary_key=True),
    Column("secret", LargeBinary, nullable=False),
    schema=VAULT_SCHEMA,
)
anchor = Table(
    "anchor",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("registry_id", Text, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("hash", Text, nullable=False),
    schema=VAULT_SCHEMA,
)
