"""Writing a rebuilt cohort apart, verifying its files, and renaming it into place."""

import json
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from kyphort import __version__
from kyphort.clinical import Cohort
from kyphort.exchange.csv_set import write_csv_set
from kyphort.published.specification import Specification
from kyphort.reconstruction import GROUPS_FILE, VerifiedNumber, verify

VERIFICATION_FILE = "verification.json"
STUDY_FILE = "study.toml"
STAMP = "SYNTHETIC: no row describes a real person"


def staged(
    specification: Specification, folder: Path, data_set: tuple[Cohort, str], exempt: str = ""
) -> tuple[VerifiedNumber, ...] | None:
    """Write a cohort and its groups, verify the files, and rename them into place.

    None, and nothing written, when a printed number is missed; unless `exempt` says why this data
    set need not return them all.
    """
    stage = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    cohort, groups = data_set
    try:
        data = stage / folder.name
        write_csv_set(cohort, data)
        if groups:
            (data / GROUPS_FILE).write_text(groups, encoding="utf-8", newline="")
        (data / STUDY_FILE).write_text(study_text(specification), encoding="utf-8")
        numbers = verify(specification, data)
        if not exempt and not all(one.agrees for one in numbers):
            return None
        content = {
            "stamp": STAMP,
            "specification": specification.id,
            "kyphort": __version__,
            **({"exempt": exempt, "missed": _missed(numbers)} if exempt else {}),
            "numbers": [_plain(one) for one in numbers],
        }
        (data / VERIFICATION_FILE).write_text(as_json(content), encoding="utf-8")
        data.chmod(0o755)
        data.rename(folder)
        return numbers
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def _missed(numbers: tuple[VerifiedNumber, ...]) -> list[str]:
    return [one.item for one in numbers if not one.agrees]


def _plain(one: VerifiedNumber) -> dict[str, object]:
    """Return a number for JSON, which knows no infinity: a median not reached is null."""
    finite = one.computed == one.computed and abs(one.computed) != float("inf")
    return asdict(one) | {"computed": one.computed if finite else None}


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


def as_json(content: Mapping[str, object]) -> str:
    """Return an object as a JSON file."""
    return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
