"""Reading a specification: one TOML file, each entry checked where it stands."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TypeVar

from kyphort.errors import InvalidDataError, UnknownPublicationError
from kyphort.published.specification.curves import read_curve
from kyphort.published.specification.fields import (
    count,
    optional_count,
    optional_printed,
    printed,
    refuse_unknown,
)
from kyphort.published.specification.printed import Printed
from kyphort.published.specification.sense import check_sense
from kyphort.published.specification.values import (
    DAYS_IN,
    Column,
    CrossTable,
    DatasetFacts,
    Endpoint,
    Group,
    HazardRatio,
    Known,
    LogRank,
    Mean,
    Partition,
    Population,
    RowUnit,
    Share,
    Specification,
    TableRow,
    TimeSummary,
    WholeNumbers,
)
from kyphort.published.toml_fields import Fields, Table, read_table

SCHEMA = "kyphort-specification/1"
FILE_NAME = "specification.toml"
TEMPLATE = "template.toml"
_HEAD = ("schema", "id", "title", "citation", "doi", "note", "time_unit", "population", "dataset")
_LISTS = (
    *("group", "endpoint", "curve", "time_summary", "logrank", "hazard_ratio", "known", "table"),
    *("share", "partition", "mean", "whole_numbers"),
)
_Entry = TypeVar("_Entry")


def specifications() -> tuple[str, ...]:
    """Return the ids of the specifications that kyphort carries, in alphabetical order.

    Examples
    --------
    >>> "bludau2020" in specifications()
    True
    """
    package = resources.files("kyphort.published")
    return tuple(
        sorted(
            one.name for one in package.iterdir() if one.is_dir() and (one / FILE_NAME).is_file()
        )
    )


def find_specification(name: str | Path) -> Specification:
    """Read a specification from a file, or one that kyphort carries by its id.

    Raises
    ------
    UnknownPublicationError
        When there is neither a file nor a specification of that name.
    InvalidDataError
        When an entry is incomplete, unknown or cannot be right; the message names it.

    Examples
    --------
    >>> find_specification("bludau2020").population.units
    143
    """
    path = Path(name)
    if path.is_file():
        return read_specification(path)
    if str(name) in specifications():
        return read_specification(resources.files("kyphort.published") / str(name) / FILE_NAME)
    raise UnknownPublicationError(
        f"There is no specification '{name}': no such file, and kyphort carries "
        f"{', '.join(specifications())}. Correct the name, or write a template with "
        "'kyphort paper new'."
    )


def template_text() -> str:
    """Return the commented template of a specification."""
    return (resources.files(__package__) / TEMPLATE).read_text(encoding="utf-8")


def read_specification(file: Traversable) -> Specification:
    """Read and check the specification in a TOML file.

    Raises
    ------
    InvalidDataError
        When an entry is incomplete, unknown or cannot be right: groups larger than the whole, more
        events than members, landmarks that rise. The message names the file and the entry.
    """
    try:
        head = Fields(read_table(file), file.name).allow(*_HEAD, *_LISTS)
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidDataError(
            f"{file.name} cannot be read ({error}). Give a TOML file in UTF-8."
        ) from error
    _check_schema(head)
    specification = Specification(
        id=head.text("id"),
        title=head.text("title"),
        citation=head.optional_text("citation"),
        doi=head.optional_text("doi"),
        note=head.optional_text("note"),
        time_unit=_time_unit(head),
        population=_population(head),
        groups=_all(head, "group", _group),
        endpoints=_all(head, "endpoint", _endpoint),
        curves=(),
        time_summaries=_all(head, "time_summary", _time_summary),
        logranks=_all(head, "logrank", _logrank),
        hazard_ratios=_all(head, "hazard_ratio", _hazard_ratio),
        known=(),
        tables=_all(head, "table", _table),
        shares=_all(head, "share", _share),
        partitions=_all(head, "partition", _partition),
        means=_all(head, "mean", _mean),
        whole_numbers=_all(head, "whole_numbers", _whole_numbers),
        dataset=_dataset(head),
    )
    return check_sense(head, _with_sized_entries(head, specification))


def _with_sized_entries(head: Fields, read: Specification) -> Specification:
    """Add what needs the groups and endpoints: curves and known members."""
    refuse_unknown(head, read)
    curves = _all(head, "curve", lambda fields: read_curve(fields, read))
    known = _all(head, "known", lambda fields: _known(fields, read))
    return replace(read, curves=curves, known=known)


def _all(head: Fields, kind: str, read: Callable[[Fields], _Entry]) -> tuple[_Entry, ...]:
    tables = head.tables(kind)
    _refuse_repeats(head, kind, tables)
    return tuple(
        read(Fields(table, f"{head.entry}, {kind} {_label(table, position)}"))
        for position, table in enumerate(tables, start=1)
    )


def _label(table: Table, position: int) -> str:
    found = table.get("id")
    return f"'{found}'" if isinstance(found, str) else str(position)


def _refuse_repeats(head: Fields, kind: str, tables: Iterable[Table]) -> None:
    ids = Counter(table["id"] for table in tables if isinstance(table.get("id"), str))
    repeated = [one for one, times in ids.items() if times > 1]
    if repeated:
        raise head.error(
            f"the {kind} id '{repeated[0]}' appears more than once", "Rename or remove one."
        )


def _check_schema(head: Fields) -> None:
    if head.text("schema") != SCHEMA:
        raise head.error(f"schema is '{head.text('schema')}'", f"Allowed: {SCHEMA}.")


def _time_unit(head: Fields) -> str:
    unit = head.text("time_unit")
    if unit not in DAYS_IN:
        raise head.error(f"time_unit is '{unit}'", f"Allowed: {', '.join(DAYS_IN)}.")
    return unit


def _population(head: Fields) -> Population:
    fields = Fields(head.required("population", dict), f"{head.entry}, population")
    fields.allow("patients", "units", "unit_name", "units_per_patient", "maximum_units_per_patient")
    patients = count(fields, "patients", at_least=1)
    units = count(fields, "units", at_least=1) if fields.has("units") else patients
    sizes = _units_per_patient(fields)
    largest = max([size for size, _ in sizes], default=1 if units == patients else 3)
    if fields.has("maximum_units_per_patient"):
        largest = count(fields, "maximum_units_per_patient", at_least=1)
    return Population(
        patients,
        units,
        fields.optional_text("unit_name") or "unit",
        sizes,
        largest,
    )


def _units_per_patient(fields: Fields) -> tuple[tuple[int, int], ...]:
    if not fields.has("units_per_patient"):
        return ()
    table = fields.required("units_per_patient", dict)
    inner = Fields(table, f"{fields.entry}, units_per_patient")
    if not all(size.isdigit() and int(size) > 0 for size in table):
        raise inner.error(
            f"the sizes are {', '.join(table)}", "Allowed: 1 = patients, 2 = patients, …"
        )
    return tuple(sorted((int(size), count(inner, size)) for size in table))


def _group(fields: Fields) -> Group:
    fields.allow("id", "label", "partition", "unit", "n", "column")
    return Group(
        id=fields.text("id"),
        label=fields.optional_text("label") or fields.text("id"),
        partition=fields.optional_text("partition") or "groups",
        unit=_unit(fields),
        n=count(fields, "n", at_least=1),
        column=_column(fields),
    )


def _unit(fields: Fields) -> RowUnit:
    return fields.choice("unit", RowUnit) if fields.has("unit") else RowUnit.PATIENT


def _column(fields: Fields) -> Column:
    return fields.choice("column", Column) if fields.has("column") else Column.NONE


def _endpoint(fields: Fields) -> Endpoint:
    fields.allow(
        "id", "label", "unit", "event", "censored_by", "maximum_events_per_patient", "is_death"
    )
    return Endpoint(
        id=fields.text("id"),
        label=fields.optional_text("label") or fields.text("id"),
        unit=_unit(fields),
        event=fields.optional_text("event") or "event",
        censored_by=fields.optional_text("censored_by"),
        maximum_events_per_patient=optional_count(fields, "maximum_events_per_patient") or 0,
        is_death=fields.required("is_death", bool) if fields.has("is_death") else False,
    )


def _time_summary(fields: Fields) -> TimeSummary:
    fields.allow("id", "endpoint", "of", "median", "minimum", "maximum")
    of = fields.text("of")
    if of not in ("events", "follow_up"):
        raise fields.error(f"field 'of' is '{of}'", "Allowed: events, follow_up.")
    return TimeSummary(
        fields.text("id"),
        fields.text("endpoint"),
        of,
        optional_printed(fields, "median"),
        optional_printed(fields, "minimum"),
        optional_printed(fields, "maximum"),
    )


def _logrank(fields: Fields) -> LogRank:
    fields.allow("id", "endpoint", "groups", "p")
    return LogRank(fields.text("id"), fields.text("endpoint"), fields.texts("groups"), _p(fields))


_NOT_SIGNIFICANT = ("ns", "n.s.", "not significant")


def _p(fields: Fields) -> Printed:
    """Return a printed p-value; "NS" is one above 0.05."""
    value = fields.value("p")
    if isinstance(value, str) and value.strip().lower() in _NOT_SIGNIFICANT:
        return Printed(">0.05")
    return printed(fields, "p")


def _hazard_ratio(fields: Fields) -> HazardRatio:
    fields.allow("id", "endpoint", "group", "reference", "value", "lower", "upper")
    return HazardRatio(
        fields.text("id"),
        fields.text("endpoint"),
        fields.text("group"),
        fields.text("reference"),
        printed(fields, "value"),
        optional_printed(fields, "lower"),
        optional_printed(fields, "upper"),
    )


def _known(fields: Fields, read: Specification) -> Known:
    fields.allow("id", "group", "endpoint", "time", "unit", "died", "note", "exact")
    unit = fields.optional_text("unit") or read.time_unit
    if unit not in DAYS_IN:
        raise fields.error(f"field 'unit' is '{unit}'", f"Allowed: {', '.join(DAYS_IN)}.")
    time, scale = printed(fields, "time"), DAYS_IN[unit] / DAYS_IN[read.time_unit]
    exact = fields.required("exact", bool) if fields.has("exact") else False
    low, high = (time.value, time.value) if exact else (time.low, time.high)
    return Known(
        fields.text("id"),
        fields.text("group"),
        fields.text("endpoint"),
        time,
        (low * scale, high * scale),
        fields.required("died", bool),
    )


def _table(fields: Fields) -> CrossTable:
    fields.allow("id", "label", "unit", "column", "row", "endpoint")
    return CrossTable(
        id=fields.text("id"),
        label=fields.optional_text("label") or fields.text("id"),
        unit=_unit(fields),
        column=_column(fields),
        rows=tuple(
            _table_row(Fields(table, f"{fields.entry}, row {position}"))
            for position, table in enumerate(fields.tables("row"), start=1)
        ),
        endpoint=fields.optional_text("endpoint"),
    )


_SHARES = ("patients_percent", "units_percent", "events_percent")


def _table_row(fields: Fields) -> TableRow:
    fields.allow("label", "patients", "units", "events", *_SHARES, "note")
    shares = tuple(
        (name.removesuffix("_percent"), printed(fields, name))
        for name in _SHARES
        if fields.has(name)
    )
    return TableRow(
        fields.text("label"),
        optional_count(fields, "patients"),
        optional_count(fields, "units"),
        optional_count(fields, "events"),
        shares,
    )


def _share(fields: Fields) -> Share:
    fields.allow("id", "printed", "count", "total", "erratum")
    return Share(
        fields.text("id"),
        printed(fields, "printed"),
        count(fields, "total", at_least=1),
        optional_count(fields, "count"),
        fields.optional_text("erratum"),
    )


def _partition(fields: Fields) -> Partition:
    fields.allow("id", "shares", "counts", "total", "erratum")
    counts = fields.required("counts", list) if fields.has("counts") else []
    if not all(type(one) is int and one >= 0 for one in counts):
        raise fields.error(f"field 'counts' is {counts!r}", "Allowed: whole numbers, 0 or more.")
    return Partition(
        fields.text("id"),
        fields.texts("shares") if fields.has("shares") else (),
        tuple(counts),
        count(fields, "total"),
        fields.optional_text("erratum"),
    )


def _mean(fields: Fields) -> Mean:
    fields.allow("id", "mean", "n", "items", "sd", "erratum")
    return Mean(
        fields.text("id"),
        printed(fields, "mean"),
        count(fields, "n", at_least=1),
        optional_count(fields, "items") or 1,
        optional_printed(fields, "sd"),
        fields.optional_text("erratum"),
    )


def _whole_numbers(fields: Fields) -> WholeNumbers:
    fields.allow("id", "n", "median", "minimum", "maximum", "column", "erratum")
    return WholeNumbers(
        fields.text("id"),
        count(fields, "n", at_least=1),
        printed(fields, "median"),
        optional_count(fields, "minimum"),
        optional_count(fields, "maximum"),
        _column(fields),
        fields.optional_text("erratum"),
    )


def _dataset(head: Fields) -> DatasetFacts:
    table = head.required("dataset", dict) if head.has("dataset") else {}
    fields = Fields(table, f"{head.entry}, dataset")
    fields.allow(
        "first_year", "last_year", "dose_gy", "distance_mm", "distance_reference", "entity"
    )
    first = optional_count(fields, "first_year") or 2000
    last = optional_count(fields, "last_year") or first + 40
    if last < first:
        raise fields.error(f"last_year {last} is before first_year {first}", "Exchange them.")
    return DatasetFacts(
        first,
        last,
        fields.number("dose_gy") if fields.has("dose_gy") else 8.0,
        fields.number("distance_mm") if fields.has("distance_mm") else 8.0,
        fields.optional_text("distance_reference") or "unspecified",
        fields.optional_text("entity") or "unknown",
    )
