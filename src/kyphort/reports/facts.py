"""What a sentence may say: only numbers that the data or the print determine."""

from typing import Any

from kyphort.reports.numbers import months, p_value, percent
from kyphort.reports.paths import value_at
from kyphort.reports.results import Results

DETERMINED = "determined"


class Undetermined(Exception):  # noqa: N818 - it steers the choice of words and is no error
    """A number that no sentence may state."""


class Facts:
    """The results by dotted path, for sentences.

    Asking for a number that the print leaves open raises `Undetermined`. Limits that are known
    within a narrow range are written with as many digits as the whole range agrees on.
    """

    def __init__(self, results: Results) -> None:
        self._results: dict[str, Any] = results.as_json()
        self._determination = results.determination

    def count(self, path: str) -> int:
        """Return a count."""
        return int(self._stated(path))

    def number(self, path: str) -> str:
        """Return a number as short as it can be written."""
        return f"{self._stated(path):g}"

    def percent(self, path: str, digits: int = 1) -> str:
        """Return a fraction in percent."""
        return percent(self._stated(path), digits)

    def months(self, path: str) -> str:
        """Return a time in months."""
        return months(self._stated(path))

    def p_value(self, path: str) -> str:
        """Return a p-value."""
        return p_value(self._stated(path))

    def may_state(self, *paths: str) -> bool:
        """Return whether every one of the numbers may stand in a sentence."""
        return all(self._is_determined(path) for path in paths)

    def limits(self, path: str) -> str:
        """Return " (95% CI a to b)" for the estimate at `path`, or nothing when they are open."""
        lower, upper = f"{path}.lower", f"{path}.upper"
        ends = value_at(self._results, lower), value_at(self._results, upper)
        # Before the first event the limits are those of the convention and say nothing.
        if ends[0] in {None, ends[1]} or not self.may_state(lower, upper):
            return ""
        for digits in (1, 0):
            texts = [self._as_far_as_known(one, digits) for one in (lower, upper)]
            if all(texts):
                return f" (95% CI {texts[0]} to {texts[1]})"
        return ""

    def _stated(self, path: str) -> float:
        value = value_at(self._results, path)
        if value is None or not self._is_determined(path):
            raise Undetermined(path)
        return float(value)

    def _is_determined(self, path: str) -> bool:
        if self._determination is None:
            return True
        found = self._determination.get(path)
        return found is not None and (found.kind != "range" or found.verdict == DETERMINED)

    def _as_far_as_known(self, path: str, digits: int) -> str | None:
        ends = {f"{100 * end:.{digits}f}" for end in self._ends(path)}
        return ends.pop() if len(ends) == 1 else None

    def _ends(self, path: str) -> list[float]:
        found = None if self._determination is None else self._determination[path]
        known = () if found is None else (found.low, found.high)
        return [end for end in (value_at(self._results, path), *known) if end is not None]
