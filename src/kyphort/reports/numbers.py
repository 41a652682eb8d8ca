"""How numbers look: one function for each kind, an em dash where there is none."""

from collections.abc import Callable
from enum import StrEnum

ABSENT = "—"


class Kind(StrEnum):
    """What a column or a value holds, which decides how it is written."""

    TEXT = "text"
    COUNT = "count"
    PERCENT = "percent"
    MONTHS = "months"
    P_VALUE = "p_value"
    DECIMAL = "decimal"
    NUMBER = "number"


def percent(fraction: float | None, digits: int = 1) -> str:
    """Write a fraction in percent.

    >>> percent(0.9709), percent(None), percent(1.0, 0)
    ('97.1%', '—', '100%')
    """
    return ABSENT if fraction is None else f"{100 * fraction:.{digits}f}%".replace("-", "−")


def months(value: float | None) -> str:
    """Write months with one decimal, from 100 on without.

    >>> months(22.3), months(109.2)
    ('22.3', '109')
    """
    return ABSENT if value is None else f"{value:.{0 if value >= 99.95 else 1}f}"


def p_value(value: float | None) -> str:
    """Write a p-value with three decimals, and never as zero.

    >>> p_value(0.66312), p_value(0.00002)
    ('0.663', '<0.001')
    """
    if value is None:
        return ABSENT
    return "<0.001" if value < 0.0005 else f"{value:.3f}"


def count(value: float | None) -> str:
    """Write a count without decimals."""
    return ABSENT if value is None else f"{value:.0f}"


def decimal(value: float | None) -> str:
    """Write a number with three significant digits.

    >>> decimal(0.19012)
    '0.190'
    """
    return ABSENT if value is None else f"{value:#.3g}".rstrip(".")


def number(value: float | None) -> str:
    """Write a number as short as it can be written.

    >>> number(6.0), number(0.5)
    ('6', '0.5')
    """
    return ABSENT if value is None else f"{value:g}".replace("-", "−")


_WRITERS: dict[Kind, Callable[[float | None], str]] = {
    Kind.COUNT: count,
    Kind.PERCENT: percent,
    Kind.MONTHS: months,
    Kind.P_VALUE: p_value,
    Kind.DECIMAL: decimal,
    Kind.NUMBER: number,
}


def written(value: object, kind: Kind) -> str:
    """Write a value the way its kind asks; texts stay as they are.

    >>> written(0.5, Kind.PERCENT), written("T12", Kind.COUNT)
    ('50.0%', 'T12')
    """
    if value is None:
        return ABSENT
    if kind is Kind.TEXT or not isinstance(value, int | float):
        return str(value)
    return _WRITERS[kind](value)
