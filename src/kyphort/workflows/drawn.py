"""The curves that the figures draw."""

from kyphort.endpoints import EndpointTable, Unit
from kyphort.protocol import Study
from kyphort.reports.results import Curves
from kyphort.survival import SurvivalData, aalen_johansen, kaplan_meier
from kyphort.workflows import curves, groups
from kyphort.workflows.tables import Tables

LARGE_REGIONS = ("thoracic", "lumbar")


def draw(tables: Tables, study: Study) -> Curves:
    """Prepare every curve of the report."""
    local_data, survival_data = tables.local.survival_data(), tables.survival.survival_data()
    competing_data = tables.competing.survival_data()
    local = kaplan_meier(local_data, cluster_robust=False)
    units = "All vertebrae" if study.local_control.unit is Unit.VERTEBRA else "Patients"
    parts = {units: local_data} | _by_large_region(tables.vertebrae)
    return Curves(
        local_control=tuple(
            curves.plotted(name, part, kaplan_meier(part, cluster_robust=False))
            for name, part in parts.items()
        ),
        overall_survival=curves.plotted("Patients", survival_data, kaplan_meier(survival_data)),
        recurrence_incidence=curves.plotted_incidence(
            "Recurrence, death competing",
            competing_data,
            aalen_johansen(competing_data, cause=1),
            1,
        ),
        one_minus_kaplan_meier=curves.plotted_complement(
            "1 - Kaplan-Meier, death censored", local_data, local
        ),
        death_incidence=curves.plotted_incidence(
            "Death before recurrence",
            competing_data,
            aalen_johansen(competing_data, cause=2),
            2,
        ),
    )


def _by_large_region(vertebrae: EndpointTable) -> dict[str, SurvivalData]:
    found = vertebrae.survival_data().split(vertebrae.labels(groups.region_of))
    return {f"{name.capitalize()} spine": found[name] for name in LARGE_REGIONS if name in found}
