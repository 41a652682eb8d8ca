"""Eligibility: read the data, answer every rule of a protocol for one patient or for all."""

from dataclasses import dataclass
from pathlib import Path

from kyphort.clinical import Cohort, Patient
from kyphort.errors import InvalidDataError
from kyphort.protocol import (
    DEFAULT_PROTOCOL,
    FollowUpProtocol,
    RuleAnswer,
    eligibility,
    find_protocol,
)
from kyphort.workflows.reading import read_data


@dataclass(frozen=True, slots=True)
class Eligibility:
    """The answers for one patient or several, and what they rest on."""

    answers: tuple[RuleAnswer, ...]
    protocol: FollowUpProtocol
    synthetic: bool


def check_eligibility(
    data: str | Path, patient_id: str | None = None, protocol: str = DEFAULT_PROTOCOL
) -> Eligibility:
    """Answer the rules of a protocol for one patient of a data set or registry, or for everybody.

    Raises
    ------
    FaultyDataError
        When the data set or the protocol file has faults; it carries them all.
    RegistryError
        When `data` is a file but not a registry.
    InvalidDataError
        When there is no such patient or protocol, or the protocol has no rule of eligibility.

    Examples
    --------
    >>> from kyphort.published import dataset_folder
    >>> found = check_eligibility(dataset_folder("bludau2020"), "SYN-P001", "nct02773966")
    >>> [(one.rule.id, str(one.answer)) for one in found.answers]
    [('age', 'not_met'), ('metastases', 'unknown'), ('pain', 'unknown')]
    """
    plan = find_protocol(protocol)
    if not plan.eligibility:
        raise InvalidDataError(
            f"Protocol {plan.id} has no rule of eligibility. Add [[eligibility]] to its file; "
            "'kyphort protocol new FILE' shows how."
        )
    cohort, _ = read_data(data)
    people = cohort.patients if patient_id is None else (_patient(cohort, patient_id),)
    answers = (answer for one in people for answer in eligibility(cohort, one, plan))
    return Eligibility(tuple(answers), plan, cohort.synthetic)


def _patient(cohort: Cohort, patient_id: str) -> Patient:
    found = next((one for one in cohort.patients if one.patient_id == patient_id), None)
    if found is None:
        first, last = cohort.patients[0].patient_id, cohort.patients[-1].patient_id
        raise InvalidDataError(
            f"There is no patient '{patient_id}' in {cohort.name}. It has {len(cohort.patients)} "
            f"patients, from {first} to {last}. Correct the pseudonym."
        )
    return found
