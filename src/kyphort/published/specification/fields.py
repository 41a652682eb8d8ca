"""Fields of a specification: counts, printed numbers, lists of them, names of other entries."""

from difflib import get_close_matches
from typing import TYPE_CHECKING

from kyphort.errors import InvalidDataError
from kyphort.published.specification.printed import Printed
from kyphort.published.toml_fields import Fields

if TYPE_CHECKING:
    from kyphort.published.specification.values import Specification


def count(fields: Fields, name: str, at_least: int = 0) -> int:
    """Return a required whole number."""
    value = fields.required(name, int)
    if value < at_least:
        raise fields.error(
            f"field '{name}' is {value}", f"Allowed: a whole number, {at_least} or more."
        )
    return value


def optional_count(fields: Fields, name: str) -> int | None:
    """Return a whole number of 0 or more, None when it is absent."""
    return count(fields, name) if fields.has(name) else None


def printed(fields: Fields, name: str) -> Printed:
    """Return a required printed number, written in quotation marks so that no digit is lost."""
    return as_printed(fields, name, fields.value(name))


def optional_printed(fields: Fields, name: str) -> Printed | None:
    """Return a printed number, None when it is absent."""
    return printed(fields, name) if fields.has(name) else None


def as_printed(fields: Fields, name: str, value: object) -> Printed:
    """Read one value as a printed number; a bare whole number has no digit to lose."""
    if type(value) is int:
        return Printed(str(value))
    if not isinstance(value, str):
        raise fields.error(
            f"field '{name}' is {value!r}",
            f'Write it in quotation marks with the digits that are printed, such as "{value}".',
        )
    try:
        return Printed(value)
    except InvalidDataError as error:
        raise fields.error(f"field '{name}'", str(error)) from None


def printed_list(fields: Fields, name: str, length: int) -> tuple[Printed | None, ...]:
    """Return a list of printed numbers, one for each time; an empty text where none is printed."""
    if not fields.has(name):
        return (None,) * length
    values = _list(fields, name, length)
    return tuple(None if one == "" else as_printed(fields, name, one) for one in values)


def count_list(fields: Fields, name: str, length: int) -> tuple[int | None, ...]:
    """Return a list of whole numbers, one for each time; an empty text where none is printed."""
    if not fields.has(name):
        return (None,) * length
    values = _list(fields, name, length)
    if not all(one == "" or (type(one) is int and one >= 0) for one in values):
        raise fields.error(
            f"field '{name}' is {values!r}",
            'Allowed: whole numbers, 0 or more, and "" where nothing is printed.',
        )
    return tuple(one if isinstance(one, int) else None for one in values)


def _list(fields: Fields, name: str, length: int) -> list[object]:
    values: list[object] = fields.required(name, list)
    if len(values) != length:
        raise fields.error(
            f"field '{name}' has {len(values)} entries, 'times' has {length}",
            'Give one entry for each time, "" where nothing is printed.',
        )
    return values


def refuse_unknown(head: Fields, read: "Specification") -> None:
    """Refuse entries that name a group or an endpoint which is not there."""
    groups, endpoints = [one.id for one in read.groups], [one.id for one in read.endpoints]
    for test in read.logranks:
        _known(head, f"logrank '{test.id}'", "endpoint", test.endpoint, endpoints)
        for group in test.groups:
            _known(head, f"logrank '{test.id}'", "group", group, groups)
    for ratio in read.hazard_ratios:
        _known(head, f"hazard_ratio '{ratio.id}'", "endpoint", ratio.endpoint, endpoints)
        for group in (ratio.group, ratio.reference):
            _known(head, f"hazard_ratio '{ratio.id}'", "group", group, groups)
    for summary in read.time_summaries:
        _known(head, f"time_summary '{summary.id}'", "endpoint", summary.endpoint, endpoints)
    for table in read.tables:
        if table.endpoint:
            _known(head, f"table '{table.id}'", "endpoint", table.endpoint, endpoints)
    for endpoint in read.endpoints:
        if endpoint.censored_by:
            _known(head, f"endpoint '{endpoint.id}'", "endpoint", endpoint.censored_by, endpoints)
    shares = [one.id for one in read.shares]
    for partition in read.partitions:
        for share in partition.shares:
            _known(head, f"partition '{partition.id}'", "share", share, shares)


def known_name(fields: Fields, kind: str, name: str, allowed: list[str]) -> None:
    """Refuse a name of a `kind` that is not among `allowed`."""
    if name not in allowed:
        near = get_close_matches(name, allowed, n=1)
        hint = f" Did you mean '{near[0]}'?" if near else ""
        listed = ", ".join(allowed) or f"none: add a [[{kind}]]"
        raise fields.error(f"unknown {kind} '{name}'", f"Allowed: {listed}.{hint}")


def _known(head: Fields, entry: str, kind: str, name: str, allowed: list[str]) -> None:
    known_name(Fields({}, f"{head.entry}, {entry}"), kind, name, allowed)
