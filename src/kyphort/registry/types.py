"""Column types that a STRICT SQLite table accepts and PostgreSQL understands alike.

STRICT tables take INTEGER, REAL, TEXT and BLOB only; each decorator says how one Python type is
kept in one of these.
"""

import datetime as dt
from enum import StrEnum
from typing import Generic, TypeVar

from sqlalchemy import Dialect, Double, Integer, Text
from sqlalchemy.dialects.sqlite import REAL
from sqlalchemy.types import TypeDecorator, TypeEngine

from kyphort.errors import InvalidDataError

_Code = TypeVar("_Code", bound=StrEnum)


class IsoDate(TypeDecorator[dt.date]):
    """A date as ISO 8601 text, which sorts as it reads."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: dt.date | None, dialect: Dialect) -> str | None:
        """Write the date as YYYY-MM-DD."""
        return None if value is None else value.isoformat()

    def process_result_value(self, value: str | None, dialect: Dialect) -> dt.date | None:
        """Read YYYY-MM-DD."""
        if value is None:
            return None
        try:
            return dt.date.fromisoformat(value)
        except ValueError as error:
            raise InvalidDataError(
                f"The registry holds '{value}' where a date is expected. Allowed: YYYY-MM-DD. "
                "Correct the entry."
            ) from error


class Coded(TypeDecorator[_Code], Generic[_Code]):
    """A member of a `StrEnum` as its text."""

    impl = Text
    cache_ok = True

    def __init__(self, codes: type[_Code]) -> None:
        super().__init__()
        self.codes = codes

    def process_bind_param(self, value: _Code | None, dialect: Dialect) -> str | None:
        """Write the text of the member."""
        return None if value is None else value.value

    def process_result_value(self, value: str | None, dialect: Dialect) -> _Code | None:
        """Read the member."""
        if value is None:
            return None
        try:
            return self.codes(value)
        except ValueError as error:
            raise InvalidDataError(
                f"The registry holds '{value}' where a {self.codes.__name__} is expected. "
                f"Allowed: {', '.join(self.codes)}. Correct the entry."
            ) from error


class YesNo(TypeDecorator[bool]):
    """A truth value as 0 or 1."""

    impl = Integer
    cache_ok = True

    def process_bind_param(self, value: bool | None, dialect: Dialect) -> int | None:
        """Write 0 or 1."""
        return None if value is None else int(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> bool | None:
        """Read 0 or 1."""
        return None if value is None else bool(value)


class Real(TypeDecorator[float]):
    """A number in double precision."""

    impl = Double
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[float]:
        """Use SQLite's REAL, which is a double, and DOUBLE PRECISION elsewhere."""
        return dialect.type_descriptor(REAL() if dialect.name == "sqlite" else Double())
