"""Reading TOML tables field by field, with errors that name the entry."""

import tomllib
from collections.abc import Mapping
from enum import StrEnum
from importlib.resources.abc import Traversable
from typing import Any, TypeVar

from kyphort.errors import InvalidDataError

Table = Mapping[str, Any]
Choice = TypeVar("Choice", bound=StrEnum)
Kind = TypeVar("Kind")


def read_table(file: Traversable) -> Table:
    """Return the content of a TOML file.

    Raises
    ------
    InvalidDataError
        When the file is not valid TOML.
    """
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise InvalidDataError(
            f"{file.name} is not valid TOML: {error}. Correct that line."
        ) from error


class Fields:
    """The fields of one TOML table; every error names `entry`, the table's place in its file."""

    def __init__(self, table: Table, entry: str) -> None:
        self._table = table
        self.entry = entry

    def allow(self, *names: str) -> "Fields":
        """Refuse fields other than `names`, and return itself."""
        unknown = sorted(set(self._table) - set(names))
        if unknown:
            raise self.error(f"unknown field '{unknown[0]}'", f"Allowed: {', '.join(names)}.")
        return self

    def error(self, found: str, advice: str) -> InvalidDataError:
        """Return the error for something `found` in this table."""
        return InvalidDataError(f"{self.entry}: {found}. {advice}")

    def has(self, name: str) -> bool:
        """Whether the field is there."""
        return name in self._table

    def value(self, name: str) -> Any:  # noqa: ANN401 - TOML holds values of any type
        """Return a field that must be there, unchecked."""
        if name not in self._table:
            raise self.error(f"field '{name}' is missing", "Add it.")
        return self._table[name]

    def required(self, name: str, *kinds: type[Kind]) -> Kind:
        """Return a field that must be there and of one of `kinds`."""
        value = self.value(name)
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            allowed = " or ".join(kind.__name__ for kind in kinds)
            raise self.error(f"field '{name}' is {value!r}", f"Allowed: {allowed}. Correct it.")
        return value

    def text(self, name: str) -> str:
        """Return a required text."""
        return self.required(name, str)

    def optional_text(self, name: str) -> str:
        """Return a text, empty when the field is absent."""
        return self.text(name) if self.has(name) else ""

    def number(self, name: str) -> float:
        """Return a required number."""
        return float(self.required(name, int, float))

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a required, non-empty list of texts."""
        values = self.required(name, list)
        if not values or not all(isinstance(value, str) for value in values):
            raise self.error(
                f"field '{name}' is {values!r}", "Allowed: a list of texts, at least one."
            )
        return tuple(values)

    def choice(self, name: str, choices: type[Choice]) -> Choice:
        """Return a required text that is one of `choices`."""
        value = self.text(name)
        try:
            return choices(value)
        except ValueError:
            allowed = ", ".join(choices)
            raise self.error(
                f"field '{name}' is '{value}'", f"Allowed: {allowed}. Correct it."
            ) from None

    def tables(self, name: str) -> list[Table]:
        """Return the list of tables under `name`, empty when absent."""
        if not self.has(name):
            return []
        values = self.required(name, list)
        if not all(isinstance(value, dict) for value in values):
            raise self.error(f"'{name}' is not a list of tables", f"Write [[{name}]].")
        return values
