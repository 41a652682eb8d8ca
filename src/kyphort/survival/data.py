"""Right-censored, possibly left-truncated and clustered times: what every estimator takes."""

from collections.abc import Hashable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from kyphort.errors import InvalidDataError
from kyphort.survival.arrays import (
    BoolArray,
    FloatArray,
    IntArray,
    Integers,
    for_kernels,
    frozen,
    read_only,
)
from kyphort.survival.checks import as_floats, check_length, refuse_rows
from kyphort.survival.days import DayRows, pack_days
from kyphort.survival.jit import is_large
from kyphort.survival.labels import (
    Labels,
    count_integers,
    encode_codes,
    encode_counted,
    encode_labels,
    rank_integers,
)
from kyphort.survival.table import ExitTable, distinct_ends, sort_exits, stable_order
from kyphort.survival.ties import ROOT_OF_EPSILON, floor_to, merge_near_ties, snap


@dataclass(frozen=True, slots=True, init=False, eq=False)
class SurvivalData:
    """Times under observation with the code of what ended them, one row per unit of analysis.

    Near-equal times are merged (tolerance √ε, as `timefix` of R's survival package), so that times
    computed from dates tie when the dates do. At a tie events come before censorings.

    Parameters
    ----------
    time
        `(n,)`, above zero, in any one unit: when observation of the row ended.
    event
        `(n,)` integers: 0 censored, 1 the event, 2, 3 … competing causes.
    entry
        `(n,)` left-truncation times, not negative: a row is at risk in (entry, time].
    cluster
        `(n,)` labels, any hashable: rows with one label are dependent (vertebrae of one patient).
    stratum
        `(n,)` labels; estimators of one curve pool them, tests compare within them.
    weight
        `(n,)` case weights, above zero.
    label
        A name for messages and reports.
    unit_of_analysis
        What one row is: "patient", "vertebra" …

    Attributes
    ----------
    time, entry, weight : read-only float64 arrays
    event, cluster, stratum : read-only int64 arrays; labels appear as positions in sorted order

    Raises
    ------
    InvalidDataError
        For values that cannot be right; the message names the rows, counted from 0.

    Examples
    --------
    >>> data = SurvivalData([4, 11, 11], [1, 0, 2], cluster=["p1", "p2", "p2"])
    >>> len(data), data.cluster.tolist()
    (3, [0, 1, 1])
    """

    entry: FloatArray | None
    cluster: IntArray | None
    stratum: IntArray | None
    weight: FloatArray | None
    label: str
    unit_of_analysis: str
    _rows: int = field(repr=False)
    _codes: Integers | None = field(repr=False)
    _time: FloatArray | None = field(repr=False)
    _days: DayRows | None = field(repr=False)
    _is_merged: bool = field(repr=False)
    _exits: ExitTable | None = field(repr=False)
    _cluster_sizes: Integers | None = field(repr=False)

    def __init__(
        self,
        time: ArrayLike,
        event: ArrayLike,
        *,
        entry: ArrayLike | None = None,
        cluster: Labels | None = None,
        stratum: Labels | None = None,
        weight: ArrayLike | None = None,
        label: str = "",
        unit_of_analysis: str = "patient",
    ) -> None:
        is_plain = entry is None and weight is None
        rows = _many_rows(time, event) if is_plain else None
        if rows is None:
            rows = _checked_rows(time, event, entry)
        count = rows.count
        clusters = None if cluster is None else encode_counted("cluster", cluster, count)
        values = {
            "_rows": count,
            "_time": rows.time,
            "_is_merged": rows.is_merged,
            "_days": rows.days,
            "_exits": None,
            "_codes": rows.code,
            "entry": rows.entry,
            "cluster": None if clusters is None else frozen(clusters[0]),
            "_cluster_sizes": None if clusters is None else clusters[1],
            "stratum": _check_codes("stratum", stratum, count),
            "weight": None if weight is None else read_only(_check_weight(weight, count)),
            "label": label,
            "unit_of_analysis": unit_of_analysis,
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def __len__(self) -> int:
        return self._rows

    @property
    def time(self) -> FloatArray:
        """When observation of each row ended `(n,)`, near-equal times merged."""
        if self._time is None:
            days = self._days
            assert days is not None
            object.__setattr__(self, "_time", frozen(days.time))
        elif not self._is_merged:
            table = self.exits
            if table is None:
                merged = merge_near_ties(self._time, None)[0]
            else:
                merged = floor_to(table.times, self._time)
            object.__setattr__(self, "_time", read_only(merged))
            object.__setattr__(self, "_is_merged", True)
        return self._time

    @property
    def event(self) -> IntArray:
        """How observation of each row ended `(n,)`: 0 censored, 1, 2 … events."""
        if self._codes is None or self._codes.dtype != np.int64:
            object.__setattr__(self, "_codes", frozen(self.codes.astype(np.int64)))
        return self._codes.view(np.int64)

    @property
    def codes(self) -> Integers:
        """The codes of `event` `(n,)`, of many rows in one byte each if that is enough.

        :meta private:
        """
        if self._codes is None:
            assert self._days is not None
            object.__setattr__(self, "_codes", frozen(self._days.code))
        return self._codes

    @property
    def days(self) -> DayRows | None:
        """The rows packed, for many rows of whole-number times that all enter at the origin.

        :meta private:
        """
        return self._days

    @property
    def cluster_sizes(self) -> Integers:
        """How many rows each cluster has `(c,)`; one row each without labels.

        :meta private:
        """
        if self._cluster_sizes is None:
            sizes = np.ones(len(self), np.int64) if self.cluster is None else np.bincount(self.cluster)
            object.__setattr__(self, "_cluster_sizes", sizes)
        return self._cluster_sizes

    @property
    def exits(self) -> ExitTable | None:
        """Who leaves when, for many rows without weights that all enter at the origin.

        :meta private:
        """
        if self._exits is None and self._has_exit_table:
            table = self._days.exits if self._days else self._sort(self.codes)
            object.__setattr__(self, "_exits", table)
        return self._exits

    def exits_by(self, group: Integers, groups: int, cause: int) -> ExitTable | None:
        """Return who leaves when by 2 × group + 1 for the cause, 2 × group else; None as `exits`.

        :meta private:
        """
        if not self._has_exit_table:
            return None
        if self._days is not None:
            return self._days.exits_by(group, groups, cause)
        if groups > 128:
            return None
        return self._sort((group.astype(np.uint8) << 1) | (self.codes == cause))

    def exit_order(self) -> tuple[IntArray, Integers]:
        """Return the rows `(n,)` in order of exit, and `(m,)` where each distinct time ends.

        :meta private:
        """
        time = self.time if self._time is None else self._time
        order = stable_order(time)
        return order, distinct_ends(time[order], self._tolerance)[1]

    def _sort(self, code: Integers) -> ExitTable | None:
        assert self._time is not None
        return sort_exits(self._time, code, int(code.max()) + 1, self._tolerance)

    @property
    def _tolerance(self) -> float:
        return 0.0 if self._is_merged else ROOT_OF_EPSILON

    @property
    def _has_exit_table(self) -> bool:
        return is_large(len(self)) and self.entry is None and self.weight is None

    @property
    def weights(self) -> FloatArray:
        """The case weights `(n,)`, ones when none were given."""
        return np.ones(len(self)) if self.weight is None else self.weight

    @property
    def entries(self) -> FloatArray:
        """The entry times `(n,)`; minus infinity for a row observed from the origin."""
        if self.entry is None:
            return np.full(len(self), -np.inf)
        return np.where(self.entry > 0.0, self.entry, -np.inf)

    @property
    def has_fractional_weights(self) -> bool:
        """Whether any weight is not a whole number, so that rows cannot be copies."""
        return self.weight is not None and bool((self.weight % 1.0 != 0.0).any())

    def select(self, rows: BoolArray | IntArray, *, label: str | None = None) -> "SurvivalData":
        """Return the chosen rows as data of their own; codes count from 0 again.

        >>> SurvivalData([4, 11, 12], [1, 0, 2]).select(np.array([0, 2])).time.tolist()
        [4.0, 12.0]
        """
        part = object.__new__(SurvivalData)
        days = None if self._days is None else self._days.select(rows)
        cluster, sizes = (None, None) if self.cluster is None else count_integers(self.cluster[rows])
        # Times stay as merged among all rows, so that parts of one data set agree on ties.
        time = None if days else read_only(self.time[rows])
        values = {
            "_rows": days.cells.size if days else time.size,
            "_time": time,
            "_is_merged": True,
            "_days": days,
            "_exits": None,
            "_codes": None if days else read_only(self.codes[rows]),
            "entry": None if self.entry is None else read_only(self.entry[rows]),
            "cluster": None if cluster is None else frozen(cluster),
            "_cluster_sizes": sizes,
            "stratum": _recode(self.stratum, rows),
            "weight": None if self.weight is None else read_only(self.weight[rows]),
            "label": self.label if label is None else label,
            "unit_of_analysis": self.unit_of_analysis,
        }
        for name, value in values.items():
            object.__setattr__(part, name, value)
        return part

    def after(self, start: float) -> "SurvivalData":
        """Return the rows still under observation after `start`, entering no earlier than then.

        >>> SurvivalData([4, 11, 12], [1, 0, 2]).after(6).entry.tolist()
        [6.0, 6.0]
        """
        start = float(snap(np.asarray(start, dtype=np.float64), np.unique(self.time)))
        rows = np.flatnonzero(self.time > start)
        if rows.size == 0:
            last = float(self.time.max())
            raise InvalidDataError(
                f"given: {start:g}. Nobody is under observation after that; the last exit is at "
                f"{last:g}."
            )
        part = self.select(rows)
        came = np.full(rows.size, start) if part.entry is None else np.maximum(part.entry, start)
        object.__setattr__(part, "entry", read_only(came))
        return part

    def split(self, labels: Labels) -> "dict[Hashable, SurvivalData]":
        """Return one `SurvivalData` per distinct label, in sorted label order.

        Parameters
        ----------
        labels
            `(n,)` group labels.

        Examples
        --------
        >>> data = SurvivalData([4, 11, 12], [1, 0, 2])
        >>> {name: len(part) for name, part in data.split(["b", "a", "b"]).items()}
        {'a': 1, 'b': 2}
        """
        codes, names = encode_labels("labels", labels, len(self))
        return {
            name: self.select(codes == code, label=str(name)) for code, name in enumerate(names)
        }


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """Rows that were checked: as times and codes, or as packed days."""

    count: int
    time: FloatArray | None = None
    code: Integers | None = None
    days: DayRows | None = None
    entry: FloatArray | None = None
    is_merged: bool = True


def _checked_rows(time: ArrayLike, event: ArrayLike, entry: ArrayLike | None) -> _Rows:
    given = _check_time(time)
    code = _check_event(event, given.size)
    came = None if entry is None else _check_entry(entry, given)
    merged, came = merge_near_ties(given, came)
    return _Rows(
        given.size, read_only(merged), read_only(code), entry=None if came is None else read_only(came)
    )


def _many_rows(time: ArrayLike, event: ArrayLike) -> _Rows | None:
    """Check and copy many rows in one pass; None when they are few, or when a row is wrong.

    One sort of many rows is enough: their times are merged when they are first sorted.
    """
    many = _as_columns(time, event)
    if many is None:
        return None
    given, event_code = many
    days = pack_days(given, event_code)
    if days is not None:
        return _Rows(given.size, days=days)
    from kyphort.survival import order_kernels  # noqa: PLC0415 - compiled loops, for many rows only

    copy, code = np.empty_like(given), np.empty(given.size, dtype=np.uint8)
    if not order_kernels.copy_rows(given, event_code, copy, code):
        return None
    return _Rows(given.size, frozen(copy), frozen(code), is_merged=False)


def _as_columns(time: ArrayLike, event: ArrayLike) -> tuple[FloatArray, IntArray] | None:
    given, code = np.asarray(time), np.asarray(event)
    if not is_large(given.size) or given.ndim != 1 or given.shape != code.shape:
        return None
    if given.dtype.kind not in "biuf" or code.dtype.kind not in "biu":
        return None
    return frozen(np.ascontiguousarray(given, dtype=np.float64).view()), for_kernels(code)


def _check_time(time: ArrayLike) -> FloatArray:
    array = as_floats("time", time)
    if array.size == 0:
        raise InvalidDataError(
            "time: no rows. Pass at least one row with a time and an event code."
        )
    advice = (
        "Times start at the origin and must be above zero; count an event on day 0 as half a day."
    )
    if array.min() <= 0.0:
        refuse_rows("time", array <= 0.0, array, "a time that is not above zero", advice)
    return array


def _check_event(event: ArrayLike, rows: int) -> IntArray:
    given = np.asarray(event)
    is_whole = given.ndim == 1 and given.dtype.kind in "biu"
    array = given if is_whole else as_floats("event", event)
    check_length("event", array.size, rows)
    advice = "Allowed: 0 for censored, 1 for the event, 2, 3 … for competing causes."
    if array.min() < 0 or not is_whole:
        unknown = (array < 0) | (array != np.floor(array))
        refuse_rows("event", unknown, array, "an unknown event code", advice)
    return array.astype(np.int64, copy=False)


def _check_entry(entry: ArrayLike, time: FloatArray) -> FloatArray:
    array = as_floats("entry", entry)
    check_length("entry", array.size, time.size)
    advice = "Use 0 for a row that was observed from the origin."
    refuse_rows("entry", array < 0.0, array, "an entry before the origin", advice)
    advice = "A row is at risk in (entry, time]; entry must come before time."
    refuse_rows(
        "entry", array >= time, array, "an entry at or after the end of observation", advice
    )
    return array


def _check_weight(weight: ArrayLike, rows: int) -> FloatArray:
    array = as_floats("weight", weight)
    check_length("weight", array.size, rows)
    advice = "Weights must be above zero; leave out a row that should not count."
    refuse_rows("weight", array <= 0.0, array, "a weight that is not above zero", advice)
    return array


def _check_codes(field: str, labels: Labels | None, rows: int) -> IntArray | None:
    return None if labels is None else read_only(encode_codes(field, labels, rows))


def _recode(codes: IntArray | None, rows: BoolArray | IntArray) -> IntArray | None:
    if codes is None:
        return None
    return read_only(rank_integers(codes[rows])[0])
