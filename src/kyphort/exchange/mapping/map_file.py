"""The mapping file: how rows of a source become rows of a data set, as TOML."""

import dataclasses
import datetime as dt
import difflib
import tomllib
from collections.abc import Iterable, Iterator
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kyphort.errors import FaultyDataError, InvalidDataError
from kyphort.exchange.csv_set.columns import CSV_FILES, CsvFile
from kyphort.exchange.csv_set.decoding import read_text
from kyphort.exchange.mapping.source_dates import SOURCE_DATE_FORMATS, SourceDates
from kyphort.wording import counted

MAP_VERSION = 1
SOURCES = ("redcap", "statistics_file")
_FILES = {one.name: one for one in CSV_FILES}
_DATASET = {"name": str, "data_cut_off": dt.date, "synthetic": bool, "provenance": str}
_READING = ("date_format", "two_digit_years_from", "missing_codes")
_ROWS = ("file", "form", "events", "repeating", "when", "distinct", "add_to", "columns")
_WAYS = ("field", "value", "first_of", "age_between", "checked")
_OPTIONS = ("codes", "date_format", "two_digit_years_from", "times", "instance_of", "from_record")

FILLED = "filled"
EMPTY = "empty"


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """Where the cells of one column come from: exactly one of five ways, with options.

    `field` copies a field; `value` is a constant; `first_of` is the first field that is filled;
    `age_between` the completed years between two dates; `checked` the code whose box is checked.
    `codes` replaces values, `times` multiplies, `instance_of` follows the number of an instance to
    a field of it ("vertebrae.level"), `from_record` looks for the field in the record's other rows.
    """

    column: str
    field: str = ""
    value: str = ""
    first_of: tuple[str, ...] = ()
    age_between: tuple[str, ...] = ()
    checked: MappingOf[str, str] = dataclasses.field(default_factory=dict)
    codes: MappingOf[str, str] = dataclasses.field(default_factory=dict)
    dates: SourceDates | None = None
    times: float | None = None
    instance_of: str = ""
    from_record: bool = False

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields of the source that are read."""
        own = (self.field,) if self.field else ()
        return (*own, *self.first_of, *self.age_between, *self.checked)


@dataclass(frozen=True, slots=True)
class RowsMap:
    """Which rows of the source make rows of one file, and from what.

    `form` is the instrument or file that is read, `events` the events (all when empty), `when` what
    its fields must hold. `repeating` says whether the form repeats, None when nobody knows.
    `distinct` makes one row of all with the same values in these columns; `add_to` fills the row
    that another block made with the same values in these columns, or makes one.
    """

    file: str
    columns: tuple[ColumnMap, ...]
    form: str = ""
    events: tuple[str, ...] = ()
    repeating: bool | None = None
    when: MappingOf[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)
    distinct: tuple[str, ...] = ()
    add_to: tuple[str, ...] = ()

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields of the source that are read, each once."""
        read = [name for one in self.columns for name in one.fields]
        return tuple(dict.fromkeys((*read, *self.when)))


