"""How near a rebuilt cohort comes to the hidden one, and the table of the study."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np

from kyphort.published.specification import Specification
from kyphort.survival import kaplan_meier, logrank
from soak.reconstruction.hidden import (
    ARMS,
    HORIZON,
    LANDMARKS,
    SHAPES,
    WITH_RISK,
    Arms,
    at_risk,
    survival,
    together,
)

FIRST = "kyphort, one cohort"
MIDDLE = "kyphort, median of its ensemble"
NAMES = {
    FIRST: "same",
    MIDDLE: "same",
    "Guyot, landmarks as steps": "same",
    "Guyot, landmarks joined": "same",
    "Guyot, digitised figure": "**more**",
}


@dataclass(frozen=True, slots=True)
class Score:
    """Errors of one method on one cohort; the share of printed numbers, NaN without a cohort."""

    printed: float
    at_risk: float
    mean: float
    log_ratio: float


Quantities = dict[str, float]


def quantities(arms: Arms) -> Quantities:
    """Return what the paper does not print: numbers at risk, restricted means, hazard ratio."""
    found = {
        f"at_risk {arm} {time}": float(at_risk(arms[arm], time))
        for arm in ARMS
        for time in LANDMARKS
        if time not in WITH_RISK
    }
    for arm in ARMS:
        horizon = min(HORIZON, float(arms[arm].time.max()))
        found[f"mean {arm}"] = float(kaplan_meier(arms[arm]).restricted_mean(horizon).value)
    found["log_ratio"] = log_ratio(arms)
    return found


def log_ratio(arms: Arms) -> float:
    """Return Peto's log hazard ratio, (O - E) / V of the log-rank test."""
    found = logrank(*together(arms))
    difference = float(found.observed[0] - found.expected[0])
    return math.copysign(1.0, difference) * float(found.statistic) / max(abs(difference), 1e-9)


def score(truth: Quantities, found: Quantities, printed: float) -> Score:
    """Return the mean absolute errors by kind of quantity."""
    errors = {
        kind: float(
            np.mean([abs(found[name] - truth[name]) for name in truth if name.startswith(kind)])
        )
        for kind in ("at_risk", "mean", "log_ratio")
    }
    return Score(printed, **errors)


def share_printed(arms: Arms, truth: Arms, paper: Specification) -> float:
    """Return the share of printed numbers that a cohort gives back; a tie may round either way."""
    right = [paper.logranks[0].p.holds(float(logrank(*together(arms)).p_value))]
    for arm in ARMS:
        curve = next(one for one in paper.curves if one.id == arm)
        again = survival(arms[arm])
        right += [
            one.holds(value)
            for one, value in zip(curve.survival, again, strict=True)
            if one is not None
        ]
        right += [at_risk(arms[arm], time) == at_risk(truth[arm], time) for time in WITH_RISK]
        right.append(int(arms[arm].event.sum()) == int(truth[arm].event.sum()))
    return float(np.mean(right))


def table(scores: Mapping[tuple[str, str], Sequence[Score]]) -> str:
    """Return errors by shape and method, with the paired difference to kyphort and its error."""
    lines = [
        "| shape | method | input | printed numbers back | error at risk "
        "| error of mean [months] | error of log hazard ratio |",
        "|---|---|---|---|---|---|---|",
    ]
    for shape in (*SHAPES, "all"):
        for name, more in NAMES.items():
            mine = _of(scores, shape, name)
            base = _of(scores, shape, FIRST)
            cells = [_cell(mine, base, one.name, name) for one in fields(Score)[1:]]
            back = np.mean([one.printed for one in mine]) if mine else math.nan
            printed = "-" if math.isnan(back) else f"{100 * back:.0f} %"
            lines.append(f"| {shape} | {name} | {more} | {printed} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _of(scores: Mapping[tuple[str, str], Sequence[Score]], shape: str, name: str) -> list[Score]:
    return [
        one
        for (where, method), every in scores.items()
        if method == name and shape in (where, "all")
        for one in every
    ]


def _cell(mine: list[Score], base: list[Score], what: str, name: str) -> str:
    """Return the mean error; for rivals the difference to kyphort with its standard error."""
    values = np.array([getattr(one, what) for one in mine])
    if name == FIRST or len(values) < 2:
        return f"{values.mean():.3f}"
    differences = values - np.array([getattr(one, what) for one in base])
    error = differences.std(ddof=1) / math.sqrt(len(differences))
    text = f"{values.mean():.3f} ({differences.mean():+.3f} ± {error:.3f})"
    return f"**{text}**" if differences.mean() < -2 * error else text
