"""Checks of what the caller passed, with messages that name the rows."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kyphort.errors import InvalidDataError
from kyphort.survival.arrays import BoolArray, FloatArray

_ROWS_SHOWN = 8


def name_rows(rows: NDArray[Any] | Iterable[int]) -> str:
    """Name row positions, counted from 0, shortened when there are many.

    >>> name_rows([3, 17])
    'rows 3, 17 (counted from 0)'
    """
    positions = [int(row) for row in rows]
    shown = ", ".join(str(row) for row in positions[:_ROWS_SHOWN])
    more = len(positions) - _ROWS_SHOWN
    word = "row" if len(positions) == 1 else "rows"
    return f"{word} {shown}{f' and {more} more' if more > 0 else ''} (counted from 0)"


def refuse_rows(
    field: str, bad: BoolArray, values: NDArray[Any], problem: str, advice: str
) -> None:
    """Raise when any row of `bad` is true, naming the rows and the first value found there."""
    rows = np.flatnonzero(bad)
    if rows.size:
        raise InvalidDataError(
            f"{field}: {problem} at {name_rows(rows)}; the first is {values[rows[0]]}. {advice}"
        )


def as_floats(field: str, values: ArrayLike) -> FloatArray:
    """Return `values` as a one-dimensional float array without NaN or infinity."""
    array = _numbers(field, values)
    if array.ndim != 1:
        raise InvalidDataError(
            f"{field}: an array of {array.ndim} dimensions, shape {array.shape}. "
            "Pass one value per row, shape (n,)."
        )
    advice = "Give a finite number for each of these rows, or leave the rows out."
    if not np.isfinite(array).all():
        refuse_rows(field, ~np.isfinite(array), array, "a missing or infinite value", advice)
    return array


def check_length(field: str, found: int, expected: int, of: str = "time") -> None:
    """Raise unless `field` has one value per row."""
    if found != expected:
        first = min(found, expected)
        raise InvalidDataError(
            f"{field}: {found} values for {expected} rows of {of}; the lengths part at row {first} "
            f"(counted from 0). Pass one value of {field} per row."
        )


def check_kind(field: str, value: object, kind: type, made_by: str) -> None:
    """Raise unless an argument is of its kind.

    >>> check_kind("data", 3, dict, "dict()")
    Traceback (most recent call last):
    ...
    kyphort.errors.InvalidDataError: data: an object of type int. Pass what dict() returns.
    """
    if not isinstance(value, kind):
        raise InvalidDataError(
            f"{field}: an object of type {type(value).__name__}. Pass what {made_by} returns."
        )


def check_level(level: float) -> None:
    """Raise unless the confidence level lies strictly between 0 and 1."""
    allowed = "between 0 and 1, such as 0.95 for 95 % limits"
    if not 0.0 < as_number("level", level, allowed) < 1.0:
        raise InvalidDataError(f"level: {level}. Allowed: {allowed}.")


def check_cause(cause: object) -> None:
    """Raise unless the cause is the code of an event."""
    if not isinstance(cause, int | np.integer) or cause < 1:
        raise InvalidDataError(
            f"cause: {cause!r}. Allowed: the code of an event, an integer of 1 or more."
        )


def as_probability(field: str, value: float) -> float:
    """Return `value` when it lies strictly between 0 and 1."""
    number = as_number(field, value, "strictly between 0 and 1")
    if not 0.0 < number < 1.0:
        raise InvalidDataError(f"{field}: {value}. Allowed: strictly between 0 and 1.")
    return number


def as_number(field: str, value: object, allowed: str) -> float:
    """Return one number as a float; text, truth values and arrays of several are none."""
    single = value.item() if isinstance(value, np.ndarray) and value.ndim == 0 else value
    if isinstance(single, bool) or not isinstance(single, int | float | np.integer | np.floating):
        raise InvalidDataError(f"{field}: {value!r} is not a number. Allowed: {allowed}.")
    return float(single)


def as_times(field: str, values: ArrayLike) -> FloatArray:
    """Return times to look up, of any shape, without NaN."""
    array = _numbers(field, values)
    if np.isnan(array).any():
        places = name_rows(np.flatnonzero(np.isnan(array.ravel())))
        raise InvalidDataError(f"{field}: no time at {places}. Pass a number for each time asked.")
    return array


def numbers(values: object) -> FloatArray:
    """Return values as floats, but no dates or complex numbers, which NumPy would turn into some.

    Raises
    ------
    TypeError, ValueError
        When they are no real numbers.

    >>> numbers([1, True, 2.5]).tolist()
    [1.0, 1.0, 2.5]
    """
    given = np.asarray(values)
    if given.dtype.kind in "mMc":
        raise TypeError(f"they are {given.dtype}")
    return given.astype(np.float64, copy=False)


def _numbers(field: str, values: ArrayLike) -> FloatArray:
    try:
        return numbers(values)
    except (TypeError, ValueError) as error:
        raise InvalidDataError(
            f"{field}: not all values are numbers ({error}). Pass numbers, shape (n,)."
        ) from error
