"""What a number or a text may be, written beside its type: `Annotated[float, POSITIVE]`."""

import math
import re
import types
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from kyphort.errors import InvalidDataError


@dataclass(frozen=True, slots=True)
class Bounds:
    """The possible values of a number; `above` excludes the lower bound, `step` counts from it.

    >>> Bounds(0, 100, step=10).words, Bounds(0, above=True).contain(0)
    ('0 to 100 in steps of 10', False)
    """

    low: float
    high: float = math.inf
    above: bool = False
    step: int = 0

    @property
    def words(self) -> str:
        """What is allowed, in words."""
        if self.high == math.inf:
            return f"more than {self.low:g}" if self.above else f"{self.low:g} or more"
        steps = f" in steps of {self.step}" if self.step else ""
        return f"{self.low:g} to {self.high:g}{steps}"

    def contain(self, value: float) -> bool:
        """Tell whether a number is possible; infinity and NaN never are."""
        if not math.isfinite(value) or not self.low <= value <= self.high:
            return False
        is_off_step = bool(self.step) and (value - self.low) % self.step != 0
        return not (self.above and value == self.low) and not is_off_step


@dataclass(frozen=True, slots=True)
class Pattern:
    """The shape of a text that is not empty.

    >>> Pattern("such as C50.4", r"[A-Z][0-9]{2}([.][0-9]{1,2})?").contain("C5")
    False
    """

    words: str
    expression: str

    def contain(self, value: str) -> bool:
        """Tell whether a text has the shape; an empty one stands for what is not known."""
        return not value or re.fullmatch(self.expression, value) is not None


Positive = Annotated[float, Bounds(0, above=True)]
NotNegative = Annotated[float, Bounds(0)]
Percent = Annotated[float, Bounds(0, 100)]
Count = Annotated[int, Bounds(1)]

Rule = Bounds | Pattern


@dataclass(frozen=True, slots=True)
class Hint:
    """A field's type, taken apart: the bare type, whether None is allowed, and its rule."""

    bare: type
    optional: bool
    rule: Rule | None


_HINTS: dict[type, dict[str, Hint]] = {}
"""The types of each class that has been asked for."""


def hints_of(record_class: type[Any]) -> dict[str, Hint]:
    """Return the fields of a dataclass with their types taken apart."""
    if record_class not in _HINTS:
        found = get_type_hints(record_class, include_extras=True)
        _HINTS[record_class] = {one.name: _hint(found[one.name]) for one in fields(record_class)}
    return _HINTS[record_class]


def check_values(record: Any) -> None:  # noqa: ANN401 - any record of this package
    """Refuse a record with a number or text that its type does not allow.

    Raises
    ------
    InvalidDataError
        Naming the record, the field, the value, and what is allowed.
    """
    for name, rule in _rules_of(type(record)):
        value = getattr(record, name)
        if value is not None and not rule.contain(value):
            raise wrong_value(record, name, rule.words)
    if not record.patient_id.strip():
        raise wrong_value(record, "patient_id", "a pseudonym")


def wrong_value(record: Any, name: str, allowed: str) -> InvalidDataError:  # noqa: ANN401 - as above
    """Return the error about one field of a record."""
    value = getattr(record, name)
    shown = f"'{value}'" if isinstance(value, str) else "empty" if value is None else f"{value:g}"
    return wrong_record(record, f"{name} is {shown}. Allowed: {allowed}. Correct it.")


def wrong_record(record: Any, sentence: str) -> InvalidDataError:  # noqa: ANN401 - as above
    """Return the error about a record: who and what, and then the sentence."""
    level = getattr(record, "level", None)
    where = "" if level is None else f" at {level}"
    return InvalidDataError(
        f"Patient {record.patient_id}, {_words(type(record).__name__)}{where}: {sentence}"
    )


def _words(name: str) -> str:
    """Return a class's name as words: "PrimaryTumour" as "primary tumour"."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()


_RULES: dict[type, tuple[tuple[str, Rule], ...]] = {}
"""The rules of each class that has been asked for."""


def _rules_of(record_class: type[Any]) -> tuple[tuple[str, Rule], ...]:
    if record_class not in _RULES:
        hints = hints_of(record_class).items()
        _RULES[record_class] = tuple((one, hint.rule) for one, hint in hints if hint.rule)
    return _RULES[record_class]


def _hint(found: Any) -> Hint:  # noqa: ANN401 - whatever stands after a colon
    members = list(_members(found))
    optional = type(None) in members
    (bare,) = (one for one in members if one is not type(None))
    rule = None
    if get_origin(bare) is Annotated:
        bare, *extras = get_args(bare)
        rule = next((one for one in extras if isinstance(one, Rule)), None)
    return Hint(get_origin(bare) or bare, optional, rule)


def _members(found: Any) -> Iterator[Any]:  # noqa: ANN401 - as above
    if get_origin(found) in {Union, types.UnionType}:
        yield from get_args(found)
    else:
        yield found
