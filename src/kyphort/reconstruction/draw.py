"""Drawing one cohort: curves, join, days, attributes, in this order."""

import math
import time

import numpy as np

from kyphort.reconstruction.attributes import with_attributes
from kyphort.reconstruction.cohort import RebuiltCohort
from kyphort.reconstruction.one_endpoint import draw_alone
from kyphort.reconstruction.plan import Plan, plan_of
from kyphort.reconstruction.two_endpoints import draw_joined

__all__ = ["Plan", "draw_cohort", "plan_of"]

ATTEMPTS = 150
"""Draws for one cohort before its seed is given up."""


def draw_cohort(plan: Plan, seed: int, until: float = math.inf) -> RebuiltCohort | None:
    """Draw the cohort of a seed; None when every attempt missed something.

    The same specification and seed give the same cohort. No attempt is begun when `until`, on the
    clock of `time.monotonic` [s], is past.

    Examples
    --------
    >>> from kyphort.published.specification import find_specification
    >>> cohort = draw_cohort(plan_of(find_specification("bludau2020")), 1)
    >>> len(cohort.patients), sum(one.died for one in cohort.patients)
    (104, 66)
    """
    rng = np.random.default_rng(seed)
    plan.pools.clear()
    for _ in range(ATTEMPTS):
        if time.monotonic() > until:
            return None
        draw = draw_joined if plan.patients and plan.units else draw_alone
        patients = draw(plan, rng)
        if patients is None:
            continue
        complete = with_attributes(plan.specification, patients, rng)
        if complete is not None:
            shuffled = [complete[index] for index in rng.permutation(len(complete))]
            return RebuiltCohort(plan.specification.id, seed, tuple(shuffled))
    return None
