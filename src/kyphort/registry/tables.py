"""The tables as queries see them; `migrations` makes them."""

from sqlalchemy import Column, Double, Integer, LargeBinary, MetaData, Table, Text
from sqlalchemy.types import TypeEngine

from kyphort.registry.place import VAULT_SCHEMA
from kyphort.registry.rows import SHAPES
from kyphort.registry.shapes import Shape, stored_fields
from kyphort.registry.values import Erasure, Identity, Lock

metadata = MetaData()

ROW_VERSION = "row_version"
"""The column that counts the changes of a row, for those who change it at the same time."""

_TYPES: dict[type, TypeEngine[object]] = {str: Text(), int: Integer(), float: Double()}

LOCK = Shape("record_lock", stored_fields(Lock), ("patient_id", "record", "record_key"))
ERASURE = Shape("erasure", stored_fields(Erasure), ("patient_id",))
IDENTITY = Shape("identity", stored_fields(Identity), ("patient_id",))

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
