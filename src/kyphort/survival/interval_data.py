"""Interval-censored times: an event known to lie after one look and no later than another."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from kyphort.errors import InvalidDataError
from kyphort.survival.arrays import BoolArray, FloatArray, IntArray, read_only
from kyphort.survival.checks import check_length, numbers, refuse_rows
from kyphort.survival.labels import Labels, encode_codes, rank_integers
from kyphort.survival.ties import ranked, tolerance


@dataclass(frozen=True, slots=True, init=False, eq=False)
class IntervalData:
    """Times known to lie in (left, right], one row per unit of analysis.

    A recurrence seen at a scan lies after the last scan without and no later than the first with:
    (last negative, first positive]. `left == right` is an exact time, `right` infinite a row still
    without the event at `left`, `left` 0 an event before the first look. Near-equal times are
    merged as in `SurvivalData`.

    Parameters
    ----------
    left
        `(n,)`, not negative: the last time known to be free of the event.
    right
        `(n,)`, not before `left`, may be infinite: the first time known to have had it.
    cluster, stratum
        `(n,)` labels, as for `SurvivalData`.
    weight
        `(n,)` case weights, above zero.
    label, unit_of_analysis
        As for `SurvivalData`.

    Raises
    ------
    InvalidDataError
        For values that cannot be right; the message names the rows, counted from 0.

    Examples
    --------
    >>> data = IntervalData([0, 6, 12, 9], [6, 12, float("inf"), 9])
    >>> len(data), data.is_exact.tolist(), data.is_right_censored.tolist()
    (4, [False, False, False, True], [False, False, True, False])
    """

    left: FloatArray
    right: FloatArray
    cluster: IntArray | None
    stratum: IntArray | None
    weight: FloatArray | None
    label: str
    unit_of_analysis: str

    def __init__(
        self,
        left: ArrayLike,
        right: ArrayLike,
        *,
        cluster: Labels | None = None,
        stratum: Labels | None = None,
        weight: ArrayLike | None = None,
        label: str = "",
        unit_of_analysis: str = "patient",
    ) -> None:
        low, high = _check_bounds(left, right)
        low, high = _merged(low, high)
        rows = low.size
        values = {
            "left": read_only(low),
            "right": read_only(high),
            "cluster": None
            if cluster is None
            else read_only(encode_codes("cluster", cluster, rows)),
            "stratum": None
            if stratum is None
            else read_only(encode_codes("stratum", stratum, rows)),
            "weight": None if weight is None else read_only(_check_weight(weight, rows)),
            "label": label,
            "unit_of_analysis": unit_of_analysis,
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def __len__(self) -> int:
        return int(self.left.size)

    @property
    def weights(self) -> FloatArray:
        """The case weights `(n,)`, ones when none were given."""
        return np.ones(len(self)) if self.weight is None else self.weight

    @property
    def is_exact(self) -> BoolArray:
        """Rows `(n,)` whose time is known."""
        return np.asarray(self.left == self.right)

    @property
    def is_right_censored(self) -> BoolArray:
        """Rows `(n,)` that were never seen with the event."""
        return np.isinf(self.right)

    @property
    def looks(self) -> FloatArray:
        """The distinct finite ends of intervals, ascending."""
        ends = np.unique(np.concatenate((self.left, self.right)))
        return ends[np.isfinite(ends)]

    def select(self, rows: BoolArray | IntArray, *, label: str | None = None) -> "IntervalData":
        """Return the chosen rows as data of their own; codes count from 0 again.

        >>> IntervalData([0, 6], [6, 12]).select(np.array([1])).right.tolist()
        [12.0]
        """

        def recode(codes: IntArray | None) -> IntArray | None:
            return None if codes is None else rank_integers(codes[rows])[0]

        part = object.__new__(IntervalData)
        # Times stay as merged among all rows, so that parts of one data set agree on ties.
        values = {
            "left": read_only(self.left[rows]),
            "right": read_only(self.right[rows]),
            "cluster": recode(self.cluster),
            "stratum": recode(self.stratum),
            "weight": None if self.weight is None else read_only(self.weight[rows]),
            "label": self.label if label is None else label,
            "unit_of_analysis": self.unit_of_analysis,
        }
        for name, value in values.items():
            object.__setattr__(part, name, value)
        return part


def _check_bounds(left: ArrayLike, right: ArrayLike) -> tuple[FloatArray, FloatArray]:
    low, high = _as_bounds("left", left), _as_bounds("right", right)
    if low.size == 0:
        raise InvalidDataError("left: no rows. Pass at least one interval.")
    check_length("right", high.size, low.size, of="left")
    advice = "Use 0 for a row without a look before the event."
    refuse_rows("left", ~np.isfinite(low) | (low < 0.0), low, "no finite time from 0 on", advice)
    advice = "An interval is (left, right]; use infinity where the event was never seen."
    refuse_rows("right", high < low, high, "an end before its left end", advice)
    advice = "The event cannot fall on the origin; count day 0 as half a day."
    refuse_rows("right", high <= 0.0, high, "an end that is not above zero", advice)
    return low, high


def _as_bounds(field: str, values: ArrayLike) -> FloatArray:
    try:
        found = numbers(values)
    except (TypeError, ValueError) as error:
        raise InvalidDataError(
            f"{field}: not all values are numbers ({error}). Pass numbers, shape (n,)."
        ) from error
    if found.ndim != 1:
        raise InvalidDataError(f"{field}: shape {found.shape}. Pass one value per row, (n,).")
    refuse_rows(field, np.isnan(found), found, "a missing value", "Give a number, or infinity.")
    return found


def _check_weight(weight: ArrayLike, rows: int) -> FloatArray:
    found = _as_bounds("weight", weight)
    check_length("weight", found.size, rows, of="left")
    advice = "Weights must be above zero and finite; leave out a row that should not count."
    refuse_rows("weight", ~(found > 0.0) | np.isinf(found), found, "no positive weight", advice)
    return found


def _merged(low: FloatArray, high: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Give ends that differ by rounding only one common value, the smallest of their run."""
    values = np.unique(np.concatenate((low, high[np.isfinite(high)])))
    apart = tolerance(values)
    if not (np.diff(values) <= apart).any():
        return low, high
    # Every end is looked up by its rank: a search among as many values takes ten times as long.
    values, rank = ranked(np.concatenate((low, high)))
    is_first = np.concatenate(([True], ~(np.diff(values) <= apart)))
    merged = values[is_first][np.cumsum(is_first) - 1][rank]
    return merged[: low.size], merged[low.size :]
