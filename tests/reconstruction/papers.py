"""Small specifications for tests: made from hidden cohorts, so that they are known to hold."""

from pathlib import Path

import numpy as np

from kyphort.published.specification import Specification, read_specification
from kyphort.survival import SurvivalData, kaplan_meier


def hidden(seed: int, n: int, shape: float, scale: float) -> SurvivalData:
    """Return a hidden cohort in whole days: Weibull times to event, uniform censoring."""
    rng = np.random.default_rng(seed)
    event_time = scale * rng.weibull(shape, n)
    censoring = rng.uniform(0.2 * scale, 2.0 * scale, n)
    # Ties would be no fault, but every number here is to come back exactly.
    days = np.sort(rng.permutation(np.arange(1, int(4 * scale)))[:n])
    order = np.argsort(np.minimum(event_time, censoring))
    is_event = (event_time <= censoring)[order]
    return SurvivalData(days.astype(float), is_event.astype(int))


def published(data: SurvivalData, times: list[int], *, at_risk: bool = False) -> str:
    """Publish one curve of a hidden cohort to landmarks, as a specification."""
    curve = kaplan_meier(data)
    survival = [f"{100 * float(curve.at(time).survival):.1f}" for time in times]
    risk = [int((data.time >= time).sum()) for time in times]
    return "\n".join(
        (
            'schema = "kyphort-specification/1"',
            'id = "hidden"',
            'title = "A hidden cohort"',
            'time_unit = "days"',
            "[population]",
            f"patients = {len(data.time)}",
            "[[endpoint]]",
            'id = "os"',
            "is_death = true",
            "[[curve]]",
            'id = "OS"',
            'endpoint = "os"',
            f"events_total = {int(data.event.sum())}",
            f"times = {times}",
            f"survival = {survival}".replace("'", '"'),
            f"at_risk = {risk}" if at_risk else "",
            "[dataset]",
            "first_year = 2000",
            "",
        )
    )


def read(text: str, folder: Path, name: str = "paper.toml") -> Specification:
    """Read a specification from its text."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return read_specification(path)
