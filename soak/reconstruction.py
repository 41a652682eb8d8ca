"""Hidden cohorts, published to landmarks, rebuilt: by kyphort, and by Guyot's algorithm beside it.

Two arms of four shapes are published as survival at four landmarks, numbers at risk at two of them,
events and the log-rank p. Scored: printed numbers that come back, numbers at risk at the landmarks
without a printed one, restricted mean, hazard ratio, and whether proved bounds hold the truth.
"""

import math
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kyphort.published.specification import Specification, read_specification
from kyphort.reconstruction import Limits, draw_cohort, plan_of
from kyphort.reconstruction.bounds import bounds
from kyphort.reconstruction.guyot import guyot
from kyphort.reconstruction.rows import survival_data
from kyphort.survival import SurvivalData, kaplan_meier, logrank

COHORTS = 200
SEED = 20_261_125
LANDMARKS = (6, 12, 24, 36)
WITH_RISK = (12, 36)
SHAPES = ("early", "constant", "late", "plateau")
ARMS = ("a", "b")

Arms = dict[str, SurvivalData]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Score:
    """How one method did on one cohort."""

    printed: float
    at_risk_error: float
    mean_error: float
    log_ratio_error: float


def run(cohorts: int = COHORTS) -> list[str]:
    """Run the study, print its table, and return where kyphort failed its own promises."""
    scores: defaultdict[tuple[str, str], list[Score]] = defaultdict(list)
    held: defaultdict[str, list[bool]] = defaultdict(list)
    missed = 0
    with tempfile.TemporaryDirectory() as folder:
        for index in range(cohorts):
            shape = SHAPES[index % len(SHAPES)]
            truth = _hidden(np.random.default_rng((SEED, index)), shape)
            paper = _published(truth, Path(folder))
            rebuilt = _rebuilt(paper, index)
            if rebuilt is None:
                missed += 1
                continue
            scores[shape, "kyphort"].append(_score(truth, rebuilt, paper))
            scores[shape, "Guyot"].append(_score(truth, _by_guyot(truth), paper))
            for kind, ends in _coverage(truth, paper):
                held[kind].append(ends)
    sys.stdout.write(table(scores, held, missed, cohorts))
    faults = [f"proved {kind} misses the truth" for kind, ok in held.items() if not all(ok)]
    if missed > 0.02 * cohorts:
        faults.append(f"{missed} of {cohorts} cohorts could not be rebuilt")
    if any(
        one.printed < 1 for (_, name), all_ in scores.items() if name == "kyphort" for one in all_
    ):
        faults.append("a rebuilt cohort misses a printed number")
    return faults


def _hidden(rng: np.random.Generator, shape: str) -> Arms:
    """Return two arms in months of whole days, without ties."""
    ratio = math.exp(rng.normal(0.0, 0.3))
    found: dict[str, SurvivalData] = {}
    taken: set[int] = set()
    for arm in ARMS:
        n = int(rng.integers(40, 90))
        scale = 30.0 * (ratio if arm == "b" else 1.0)
        power = {"early": 0.7, "constant": 1.0, "late": 1.6, "plateau": 1.0}[shape]
        event = scale * rng.weibull(power, n)
        if shape == "plateau":
            event[rng.random(n) < 0.4] = np.inf
        censoring = rng.uniform(4.0, 72.0, n)
        days = []
        for value in np.minimum(event, censoring):
            day = max(1, round(30.4375 * float(value)))
            while day in taken:
                day += 1
            taken.add(day)
            days.append(day)
        found[arm] = SurvivalData(np.array(days) / 30.4375, (event <= censoring).astype(int))
    return found


def _together(arms: Arms) -> tuple[SurvivalData, list[str]]:
    labels = [name for name, one in arms.items() for _ in one.time]
    return (
        SurvivalData(
            np.concatenate([one.time for one in arms.values()]),
            np.concatenate([one.event for one in arms.values()]),
        ),
        labels,
    )


def _survival(data: SurvivalData) -> list[str]:
    """Return survival as print, empty where the curve has ended."""
    curve = kaplan_meier(data)
    values = [float(curve.at(time).survival) for time in LANDMARKS]
    return ["" if math.isnan(one) else f"{100 * one:.1f}" for one in values]


def _published(truth: Arms, folder: Path) -> Specification:
    data, labels = _together(truth)
    p = float(logrank(data, labels).p_value)
    blocks = [
        'schema = "kyphort-specification/1"\nid = "hidden"\ntitle = "hidden"\n'
        f'time_unit = "months"\n[population]\npatients = {len(labels)}\n'
        '[[endpoint]]\nid = "os"\nis_death = true\n'
        f'[[logrank]]\nid = "p"\nendpoint = "os"\ngroups = ["a", "b"]\np = "{p:.3f}"\n'
    ]
    for arm, one in truth.items():
        risk = [int((one.time >= time).sum()) if time in WITH_RISK else '""' for time in LANDMARKS]
        survival = ", ".join(f'"{value}"' for value in _survival(one))
        blocks.append(
            f'[[group]]\nid = "{arm}"\nn = {len(one.time)}\n'
            f'[[curve]]\nid = "{arm}"\nendpoint = "os"\ngroup = "{arm}"\n'
            f"events_total = {int(one.event.sum())}\ntimes = {list(LANDMARKS)}\n"
            f"survival = [{survival}]\nat_risk = [{', '.join(map(str, risk))}]\n"
        )
    path = folder / "paper.toml"
    path.write_text("\n".join(blocks), encoding="utf-8")
    return read_specification(path)


