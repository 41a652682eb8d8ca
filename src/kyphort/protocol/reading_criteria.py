"""Reading the criterion of a rule from a protocol file; every word is checked against the records.

A rule has one of `field` with a comparison, `any_of` (several of these), `count`, `absent_before`,
or none of them, when no record can answer it.
"""

from difflib import get_close_matches
from enum import StrEnum

from kyphort.clinical.records import FieldKind, record_type
from kyphort.errors import InvalidDataError
from kyphort.protocol.criteria import (
    AbsenceCriterion,
    AnyOf,
    Asked,
    Comparison,
    CountCriterion,
    Criterion,
    ValueCriterion,
    absence_names,
    asked_names,
    asked_of,
)
from kyphort.protocol.fields import Fields

_FORMS = ("field", "any_of", "count", "absent_before")
_KEYS = (*_FORMS, *Comparison, "where", "lower_bound")


def read_criterion(fields: Fields) -> Criterion | None:
    """Return the criterion that a rule's table declares, None for a rule answered by hand.

    Raises
    ------
    InvalidDataError
        When it names no field of a record, compares it with what it cannot hold, or is declared in
        two ways.
    """
    try:
        return _criterion(fields)
    except InvalidDataError:
        for key in _KEYS:  # one fault is enough: what belongs to the criterion is no unknown key
            fields.has(key)
        raise


def _criterion(fields: Fields) -> Criterion | None:
    forms = [one for one in _FORMS if fields.has(one)]
    if len(forms) > 1:
        raise _fault(fields, f"{' and '.join(forms)}. Allowed: one of {', '.join(_FORMS)}")
    if not forms:
        return None
    if forms == ["field"]:
        return _value(fields)
    if forms == ["any_of"]:
        parts = fields.entries("any_of")
        if not parts:
            raise _fault(fields, "any_of is empty. Allowed: tables with a field each")
        return AnyOf(tuple(_whole_value(one) for one in parts))
    return _count(fields) if forms == ["count"] else _absence(fields)


def _whole_value(fields: Fields) -> ValueCriterion:
    criterion = _value(fields)
    fields.refuse_unknown()
    return criterion


def _value(fields: Fields) -> ValueCriterion:
    name = fields.text("field")
    asked = asked_of(name)
    if asked is None:
        longer = [one for one in asked_names() if one.startswith(name)]
        near = longer or get_close_matches(name, asked_names(), n=1)
        hint = f" Did you mean '{near[0]}'?" if near else ""
        known = "a record and one of its fields, as in the data dictionary"
        raise _fault(fields, f"field is '{name}'.{hint} Allowed: {known}")
    given = [one for one in Comparison if fields.has(one)]
    if len(given) != 1:
        found = " and ".join(given) or "no comparison"
        raise _fault(fields, f"{found} with {name}. Allowed: one of {', '.join(Comparison)}")
    comparison = given[0]
    is_order = comparison in {Comparison.AT_LEAST, Comparison.AT_MOST}
    if is_order and not asked.is_ordered:
        raise _fault(fields, f"{comparison} with {name}, which has no order. Allowed: one_of")
    return ValueCriterion(
        asked, comparison, _values(fields, asked, comparison), _where(fields, asked)
    )


def _values(fields: Fields, asked: Asked, comparison: Comparison) -> tuple[object, ...]:
    value = fields.value(comparison)
    is_list = comparison in {Comparison.ONE_OF, Comparison.NONE_OF}
    if is_list and not (isinstance(value, list) and value):
        raise _fault(fields, f"{comparison} is {value!r}. Allowed: a list")
    several = value if isinstance(value, list) else [value]
    if not is_list and isinstance(value, list):
        raise _fault(fields, f"{comparison} is {value!r}. Allowed: one value")
    return tuple(_typed(fields, comparison, one, asked.kind, asked.codes) for one in several)


def _where(fields: Fields, asked: Asked) -> tuple[tuple[str, object], ...]:
    if not fields.has("where"):
        return ()
    declared, given = asked.declaration.by_name, fields.value("where")
    if not isinstance(given, dict):
        raise _fault(fields, f"where is {given!r}. Allowed: a table of fields and values")
    found: list[tuple[str, object]] = []
    for name, value in given.items():
        if name not in declared:
            raise _fault(
                fields, f"where names '{name}'. Allowed: {', '.join(declared)} of {asked.record}"
            )
        one = declared[name]
        found.append((name, _typed(fields, f"where.{name}", value, one.kind, one.codes)))
    return tuple(found)


def _typed(
    fields: Fields, key: str, value: object, kind: FieldKind, codes: type[StrEnum] | None
) -> object:
    """Return a value as its field holds it."""
    if codes is not None:
        if value not in list(codes):
            raise _fault(fields, f"{key} is {value!r}. Allowed: {', '.join(codes)}")
        return codes(str(value))
    allowed, types = _TYPES[kind]
    is_flag = isinstance(value, bool)
    if not isinstance(value, types) or is_flag is not (kind is FieldKind.YES_NO):
        raise _fault(fields, f"{key} is {value!r}. Allowed: {allowed}")
    return value


_TYPES: dict[FieldKind, tuple[str, tuple[type, ...]]] = {
    FieldKind.TEXT: ("a text", (str,)),
    FieldKind.REAL: ("a number", (int, float)),
    FieldKind.INTEGER: ("a whole number", (int,)),
    FieldKind.YES_NO: ("true or false", (bool,)),
    FieldKind.DATE: ("nothing: a date is not compared", ()),
}


def _count(fields: Fields) -> CountCriterion:
    if fields.text("count") != "vertebra":
        raise _fault(fields, f"count is {fields.text('count')!r}. Allowed: vertebra")
    is_bound = fields.flag("lower_bound") if fields.has("lower_bound") else False
    return CountCriterion(fields.whole("at_most", above=0, below=32), is_bound)


def _absence(fields: Fields) -> AbsenceCriterion:
    name = fields.text("absent_before")
    if name not in absence_names():
        raise _fault(fields, f"absent_before is {name!r}. Allowed: {', '.join(absence_names())}")
    return AbsenceCriterion(record_type(name).name)


def _fault(fields: Fields, what: str) -> InvalidDataError:
    return InvalidDataError(f"{fields.place}: {what}. Correct it.")
