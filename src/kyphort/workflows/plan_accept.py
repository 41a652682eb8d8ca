"""`kyphort plan accept`: what a plan says of a vertebra, written into the record."""

import datetime as dt
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from kyphort.clinical import (
    Cohort,
    DistanceReference,
    DoseSummary,
    Prescription,
    ReportingQuantity,
    SpinalLevel,
    TreatedVertebra,
)
from kyphort.clinical.records import record_type
from kyphort.errors import InvalidDataError
from kyphort.exchange.csv_set import read_csv_set, replace_records
from kyphort.registry import Registry, open_registry
from kyphort.workflows.plan import CASE, RESULTS, hash_of_results

Writer = Callable[[DoseSummary], None]
"""Puts a dose summary into a store."""


@dataclass(frozen=True, slots=True)
class AcceptedPlan:
    """What was written, and sentences on what does not fit the record."""

    summary: DoseSummary
    notes: tuple[str, ...]


def read_results(folder: Path) -> dict[str, Any]:
    """Return the results of a plan's folder, checked against the plan's hash.

    Raises
    ------
    InvalidDataError
        When the folder is no plan's, or case or results were changed after the plan was made.
    """
    try:
        text = (folder / RESULTS).read_text(encoding="utf-8")
        case = (folder / CASE).read_text(encoding="utf-8")
        results = json.loads(text)
        stated = results["plan_hash"]
    except (OSError, KeyError, TypeError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise InvalidDataError(
            f"{folder} is not the folder of a plan ({error}). Give what `kyphort plan run` wrote."
        ) from error
    if hash_of_results(case, results) != stated:
        raise InvalidDataError(
            f"The plan in {folder} was changed after it was made: its hash does not fit. Run the "
            "plan again, and accept that."
        )
    return dict(results)


def accept(
    folder: Path,
    vertebra: TreatedVertebra,
    write: Writer,
    *,
    despite_limits: bool = False,
) -> AcceptedPlan:
    """Write the dose summary of a plan's folder for a treated vertebra.

    Raises
    ------
    InvalidDataError
        When the plan was changed, or does not keep its limits and that is not said to be known.
    """
    results = read_results(folder)
    failed = [one for one in results["limits"] if not one["passed"]]
    if failed and not despite_limits:
        raise InvalidDataError(
            f"The plan does not keep {len(failed)} of its limits (for example "
            f"'{failed[0]['limit']}' of {failed[0]['structure']}). Mend the plan, or accept it "
            "with --despite-limits."
        )
    summary = summary_of(results, vertebra)
    write(summary)
    return AcceptedPlan(summary, tuple(_differences(summary, vertebra)))


def summary_of(results: Mapping[str, Any], vertebra: TreatedVertebra) -> DoseSummary:
    """Return what a plan's results say, as the record has it."""
    prescribed = results["prescription"]
    metrics = {(one["structure"], one["metric"]): one for one in results["metrics"]}
    lesion, cord = results["lesion"], results["cord"]

    def of_lesion(metric: str) -> float | None:
        return None if lesion is None else float(metrics[lesion, metric]["water_in_medium"])

    return DoseSummary(
        patient_id=vertebra.patient_id,
        level=vertebra.level,
        procedure_date=vertebra.procedure_date,
        prescription=Prescription(
            prescribed["dose_gy"],
            prescribed["distance_mm"],
            DistanceReference(prescribed["reference"]),
            ReportingQuantity.WATER,
            results["calibration"],
        ),
        irradiation_time_s=60 * float(results["irradiation"]["total_min"]),
        source_model=results["source"],
        plan_hash=results["plan_hash"],
        plan_date=dt.datetime.fromisoformat(results["made"]).date(),
        engine_version=results["kyphort"],
        lesion_quantity=_quantity(lesion, ReportingQuantity.WATER_IN_MEDIUM),
        lesion_d90_gy=of_lesion("D90"),
        lesion_d98_gy=of_lesion("D98"),
        lesion_dmean_gy=of_lesion("Dmean"),
        lesion_v100_percent=of_lesion("V100"),
        cord_quantity=_quantity(cord, ReportingQuantity.MEDIUM),
        cord_d003cc_gy=None if cord is None else float(metrics[cord, "D0.03cc"]["medium"]),
    )


def _quantity(name: str | None, meant: ReportingQuantity) -> ReportingQuantity:
    return ReportingQuantity.UNSPECIFIED if name is None else meant


def _differences(summary: DoseSummary, vertebra: TreatedVertebra) -> list[str]:
    """Return a sentence for each number of the prescription that differs from the record's."""
    planned, recorded = summary.prescription, vertebra.prescription
    return [
        f"{name} is {getattr(planned, name)} in the plan, {getattr(recorded, name)} in the record "
        f"of {vertebra.vertebra_id}. One of both is wrong."
        for name in ("dose_gy", "distance_mm", "distance_reference")
        if getattr(planned, name) != getattr(recorded, name)
    ]


@dataclass(frozen=True, slots=True)
class Record:
    """Which vertebra: patient, level, and the procedure's date when there are several."""

    patient_id: str
    level: str
    date: dt.date | None = None


def accept_into_data(
    folder: Path, data: Path, record: Record, *, despite_limits: bool = False
) -> AcceptedPlan:
    """Write a plan's dose summary into a data set's folder; see `accept`."""
    cohort = read_csv_set(data)
    return accept(
        folder, treated(cohort, record), csv_set_writer(data, cohort),
        despite_limits=despite_limits,
    )  # fmt: skip


def accept_into_registry(
    folder: Path,
    place: str,
    record: Record,
    *,
    who: str | None = None,
    reason: str = "plan accepted",
    despite_limits: bool = False,
) -> AcceptedPlan:
    """Write a plan's dose summary into a registry, with an entry in its trail; see `accept`."""
    with open_registry(place, who=who) as registry:
        cohort = registry.cohort()
        return accept(
            folder, treated(cohort, record), registry_writer(registry, cohort, reason),
            despite_limits=despite_limits,
        )  # fmt: skip


def treated(cohort: Cohort, record: Record) -> TreatedVertebra:
    """Return the treated vertebra that is meant.

    Raises
    ------
    InvalidDataError
        When there is none, or several and no date.
    """
    try:
        wanted = SpinalLevel(record.level)
    except ValueError as error:
        raise InvalidDataError(
            f"Level '{record.level}': no such vertebra. Allowed: C1–C7, T1–T13, L1–L6, S1–S5."
        ) from error
    found = [
        one
        for one in cohort.vertebrae
        if one.patient_id == record.patient_id
        and one.level is wanted
        and record.date in (None, one.procedure_date)
    ]
    if len(found) != 1:
        of_patient = [one for one in cohort.vertebrae if one.patient_id == record.patient_id]
        known = sorted(one.vertebra_id for one in of_patient)
        raise InvalidDataError(
            f"{record.patient_id} has {len(found)} treated vertebrae {wanted}"
            f"{f' on {record.date}' if record.date else ''} in the record; it holds "
            f"{', '.join(known) or 'no such patient'}. Enter the procedure first, or give --date."
        )
    return found[0]


def csv_set_writer(folder: Path, cohort: Cohort) -> Writer:
    """Return a writer into a data set's folder; one row for each vertebra, the last one counts.

    The whole data set is checked with the new row before anything is written, and the file takes
    its place in one step.
    """

    def write(summary: DoseSummary) -> None:
        others = tuple(
            one for one in cohort.dose_summaries if one.vertebra_id != summary.vertebra_id
        )
        replace_records(replace(cohort, dose_summaries=(*others, summary)), "dose_summary", folder)

    return write


def registry_writer(registry: Registry, cohort: Cohort, reason: str) -> Writer:
    """Return a writer into an open registry; an earlier summary is corrected, its trail kept."""
    kind = record_type("dose_summary")

    def write(summary: DoseSummary) -> None:
        there = {one.vertebra_id for one in cohort.dose_summaries}
        if summary.vertebra_id not in there:
            registry.add(summary, reason=reason)
            return
        row = kind.row(summary)
        key = tuple(str(row.pop(name)) for name in kind.key)
        registry.correct(kind.name, key, row, reason=reason)

    return write
