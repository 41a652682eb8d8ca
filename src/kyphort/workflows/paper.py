"""The verbs of a publication: write a template, check it, reconstruct cohorts from it."""

import json
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from kyphort import __version__
from kyphort.errors import NoCohortError, OutputError
from kyphort.exchange.csv_set import write_csv_set
from kyphort.published.specification import Specification, template_text
from kyphort.reconstruction import (
    GROUPS_FILE,
    VerifiedNumber,
    draw_cohort,
    plan_of,
    verify,
)
from kyphort.workflows.paper_dataset import dataset_of

ENSEMBLE_FILE = "ensemble.json"
VERIFICATION_FILE = "verification.json"
STUDY_FILE = "study.toml"
STAMP = "SYNTHETIC: no row describes a real person"
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
class Ensemble:
    """What a reconstruction ended with: the cohorts, the seeds that gave none, and why it ended."""

    cohorts: tuple[VerifiedCohort, ...]
    missed_seeds: tuple[int, ...]
    ended: str

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
    tell: Tell = lambda _: None,
) -> Ensemble:
    """Write verified cohorts into `out`, one folder each; none that misses a number ever appears.

    Cohort k has the seed `seed` + k − 1, unless a seed gives none and the next takes its place. A
    limit of time, or Ctrl-C, ends the work with what is verified so far.

    Raises
    ------
    OutputError
        When `out` is not empty or cannot be written to.
    NoCohortError
        When no cohort can be drawn from the specification.
    """
    plan = plan_of(specification)
    _prepare(out)
    begun = time.monotonic()
    made: list[VerifiedCohort] = []
    missed: list[int] = []
    ended = "complete"
    try:
        for one in range(seed, seed + SEEDS_PER_COHORT * cohorts):
            if len(made) == cohorts:
                break
            if time.monotonic() - begun > seconds:
                ended = f"time limit of {seconds:g} s"
                break
            start = time.monotonic()
            rebuilt = draw_cohort(plan, one, seconds - (start - begun))
            numbers = None
            if rebuilt is not None:
                cohort, groups = dataset_of(specification, rebuilt)
                folder = out / f"cohort_{len(made) + 1:04d}"
                numbers = _staged(specification, folder, cohort, groups)
            if numbers is None and time.monotonic() - begun > seconds:
                ended = f"time limit of {seconds:g} s"
                break
            if numbers is None:
                missed.append(one)
                tell(f"seed {one}: no cohort")
                continue
            made.append(VerifiedCohort(folder, one, numbers, time.monotonic() - start))
            tell(f"cohort {len(made)} of {cohorts} verified (seed {one})")
        else:
            ended = "complete" if len(made) == cohorts else "seeds used up"
    except KeyboardInterrupt:
        ended = "interrupted"
    if not made and ended == "seeds used up":
        out.rmdir()
        raise NoCohortError(
            f"None of {len(missed)} seeds gave a cohort with every printed number of "
            f"{specification.id}. That proves nothing: run 'kyphort paper check' for "
            "contradictions, and leave out what you trust least."
        )
    ensemble = Ensemble(tuple(made), tuple(missed), ended)
    _write_index(specification, out, ensemble)
    return ensemble


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


def _staged(
    specification: Specification, folder: Path, cohort: "object", groups: str
) -> tuple[VerifiedNumber, ...] | None:
    """Write a cohort apart, verify its files, and rename it into place when all numbers agree."""
    stage = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        data = stage / folder.name
        write_csv_set(cohort, data)  # type: ignore[arg-type]  # a Cohort
        if groups:
            (data / GROUPS_FILE).write_text(groups, encoding="utf-8", newline="")
        (data / STUDY_FILE).write_text(study_text(specification), encoding="utf-8")
        numbers = verify(specification, data)
        if not all(one.agrees for one in numbers):
            return None
        content = {
            "stamp": STAMP,
            "specification": specification.id,
            "kyphort": __version__,
            "numbers": [asdict(one) for one in numbers],
        }
        (data / VERIFICATION_FILE).write_text(_json(content), encoding="utf-8")
        data.chmod(0o755)
        data.rename(folder)
        return numbers
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def study_text(specification: Specification) -> str:
    """Return the study file under which `kyphort analyse` reads a cohort as the publication did."""
    ends = any(one.censored_by for one in specification.endpoints)
    reading = "last_contact_or_death" if ends else "last_assessment"
    times = sorted({time for curve in specification.curves for time in curve.times if time > 0})
    title = f"SYNTHETIC: {specification.title}, reconstructed"
    return "\n".join(
        (
            f"# {STAMP}. How the publication read its data; the rest has the defaults.",
            "",
            f"title = {json.dumps(title, ensure_ascii=False)}",
            f'time_unit = "{specification.time_unit}"',
            f"landmarks = [{', '.join(f'{time:g}' for time in times) or '12'}]",
            "",
            "[local_control]",
            'unit = "vertebra"',
            f'censoring = "{reading}"',
            'death = "censors"',
            "",
        )
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
    }
    (out / ENSEMBLE_FILE).write_text(_json(content), encoding="utf-8")


def _json(content: Mapping[str, object]) -> str:
    return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def cohort_folders(ensemble: Path) -> Iterator[Path]:
    """Yield the cohorts of an ensemble in their order."""
    yield from sorted(one for one in ensemble.glob("cohort_*") if one.is_dir())
