"""The regression models of a study file: variables to columns, columns to a fit, a fit to lines."""

from collections import Counter
from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray

from kyphort.clinical import DoseSummary
from kyphort.endpoints import EndpointRow, EndpointTable
from kyphort.errors import InvalidDataError, KyphortError
from kyphort.protocol import ModelEndpoint, ModelMethod, ModelPlan, ModelVariable, Stratum
from kyphort.reports.results import Interval, ModelResult, ModelTerm
from kyphort.survival import (
    CoxModel,
    FirthModel,
    FrailtyModel,
    PseudoModel,
    SurvivalData,
    concordance,
    cox,
    fine_gray,
    firth,
    gamma_frailty,
    proportional_hazards_test,
    pseudo_observations,
    pseudo_regression,
)
from kyphort.workflows import curves, groups
from kyphort.workflows.tables import Tables

Columns = dict[str, list[float]]

_NUMBERS: dict[ModelVariable, Callable[[EndpointRow], float]] = {
    ModelVariable.DISTANCE_MM: lambda row: row.subject.vertebrae[0].prescription.distance_mm,
    ModelVariable.DOSE_GY: lambda row: row.subject.vertebrae[0].prescription.dose_gy,
    ModelVariable.AGE_YEARS: lambda row: float(row.subject.patient.age_years),
    ModelVariable.LEVELS_TREATED: lambda row: float(
        len(row.subject.cohort.vertebrae_of(row.subject.patient))
    ),
    ModelVariable.PROCEDURE_YEAR: lambda row: float(row.subject.origin.year),
}
_OF_A_PLAN: dict[ModelVariable, Callable[[DoseSummary], float | None]] = {
    ModelVariable.LESION_D90_GY: lambda summary: summary.lesion_d90_gy,
    ModelVariable.LESION_D98_GY: lambda summary: summary.lesion_d98_gy,
}
"""What only an accepted plan says; a vertebra without it is left out of the model."""

_UNITS = {
    ModelVariable.LESION_D90_GY: "D90 of the lesion, per Gy",
    ModelVariable.LESION_D98_GY: "D98 of the lesion, per Gy",
    ModelVariable.DISTANCE_MM: "distance, per mm",
    ModelVariable.DOSE_GY: "dose, per Gy",
    ModelVariable.AGE_YEARS: "age, per year",
    ModelVariable.LEVELS_TREATED: "levels treated, per level",
    ModelVariable.PROCEDURE_YEAR: "procedure, per calendar year",
}
_OF_EVERY_ROW = (ModelMethod.RESTRICTED_MEAN, ModelMethod.INCIDENCE)
_MEASURES = {
    ModelMethod.COX: "hazard ratio",
    ModelMethod.FIRTH: "hazard ratio",
    ModelMethod.FRAILTY: "hazard ratio within a patient",
    ModelMethod.FINE_GRAY: "subdistribution hazard ratio",
    ModelMethod.RESTRICTED_MEAN: "difference [mo]",
    ModelMethod.INCIDENCE: "odds ratio",
}


def fit_models(tables: Tables, plans: Iterable[ModelPlan]) -> dict[str, ModelResult]:
    """Fit every model of a study; one that cannot be fitted says why instead."""
    return {plan.id: _fit(tables, plan) for plan in plans}


def _fit(tables: Tables, plan: ModelPlan) -> ModelResult:
    whole = _table(tables, plan)
    table = whole.where(lambda row: None not in _of_plan(row, plan.variables))
    if not table.rows:
        return _result(plan, whole, {}, "", (), why_not="no vertebra has a plan that says them")
    data, columns = table.survival_data(), _columns(table, plan)
    try:
        model = _model(data, columns, plan)
    except KyphortError as error:
        return _result(plan, table, columns, "", (), why_not=str(error))
    terms = _terms(model)
    if isinstance(model, PseudoModel):
        return _result(plan, table, columns, model.method, terms)
    return _result(
        plan,
        table,
        columns,
        model.method,
        terms,
        proportional_hazards_p_value=_proportional(model, plan),
        concordance=_concordance(model, plan),
        frailty_variance=_frailty_variance(model),
    )


def _of_plan(row: EndpointRow, variables: Iterable[ModelVariable]) -> tuple[float | None, ...]:
    """Return what a row's accepted plan says of the variables that only a plan knows."""
    asked = [_OF_A_PLAN[one] for one in variables if one in _OF_A_PLAN]
    summary = groups.dose_summary(row) if asked else None
    return tuple(None if summary is None else said(summary) for said in asked)


def _table(tables: Tables, plan: ModelPlan) -> EndpointTable:
    if plan.endpoint is ModelEndpoint.OVERALL_SURVIVAL:
        return tables.survival
    competes = plan.method in {ModelMethod.FINE_GRAY, ModelMethod.INCIDENCE}
    return tables.competing_vertebrae if competes else tables.vertebrae


