"""What the print leaves open of statistics that it does not print: proved bounds, seen ranges."""

import math
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from kyphort.published.specification import Specification
from kyphort.reconstruction.cohort import RebuiltCohort
from kyphort.reconstruction.draw import draw_cohort, plan_of
from kyphort.reconstruction.proofs import Prover, Range
from kyphort.reconstruction.solver import Limits
from kyphort.reconstruction.statistics import Statistic, default_names, statistic


@dataclass(frozen=True, slots=True)
class Bound:
    """What is known of one statistic.

    `proved` holds in every cohort with the printed numbers; `seen` is the range over drawn cohorts,
    beyond which the true extremes may lie. `verdict` is determined, partly or not determined;
    determined by a proved interval alone, since a narrow seen range proves nothing.
    """

    statistic: str
    proved: Range | None
    seen: Range | None
    cohorts: int
    verdict: str
    verdict_from: str
    how: str


Accept = Callable[[RebuiltCohort], bool]


def bounds(
    specification: Specification,
    statistics: Sequence[str],
    limits: Limits,
    *,
    cohorts: int = 30,
    seed: int = 1,
    accept: Accept = lambda _: True,
) -> tuple[Bound, ...]:
    """Bound statistics; with an empty list all that make sense for the specification.

    Proved intervals are outer bounds: single curves exit by exit, tests by CP-SAT, the rest by
    arithmetic from landmark to landmark. The ensemble is drawn with seeds from `seed` on; a cohort
    counts when `accept` says so. A drawn cohort may still miss a printed number:
    `kyphort.workflows.paper.bounded` counts those alone that were written and verified.

    Raises
    ------
    InvalidDataError
        When a statistic is not understood; the message lists those that are.
    NoCohortError
        When no cohort can be drawn.
    """
    asked = [statistic(specification, one) for one in (statistics or default_names(specification))]
    drawn = list(_ensemble(specification, cohorts, seed, limits, accept))
    prover = Prover(specification, limits)
    found = []
    for one in asked:
        limits.tell(f"Bounding {one.name}")
        values = [value for cohort in drawn if math.isfinite(value := one.compute(cohort))]
        seen = (min(values), max(values)) if values else None
        proved, how = prover.prove(one)
        found.append(_bound(one, proved, seen, len(values), how))
    return tuple(found)


def _ensemble(
    specification: Specification, cohorts: int, seed: int, limits: Limits, accept: Accept
) -> Iterator[RebuiltCohort]:
    plan, made = plan_of(specification), 0
    for one in range(seed, seed + 3 * cohorts):
        if made == cohorts or limits.left <= 0:
            return
        cohort = draw_cohort(plan, one, time.monotonic() + limits.left)
        if cohort is not None and accept(cohort):
            made += 1
            limits.tell(f"Cohort {made} of {cohorts} (seed {one})")
            yield cohort


def _bound(
    one: Statistic, proved: Range | None, seen: Range | None, cohorts: int, how: str
) -> Bound:
    by_proof = None if proved is None else verdict_of(one.kind, proved)
    by_seen = None if seen is None else verdict_of(one.kind, seen)
    # Drawn cohorts can show that a number is open; that it is settled only a proof can show.
    if by_proof == "determined":
        return Bound(one.name, proved, seen, cohorts, by_proof, "proof", how)
    if by_seen == "not determined" or (by_seen is None and by_proof is None):
        source = "nothing" if by_seen is None else "drawn cohorts"
        return Bound(one.name, proved, seen, cohorts, "not determined", source, how)
    if by_seen is None or by_proof == "partly":
        return Bound(one.name, proved, seen, cohorts, by_proof or "partly", "proof", how)
    return Bound(one.name, proved, seen, cohorts, "partly", "drawn cohorts", how)


def verdict_of(kind: str, limits: Range) -> str:
    """Judge a width: 1 and 5 percentage points for proportions, 5 and 20 % for everything else.

    >>> verdict_of("std_error", (0.050, 0.055)), verdict_of("at_risk", (6, 31))
    ('determined', 'not determined')
    """
    low, high = limits
    if kind in ("survival", "std_error", "lower", "upper", "incidence", "competing", "p", "p_by"):
        width, thresholds = high - low, (0.01, 0.05)
    else:
        width, thresholds = (high - low) / max(0.5 * (high + low), 1e-9), (0.05, 0.20)
    if width <= thresholds[0]:
        return "determined"
    return "partly" if width <= thresholds[1] else "not determined"


def undetermined(found: Iterable[Bound]) -> list[Bound]:
    """Return the statistics that the print does not determine."""
    return [one for one in found if one.verdict == "not determined"]
