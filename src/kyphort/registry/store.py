"""The registry file: a cohort in, the same cohort out."""

import os
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from sqlalchemy import (
    URL,
    Connection,
    Engine,
    Table,
    create_engine,
    event,
    insert,
    select,
    text,
)
from sqlalchemy.exc import SQLAlchemyError

from kyphort.clinical import Cohort
from kyphort.errors import OutputError, RegistryError
from kyphort.registry import rows, schema


def create_registry(path: Path, cohort: Cohort) -> None:
    """Write `cohort` into a new SQLite registry file at `path`.

    The file appears complete or not at all.

    Raises
    ------
    OutputError
        When `path` exists already, or its folder cannot be written to.

    Examples
    --------
    >>> import datetime as dt, tempfile
    >>> from pathlib import Path
    >>> from kyphort.clinical import *
    >>> day = dt.date(2015, 7, 4)
    >>> cohort = Cohort(
    ...     "one patient", dt.date(2019, 12, 31), True, "made up for this example",
    ...     (Patient("A", Sex.FEMALE, 61, "Breast cancer", dt.date(2016, 7, 4)),),
    ...     (TreatedVertebra("A", SpinalLevel.T12, day, Prescription(8, 13)),),
    ... )
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     create_registry(Path(folder) / "registry.db", cohort)
    ...     read_registry(Path(folder) / "registry.db") == cohort
    True
    """
    if path.exists():
        raise OutputError(
            f"{path} exists already. A new registry does not overwrite a file: choose another "
            "name or remove the file."
        )
    try:
        handle, partial = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError as error:
        raise OutputError(
            f"The folder {path.parent} cannot be written to ({error.strerror}). Choose another "
            "folder for the registry."
        ) from error
    os.close(handle)
    try:
        _write(Path(partial), cohort)
        Path(partial).replace(path)
    finally:
        Path(partial).unlink(missing_ok=True)


def read_registry(path: Path) -> Cohort:
    """Read the cohort that the registry file at `path` holds.

    Raises
    ------
    RegistryError
        When there is no such file, it is not a kyphort registry, or it was made by another
        version of the tables.
    InvalidDataError
        When rows of the file contradict each other.
    """
    _check_is_registry(path)
    engine = _engine(path)
    try:
        with engine.connect() as connection:
            return _read_cohort(connection, path)
    except SQLAlchemyError as error:
        raise RegistryError(
            f"{path} is a kyphort registry but cannot be read ({error.__class__.__name__}). "
            "Restore it from a backup."
        ) from error
    finally:
        engine.dispose()


def _engine(path: Path) -> Engine:
    engine = create_engine(URL.create("sqlite", database=str(path)))
    event.listen(engine, "connect", _enforce_foreign_keys)
    return engine


def _enforce_foreign_keys(connection: sqlite3.Connection, _record: object) -> None:
    connection.execute("PRAGMA foreign_keys = ON")


def _write(path: Path, cohort: Cohort) -> None:
    engine = _engine(path)
    try:
        with engine.begin() as connection:
            connection.execute(text(f"PRAGMA application_id = {schema.SQLITE_APPLICATION_ID}"))
            connection.execute(text(f"PRAGMA user_version = {schema.SCHEMA_VERSION}"))
            schema.metadata.create_all(connection)
            for table, values in _tables_of(cohort):
                if values:
                    connection.execute(insert(table), values)
    except (SQLAlchemyError, UnicodeEncodeError) as error:
        raise OutputError(
            f"The registry {path} cannot be written ({error.__class__.__name__}). Check the free "
            "space and the rights of the folder."
        ) from error
    finally:
        engine.dispose()


def _tables_of(cohort: Cohort) -> tuple[tuple[Table, list[rows.Row]], ...]:
    return (
        (schema.dataset, [rows.dataset_row(cohort)]),
        (schema.patient, rows.patient_rows(cohort)),
        (schema.vertebra, rows.vertebra_rows(cohort)),
        (schema.visit, rows.visit_rows(cohort)),
        (schema.assessment, rows.assessment_rows(cohort)),
        (schema.adverse_event, rows.adverse_event_rows(cohort)),
    )


def _check_is_registry(path: Path) -> None:
    if not path.is_file():
        raise RegistryError(
            f"There is no registry file {path}. Give the path of a file that kyphort has made."
        )
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            application = connection.execute("PRAGMA application_id").fetchone()[0]
            version = connection.execute("PRAGMA user_version").fetchone()[0]
    except sqlite3.Error as error:
        raise RegistryError(
            f"{path} is not a kyphort registry ({error}). Give a file that kyphort has made."
        ) from error
    if application != schema.SQLITE_APPLICATION_ID:
        raise RegistryError(
            f"{path} is not a kyphort registry: its SQLite application id is {application}. "
            "Give a file that kyphort has made."
        )
    if version != schema.SCHEMA_VERSION:
        raise RegistryError(
            f"{path} has tables of version {version}; this kyphort reads version "
            f"{schema.SCHEMA_VERSION}. Use the kyphort that made it."
        )


def _read_cohort(connection: Connection, path: Path) -> Cohort:
    described = connection.execute(select(schema.dataset)).mappings().one_or_none()
    if described is None:
        raise RegistryError(
            f"{path} holds no data set: the table 'dataset' is empty. Restore it from a backup."
        )
    return Cohort(
        name=described["name"],
        data_cut_off=described["data_cut_off"],
        synthetic=described["synthetic"],
        provenance=described["provenance"],
        patients=rows.patients(_all(connection, schema.patient)),
        vertebrae=rows.vertebrae(_all(connection, schema.vertebra)),
        visits=rows.visits(_all(connection, schema.visit), _all(connection, schema.assessment)),
        adverse_events=rows.adverse_events(_all(connection, schema.adverse_event)),
    )


def _all(connection: Connection, table: Table) -> list[rows.Row]:
    names = table.columns.keys()
    ordered = select(table).order_by(*table.primary_key.columns)
    return [dict(zip(names, row, strict=True)) for row in connection.execute(ordered)]