def _rebuilt(paper: Specification, index: int) -> Arms | None:
    cohort = draw_cohort(plan_of(paper), index)
    if cohort is None:
        return None
    return {arm: survival_data(paper, paper.endpoints[0], cohort, group=arm) for arm in ARMS}


def _by_guyot(truth: Arms) -> Arms:
    """Rebuild each arm by Guyot's algorithm from the same landmarks and numbers at risk."""
    found = {}
    for arm, one in truth.items():
        points = [(0.0, 1.0)] + [
            (float(time), float(value) / 100)
            for time, value in zip(LANDMARKS, _survival(one), strict=True)
            if value
        ]
        times = [0.0, *(float(time) for time in WITH_RISK if (one.time >= time).any())]
        at_risk = [int((one.time >= time).sum()) for time in times]
        data = guyot(points, times, at_risk, int(one.event.sum()))
        found[arm] = SurvivalData(np.maximum(data.time, 0.01), data.event)
    return found


def _score(truth: Arms, found: Arms, paper: Specification) -> Score:
    returned, risk, mean = [], [], []
    for arm in ARMS:
        curve = next(one for one in paper.curves if one.id == arm)
        again = _survival(found[arm])
        returned += [
            str(printed) == value
            for printed, value in zip(curve.survival, again, strict=True)
            if printed is not None
        ]
        returned += [
            int((found[arm].time >= time).sum()) == int((truth[arm].time >= time).sum())
            for time in WITH_RISK
        ]
        risk += [
            abs(int((found[arm].time >= time).sum()) - int((truth[arm].time >= time).sum()))
            for time in LANDMARKS
            if time not in WITH_RISK
        ]
        mean.append(abs(_mean(found[arm]) - _mean(truth[arm])))
    p_values = [f"{float(logrank(*_together(one)).p_value):.3f}" for one in (truth, found)]
    returned.append(p_values[0] == p_values[1])
    return Score(
        float(np.mean(returned)),
        float(np.mean(risk)),
        float(np.mean(mean)),
        abs(_log_ratio(found) - _log_ratio(truth)),
    )


def _mean(data: SurvivalData) -> float:
    horizon = min(36.0, float(data.time.max()))
    return float(kaplan_meier(data).restricted_mean(horizon).value)


def _log_ratio(arms: Arms) -> float:
    """Return the log hazard ratio of Peto: (O − E) / V of the log-rank test."""
    data, labels = _together(arms)
    found = logrank(data, labels)
    difference = float(found.observed[0] - found.expected[0])
    return math.copysign(1.0, difference) * float(found.statistic) / max(abs(difference), 1e-9)


def _coverage(truth: Arms, paper: Specification) -> Iterator[tuple[str, bool]]:
    """Yield whether proved bounds of each arm hold the truth."""
    for arm, data in truth.items():
        names = [f"at_risk:{arm}:{time}" for time in LANDMARKS if time not in WITH_RISK]
        names.append(f"restricted_mean:{arm}:24")
        values = [
            *(float((data.time >= time).sum()) for time in LANDMARKS if time not in WITH_RISK),
            float(kaplan_meier(data).restricted_mean(24.0).value) if data.time.max() > 24 else None,
        ]
        for one, value in zip(bounds(paper, names, Limits(60), cohorts=1), values, strict=True):
            if one.proved is not None and value is not None:
                inside = one.proved[0] - 1e-6 <= value <= one.proved[1] + 1e-6
                yield one.statistic.partition(":")[0], inside


def table(
    scores: dict[tuple[str, str], list[Score]],
    held: dict[str, list[bool]],
    missed: int,
    cohorts: int,
) -> str:
    """Return the study as a Markdown table; losses stand beside gains."""
    lines = [
        f"{cohorts} hidden cohorts of two arms; {missed} could not be rebuilt.",
        "",
        "| shape | method | printed numbers returned | error at risk | error of mean [mo] "
        "| error of log hazard ratio |",
        "|---|---|---|---|---|---|",
    ]
    for (shape, method), all_of_them in scores.items():
        columns = [
            np.mean([getattr(one, name) for one in all_of_them])
            for name in ("printed", "at_risk_error", "mean_error", "log_ratio_error")
        ]
        lines.append(
            f"| {shape} | {method} | {100 * columns[0]:.0f} % | {columns[1]:.2f} "
            f"| {columns[2]:.2f} | {columns[3]:.3f} |"
        )
    lines += [
        "",
        *(f"Proved {kind} holds the truth in {sum(ok)} of {len(ok)}." for kind, ok in held.items()),
    ]
    return "\n".join(lines) + "\n"
