"""Hidden cohorts of two arms, and the paper that prints a little of them."""

import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kyphort.published.specification import Specification, read_specification
from kyphort.survival import SurvivalData, kaplan_meier, logrank
from kyphort.units import DAYS_PER_MONTH

LANDMARKS = (6, 12, 24, 36)
WITH_RISK = (12, 36)
SHAPES = ("early", "constant", "late", "plateau")
POWER = {"early": 0.7, "constant": 1.0, "late": 1.6, "plateau": 1.0}
ARMS = ("a", "b")
HORIZON = 36.0

Arms = dict[str, SurvivalData]
Floats = NDArray[np.float64]


def hidden(rng: np.random.Generator, shape: str) -> Arms:
    """Return two arms in months of whole days, without ties: Weibull times, even censoring."""
    ratio = math.exp(rng.normal(0.0, 0.3))
    found: Arms = {}
    taken: set[int] = set()
    for arm in ARMS:
        n = int(rng.integers(40, 90))
        scale = 30.0 * (ratio if arm == "b" else 1.0)
        event = scale * rng.weibull(POWER[shape], n)
        if shape == "plateau":
            event[rng.random(n) < 0.4] = np.inf
        censoring = rng.uniform(4.0, 72.0, n)
        days = []
        for value in np.minimum(event, censoring):
            day = max(1, round(DAYS_PER_MONTH * float(value)))
            while day in taken:
                day += 1
            taken.add(day)
            days.append(day)
        found[arm] = SurvivalData(np.array(days) / DAYS_PER_MONTH, (event <= censoring).astype(int))
    return found


def together(arms: Arms) -> tuple[SurvivalData, list[str]]:
    """Return both arms as one, with the arm of each row."""
    labels = [name for name, one in arms.items() for _ in one.time]
    time = np.concatenate([one.time for one in arms.values()])
    event = np.concatenate([one.event for one in arms.values()])
    return SurvivalData(time, event), labels


def survival(data: SurvivalData) -> list[float]:
    """Return survival at the landmarks [%], NaN where the curve has ended."""
    curve = kaplan_meier(data)
    return [100 * float(curve.at(time).survival) for time in LANDMARKS]


def at_risk(data: SurvivalData, time: float) -> int:
    """Return how many are at risk at a time."""
    return int((data.time >= time).sum())


def published(truth: Arms, folder: Path) -> Specification:
    """Print survival at four landmarks, numbers at risk at two of them, events, log-rank p."""
    data, labels = together(truth)
    p = float(logrank(data, labels).p_value)
    blocks = [
        'schema = "kyphort-specification/1"\nid = "hidden"\ntitle = "hidden"\n'
        f'time_unit = "months"\n[population]\npatients = {len(labels)}\n'
        '[[endpoint]]\nid = "os"\nis_death = true\n'
        f'[[logrank]]\nid = "p"\nendpoint = "os"\ngroups = ["a", "b"]\np = "{p:.3f}"\n'
    ]
    for arm, one in truth.items():
        risk = [str(at_risk(one, time)) if time in WITH_RISK else '""' for time in LANDMARKS]
        printed = ['""' if math.isnan(value) else f'"{value:.1f}"' for value in survival(one)]
        blocks.append(
            f'[[group]]\nid = "{arm}"\nn = {len(one.time)}\n'
            f'[[curve]]\nid = "{arm}"\nendpoint = "os"\ngroup = "{arm}"\n'
            f"events_total = {int(one.event.sum())}\ntimes = {list(LANDMARKS)}\n"
            f"survival = [{', '.join(printed)}]\nat_risk = [{', '.join(risk)}]\n"
        )
    path = folder / "paper.toml"
    path.write_text("\n".join(blocks), encoding="utf-8")
    return read_specification(path)
