"""What a file of a statistics program holds, as plain texts and words that JSON can carry."""

import datetime as dt
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_WITH_USER_MISSING = frozenset((".sav", ".zsav", ".dta", ".sas7bdat"))
SUFFIXES = (".sav", ".zsav", ".dta", ".xpt", ".sas7bdat", ".por")
"""The files that can be read, by the end of their names."""

_DATES = ("DATE", "ADATE", "EDATE", "SDATE", "JDATE", "%TD", "YYMMDD", "MMDDYY", "DDMMYY")


def contents(path: Path) -> dict[str, Any]:
    """Return the fields and rows of a file, or the reason why it cannot be read."""
    import pyreadstat  # noqa: PLC0415 - heavy, and only needed here

    suffix = path.suffix.casefold()
    read: Any = {
        ".sav": pyreadstat.read_sav,
        ".zsav": pyreadstat.read_sav,
        ".por": pyreadstat.read_por,
        ".dta": pyreadstat.read_dta,
        ".xpt": pyreadstat.read_xport,
        ".sas7bdat": pyreadstat.read_sas7bdat,
    }[suffix]
    options: dict[str, Any] = {"output_format": "dict"}
    if suffix in _WITH_USER_MISSING:
        options["user_missing"] = True
    try:
        columns, meta = read(str(path), **options)
        return {"fields": list(_fields(columns, meta)), "rows": list(_rows(columns))}
    except Exception as error:  # noqa: BLE001 - the library raises its own and plain exceptions
        reason = str(error).strip().rstrip(".") or type(error).__name__
        return {"reason": "".join(one if one.isprintable() else "?" for one in reason)[:200]}


def _fields(columns: dict[str, Any], meta: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - the library has no type
    labels = meta.column_names_to_labels or {}
    for name in columns:
        choices = {
            text_of(code): str(label).strip()
            for code, label in (meta.variable_value_labels.get(name) or {}).items()
        }
        texts, ranges = _missing(meta, name)
        yield {
            "name": name,
            "label": (labels.get(name) or "").strip(),
            "kind": _kind(meta, name, has_choices=bool(choices)),
            "choices": choices,
            "missing": texts,
            "missing_ranges": ranges,
        }


def _kind(meta: Any, name: str, *, has_choices: bool) -> str:  # noqa: ANN401 - as above
    if has_choices:
        return "choice"
    written_as = str(meta.original_variable_types.get(name, "")).upper()
    if written_as.startswith(_DATES):
        return "date"
    is_text = str(meta.readstat_variable_types.get(name, "")) == "string"
    return "text" if is_text else "number"


def _missing(meta: Any, name: str) -> tuple[list[str], list[tuple[float, float]]]:  # noqa: ANN401 - as above
    """Return the values and ranges declared as missing; SPSS has ranges, Stata and SAS letters."""
    texts = list(map(str, (meta.missing_user_values or {}).get(name, ())))
    ranges: list[tuple[float, float]] = []
    for one in (meta.missing_ranges or {}).get(name, ()):
        low, high = one["lo"], one["hi"]
        if isinstance(low, str):
            texts.append(low.strip())
        else:
            ranges.append((float(low), float(high)))
    return texts, ranges


def _rows(columns: dict[str, Any]) -> Iterator[list[str]]:
    for values in zip(*columns.values(), strict=True):
        yield [text_of(value) for value in values]


def text_of(value: object) -> str:
    """Return a value as a cell: nothing for missing, whole numbers without a point.

    >>> text_of(2.0), text_of(float("nan")), text_of(dt.date(2015, 4, 3)), text_of(" x ")
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
