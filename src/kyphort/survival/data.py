"""Right-censored, possibly left-truncated and clustered times: what every estimator takes."""

from collections.abc import Hashable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from kyphort.errors import InvalidDataError
from kyphort.survival.arrays import BoolArray, FloatArray, IntArray, Integers, frozen, read_only
from kyphort.survival.checks import as_floats, check_length, refuse_rows
from kyphort.survival.days import DayRows
from kyphort.survival.jit import is_large
from kyphort.survival.labels import (
    Labels,
    count_integers,
    encode_codes,
    encode_counted,
    encode_labels,
    rank_integers,
)
from kyphort.survival.rows import Rows, check_many_rows, check_rows
from kyphort.survival.table import ExitTable
from kyphort.survival.ties import snap


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
    _rows: Rows = field(repr=False)
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
        entries: FloatArray | None = None
        rows = check_many_rows(time, event) if entry is None and weight is None else None
        if rows is None:
            rows, entries = check_rows(time, event, entry)
        count = len(rows)
        codes, sizes = (
            (None, None) if cluster is None else encode_counted("cluster", cluster, count)
        )
        values = {
            "_rows": rows,
            "entry": entries,
            "cluster": None if codes is None else frozen(codes),
            "_cluster_sizes": sizes,
            "stratum": _check_codes("stratum", stratum, count),
            "weight": None if weight is None else read_only(_check_weight(weight, count)),
            "label": label,
            "unit_of_analysis": unit_of_analysis,
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def time(self) -> FloatArray:
        """When observation of each row ended `(n,)`, near-equal times merged."""
        return self._rows.time

    @property
    def event(self) -> IntArray:
        """How observation of each row ended `(n,)`: 0 censored, 1, 2 … events."""
        return self._rows.event

    @property
    def codes(self) -> Integers:
        """The codes of `event` `(n,)`, of many rows in one byte each if that is enough.

        :meta private:
        """
        return self._rows.code

    @property
    def days(self) -> DayRows | None:
        """The rows packed, for many rows of whole-number times that all enter at the origin.

        :meta private:
        """
        return self._rows if isinstance(self._rows, DayRows) else None

    @property
    def positions(self) -> tuple[FloatArray, IntArray]:
        """The distinct times `(m,)`, and where the time of each row `(n,)` stands among them.

        :meta private:
        """
        return self._rows.positions

    @property
    def cluster_sizes(self) -> Integers:
        """How many rows each cluster has `(c,)`; one row each without labels.

        :meta private:
        """
        return np.ones(len(self), np.int64) if self._cluster_sizes is None else self._cluster_sizes

    @property
    def exits(self) -> ExitTable | None:
        """Who leaves when, for many rows without weights that all enter at the origin.

        :meta private:
        """
        return self._rows.exits if self._has_exit_table else None

    def exits_by(self, group: Integers, groups: int, cause: int) -> ExitTable | None:
        """Return who leaves when by 2 × group + 1 for the cause, 2 × group else; None as `exits`.

        :meta private:
        """
        return self._rows.exits_by(group, groups, cause) if self._has_exit_table else None

    def exit_order(self) -> tuple[IntArray, Integers]:
        """Return the rows `(n,)` in order of exit, and `(m,)` where each distinct time ends.

        :meta private:
        """
        return self._rows.exit_order()

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
        codes, sizes = (None, None) if self.cluster is None else count_integers(self.cluster[rows])
        values = {
            "_rows": self._rows.select(rows),
            "entry": None if self.entry is None else read_only(self.entry[rows]),
            "cluster": None if codes is None else frozen(codes),
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
