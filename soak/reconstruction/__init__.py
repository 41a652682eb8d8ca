"""Hidden cohorts, published to landmarks, rebuilt: by kyphort, and by Guyot's algorithm beside it.

Two arms of four shapes are published as survival at four landmarks, numbers at risk at two of them,
events and the log-rank p. The ensemble goes through `kyphort paper reconstruct`, with its files and
its verifier. Scored: printed numbers that come back, and errors of what is not printed; how often
proved bounds and the range of the ensemble hold the truth. Losses stand beside gains.
"""

import math
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from benchmarks.page import replace_section

from kyphort.errors import NoCohortError
from kyphort.published.specification import Specification
from kyphort.reconstruction import Limits, bounds
from soak.reconstruction.hidden import (
    HORIZON,
    LANDMARKS,
    SHAPES,
    WITH_RISK,
    Arms,
    hidden,
    published,
)
from soak.reconstruction.methods import (
    guyot_on_figure,
    guyot_on_joined,
    guyot_on_landmarks,
    rebuilt,
)
from soak.reconstruction.scores import (
    FIRST,
    MIDDLE,
    Quantities,
    Score,
    quantities,
    score,
    share_printed,
    table,
)

COHORTS = 200
ENSEMBLE = 20
SEED = 20_261_125
PAGE = Path(__file__).parents[2] / "docs" / "methods" / "reconstruction.md"
RIVALS = {
    "Guyot, landmarks as steps": guyot_on_landmarks,
    "Guyot, landmarks joined": guyot_on_joined,
    "Guyot, digitised figure": guyot_on_figure,
}


class Study:
    """The scores of all methods, and how often ranges held the truth."""

    def __init__(self) -> None:
        self.scores: defaultdict[tuple[str, str], list[Score]] = defaultdict(list)
        self.held: defaultdict[tuple[str, str], list[bool]] = defaultdict(list)
        self.missed: list[int] = []

    def add(self, index: int, folder: Path, ensemble: int) -> None:
        """Hide, publish and rebuild one cohort."""
        shape = SHAPES[index % len(SHAPES)]
        truth = hidden(np.random.default_rng((SEED, index)), shape)
        paper = published(truth, folder)
        try:
            cohorts = rebuilt(paper, folder / "out", ensemble, seed=1 + 1000 * index)
        except NoCohortError:
            self.missed.append(index)
            return
        real = quantities(truth)
        drawn = [quantities(one) for one in cohorts]
        middle = {name: float(np.median([one[name] for one in drawn])) for name in real}
        back = share_printed(cohorts[0], truth, paper)
        self.scores[shape, FIRST].append(score(real, drawn[0], back))
        self.scores[shape, MIDDLE].append(score(real, middle, math.nan))
        for name, method in RIVALS.items():
            other = method(truth, paper, np.random.default_rng((SEED, index, 1)))
            back = share_printed(other, truth, paper)
            self.scores[shape, name].append(score(real, quantities(other), back))
        for kind, inside in _in_ranges(real, drawn):
            self.held["ensemble range", kind].append(inside)
        for kind, inside in _in_bounds(real, truth, paper):
            self.held["proved interval", kind].append(inside)

    def text(self, cohorts: int, ensemble: int) -> str:
        """Return the study as a page."""
        lines = [
            f"{cohorts} hidden cohorts of two arms, {ensemble} drawn cohorts each; "
            f"{len(self.missed)} could not be rebuilt. Means of absolute errors; in brackets the "
            "difference to one cohort of kyphort ± its standard error. **Bold**: nearer to the "
            "truth than kyphort by more than two standard errors.",
            "",
            table(self.scores),
            "",
            "| what should hold the truth | quantity | held |",
            "|---|---|---|",
        ]
        for (source, kind), inside in sorted(self.held.items()):
            share = 100 * float(np.mean(inside))
            lines.append(f"| {source} | {kind} | {sum(inside)} of {len(inside)} ({share:.1f} %) |")
        return "\n".join(lines) + "\n"

    def faults(self, cohorts: int) -> list[str]:
        """Return where kyphort failed its own promises."""
        found = [
            f"a {source} of {kind} misses the truth"
            for (source, kind), inside in self.held.items()
            if source == "proved interval" and not all(inside)
        ]
        if len(self.missed) > 0.02 * cohorts:
            found.append(f"{len(self.missed)} of {cohorts} cohorts could not be rebuilt")
        mine = [one for (_, name), every in self.scores.items() if name == FIRST for one in every]
        if any(one.printed < 1 for one in mine):
            found.append("a verified cohort misses a printed number")
        return found


def run(cohorts: int = COHORTS, ensemble: int = ENSEMBLE) -> list[str]:
    """Run the study, print its table, and return the faults; a whole run is written to its page."""
    study = Study()
    for index in range(cohorts):
        with tempfile.TemporaryDirectory() as folder:
            study.add(index, Path(folder), ensemble)
        if (index + 1) % 10 == 0:
            sys.stderr.write(f"  {index + 1} of {cohorts} hidden cohorts\n")
    text = study.text(cohorts, ensemble)
    sys.stdout.write(text)
    if (cohorts, ensemble) == (COHORTS, ENSEMBLE):
        replace_section(PAGE, "simulation study", text)
    return study.faults(cohorts)


def _in_ranges(real: Quantities, drawn: list[Quantities]) -> Iterator[tuple[str, bool]]:
    """Yield whether the range of the ensemble holds the truth."""
    for name, value in real.items():
        values = [one[name] for one in drawn]
        yield name.partition(" ")[0], min(values) - 1e-9 <= value <= max(values) + 1e-9


def _in_bounds(real: Quantities, truth: Arms, paper: Specification) -> Iterator[tuple[str, bool]]:
    """Yield whether proved intervals of each arm hold the truth."""
    names = {}
    for arm, data in truth.items():
        for time in LANDMARKS:
            if time not in WITH_RISK:
                names[f"at_risk:{arm}:{time}"] = real[f"at_risk {arm} {time}"]
        if data.time.max() > HORIZON:
            names[f"restricted_mean:{arm}:{HORIZON:g}"] = real[f"mean {arm}"]
    for one in bounds(paper, list(names), Limits(60), cohorts=1):
        if one.proved is not None:
            inside = one.proved[0] - 1e-6 <= names[one.statistic] <= one.proved[1] + 1e-6
            yield one.statistic.partition(":")[0], inside
