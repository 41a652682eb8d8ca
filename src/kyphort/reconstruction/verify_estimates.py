"""Kaplan-Meier, log-rank and Cox regression in plain Python, for the verifier alone.

Nothing here imports the solver, the survival library or NumPy.
"""

import math
from collections.abc import Sequence

from kyphort.reconstruction.verify_files import Row

_Z = 1.959963984540054
_SAME = 1e-9


def limit_of(transform: str, survival: float, greenwood: float, *, is_lower: bool) -> float:
    """Return a 95 % limit of survival on the scale of a transform."""
    if not 0 < survival < 1:
        return survival
    spread = _Z * math.sqrt(greenwood) * (-1 if is_lower else 1)
    if transform == "log-log":
        return math.exp(math.log(survival) * math.exp(-spread / abs(math.log(survival))))
    if transform == "log":
        return min(1.0, survival * math.exp(spread))
    return min(1.0, max(0.0, survival + spread * survival))


Steps = list[tuple[int, float, float]]


def kaplan_meier(rows: list[Row]) -> Steps:
    """Return (day, survival, Greenwood's sum) at each day with an event."""
    at_risk, survival, greenwood = len(rows), 1.0, 0.0
    steps: Steps = []
    for day in sorted({row.days for row in rows}):
        here = [row for row in rows if row.days == day]
        events = sum(row.event for row in here)
        if events:
            survival *= 1 - events / at_risk
            if at_risk > events:
                greenwood += events / (at_risk * (at_risk - events))
            steps.append((day, survival, greenwood))
        at_risk -= len(here)
    return steps


def medians_of(steps: Steps, last: float) -> tuple[float, ...]:
    """Return the day on which survival falls to a half; infinity when it does not.

    Where it is a half exactly there are two readings: the first day of this stretch, and its
    middle, as R and SAS give it. A stretch that no event ends reaches to the `last` day.
    """
    reached = [day for day, survival, _ in steps if survival <= 0.5 + _SAME]
    if not reached:
        return (math.inf,)
    below = [day for day, survival, _ in steps if survival < 0.5 - _SAME]
    start, end = float(reached[0]), float(below[0]) if below else last
    return (start,) if start == end else (0.5 * (start + end), start)


def at(steps: Steps, days: float) -> tuple[float, float]:
    """Return survival and Greenwood's sum at a day."""
    survival, greenwood = 1.0, 0.0
    for day, value, variance in steps:
        if day <= days + 1e-9:
            survival, greenwood = value, variance
    return survival, greenwood


def logrank_p(groups: Sequence[list[Row]]) -> float:
    """Return the log-rank p-value of any number of groups, ties by the hypergeometric variance."""
    size = len(groups)
    difference = [0.0] * size
    variance = [[0.0] * size for _ in range(size)]
    for day in sorted({row.days for group in groups for row in group if row.event}):
        at_risk = [sum(row.days >= day for row in group) for group in groups]
        events = [sum(row.event and row.days == day for row in group) for group in groups]
        n, d = sum(at_risk), sum(events)
        for i in range(size):
            difference[i] += events[i] - d * at_risk[i] / n
            for j in range(size):
                if n > 1:
                    same = at_risk[i] / n * ((i == j) - at_risk[j] / n)
                    variance[i][j] += same * d * (n - d) / (n - 1)
    chi = _quadratic(difference[:-1], [line[:-1] for line in variance[:-1]])
    return _chi_square_tail(chi, size - 1)


def _quadratic(vector: list[float], matrix: list[list[float]]) -> float:
    """Return v' M⁻¹ v by elimination."""
    size = len(vector)
    work = [[*line, value] for line, value in zip(matrix, vector, strict=True)]
    for pivot in range(size):
        best = max(range(pivot, size), key=lambda row: abs(work[row][pivot]))
        work[pivot], work[best] = work[best], work[pivot]
        if abs(work[pivot][pivot]) < 1e-15:
            return 0.0
        for row in range(size):
            if row != pivot:
                factor = work[row][pivot] / work[pivot][pivot]
                work[row] = [a - factor * b for a, b in zip(work[row], work[pivot], strict=True)]
    return sum(work[i][size] / work[i][i] * vector[i] for i in range(size))


def _chi_square_tail(chi: float, df: int) -> float:
    """Return the upper tail of chi-square for any degrees of freedom, by its recurrence."""
    if chi <= 0:
        return 1.0
    half = chi / 2
    if df % 2:
        tail, term, k = math.erfc(math.sqrt(half)), math.exp(-half) / math.sqrt(math.pi * half), 0.5
    else:
        tail, term, k = math.exp(-half), math.exp(-half), 1.0
    while 2 * k < df - 1e-9:
        term *= half / k
        tail += term
        k += 1
    return tail


def cox(first: list[Row], second: list[Row]) -> tuple[float, float]:
    """Return coefficient and standard error of one binary covariate, ties by Efron's method."""
    beta = 0.0
    for _ in range(60):
        score, information = _score(first, second, math.exp(beta))
        if information <= 0:
            return math.nan, math.nan
        step = max(-1.0, min(1.0, score / information))
        beta += step
        if abs(step) < 1e-12:
            break
    _, information = _score(first, second, math.exp(beta))
    return beta, 1 / math.sqrt(information)


def _score(first: list[Row], second: list[Row], theta: float) -> tuple[float, float]:
    score = information = 0.0
    for day in sorted({row.days for row in (*first, *second) if row.event}):
        mine = sum(row.event and row.days == day for row in first)
        events = mine + sum(row.event and row.days == day for row in second)
        a = theta * sum(row.days >= day for row in first)
        b = sum(row.days >= day for row in second)
        score += mine
        for index in range(events):
            share = index / events
            weight_a, weight_b = a - share * theta * mine, b - share * (events - mine)
            mean = weight_a / (weight_a + weight_b)
            score -= mean
            information += mean * (1 - mean)
    return score, information
