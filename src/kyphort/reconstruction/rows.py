"""The rows of an endpoint in a rebuilt cohort, as the survival library reads them."""

import numpy as np

from kyphort.published.specification import Endpoint, RowUnit, Specification
from kyphort.reconstruction.cohort import RebuiltCohort, RebuiltPatient, RebuiltUnit
from kyphort.survival import SurvivalData

COMPETING = 2
"""The code of a patient's death where it competes with the event of a unit."""


def survival_data(
    specification: Specification,
    endpoint: Endpoint,
    cohort: RebuiltCohort,
    *,
    group: str = "",
    death_competes: bool = False,
) -> SurvivalData:
    """Return the rows of an endpoint, of one group or of everybody, in the specification's unit.

    With `death_competes` a unit without event whose patient died has the code 2.
    """
    rows = [
        (day, event, patient)
        for patient, (day, event, labels) in labelled_rows(endpoint, cohort, death_competes)
        if not group or labels.get(specification.group(group).partition) == group
    ]
    unit = specification.days(1.0)
    return SurvivalData(
        np.array([day for day, _, _ in rows]) / unit,
        np.array([event for _, event, _ in rows]),
        cluster=np.array([patient for _, _, patient in rows]),
        unit_of_analysis=str(endpoint.unit),
    )


_Labelled = tuple[int, tuple[int, int, dict[str, str]]]


def labelled_rows(
    endpoint: Endpoint, cohort: RebuiltCohort, death_competes: bool = False
) -> list[_Labelled]:
    """Return (patient, (day, code, groups and attributes)) for each row of an endpoint."""
    rows: list[_Labelled] = []
    for number, patient in enumerate(cohort.patients):
        labels = dict(patient.groups) | dict(patient.attributes)
        if endpoint.unit is RowUnit.PATIENT:
            rows.append((number, (patient.exit_day, _patient_code(endpoint, patient), labels)))
            continue
        for unit in patient.units:
            own = labels | dict(unit.groups) | dict(unit.attributes)
            code = _unit_code(patient, unit, death_competes=death_competes)
            rows.append((number, (unit.exit_day, code, own)))
    return rows


def _patient_code(endpoint: Endpoint, patient: RebuiltPatient) -> int:
    if endpoint.is_death:
        return int(patient.died)
    return int(any(unit.has_event for unit in patient.units))


def _unit_code(patient: RebuiltPatient, unit: RebuiltUnit, *, death_competes: bool) -> int:
    if unit.has_event:
        return 1
    is_last = unit.exit_day == patient.exit_day
    return COMPETING if death_competes and patient.died and is_last else 0
