"""Branching logic: which fields a form hides, and values that stand in hidden fields."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from kyphort.exchange.csv_set import Finding
from kyphort.exchange.mapping import rules
from kyphort.exchange.mapping.source import Field, FieldKind, SourceRow

Texts = Mapping[str, str]
Condition = Callable[[Texts], bool]

_TOKEN = re.compile(
    r"""\s*(?:
    (?P<field>\[[^\]]+\](?:\[[^\]]+\])?)
    |(?P<text>'[^']*'|"[^"]*")
    |(?P<number>-?[0-9]+(?:\.[0-9]+)?)
    |(?P<sign><=|>=|<>|!=|=|<|>|\(|\))
    |(?P<word>and|or|not)\b
    )""",
    re.VERBOSE | re.IGNORECASE,
)
_NAMED = re.compile(r"\[(\w+)")
_CHECKBOX = re.compile(r"(\w+)\((-?\w+)\)")
_COMPARISONS: dict[str, Callable[[float | str, float | str], bool]] = {
    "=": lambda left, right: left == right,
    "<>": lambda left, right: left != right,
    "!=": lambda left, right: left != right,
    "<": lambda left, right: left < right,  # type: ignore[operator] # both are of one type
    ">": lambda left, right: left > right,  # type: ignore[operator] # both are of one type
    "<=": lambda left, right: left <= right,  # type: ignore[operator] # both are of one type
    ">=": lambda left, right: left >= right,  # type: ignore[operator] # both are of one type
}


class _NotUnderstoodError(ValueError):
    """A logic that uses more than comparisons, and, or, not and brackets."""


@dataclass(slots=True)
class _Tokens:
    words: list[tuple[str, str]]
    position: int = 0

    def peek(self) -> tuple[str, str]:
        return self.words[self.position] if self.position < len(self.words) else ("end", "")

    def take(self) -> tuple[str, str]:
        found = self.peek()
        self.position += 1
        return found

    def takes(self, *allowed: str) -> bool:
        if self.peek()[1].casefold() not in allowed:
            return False
        self.position += 1
        return True


def condition_of(logic: str) -> Condition | None:
    """Return the branching logic as a test of a row's texts, None when it is not understood.

    Understood are comparisons of fields of the same row with values or fields, check boxes as
    `[field(code)]`, `and`, `or`, `not` and brackets; functions and fields of other events are not.

    Examples
    --------
    >>> is_shown = condition_of("[sex] = '1' and ([age] > 60 or [scan(2)] = '1')")
    >>> is_shown({"sex": "1", "age": "61"}), is_shown({"sex": "2", "age": "61"})
    (True, False)
    >>> condition_of("datediff([a], [b], 'd') > 3") is None
    True
    """
    try:
        tokens = _Tokens(list(_words(logic)))
        condition = _any(tokens)
        if tokens.peek()[0] != "end":
            raise _NotUnderstoodError
    except (_NotUnderstoodError, RecursionError):
        return None
    return condition


def _words(logic: str) -> Iterator[tuple[str, str]]:
    position = 0
    text = logic.strip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise _NotUnderstoodError
        kind = str(match.lastgroup)
        yield kind, match[kind]
        position = match.end()
        while position < len(text) and text[position].isspace():
            position += 1


def _any(tokens: _Tokens) -> Condition:
    parts = [_all(tokens)]
    while tokens.takes("or"):
        parts.append(_all(tokens))
    return lambda texts: any(part(texts) for part in parts)


def _all(tokens: _Tokens) -> Condition:
    parts = [_one(tokens)]
    while tokens.takes("and"):
        parts.append(_one(tokens))
    return lambda texts: all(part(texts) for part in parts)


def _one(tokens: _Tokens) -> Condition:
    if tokens.takes("not"):
        inner = _one(tokens)
        return lambda texts: not inner(texts)
    if tokens.takes("("):
        inner = _any(tokens)
        if not tokens.takes(")"):
            raise _NotUnderstoodError
        return inner
    left = _operand(tokens)
    sign = tokens.take()[1]
    if sign not in _COMPARISONS:
        raise _NotUnderstoodError
    right = _operand(tokens)
    return lambda texts: _compare(left(texts), right(texts), sign)


def _operand(tokens: _Tokens) -> Callable[[Texts], str]:
    kind, word = tokens.take()
    if kind == "field":
        name = word[1:-1]
        if "][" in name:
            raise _NotUnderstoodError
        box = _CHECKBOX.fullmatch(name)
        column = name if box is None else f"{box[1]}___{box[2].casefold().replace('-', '_')}"
        return lambda texts: texts.get(column, "")
    if kind == "text":
        return lambda _texts: word[1:-1]
    if kind == "number":
        return lambda _texts: word
    raise _NotUnderstoodError


def _compare(left: str, right: str, sign: str) -> bool:
    try:
        return _COMPARISONS[sign](float(left), float(right))
    except ValueError:
        return _COMPARISONS[sign](left, right)


def _stays_in_its_form(one: Field, fields: Mapping[str, Field]) -> bool:
    named = {match[1] for match in _NAMED.finditer(one.branching)}
    forms = {field.form for name, field in fields.items() if name.split("___")[0] in named}
    return forms <= {one.form}


def hidden_values(rows: Iterable[SourceRow], fields: Mapping[str, Field]) -> Iterator[Finding]:
    """Yield one finding for each field with values although its branching logic hides it.

    A logic that looks at other forms is not checked: their values stand in other rows.
    """
    conditions = {
        name: condition_of(one.branching)
        for name, one in fields.items()
        if one.branching and _stays_in_its_form(one, fields)
    }
    places: defaultdict[str, list[SourceRow]] = defaultdict(list)
    for row in rows:
        for name, condition in conditions.items():
            text = row.texts.get(name, "")
            is_empty = not text or (fields[name].kind is FieldKind.CHECKBOX and text == "0")
            if condition is not None and not is_empty and not condition(row.texts):
                places[name].append(row)
    for name, condition in conditions.items():
        if condition is None:
            yield rules.LOGIC.found(
                "data dictionary",
                "its branching logic was not understood, and not checked.",
                "",
                column=name,
                value=fields[name].branching,
            )
    for name, found in places.items():
        more = f" {len(found) - 1} more." if len(found) > 1 else ""
        yield rules.HIDDEN.found(
            found[0].file,
            f"hidden by the branching logic {fields[name].branching}, but filled in.{more}",
            "Check the field and what it depends on.",
            row=found[0].number,
            column=name,
            value=found[0].texts[name],
        )