@dataclass(frozen=True, slots=True)
class Mapping:
    """A whole mapping file; `dataset` is what `dataset.toml` will say."""

    source: str
    dataset: MappingOf[str, Any]
    rows: tuple[RowsMap, ...]
    dates: SourceDates
    missing_codes: frozenset[str] = frozenset()
    name: str = "map.toml"

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields of the source that are read, each once."""
        return tuple(dict.fromkeys(name for one in self.rows for name in one.fields))


def read_mapping(path: Path) -> Mapping:
    """Read a mapping file.

    Raises
    ------
    FaultyDataError
        When something is wrong with it: every fault has its line, all of them at once.
    InvalidDataError
        When there is no such file, or it is no TOML.
    """
    text = read_text(path)
    if text.content is None:
        raise InvalidDataError(
            f"The map {path} cannot be used: {text.findings[0].message} Give the file of a map; "
            "kyphort map new makes one."
        )
    try:
        content = tomllib.loads(text.content.replace("\r\n", "\n"))
    except (ValueError, RecursionError) as error:
        raise InvalidDataError(
            f"{path.name}: not valid TOML ({error}). Correct the file, or begin anew with: "
            "kyphort map new"
        ) from error
    reading = _Reading(path.name)
    mapping = reading.mapping(content)
    if reading.faults:
        raise FaultyDataError(
            f"{path.name} has {counted(len(reading.faults), 'fault')}: nothing was imported. Mend "
            f"the map and check it with: kyphort map check {path}",
            tuple(reading.faults),
        )
    return mapping


class _Reading:
    """Reads the parts of one file and keeps every fault with its place."""

    def __init__(self, name: str) -> None:
        self._name = name
        self.faults: list[str] = []

    def _fault(self, place: str, message: str) -> None:
        self.faults.append(f"{self._name}, {place}: {message}")

    def mapping(self, content: dict[str, Any]) -> Mapping:
        self._unknown("the file", content, ("kyphort_map", "source", "dataset", "reading", "rows"))
        if content.get("kyphort_map") != MAP_VERSION:
            self._fault("kyphort_map", f"not a map that this version reads. Write {MAP_VERSION}.")
        if content.get("source") not in SOURCES:
            self._fault("source", f"Allowed: {', '.join(SOURCES)}. Write the kind of the source.")
        reading = self._table("reading", content.get("reading", {}))
        self._unknown("reading", reading, _READING)
        return Mapping(
            str(content.get("source")),
            self._dataset(content.get("dataset", {})),
            tuple(self._all_rows(content.get("rows", []))),
            self._dates("reading", reading) or SourceDates(),
            frozenset(self._words("reading.missing_codes", reading.get("missing_codes", []))),
            self._name,
        )

    def _table(self, place: str, found: object) -> dict[str, Any]:
        if isinstance(found, dict):
            return found
        self._fault(place, "not a table. Write it as [name] with entries below.")
        return {}

    def _unknown(self, place: str, found: Iterable[str], known: Iterable[str]) -> None:
        names = list(known)
        for name in found:
            if name not in names:
                near = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
                guess = f" Did you mean '{near[0]}'?" if near else f" Allowed: {', '.join(names)}."
                self._fault(place, f"'{name}' is no entry of it.{guess} Rename or remove it.")

    def _dataset(self, found: object) -> dict[str, Any]:
        dataset = self._table("dataset", found)
        self._unknown("dataset", dataset, _DATASET)
        for name, kind in _DATASET.items():
            value = dataset.get(name)
            if isinstance(value, str) and kind is dt.date:
                dataset[name] = value = self._day(value)
            if not isinstance(value, kind) or value == "":
                self._fault(f"dataset.{name}", f"missing or not allowed. {_EXAMPLES[name]}")
        return dataset

    @staticmethod
    def _day(text: str) -> dt.date | None:
        try:
            return dt.date.fromisoformat(text)
        except ValueError:
            return None

    def _words(self, place: str, found: object) -> tuple[str, ...]:
        if isinstance(found, str | int | float) and not isinstance(found, bool):
            return (str(found),)
        if isinstance(found, list) and all(isinstance(one, str | int | float) for one in found):
            return tuple(map(str, found))
        self._fault(place, 'not a list of texts. Write it as ["1", "2"].')
        return ()

    def _dates(self, place: str, found: dict[str, Any]) -> SourceDates | None:
        if not {"date_format", "two_digit_years_from"} & found.keys():
            return None
        name = found.get("date_format", "YYYY-MM-DD")
        pivot = found.get("two_digit_years_from")
        if name not in SOURCE_DATE_FORMATS:
            allowed = ", ".join(SOURCE_DATE_FORMATS)
            self._fault(f"{place}.date_format", f"'{name}' is no format. Allowed: {allowed}.")
            return None
        if pivot is not None and not (isinstance(pivot, int) and 1900 <= pivot <= 2000):
            self._fault(
                f"{place}.two_digit_years_from",
                f"'{pivot}' is no year from 1900 to 2000. Write the first of the hundred years "
                "that two digits can mean, for example 1930.",
            )
            return None
        if "YYYY" not in name and "YY" in name and pivot is None:
            self._fault(
                f"{place}.date_format",
                f"{name} has two digits for the year, so the century is open. Write "
                "two_digit_years_from, the first of the hundred years meant, for example 1930.",
            )
            return None
        return SourceDates(name, pivot)

    def _all_rows(self, found: object) -> Iterator[RowsMap]:
        if not isinstance(found, list) or not found:
            self._fault("rows", "no [[rows]] block: nothing would be imported. Add one.")
            return
        for number, block in enumerate(found, start=1):
            made = self._rows(f"rows block {number}", self._table(f"rows block {number}", block))
            if made is not None:
                yield made

    def _rows(self, place: str, block: dict[str, Any]) -> RowsMap | None:
        self._unknown(place, block, _ROWS)
        file = _FILES.get(str(block.get("file")))
        if file is None:
            self._fault(
                place, f"file '{block.get('file')}' is none of a data set. {_allowed_files()}"
            )
            return None
        place = f"{place} ({file.name})"
        columns = self._table(f"{place}, columns", block.get("columns", {}))
        self._unknown(f"{place}, columns", columns, file.by_name)
        when = self._table(f"{place}, when", block.get("when", {}))
        keys: dict[str, tuple[str, ...]] = {}
        for name in ("distinct", "add_to"):
            keys[name] = self._words(f"{place}, {name}", block.get(name, []))
            self._unknown(f"{place}, {name}", keys[name], columns)
        return RowsMap(
            file.name,
            tuple(self._columns(place, file, columns)),
            str(block.get("form", "")),
            self._words(f"{place}, events", block.get("events", [])),
            self._flag(f"{place}, repeating", block.get("repeating")),
            {name: self._words(f"{place}, when.{name}", value) for name, value in when.items()},
            keys["distinct"],
            keys["add_to"],
        )

    def _flag(self, place: str, found: object) -> bool | None:
        if found is None or isinstance(found, bool):
            return found
        self._fault(place, "neither true nor false. Write one of them.")
        return None

    def _columns(self, place: str, file: CsvFile, columns: dict[str, Any]) -> Iterator[ColumnMap]:
        if not columns:
            self._fault(place, "no columns: write [rows.columns] with at least the patient_id.")
        for name, found in columns.items():
            if name not in file.by_name:
                continue
            own = {"field": found} if isinstance(found, str) else found
            made = self._column(f"{place}, {name}", name, self._table(f"{place}, {name}", own))
            if made is not None:
                yield made

    def _column(self, place: str, name: str, found: dict[str, Any]) -> ColumnMap | None:
        self._unknown(place, found, (*_WAYS, *_OPTIONS))
        ways = [way for way in _WAYS if way in found]
        if len(ways) != 1:
            self._fault(
                place, f"{len(ways)} sources of its cells. Write one of: {', '.join(_WAYS)}."
            )
            return None
        between = self._words(place, found.get("age_between", []))
        if "age_between" in found and len(between) != 2:
            self._fault(place, "age_between needs two fields: the birth and the procedure.")
            return None
        times = found.get("times")
        if times is not None and not (
            isinstance(times, int | float) and not isinstance(times, bool) and times > 0
        ):
            self._fault(place, f"times = {times} is no positive number. Write for example 0.01.")
            times = None
        return ColumnMap(
            name,
            str(found.get("field", "")),
            str(found.get("value", "")),
            self._words(place, found.get("first_of", [])),
            between,
            self._texts(place, found.get("checked", {})),
            self._texts(place, found.get("codes", {})),
            self._dates(place, found),
            None if times is None else float(times),
            str(found.get("instance_of", "")),
            bool(self._flag(place, found.get("from_record"))),
        )

    def _texts(self, place: str, found: object) -> dict[str, str]:
        return {str(key): str(value) for key, value in self._table(place, found).items()}


_EXAMPLES = {
    "name": 'Write name = "Centre X, 2010–2024".',
    "data_cut_off": "Write the day on which the data were closed: data_cut_off = 2024-12-31.",
    "synthetic": "Write synthetic = false for real patients.",
    "provenance": 'Write provenance = "REDCap project 12, exported 2025-01-07".',
}


def _allowed_files() -> str:
    return f"Allowed: {', '.join(_FILES)}."
