"""Whether a computed value rounds to the printed one."""

import math

from kyphort.published.publication import PublishedNumber

BINARY_SLACK = 1e-9
"""Decimal fractions such as 0.15 have no exact binary form; a tie must not fail for that."""

Computed = float | str | tuple[float, ...] | list[float] | None


def in_printed_unit(number: PublishedNumber, result: Computed) -> Computed:
    """Convert a value of the results to the unit of print: fractions become percentages.

    Examples
    --------
    >>> from kyphort.published import load
    >>> in_printed_unit(load("bludau2020").number("OS_6"), 0.746)
    74.6
    """
    if number.unit != "%" or result is None or isinstance(result, str):
        return result
    if isinstance(result, tuple | list):
        return [100.0 * value for value in result]
    return 100.0 * result


def agrees(number: PublishedNumber, computed: Computed) -> bool:
    """Return whether `computed`, in the printed unit, rounds to the printed digits.

    The condition is ``|computed - value| <= 0.5 * 10**-decimals``: both roundings of a tie agree.
    Counts must be equal, texts must be the same, lists agree element by element; None and NaN agree
    with nothing.

    Examples
    --------
    >>> from kyphort.published import load
    >>> control = load("bludau2020").number("LC_C_24")
    >>> agrees(control, 94.2357), agrees(control, 94.26)
    (True, False)
    """
    if computed is None:
        return False
    if isinstance(number.value, str) or isinstance(computed, str):
        return number.value == computed
    printed = number.value if isinstance(number.value, tuple) else (number.value,)
    values = tuple(computed) if isinstance(computed, tuple | list) else (computed,)
    return len(printed) == len(values) and all(
        _within(number, expected, value) for expected, value in zip(printed, values, strict=True)
    )


def _within(number: PublishedNumber, printed: float, computed: float) -> bool:
    allowed = 0.0 if number.unit == "count" else number.half_unit
    return math.isfinite(computed) and abs(computed - printed) <= allowed + BINARY_SLACK
