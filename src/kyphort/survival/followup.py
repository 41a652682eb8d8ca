"""How long the rows were followed: the reverse Kaplan–Meier estimate."""

from kyphort.survival.clusters import robust_clusters
from kyphort.survival.curves import SurvivalCurve, build_curve
from kyphort.survival.data import SurvivalData
from kyphort.survival.exits import ExitCounts, reversed_counts
from kyphort.survival.transforms import Confidence


def reverse_kaplan_meier(
    data: SurvivalData,
    confidence: Confidence = "log-log",
    level: float = 0.95,
    cluster_robust: bool | None = None,
) -> SurvivalCurve:
    """Estimate the distribution of follow-up: censoring is the event, every event a censoring.

    Its median is the median potential follow-up. At a tie the events still come first, so a row
    with an event is no longer at risk of being censored at that time. With all rows followed from
    the origin, the survival from every cause times this curve is then exactly the share still under
    observation. R's `survfit(Surv(time, 1 - status))` lets censorings come first instead, and
    differs where the two tie. In the result `events` are the censorings, `censored` the events of
    any code, and `at_risk` those left after the events of the same time.

    Source: Schemper & Smith 1996, doi 10.1016/0197-2456(96)00075-X.

    Parameters
    ----------
    data
        Rows with entry times, clusters and case weights where they have any.
    confidence, level, cluster_robust
        As for `kaplan_meier`.

    Raises
    ------
    InvalidDataError
        For an unknown `confidence` or `level`.

    Examples
    --------
    >>> reverse_kaplan_meier(SurvivalData([4, 4, 11, 12], [1, 0, 1, 0])).survival.round(4).tolist()
    [0.6667, 0.6667, 0.0]
    """
    counts = ExitCounts(data, cause=1)
    return build_curve(
        data,
        reversed_counts(data, counts),
        counts,
        robust_clusters(data, cluster_robust),
        cause=1,
        confidence=confidence,
        level=level,
        is_reversed=True,
    )
