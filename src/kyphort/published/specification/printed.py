"""A number as printed: its digits, and the interval of values that round to them."""

import math
import re
from dataclasses import dataclass

from kyphort.errors import InvalidDataError

_NUMBER = re.compile(
    r"^(?:[pP]\s*)?(?P<sign>[<>≤≥=]?)\s*(?P<digits>(?:\d+|(?=[.,]\d))(?:[.,](?P<decimals>\d+))?)\s*%?$"
)
_BELOW, _ABOVE = "<≤", ">≥"


@dataclass(frozen=True, slots=True)
class Printed:
    """A number with the digits that were printed, such as "97.1", "0.663" or "<0.001".

    `low` and `high` are the closed interval of values that round to the print, in the printed unit:
    half a unit of the last digit to either side, both roundings of a tie allowed. "<0.001" is the
    interval [0, 0.001], ">0.9" the interval [0.9, ∞). "p = .03" and "97.1%" are read as well.

    Raises
    ------
    InvalidDataError
        When the text is not one number.

    Examples
    --------
    >>> one = Printed("97.1")
    >>> one.value, one.decimals, round(one.low, 9), round(one.high, 9)
    (97.1, 1, 97.05, 97.15)
    >>> Printed("<0.001").high, Printed("p < .05").high, Printed("97.1%").value
    (0.001, 0.05, 97.1)
    """

    text: str

    def __post_init__(self) -> None:
        if _NUMBER.match(self.text.strip()) is None:
            raise InvalidDataError(
                f"'{self.text}' is not a printed number. Allowed: digits as printed, for example "
                '"97.1", "0.663" or "<0.001", in quotation marks. Correct it.'
            )

    @property
    def _parts(self) -> re.Match[str]:
        found = _NUMBER.match(self.text.strip())
        assert found is not None  # noqa: S101 - checked when the value was made
        return found

    @property
    def _sign(self) -> str:
        return self._parts["sign"] or "="

    @property
    def value(self) -> float:
        """The number itself."""
        return float(self._parts["digits"].replace(",", "."))

    @property
    def decimals(self) -> int:
        """How many digits stand after the point."""
        return len(self._parts["decimals"] or "")

    @property
    def half_unit(self) -> float:
        """Half a unit of the last printed digit."""
        return 0.5 * 10.0**-self.decimals

    @property
    def low(self) -> float:
        """The smallest value that rounds to the print."""
        if self._sign in _BELOW:
            return 0.0
        if self._sign in _ABOVE:
            return self.value
        return max(0.0, self.value - self.half_unit)

    @property
    def high(self) -> float:
        """The largest value that rounds to the print."""
        if self._sign in _ABOVE:
            return math.inf
        return self.value if self._sign in _BELOW else self.value + self.half_unit

    def holds(self, value: float) -> bool:
        """Whether `value` rounds to the print, with room for binary fractions.

        >>> Printed("33.6").holds(100 * 48 / 143), Printed("1.4").holds(100 / 143)
        (True, False)
        """
        slack = 1e-9 * max(1.0, abs(value))
        return self.low - slack <= value <= self.high + slack

    def moved(self, units: int) -> "Printed":
        """Return the print with its last digit moved by `units`.

        >>> Printed("97.1").moved(-1).text
        '97.0'
        """
        value = self.value + units * 10.0**-self.decimals
        sign = "" if self._sign == "=" else self._sign
        return Printed(f"{sign}{max(0.0, value):.{self.decimals}f}")

    def __str__(self) -> str:
        return self.text.strip()
