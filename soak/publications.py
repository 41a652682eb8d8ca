"""Random publications of hidden cohorts: checked, rebuilt, bounded, and misprinted.

A false contradiction is the worst fault of all. Of each publication it is asked: is it never proved
contradictory; does a rebuilt cohort give back every number, by code that shares nothing with the
solver; do proved bounds hold the truth; is one misprint ever taken for agreement?
"""

import math
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from kyphort.errors import KyphortError
from kyphort.published.specification import Specification, read_specification
from kyphort.reconstruction import Limits, Verdict, bounds, check, verify
from kyphort.survival import SurvivalData, aalen_johansen, kaplan_meier
from kyphort.workflows.paper import reconstruct
from soak.publishing import (
    Hidden,
    hidden_cohort,
    publication,
    rows_of,
    style_of,
    survival_rows,
)

PUBLICATIONS = 300
LARGEST = 24
SEED = 20_261_126
SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Trial:
    """What one publication went through: outcomes by name, and faults in words."""

    outcomes: tuple[str, ...]
    faults: tuple[str, ...]


def run(publications: int = PUBLICATIONS) -> list[str]:
    """Try random publications, print what happened, and return the faults."""
    counts: Counter[str] = Counter()
    faults: list[str] = []
    for index in range(publications):
        with tempfile.TemporaryDirectory() as folder:
            trial = try_publication(index, Path(folder))
        counts.update(trial.outcomes)
        faults += [f"publication {index}: {one}" for one in trial.faults]
    sys.stdout.writelines(f"{name}: {number}\n" for name, number in sorted(counts.items()))
    return faults


def try_publication(
    index: int, folder: Path, largest: int = LARGEST, seconds: float = SECONDS
) -> Trial:
    """Publish one hidden cohort and put the publication through everything."""
    rng = np.random.default_rng((SEED, index))
    cohort = hidden_cohort(rng, style_of(rng), largest)
    path = folder / "paper.toml"
    path.write_text(publication(cohort), encoding="utf-8")
    outcomes, faults = [], []
    try:
        paper = read_specification(path)
    except KyphortError as error:
        return Trial(("refused",), (f"refused: {error}",))
    found = check(paper, Limits(seconds), sensitivity=False)
    outcomes += [f"check {one.verdict}" for one in found.findings]
    faults += [
        f"proved contradictory: {one.subject}: {', '.join(one.items)}; {one.detail}"
        for one in found.findings
        if one.verdict is Verdict.CONTRADICTORY
    ]
    outcomes.append("rebuilt" if _rebuilt(paper, folder, seconds) else "not rebuilt")
    if outcomes[-1] == "rebuilt":
        faults += _misprints(paper, folder / "out" / "cohort_0001", rng)
        for name, inside in _held(paper, cohort, seconds):
            outcomes.append(f"proved {name}")
            faults += [] if inside else [f"proved {name} does not hold the truth"]
    return Trial(tuple(outcomes), tuple(faults))


def _rebuilt(paper: Specification, folder: Path, seconds: float) -> bool:
    """Whether a cohort was drawn; that it gives back every number is the writer's own promise."""
    try:
        return bool(reconstruct(paper, folder / "out", cohorts=1, seconds=seconds).cohorts)
    except KyphortError:
        return False


def _misprints(paper: Specification, data: Path, rng: np.random.Generator) -> Iterator[str]:
    """Yield the misprints that the files of a cohort of the right print seem to agree with."""
    if not all(one.agrees for one in verify(paper, data)):
        yield "a rebuilt cohort misses a number"
    for item, wrong in misprinted(paper, rng):
        if all(one.agrees for one in verify(wrong, data)):
            yield f"misprint of {item} taken for agreement"


