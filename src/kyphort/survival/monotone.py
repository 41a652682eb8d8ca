"""A likelihood without a maximum: a direction in which every event is the highest at risk."""

import numpy as np

from kyphort.errors import MonotoneLikelihoodError
from kyphort.survival.arrays import FloatArray
from kyphort.survival.cox_likelihood import Problem
from kyphort.survival.risk_sets import RiskSets

_ROUNDING = 1e-6
_PART = 1e-3
_BLOCK = 1 << 22


def refuse_monotone(problem: Problem, names: tuple[str, ...], direction: FloatArray) -> None:
    """Raise when the likelihood rises along a direction `(p,)` without end.

    It does when, at every event time, each event has the highest linear combination of covariates
    of all at risk: the score of each event then never turns negative along the way. With exact
    ties the events of a time are drawn together, and need to be the highest together only.

    Source: Bryson & Johnson 1981, doi 10.1080/00401706.1981.10487682; Heinze & Schemper 2001,
    doi 10.1111/j.0006-341X.2001.00114.x.
    """
    along = direction / np.abs(direction).max()
    value = np.einsum("ij,j->i", problem.design, along)
    sets = problem.sets
    highest = _highest_at_risk(sets, value, beside_events=problem.ties == "exact")[sets.event_slot]
    slack = _ROUNDING * float(value.max() - value.min())
    if (value[sets.event_rows] < highest - slack).any():
        return
    refuse_direction(names, along)


def refuse_direction(names: tuple[str, ...], along: FloatArray) -> None:
    """Raise, naming the covariates of a direction `(p,)` along which a likelihood rises."""
    parts = [
        f"'{name}' {'upwards' if part > 0 else 'downwards'}"
        for name, part in zip(names, along, strict=True)
        if abs(part) > _PART
    ]
    raise MonotoneLikelihoodError(
        f"covariates: the likelihood rises without end along {' with '.join(parts)}, because every "
        "event is the highest of all at risk in that direction; no finite hazard ratio fits best. "
        "Leave the covariate out, merge groups without events, or fit with firth()."
    )


def _highest_at_risk(sets: RiskSets, value: FloatArray, *, beside_events: bool) -> FloatArray:
    """Return the largest value among the rows at risk at each slot `(m,)`, or beside its events."""
    if sets.has_entry:
        return _highest_by_slot(sets, value, beside_events=beside_events)
    found = np.full(sets.slots, -np.inf)
    staying = np.full(sets.slots, -np.inf)
    seen = np.flatnonzero(sets.last >= sets.start)
    np.maximum.at(found, sets.last[seen], value[seen])
    censored = seen[~sets.is_event[seen]]
    np.maximum.at(staying, sets.last[censored], value[censored])
    for low, high in zip(sets.bounds[:-1], sets.bounds[1:], strict=True):
        found[low:high] = np.maximum.accumulate(found[low:high][::-1])[::-1]
        after = np.append(found[low + 1 : high], -np.inf)[: high - low]
        staying[low:high] = np.maximum(staying[low:high], after)
    return staying if beside_events else found


def _highest_by_slot(sets: RiskSets, value: FloatArray, *, beside_events: bool) -> FloatArray:
    found = np.empty(sets.slots)
    step = max(1, _BLOCK // value.size)
    for low in range(0, sets.slots, step):
        slots = np.arange(low, min(low + step, sets.slots))[:, None]
        present = (sets.first <= slots) & (slots <= sets.last)
        if beside_events:
            present &= (sets.last != slots) | ~sets.is_event
        found[slots[:, 0]] = np.where(present, value, -np.inf).max(axis=1)
    return found
