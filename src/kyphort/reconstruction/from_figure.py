"""The usual reconstruction of a digitised figure: Guyot's algorithm, curve by curve, as a cohort.

It follows the figure, not the print: numbers that it misses are listed by whoever verifies it.
Every row is a patient with one unit; curves of different groups know nothing of each other.
"""

from dataclasses import dataclass

from kyphort.published.specification import Curve, Endpoint, Specification
from kyphort.reconstruction.cohort import RebuiltCohort, RebuiltPatient, RebuiltUnit
from kyphort.reconstruction.guyot import GuyotData, guyot


@dataclass(frozen=True, slots=True)
class FigureCohort:
    """What Guyot's algorithm makes of the digitised curves of one endpoint."""

    endpoint: Endpoint
    curves: tuple[Curve, ...]
    cohort: RebuiltCohort


def from_figures(specification: Specification) -> tuple[FigureCohort, ...]:
    """Return a cohort for every endpoint that has digitised curves.

    Curves of groups are taken where there are any, otherwise that of everybody. Numbers at risk and
    total events are used where they are printed.

    Examples
    --------
    >>> from kyphort.published.specification import find_specification
    >>> from_figures(find_specification("bludau2020"))
    ()
    """
    found = []
    for endpoint in specification.endpoints:
        digitised = [one for one in specification.curves_of(endpoint.id) if one.coordinates]
        grouped = [one for one in digitised if one.group]
        partition = specification.group(grouped[0].group).partition if grouped else ""
        curves = tuple(
            one for one in grouped if specification.group(one.group).partition == partition
        ) or tuple(digitised)
        if curves:
            found.append(FigureCohort(endpoint, curves, _cohort(specification, endpoint, curves)))
    return tuple(found)


def _cohort(
    specification: Specification, endpoint: Endpoint, curves: tuple[Curve, ...]
) -> RebuiltCohort:
    patients = [
        patient
        for curve in curves
        for patient in _patients(specification, endpoint, curve, follow(curve))
    ]
    return RebuiltCohort(specification.id, 0, tuple(patients))


def follow(curve: Curve) -> GuyotData:
    """Return Guyot's individual times for one curve, by its figure, risk table and events."""
    # Numbers "beyond t" leave out exits at t itself, which a figure cannot show: taken as "at t".
    printed = {
        time: number
        for time, number in zip(curve.times, curve.at_risk, strict=True)
        if number is not None and time > 0
    }
    last = max(time for time, _ in curve.coordinates)
    table = {0.0: curve.n} | {time: number for time, number in printed.items() if time <= last}
    return guyot(curve.coordinates, list(table), list(table.values()), curve.events_total)


def _patients(
    specification: Specification, endpoint: Endpoint, curve: Curve, data: GuyotData
) -> list[RebuiltPatient]:
    groups = ((specification.group(curve.group).partition, curve.group),) if curve.group else ()
    patients = []
    for time, event in zip(data.time.tolist(), data.event.tolist(), strict=True):
        day = max(1, round(specification.days(time)))
        died = bool(event) and endpoint.is_death
        unit = RebuiltUnit(groups, day, bool(event) and not endpoint.is_death)
        patients.append(RebuiltPatient(groups, day, died, (unit,)))
    return patients
