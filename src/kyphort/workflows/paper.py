"""The verbs of a publication: write a template, check it, reconstruct cohorts from it."""

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from kyphort import __version__
from kyphort.errors import NoCohortError, OutputError
from kyphort.published.specification import Specification, template_text
from kyphort.reconstruction import (
    Bound,
    Limits,
    RebuiltCohort,
    VerifiedNumber,
    bounds,
    draw_cohort,
    from_figures,
    plan_of,
)
from kyphort.workflows.limits import Interruptible
from kyphort.workflows.paper_dataset import dataset_of
from kyphort.workflows.paper_staging import STAMP, as_json, staged

ENSEMBLE_FILE = "ensemble.json"
GUYOT_FOLDER = "guyot"
GUYOT_EXEMPT = (
    "Guyot's algorithm (doi:10.1186/1471-2288-12-9) follows the digitised figure, curve by curve: "
    "it need not return the printed numbers, and those that it misses are listed."
)
SEEDS_PER_COHORT = 3
"""So many seeds are tried for each cohort that is asked for."""

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class VerifiedCohort:
    """A cohort that stands in its folder: its seed and every printed number it was held against."""

    folder: Path
    seed: int
    numbers: tuple[VerifiedNumber, ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class FigureSet:
    """A data set by Guyot's algorithm in its folder, held against the print: it may miss some."""

    folder: Path
    numbers: tuple[VerifiedNumber, ...]

    @property
    def missed(self) -> tuple[str, ...]:
        """The printed numbers that it does not return."""
        return tuple(one.item for one in self.numbers if not one.agrees)


@dataclass(frozen=True, slots=True)
class Ensemble:
    """What a reconstruction ended with: the cohorts, the seeds that gave none, and why it ended."""

    cohorts: tuple[VerifiedCohort, ...]
    missed_seeds: tuple[int, ...]
    ended: str
    figures: tuple[FigureSet, ...] = ()

    @property
    def is_complete(self) -> bool:
        """Whether all cohorts that were asked for are there."""
        return self.ended == "complete"


def write_specification_template(path: Path) -> None:
    """Write the commented template of a specification to a file that is not there yet.

    Raises
    ------
    OutputError
        When the file exists or cannot be written.
    """
    if path.exists():
        raise OutputError(f"{path} exists. A template overwrites nothing: give another name.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(template_text(), encoding="utf-8")
    except OSError as error:
        raise OutputError(f"{path} cannot be written ({error.strerror}).") from error


def reconstruct(
    specification: Specification,
    out: Path,
    *,
    cohorts: int = 1,
    seed: int = 1,
    seconds: float = float("inf"),
    memory_mb: int | None = None,
    tell: Tell = lambda _: None,
) -> Ensemble:
    """Write verified cohorts into `out`, one folder each; none that misses a number ever appears.

    Cohort k has the seed `seed` + k - 1, unless a seed gives none and the next takes its place. A
    limit of time or memory, Ctrl-C or SIGTERM ends the work with what is verified so far. Digitised
    curves also give a data set by Guyot's algorithm, apart and exempt from that rule.

    Raises
    ------
    OutputError
        When `out` is not empty or cannot be written to.
    NoCohortError
        When no cohort can be drawn from the specification.
    """
    plan = plan_of(specification)
    _prepare(out)
    until = time.monotonic() + seconds
    made: list[VerifiedCohort] = []
    missed: list[int] = []
    figures: list[FigureSet] = []
    with Interruptible(memory_mb) as work:
        figures += _figures(specification, out, tell)
        for one in range(seed, seed + SEEDS_PER_COHORT * cohorts):
            if len(made) == cohorts or time.monotonic() > until:
                break
            start = time.monotonic()
            rebuilt = draw_cohort(plan, one, until)
            if rebuilt is None and time.monotonic() > until:
                break
            folder = out / f"cohort_{len(made) + 1:04d}"
            numbers = None
            # A folder that has appeared is also listed.
            with work.undisturbed():
                if rebuilt is not None:
                    numbers = staged(specification, folder, dataset_of(specification, rebuilt))
                if numbers is not None:
                    seconds_taken = time.monotonic() - start
                    made.append(VerifiedCohort(folder, one, numbers, seconds_taken))
            if numbers is None:
                missed.append(one)
                tell(f"seed {one}: no cohort")
            else:
                tell(f"cohort {len(made)} of {cohorts} verified (seed {one})")
    ended = work.ended
    if not ended:
        late = time.monotonic() > until and len(made) + len(missed) < SEEDS_PER_COHORT * cohorts
        ended = f"time limit of {seconds:g} s" if late else "seeds used up"
    if len(made) == cohorts:
        ended = "complete"
    if not made and ended == "seeds used up":
        raise _no_cohort(specification, out, missed, figures)
    ensemble = Ensemble(tuple(made), tuple(missed), ended, tuple(figures))
    _write_index(specification, out, ensemble)
    return ensemble


def bounded(
    specification: Specification,
    statistics: Sequence[str],
    limits: Limits,
    *,
    cohorts: int = 30,
    seed: int = 1,
) -> tuple[Bound, ...]:
    """Bound statistics, with what is seen over cohorts whose files return every printed number.

    Parameters and errors are those of `kyphort.reconstruction.bounds`.
    """
    return bounds(
        specification, statistics, limits, cohorts=cohorts, seed=seed,
        accept=lambda one: returns_the_print(specification, one),
    )  # fmt: skip


def returns_the_print(specification: Specification, rebuilt: RebuiltCohort) -> bool:
    """Write a cohort apart and verify its files by the code that shares nothing with the maker."""
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home) / "cohort"
        return staged(specification, folder, dataset_of(specification, rebuilt)) is not None


def _figures(specification: Specification, out: Path, tell: Tell) -> Iterator[FigureSet]:
    """Write what Guyot's algorithm makes of digitised curves, one data set for each endpoint."""
    found = from_figures(specification)
    for one in found:
        folder = out / (GUYOT_FOLDER if len(found) == 1 else f"{GUYOT_FOLDER}_{one.endpoint.id}")
        curves = ", ".join(curve.id for curve in one.curves)
        made = f"Guyot's algorithm on the digitised curves {curves} of {{source}}."
        data_set = dataset_of(specification, one.cohort, made)
        numbers = staged(specification, folder, data_set, GUYOT_EXEMPT)
        assert numbers is not None  # noqa: S101 - an exempt data set is always kept
        tell(f"{folder.name}: Guyot's algorithm on {curves}")
        yield FigureSet(folder, numbers)


def _no_cohort(
    specification: Specification, out: Path, missed: list[int], figures: list[FigureSet]
) -> NoCohortError:
    kept = f" {figures[0].folder} is kept: it follows the figure alone." if figures else ""
    if not figures:
        out.rmdir()
    return NoCohortError(
        f"None of {len(missed)} seeds gave a cohort with every printed number of "
        f"{specification.id}. That proves nothing: run 'kyphort paper check' for "
        f"contradictions, and leave out what you trust least.{kept}"
    )


def _prepare(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
        present = sorted(one.name for one in out.iterdir())
    except OSError as error:
        raise OutputError(
            f"{out} cannot be written ({error.strerror}). Choose a folder you may write to."
        ) from error
    if present:
        raise OutputError(
            f"{out} is not empty (for example '{present[0]}'). Choose an empty or a new folder."
        )


def _write_index(specification: Specification, out: Path, ensemble: Ensemble) -> None:
    content = {
        "stamp": STAMP,
        "warning": "links between columns are invented; exact reproduction is not recovery",
        "specification": specification.id,
        "citation": specification.citation,
        "doi": specification.doi,
        "kyphort": __version__,
        "ended": ensemble.ended,
        "cohorts": [
            {
                "folder": one.folder.name,
                "seed": one.seed,
                "printed_numbers": len(one.numbers),
                "agree": sum(number.agrees for number in one.numbers),
            }
            for one in ensemble.cohorts
        ],
        "missed_seeds": list(ensemble.missed_seeds),
        **({"guyot": _figure_entries(ensemble)} if ensemble.figures else {}),
    }
    (out / ENSEMBLE_FILE).write_text(as_json(content), encoding="utf-8")


def _figure_entries(ensemble: Ensemble) -> list[dict[str, object]]:
    return [
        {"folder": one.folder.name, "exempt": GUYOT_EXEMPT, "missed": list(one.missed)}
        for one in ensemble.figures
    ]


def cohort_folders(ensemble: Path) -> Iterator[Path]:
    """Yield the cohorts of an ensemble in their order."""
    yield from sorted(one for one in ensemble.glob("cohort_*") if one.is_dir())
