"""The ways to turn the paper back into data: kyphort's, and three forms of Guyot's algorithm."""

import csv
import datetime as dt
from pathlib import Path

import numpy as np

from kyphort.published.specification import Curve, Specification
from kyphort.reconstruction.guyot import guyot
from kyphort.survival import SurvivalData, kaplan_meier
from kyphort.units import DAYS_PER_MONTH
from kyphort.workflows.paper import reconstruct
from soak.reconstruction.hidden import ARMS, WITH_RISK, Arms, at_risk

READING_NOISE = 0.005
"""Standard deviation of a digitised height: half a per cent of the axis."""
POINTS_PER_MONTH = 2


def rebuilt(paper: Specification, folder: Path, cohorts: int, seed: int) -> list[Arms]:
    """Return an ensemble as `kyphort paper reconstruct` writes and verifies it, from its files."""
    done = reconstruct(paper, folder, cohorts=cohorts, seed=seed)
    return [_from_files(one.folder) for one in done.cohorts]


def _from_files(folder: Path) -> Arms:
    """Read a written cohort again, by its dates."""
    start = {row["patient_id"]: row["procedure_date"] for row in _rows(folder / "vertebrae.csv")}
    arm = {row["patient_id"]: row["group"] for row in _rows(folder / "groups.csv")}
    found: dict[str, list[tuple[float, int]]] = {name: [] for name in ARMS}
    for row in _rows(folder / "patients.csv"):
        begin = dt.date.fromisoformat(start[row["patient_id"]])
        days = (dt.date.fromisoformat(row["last_contact_date"]) - begin).days
        found[arm[row["patient_id"]]].append((days / DAYS_PER_MONTH, int(bool(row["death_date"]))))
    return {
        name: SurvivalData(np.array([t for t, _ in rows]), np.array([e for _, e in rows]))
        for name, rows in found.items()
    }


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def guyot_on_landmarks(truth: Arms, paper: Specification, _: np.random.Generator) -> Arms:
    """Give Guyot's algorithm the landmarks as if they were the figure: steps at landmarks only."""
    return {arm: _guyot(one, _landmarks(paper, arm)) for arm, one in truth.items()}


def guyot_on_joined(truth: Arms, paper: Specification, _: np.random.Generator) -> Arms:
    """Give it the same landmarks joined log-linearly: a constant hazard between them."""
    return {arm: _guyot(one, _joined(_landmarks(paper, arm))) for arm, one in truth.items()}


def guyot_on_figure(truth: Arms, _: Specification, rng: np.random.Generator) -> Arms:
    """Give it more than the paper prints: the figure itself, digitised with reading noise."""
    found = {}
    for arm, one in truth.items():
        curve = kaplan_meier(one)
        last = float(one.time.max())
        times = np.linspace(0.0, last, int(POINTS_PER_MONTH * last) + 1)[1:]
        heights = curve.at(times).survival + rng.normal(0.0, READING_NOISE, len(times))
        pairs = zip(times.tolist(), np.clip(heights, 0, 1).tolist(), strict=True)
        found[arm] = _guyot(one, [(0.0, 1.0), *pairs])
    return found


def _landmarks(paper: Specification, arm: str) -> list[tuple[float, float]]:
    curve: Curve = next(one for one in paper.curves if one.id == arm)
    printed = zip(curve.times, curve.survival, strict=True)
    return [(0.0, 1.0), *((time, one.value / 100) for time, one in printed if one is not None)]


def _joined(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return a point for every half month, at a constant hazard between landmarks."""
    times, heights = np.array(points).T
    dense = np.linspace(0.0, times[-1], int(POINTS_PER_MONTH * times[-1]) + 1)
    joined = np.exp(np.interp(dense, times, np.log(np.maximum(heights, 1e-3))))
    return list(zip(dense.tolist(), joined.tolist(), strict=True))


def _guyot(truth: SurvivalData, points: list[tuple[float, float]]) -> SurvivalData:
    times = [0.0, *(float(time) for time in WITH_RISK if (truth.time >= time).any())]
    table = [at_risk(truth, time) for time in times]
    data = guyot(points, times, table, int(truth.event.sum()))
    return SurvivalData(np.maximum(data.time, 0.01), data.event)
