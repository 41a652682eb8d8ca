"""Reading files of statistics programs: values as texts, labels and missing values as declared."""

import datetime as dt
import hashlib
import math
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from kyphort.exchange.csv_set import Finding
from kyphort.exchange.mapping import rules
from kyphort.exchange.mapping.source import Field, FieldKind, Source, SourceFile, SourceRow

SUFFIXES = (".sav", ".zsav", ".dta", ".xpt", ".sas7bdat", ".por")
"""The files that can be read, by the end of their names."""

_DATES = ("DATE", "ADATE", "EDATE", "SDATE", "JDATE", "%TD", "YYMMDD", "MMDDYY", "DDMMYY")


def read_statistics_files(paths: Iterable[Path]) -> Source:
    """Read files into one source; each file is a form, its cases are numbered from 1.

    Whole numbers lose their ".0", dates become YYYY-MM-DD. Values that the file declares as
    user-missing stay, and their declaration with them. What cannot be read is in the findings.
    """
    files: list[SourceFile] = []
    fields: dict[str, Field] = {}
    rows: list[SourceRow] = []
    findings: list[Finding] = []
    for path in paths:
        found = _read(path)
        if isinstance(found, Finding):
            findings.append(found)
            continue
        columns, meta = found
        own = {one.name: one for one in _fields(path, meta)}
        fields |= {name: one for name, one in own.items() if name not in fields}
        made = list(_rows(path, columns, own))
        if not made:
            findings.append(
                rules.CONTENT.found(path.name, "holds no case.", "Give the file with the data.")
            )
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        files.append(SourceFile(path.name, tuple(columns), len(made), sha256))
        rows += made
    return Source(
        "statistics_file",
        tuple(files),
        fields,
        tuple(rows),
        tuple(Path(one.name).stem for one in files),
        "",
        tuple(findings),
    )


def _read(path: Path) -> tuple[dict[str, list[Any]], Any] | Finding:
    """Return the columns and the description, or why the file cannot be read."""
    if path.suffix.casefold() not in SUFFIXES:
        allowed = ", ".join(SUFFIXES)
        return rules.FILE.found(path.name, f"not one of {allowed}.", "Save it as one of these.")
    if not path.is_file():
        return rules.FILE.found(path.name, "there is no such file.", "Give the path of the file.")
    import pyreadstat  # noqa: PLC0415 - heavy, and only needed here

    read: Any = {
        ".sav": pyreadstat.read_sav,
        ".zsav": pyreadstat.read_sav,
        ".por": pyreadstat.read_por,
        ".dta": pyreadstat.read_dta,
        ".xpt": pyreadstat.read_xport,
        ".sas7bdat": pyreadstat.read_sas7bdat,
    }[path.suffix.casefold()]
    options: dict[str, Any] = {"output_format": "dict"}
    if path.suffix.casefold() in {".sav", ".zsav", ".dta", ".sas7bdat"}:
        options["user_missing"] = True
    try:
        columns, meta = read(str(path), **options)
    except Exception as error:  # noqa: BLE001 - the library raises its own and plain exceptions
        reason = str(error).strip().rstrip(".") or type(error).__name__
        return rules.FILE.found(
            path.name,
            f"cannot be read as {path.suffix[1:]} ({reason}).",
            "Save it anew in the program it came from.",
        )
    return {name: list(values) for name, values in columns.items()}, meta


def _fields(path: Path, meta: Any) -> Iterator[Field]:  # noqa: ANN401 - the library has no type
    labels = meta.column_names_to_labels or {}
    for name in meta.column_names:
        choices = {
            _text(code): str(label).strip()
            for code, label in (meta.variable_value_labels.get(name) or {}).items()
        }
        missing, ranges = _missing(meta, name)
        yield Field(
            name,
            (labels.get(name) or "").strip(),
            path.stem,
            _kind(meta, name, choices),
            choices,
            missing,
            ranges,
        )


def _kind(meta: Any, name: str, choices: Mapping[str, str]) -> FieldKind:  # noqa: ANN401 - as above
    if choices:
        return FieldKind.CHOICE
    written_as = str(meta.original_variable_types.get(name, "")).upper()
    if written_as.startswith(_DATES):
        return FieldKind.DATE
    is_text = str(meta.readstat_variable_types.get(name, "")) == "string"
    return FieldKind.TEXT if is_text else FieldKind.NUMBER


def _missing(
    meta: Any,  # noqa: ANN401 - as above
    name: str,
) -> tuple[frozenset[str], tuple[tuple[float, float], ...]]:
    """Return the values and ranges declared as missing; SPSS has ranges, Stata and SAS letters."""
    letters = frozenset(map(str, (meta.missing_user_values or {}).get(name, ())))
    texts: set[str] = set(letters)
    ranges: list[tuple[float, float]] = []
    for one in (meta.missing_ranges or {}).get(name, ()):
        low, high = one["lo"], one["hi"]
        if isinstance(low, str):
            texts.add(low.strip())
        else:
            ranges.append((float(low), float(high)))
    return frozenset(texts), tuple(ranges)


def _rows(
    path: Path, columns: dict[str, list[Any]], fields: dict[str, Field]
) -> Iterator[SourceRow]:
    names = [name for name in columns if name in fields]
    for number, values in enumerate(zip(*(columns[name] for name in names), strict=True), start=1):
        texts = {name: _text(value) for name, value in zip(names, values, strict=True)}
        yield SourceRow(path.name, number, texts, form=path.stem)


def _text(value: object) -> str:
    """Return a value as a cell: nothing for missing, whole numbers without a point.

    >>> _text(2.0), _text(float("nan")), _text(dt.date(2015, 4, 3)), _text(" x ")
    ('2', '', '2015-04-03', 'x')
    """
    if value is None:
        return ""
    if isinstance(value, dt.datetime):
        is_midnight = value.time() == dt.time()
        return value.date().isoformat() if is_midnight else value.isoformat(" ")
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, str):
        return value.strip()
    number = float(str(value))
    if math.isnan(number):
        return ""
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)