def _model(data: SurvivalData, columns: Columns, plan: ModelPlan) -> CoxModel | PseudoModel:
    if plan.method is ModelMethod.FIRTH:
        return firth(data, columns)
    if plan.method is ModelMethod.FRAILTY:
        return gamma_frailty(data, columns)
    if plan.method is ModelMethod.FINE_GRAY:
        return fine_gray(data, columns)
    if plan.at_months is None:
        return cox(data, columns)
    if plan.method is ModelMethod.RESTRICTED_MEAN:
        mean = pseudo_observations(data, [plan.at_months], estimand="restricted_mean")
        return pseudo_regression(mean, columns)
    incidence = pseudo_observations(data, [plan.at_months], estimand="incidence")
    return pseudo_regression(incidence, columns, link="logit")


def _columns(table: EndpointTable, plan: ModelPlan) -> Columns:
    """Return one column for each number, and one for each value of a category but the largest."""
    columns: Columns = {}
    for variable in plan.variables:
        if variable in _OF_A_PLAN:
            doses = (_of_plan(row, [variable])[0] for row in table.rows)
            columns[_UNITS[variable]] = [dose for dose in doses if dose is not None]
        elif variable in _NUMBERS:
            columns[_UNITS[variable]] = [_NUMBERS[variable](row) for row in table.rows]
        else:
            columns |= _categories(table, variable)
    return {name: values for name, values in columns.items() if _informs(table, values, plan)}


def _informs(table: EndpointTable, values: list[float], plan: ModelPlan) -> bool:
    """Whether a row with a value other than 0 is at risk at an event, where only that counts."""
    if plan.method in {ModelMethod.FINE_GRAY, *_OF_EVERY_ROW}:
        return True
    first = min((row.time_months for row in table.rows if row.code == 1), default=0.0)
    rows = zip(table.rows, values, strict=True)
    return any(value != 0.0 and row.time_months >= first for row, value in rows)


def _categories(table: EndpointTable, variable: ModelVariable) -> Columns:
    values = table.labels(groups.grouping(Stratum(variable.value)))
    reference = min(Counter(values).items(), key=lambda found: (-found[1], found[0]))[0]
    others = groups.in_order(Stratum(variable.value), set(values) - {reference})
    name = variable.value.replace("_", " ")
    return {
        f"{name}: {one} against {reference}": [float(value == one) for value in values]
        for one in others
    }


def _terms(model: CoxModel | PseudoModel) -> tuple[ModelTerm, ...]:
    columns: tuple[NDArray[np.float64], ...]
    if isinstance(model, FirthModel):
        columns = (model.hazard_ratios, model.lower, model.upper, model.profile_p_values)
    elif isinstance(model, CoxModel):
        columns = (model.hazard_ratios, *model.limits(), model.p_values)
    elif model.link == "identity":
        columns = (model.coefficients, *model.limits(), model.p_values)
    else:
        columns = (np.exp(model.coefficients), *map(np.exp, model.limits()), model.p_values)
    rows = zip(model.names, *(column.tolist() for column in columns), strict=True)
    return tuple(ModelTerm(name, *map(curves.known, numbers)) for name, *numbers in rows)


def _proportional(model: CoxModel, plan: ModelPlan) -> float | None:
    if plan.method not in {ModelMethod.COX, ModelMethod.FIRTH}:
        return None
    try:
        return curves.known(proportional_hazards_test(model).global_p_value)
    except InvalidDataError:
        # Too few events to test it: the report shows none.
        return None


def _concordance(model: CoxModel, plan: ModelPlan) -> Interval | None:
    if plan.method not in {ModelMethod.COX, ModelMethod.FIRTH}:
        return None
    return curves.interval(concordance(model))


def _frailty_variance(model: CoxModel) -> Interval | None:
    if not isinstance(model, FrailtyModel):
        return None
    found = (model.frailty_variance, model.variance_lower, model.variance_upper)
    return Interval(*map(curves.known, found))


def _result(
    plan: ModelPlan,
    table: EndpointTable,
    columns: Columns,
    method: str,
    terms: tuple[ModelTerm, ...],
    *,
    proportional_hazards_p_value: float | None = None,
    concordance: Interval | None = None,
    frailty_variance: Interval | None = None,
    why_not: str | None = None,
) -> ModelResult:
    events = sum(row.code == 1 for row in table.rows)
    patients = len(set(table.labels(lambda row: row.subject.patient.patient_id)))
    return ModelResult(
        plan.title,
        plan.endpoint.value.replace("_", " "),
        method or plan.method.value.replace("_", " "),
        _MEASURES[plan.method],
        len(table.rows),
        events,
        patients if patients < len(table.rows) else None,
        events / max(1, len(columns)),
        terms,
        proportional_hazards_p_value,
        concordance,
        frailty_variance,
        why_not,
    )
