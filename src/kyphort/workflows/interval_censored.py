"""Local control when recurrence is known only to lie between two scans."""

import numpy as np

from kyphort.endpoints import EndpointTable
from kyphort.protocol import Study
from kyphort.reports.results import IntervalLandmark
from kyphort.survival import kaplan_meier, npmle_bootstrap
from kyphort.workflows import curves


def interval_censored(table: EndpointTable, study: Study) -> tuple[IntervalLandmark, ...]:
    """Estimate local control from (last negative, first positive] at the landmarks."""
    data, times = table.interval_data(), study.landmarks_months
    found = npmle_bootstrap(data, times, replicates=study.replicates, seed=study.seed)
    beside = curves.landmarks(kaplan_meier(table.survival_data()), times)
    columns = (found.survival, found.lower, found.upper, found.std_error, found.lowest)
    rows = zip(times, beside, *(column.tolist() for column in columns), strict=True)
    return tuple(
        IntervalLandmark(
            time,
            curves.known(estimate),
            curves.known(lower),
            curves.known(upper),
            curves.known(error),
            float(np.count_nonzero(data.left >= time)),
            curves.known(lowest),
            other.estimate,
        )
        for time, other, estimate, lower, upper, error, lowest in rows
    )