def misprinted(
    paper: Specification, rng: np.random.Generator
) -> Iterator[tuple[str, Specification]]:
    """Yield the specification with one number changed, for every kind of number that it has."""
    for position, curve in enumerate(paper.curves):
        changed = []
        places = [place for place, one in enumerate(curve.survival) if one is not None]
        if places:
            place = int(rng.choice(places))
            printed = curve.survival[place]
            assert printed is not None  # noqa: S101 - chosen so
            # By two digits: neighbouring prints share the edge between them.
            down = printed.value >= 2 * 10.0**-printed.decimals
            changed.append((f"{curve.id} survival", curve.with_survival(
                place, printed.moved(-2 if down else 2)
            )))  # fmt: skip
        if curve.events_total is not None:
            changed.append((f"{curve.id} events", replace(
                curve, events_total=curve.events_total + 1, events=(None,) * len(curve.events)
            )))  # fmt: skip
        numbers = curve.at_risk
        if numbers and numbers[-1] is not None:
            changed.append((f"{curve.id} at risk", replace(
                curve, at_risk=(*numbers[:-1], numbers[-1] + 1)
            )))  # fmt: skip
        if curve.median is not None:
            changed.append((f"{curve.id} median", replace(curve, median=curve.median.moved(2))))
        for item, one in changed:
            curves = (*paper.curves[:position], one, *paper.curves[position + 1 :])
            yield item, replace(paper, curves=curves)
    for test in paper.logranks:
        if not str(test.p).startswith("<"):
            step = -2 if test.p.value > 0.5 else 2
            yield test.id, replace(paper, logranks=(replace(test, p=test.p.moved(step)),))
    for ratio in paper.hazard_ratios:
        wrong = replace(ratio, value=ratio.value.moved(2))
        yield ratio.id, replace(paper, hazard_ratios=(wrong,))


def _held(paper: Specification, cohort: Hidden, seconds: float) -> Iterator[tuple[str, bool]]:
    """Yield the proved bounds of unprinted statistics, and whether they hold the truth."""
    truths = dict(_truths(paper, cohort))
    for one in bounds(paper, list(truths), Limits(seconds), cohorts=1):
        truth = truths[one.statistic]
        if one.proved is not None and math.isfinite(truth):
            inside = one.proved[0] - 1e-6 <= truth <= one.proved[1] + 1e-6
            yield one.statistic.partition(":")[0], inside


def _truths(paper: Specification, cohort: Hidden) -> Iterator[tuple[str, float]]:
    rows = rows_of(cohort)
    for curve in paper.curves:
        data = survival_rows(cohort) if curve.id == "OS" else rows.of(curve.group)
        fitted = kaplan_meier(data, cluster_robust=False)
        last = float(data.time.max())
        yield f"median:{curve.id}", float(fitted.quantile(0.5).estimate)
        for time in (curve.times[0], curve.times[-1], 0.7 * curve.times[-1]):
            points, name = fitted.at(time), f"{curve.id}:{time:g}"
            beyond = cohort.style.risk_beyond and time in curve.times
            edge = time + 1e-9 if beyond else time - 1e-9
            yield f"survival:{name}", float(points.survival)
            yield f"at_risk:{name}", float((data.time >= edge).sum())
            yield f"std_error:{name}", float(points.std_error)
            yield f"lower:{name}", float(points.lower)
            yield f"upper:{name}", float(points.upper)
            if time <= last:
                yield f"restricted_mean:{name}", float(fitted.restricted_mean(time).value)
            if cohort.style.is_censored_by_death and curve.id != "OS" and time <= last:
                yield f"incidence:{name}", _incidence(cohort, curve.group, time)


def _incidence(cohort: Hidden, group: str, time: float) -> float:
    """Return the incidence of the event with death competing."""
    rows = rows_of(cohort)
    mine = np.ones(len(rows.group), dtype=bool) if not group else rows.group == group
    died = cohort.died[cohort.unit_patient] & ~cohort.unit_event
    codes = np.where(cohort.unit_event, 1, np.where(died, 2, 0))
    data = SurvivalData(rows.data.time[mine], codes[mine])
    return float(aalen_johansen(data, cause=1, cluster_robust=False).at(time).incidence)
