"""The table of numbers below a curve."""

import numpy as np
from numpy.typing import ArrayLike

from kyphort.errors import InvalidDataError
from kyphort.survival.arrays import FloatArray, with_start
from kyphort.survival.checks import as_floats, check_cause
from kyphort.survival.data import SurvivalData
from kyphort.survival.exits import ExitCounts, at_risk_at
from kyphort.survival.results import Convention, RiskTable
from kyphort.survival.ties import snap


def risk_table(
    data: SurvivalData,
    ticks: ArrayLike,
    *,
    cause: int = 1,
    convention: Convention = "KMunicate",
) -> RiskTable:
    """Count who is at risk at each tick, and events, censorings and competing events up to it.

    "KMunicate" counts as at risk those who go on after the tick (entry ≤ t < T), so that the four
    numbers add up to the rows entered by then, to all rows when nobody enters late. "R" counts
    those who can still leave at the tick (entry < t ≤ T), as `summary.survfit` does; a row that
    leaves exactly at a tick is then in two columns.

    Parameters
    ----------
    data
        Rows with entry times and case weights where they have any.
    ticks
        `(k,)` times, ascending, not negative.
    cause
        The event code shown as event; other codes are competing.
    convention
        "KMunicate" or "R".

    Source: Morris et al. 2019 (KMunicate), doi 10.1136/bmjopen-2019-030215.

    Raises
    ------
    InvalidDataError
        For ticks that are missing, negative or not ascending, an unknown `cause` or `convention`.

    Examples
    --------
    >>> table = risk_table(SurvivalData([4, 11, 12, 24], [1, 2, 0, 0]), [0, 12, 24])
    >>> table.at_risk.tolist(), table.events.tolist(), table.censored.tolist()
    ([4.0, 1.0, 0.0], [0.0, 1.0, 1.0], [0.0, 1.0, 2.0])
    """
    check_cause(cause)
    times = _check_ticks(ticks)
    if convention not in ("KMunicate", "R"):
        raise InvalidDataError(f"convention: {convention!r}. Allowed: 'KMunicate', 'R'.")
    counts = ExitCounts(data, cause)
    distinct = data.positions[0] if data.exits is None else data.exits.times
    slot = np.searchsorted(distinct, snap(times, distinct), side="right")

    def up_to_ticks(leaving: FloatArray) -> FloatArray:
        return with_start(0.0, np.cumsum(leaving))[slot]

    return RiskTable(
        times=times,
        at_risk=at_risk_at(data, times, leavers_count=convention == "R"),
        events=up_to_ticks(counts.events),
        censored=up_to_ticks(counts.censored),
        competing=up_to_ticks(counts.competing),
        convention=convention,
    )


def _check_ticks(ticks: ArrayLike) -> FloatArray:
    times = as_floats("ticks", np.atleast_1d(np.asarray(ticks)))
    if times.size == 0 or times[0] < 0.0 or (np.diff(times) <= 0.0).any():
        raise InvalidDataError(
            f"ticks: {times.tolist()}. Allowed: one or more times, ascending, none negative."
        )
    return times
