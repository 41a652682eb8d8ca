"""The regression models of a study file: which endpoint, by which method, on which variables."""

from dataclasses import dataclass
from enum import StrEnum

from kyphort.errors import InvalidDataError
from kyphort.protocol.fields import Fields


class ModelEndpoint(StrEnum):
    """What a model is about."""

    LOCAL_CONTROL = "local_control"
    OVERALL_SURVIVAL = "overall_survival"


class ModelMethod(StrEnum):
    """How a model is fitted."""

    COX = "cox"
    FIRTH = "firth"
    FRAILTY = "frailty"
    FINE_GRAY = "fine_gray"
    RESTRICTED_MEAN = "restricted_mean"
    INCIDENCE = "incidence"


class ModelVariable(StrEnum):
    """What a model depends on; the first six belong to a vertebra."""

    REGION = "region"
    DISTANCE_MM = "distance_mm"
    DOSE_GY = "dose_gy"
    PREEXISTING_FRACTURE = "preexisting_fracture"
    LESION_D90_GY = "lesion_d90_gy"
    LESION_D98_GY = "lesion_d98_gy"
    AGE_YEARS = "age_years"
    SEX = "sex"
    ENTITY = "entity"
    LEVELS_TREATED = "levels_treated"
    PROCEDURE_YEAR = "procedure_year"


_OF_A_VERTEBRA = {
    ModelVariable.REGION,
    ModelVariable.DISTANCE_MM,
    ModelVariable.DOSE_GY,
    ModelVariable.PREEXISTING_FRACTURE,
    ModelVariable.LESION_D90_GY,
    ModelVariable.LESION_D98_GY,
}
_AT_A_TIME = {ModelMethod.RESTRICTED_MEAN, ModelMethod.INCIDENCE}


@dataclass(frozen=True, slots=True)
class ModelPlan:
    """One regression: `at_months` is the horizon of what is estimated at a time, else None."""

    id: str
    title: str
    endpoint: ModelEndpoint
    method: ModelMethod
    variables: tuple[ModelVariable, ...]
    at_months: float | None = None


def read_model(fields: Fields, unit_in_months: float) -> ModelPlan:
    """Read one entry [[models]] of a study file.

    Raises
    ------
    InvalidDataError
        When a value is not allowed, a variable does not belong to the endpoint's unit, or a time is
        missing.
    """
    method = fields.choice("method", ModelMethod)
    endpoint = fields.choice("endpoint", ModelEndpoint)
    variables = tuple(fields.choices("variables", ModelVariable))
    at_months = None
    if method in _AT_A_TIME:
        at_months = fields.number("at", above=0) * unit_in_months
    plan = ModelPlan(
        fields.text("id"), fields.text("title"), endpoint, method, variables, at_months
    )
    fields.refuse_unknown()
    _check(plan, fields.place)
    return plan


def _check(plan: ModelPlan, place: str) -> None:
    if not plan.variables:
        raise InvalidDataError(f"{place}: variables is empty. Name at least one.")
    repeated = [one for one in plan.variables if plan.variables.count(one) > 1]
    if repeated:
        raise InvalidDataError(f"{place}: variables names '{repeated[0]}' twice. Name it once.")
    if plan.endpoint is not ModelEndpoint.OVERALL_SURVIVAL:
        return
    of_levels = [one for one in plan.variables if one in _OF_A_VERTEBRA]
    if of_levels:
        raise InvalidDataError(
            f"{place}: '{of_levels[0]}' belongs to a vertebra and overall survival to a patient, "
            "who may have several. Take it out, or model local_control."
        )
    if plan.method is ModelMethod.FRAILTY:
        raise InvalidDataError(
            f"{place}: a frailty is shared by the vertebrae of a patient; overall survival has one "
            "row for each patient. Take method 'cox'."
        )
