"""A cohort beside others, such as one rebuilt from a publication: the same endpoints for all."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from kyphort.clinical import Cohort
from kyphort.endpoints import EndpointTable
from kyphort.errors import InvalidDataError
from kyphort.protocol import Study
from kyphort.reports.results import PlottedCurve, SourceComparison, SourceRow, SourceUnit
from kyphort.survival import SurvivalData, kaplan_meier, logrank
from kyphort.workflows import curves
from kyphort.workflows.reading import read_data
from kyphort.workflows.tables import Tables, derive_all

MOST_SOURCES = 6


def side_by_side(
    own: Cohort, beside: Sequence[Path], study: Study
) -> tuple[tuple[SourceRow, ...], tuple[PlottedCurve, ...], tuple[SourceUnit, ...]]:
    """Return head figures, local-control curves and rows of every source, the own cohort first.

    The same study plan holds for all. A comparison between sources is indirect: nobody was
    randomised, and in a synthetic source the links between covariates are invented.

    Raises
    ------
    InvalidDataError
        When there are too many sources or two have one name.
    """
    if not beside:
        return (), (), ()
    if len(beside) > MOST_SOURCES:
        raise InvalidDataError(
            f"{len(beside)} data sets beside the own one. Allowed: up to {MOST_SOURCES}."
        )
    cohorts = [own, *(read_data(path)[0] for path in beside)]
    names = _names(cohorts, beside)
    tables = [derive_all(one, study) for one in cohorts]
    times = study.landmarks_months
    rows = tuple(
        SourceRow(
            source=name,
            synthetic=cohort.synthetic,
            patients=len(cohort.patients),
            vertebrae=len(cohort.vertebrae),
            recurrences=int((table.vertebrae.survival_data().event == 1).sum()),
            deaths=sum(one.died for one in cohort.patients),
            local_control=curves.landmarks(
                kaplan_meier(table.vertebrae.survival_data(), cluster_robust=True), times
            ),
            overall_survival=curves.landmarks(kaplan_meier(table.survival.survival_data()), times),
            against_own=None if index == 0 else _against(tables[0], table),
        )
        for index, (name, cohort, table) in enumerate(zip(names, cohorts, tables, strict=True))
    )
    last = max(float(table.vertebrae.survival_data().time.max()) for table in tables)
    plotted = tuple(_plotted(name, table, last) for name, table in zip(names, tables, strict=True))
    units = tuple(
        unit
        for name, cohort, table in zip(names, cohorts, tables, strict=True)
        for unit in _units(name, cohort, table.vertebrae)
    )
    return rows, plotted, units


def _names(cohorts: Sequence[Cohort], beside: Sequence[Path]) -> list[str]:
    """Name each source: the own cohort, then the folders, with SYNTHETIC where it is.

    Cohorts of several ensembles have one folder name: the folder above tells them apart.
    """
    short = [path.name for path in beside]
    full = [f"{path.resolve().parent.name}/{path.name}" for path in beside]
    names = short if len(set(short)) == len(short) else full
    found = [
        f"{name} (SYNTHETIC)" if cohort.synthetic else name
        for cohort, name in zip(cohorts, [cohorts[0].name, *names], strict=True)
    ]
    if len(set(found)) < len(found):
        raise InvalidDataError(
            "Two sources have the same name. Give each folder a name of its own, once."
        )
    return found


def _plotted(name: str, table: Tables, last_month: float) -> PlottedCurve:
    data = table.vertebrae.survival_data()
    return curves.plotted(name, data, kaplan_meier(data, cluster_robust=True), last_month)


def _against(own: Tables, other: Tables) -> SourceComparison:
    """Compare local control of two sources by the cluster-robust log-rank test."""
    parts = [one.vertebrae.survival_data() for one in (own, other)]
    clusters = [np.asarray(part.cluster) for part in parts]
    data = SurvivalData(
        np.concatenate([part.time for part in parts]),
        np.concatenate([part.event for part in parts]),
        cluster=np.array(
            [f"{index}-{one}" for index, found in enumerate(clusters) for one in found]
        ),
    )
    labels = np.repeat(["own", "other"], [len(part.time) for part in parts])
    found = logrank(data, labels, cluster_robust=True)
    return SourceComparison(curves.known(found.statistic), curves.known(found.p_value))


def _units(name: str, cohort: Cohort, table: EndpointTable) -> list[SourceUnit]:
    return [
        SourceUnit(
            source=name,
            synthetic=cohort.synthetic,
            row_id=row.row_id,
            time_months=float(row.time_months),
            code=int(row.code),
            reason=str(row.reason),
        )
        for row in table.rows
    ]
