"""Reading a TOML table field by field, with a default for each and messages that help."""

from collections.abc import Mapping
from difflib import get_close_matches
from enum import StrEnum
from typing import TypeVar

from kyphort.errors import InvalidDataError

_Choice = TypeVar("_Choice", bound=StrEnum)


class Fields:
    """One table of a TOML file: what is given, and the default for what is not.

    Every getter raises `InvalidDataError` naming the file, the key, the value and what is allowed.
    """

    def __init__(
        self, given: Mapping[str, object], default: Mapping[str, object], place: str
    ) -> None:
        self._given = given
        self._default = default
        self._place = place
        self._asked: set[str] = set()

    def text(self, key: str, *, optional: bool = False) -> str:
        """Return a text; an optional one that is not given is empty."""
        value = self._value(key) if not optional else self._given.get(key, "")
        self._asked.add(key)
        if not isinstance(value, str) or not (value.strip() or optional):
            raise self._error(key, value, "a text that is not empty")
        return value

    def number(
        self, key: str, *, above: float = float("-inf"), below: float = float("inf")
    ) -> float:
        """Return a number within bounds."""
        value = self._value(key)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self._error(key, value, "a number")
        if not above < value < below:
            raise self._error(key, value, f"a number above {above:g} and below {below:g}")
        return float(value)

    def whole(self, key: str, *, above: int, below: int) -> int:
        """Return a whole number within bounds."""
        value = self._value(key)
        if isinstance(value, bool) or not isinstance(value, int) or not above < value < below:
            raise self._error(key, value, f"a whole number above {above} and below {below}")
        return value

    def flag(self, key: str) -> bool:
        """Return true or false."""
        value = self._value(key)
        if not isinstance(value, bool):
            raise self._error(key, value, "true or false")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of texts."""
        value = self._value(key)
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise self._error(key, value, "a list of texts")
        return tuple(value)

    def has(self, key: str) -> bool:
        """Tell whether a key is given, and know it from now on."""
        self._asked.add(key)
        return key in self._given

    def value(self, key: str) -> object:
        """Return a value of any type, for a reader that knows what it may be."""
        return self._value(key)

    @property
    def place(self) -> str:
        """Where the table stands, as messages name it."""
        return self._place

    def rising_numbers(self, key: str, *, at_least: int = 0) -> list[float]:
        """Return a list of positive numbers, each larger than the one before."""
        value = self._value(key)
        numbers = [one for one in value if _is_number(one)] if isinstance(value, list) else []
        rising = all(low < high for low, high in zip([0.0, *numbers], numbers, strict=False))
        if not isinstance(value, list) or len(numbers) != len(value) or not rising:
            raise self._error(key, value, "a list of positive numbers that rise")
        if len(numbers) < at_least:
            raise self._error(key, value, f"a list with at least {at_least} number")
        return [float(one) for one in numbers]

    def choice(self, key: str, choices: type[_Choice]) -> _Choice:
        """Return one of a list of codes."""
        value = self._value(key)
        return self._chosen(key, value, choices)

    def choices(self, key: str, choices: type[_Choice]) -> list[_Choice]:
        """Return a list of codes."""
        value = self._value(key)
        if not isinstance(value, list):
            raise self._error(key, value, f"a list of {', '.join(choices)}")
        return [self._chosen(key, one, choices) for one in value]

    def groups(self, key: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Return groups, each a name with a list of values; nothing when not given."""
        self._asked.add(key)
        value = self._given.get(key, {})
        if not isinstance(value, Mapping):
            raise self._error(key, value, 'a table such as { "Group" = ["value", "value"] }')
        for name, members in value.items():
            if not isinstance(members, list) or not all(isinstance(one, str) for one in members):
                raise self._error(f"{key}.{name}", members, "a list of texts")
        return tuple((name, tuple(members)) for name, members in value.items())

    def section(self, key: str) -> "Fields":
        """Return a table inside this one."""
        self._asked.add(key)
        given, default = self._given.get(key, {}), self._default.get(key, {})
        if not isinstance(given, Mapping) or not isinstance(default, Mapping):
            raise self._error(key, given, f"a table [{key}]")
        return Fields(given, default, f"{self._place}, [{key}]")

    def entries(self, key: str) -> list["Fields"]:
        """Return the tables of a list; those of the default when none are given."""
        value = self._value(key)
        if not isinstance(value, list) or not all(isinstance(one, Mapping) for one in value):
            raise self._error(key, value, f"tables [[{key}]]")
        return [
            Fields(one, {}, f"{self._place}, [[{key}]] {position}")
            for position, one in enumerate(value, start=1)
        ]

    def refuse_unknown(self) -> None:
        """Refuse keys that nobody asked for."""
        unknown = [key for key in self._given if key not in self._asked]
        if unknown:
            near = get_close_matches(unknown[0], self._asked, n=1)
            hint = f" Did you mean '{near[0]}'?" if near else ""
            raise InvalidDataError(
                f"{self._place}: unknown key '{unknown[0]}'.{hint} Allowed: "
                f"{', '.join(sorted(self._asked))}. Correct or remove it."
            )

    def _value(self, key: str) -> object:
        self._asked.add(key)
        if key in self._given:
            return self._given[key]
        if key in self._default:
            return self._default[key]
        raise InvalidDataError(f"{self._place}: '{key}' is missing. Add it.")

    def _chosen(self, key: str, value: object, choices: type[_Choice]) -> _Choice:
        try:
            return choices(str(value))
        except ValueError:
            raise self._error(key, value, f"one of {', '.join(choices)}") from None

    def _error(self, key: str, value: object, allowed: str) -> InvalidDataError:
        return InvalidDataError(
            f"{self._place}: {key} is {value!r}. Allowed: {allowed}. Correct it."
        )


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
