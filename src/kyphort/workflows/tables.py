"""The endpoints of one cohort under a study's plan, and their rows for the report."""

from dataclasses import asdict, dataclass, replace

from kyphort.clinical import Cohort
from kyphort.endpoints import (
    CensoringRule,
    DeathRule,
    EndpointTable,
    Unit,
    derive,
    local_control,
    lpfs_composite,
    lpfs_seed,
    overall_survival,
    vertebral_compression_fracture,
)
from kyphort.protocol import LocalControlPlan, Study
from kyphort.reports.results import EndpointRows, EventRow


@dataclass(frozen=True)
class Tables:
    """The derived endpoints of one cohort.

    `local` follows the study's plan; `vertebrae` is the same per vertebra whatever the unit;
    `competing` and `competing_vertebrae` are these with death competing; `assessed` censors at the
    last assessment.
    """

    local: EndpointTable
    vertebrae: EndpointTable
    competing: EndpointTable
    competing_vertebrae: EndpointTable
    assessed: EndpointTable
    survival: EndpointTable
    lpfs_seed: EndpointTable
    lpfs_composite: EndpointTable
    fracture: EndpointTable


def derive_all(cohort: Cohort, study: Study) -> Tables:
    """Derive every endpoint that a report shows."""
    plan = study.local_control
    per_vertebra = replace(plan, unit=Unit.VERTEBRA)
    by_assessment = replace(
        per_vertebra, censoring=CensoringRule.LAST_ASSESSMENT, death=DeathRule.CENSORS
    )
    return Tables(
        local=_derive_local(cohort, plan),
        vertebrae=_derive_local(cohort, per_vertebra),
        competing=_derive_local(cohort, replace(plan, death=DeathRule.COMPETES)),
        competing_vertebrae=_derive_local(cohort, replace(per_vertebra, death=DeathRule.COMPETES)),
        assessed=_derive_local(cohort, by_assessment),
        survival=derive(cohort, overall_survival()),
        lpfs_seed=derive(cohort, lpfs_seed()),
        lpfs_composite=derive(cohort, lpfs_composite()),
        fracture=derive(cohort, vertebral_compression_fracture()),
    )


def _derive_local(cohort: Cohort, plan: LocalControlPlan) -> EndpointTable:
    return derive(cohort, local_control(**asdict(plan)))


def rows_behind(tables: Tables) -> dict[str, EndpointRows]:
    """Copy every row behind the curves, with its reason."""
    shown = (
        tables.local,
        tables.survival,
        tables.lpfs_seed,
        tables.lpfs_composite,
        tables.fracture,
    )
    return {table.endpoint.identifier: _rows(table) for table in shown}


def _rows(table: EndpointTable) -> EndpointRows:
    endpoint = table.endpoint
    return EndpointRows(
        endpoint.title,
        endpoint.definition,
        endpoint.unit.value,
        tuple(
            EventRow(
                row.row_id,
                row.subject.patient.patient_id,
                ", ".join(vertebra.level for vertebra in row.subject.vertebrae),
                row.time_months,
                row.code,
                row.reason,
                row.record,
                row.date.isoformat(),
                row.on_day_zero,
            )
            for row in sorted(table.rows, key=lambda row: (row.time_days, row.row_id))
        ),
    )
