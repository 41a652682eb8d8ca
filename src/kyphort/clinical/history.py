"""What belongs to the patient's history: primary tumours, consent, trials."""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from kyphort.clinical.values import Pattern, check_values, wrong_record

Icd10Code = Annotated[
    str, Pattern("an ICD-10 code such as C50.4", r"[A-Z][0-9]{2}([.][0-9A-Z]{1,4})?")
]
Topography = Annotated[str, Pattern("an ICD-O-3 topography such as C50.4", r"C[0-9]{2}([.][0-9])?")]
Morphology = Annotated[
    str, Pattern("an ICD-O-3 morphology such as 8500/3", r"[89][0-9]{3}/[012369]")
]


class CodeSystem(StrEnum):
    """The edition of ICD-10: the German and the American ones have codes of their own."""

    ICD10_WHO = "icd10_who"
    ICD10_GM = "icd10_gm"
    ICD10_CM = "icd10_cm"


class Confirmation(StrEnum):
    """How a primary tumour is known."""

    HISTOLOGY = "histology"
    CYTOLOGY = "cytology"
    IMAGING = "imaging"
    CLINICAL = "clinical"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class PrimaryTumour:
    """One primary tumour of a patient; a patient may have several.

    `icd10_code` is the tumour's, not that of the metastasis (C79.5), in the edition `code_system`.
    `topography` and `morphology` are ICD-O-3; empty texts stand for what is not known.

    Raises
    ------
    InvalidDataError
        When a code has not the shape of its system, or is that of a bone metastasis.

    Examples
    --------
    >>> tumour = PrimaryTumour("P017", "C50.4", CodeSystem.ICD10_GM, morphology="8500/3")
    >>> tumour.is_pathologically_confirmed is None
    True
    """

    patient_id: str
    icd10_code: Icd10Code
    code_system: CodeSystem
    topography: Topography = ""
    morphology: Morphology = ""
    confirmation: Confirmation = Confirmation.UNKNOWN
    diagnosis_date: dt.date | None = None

    def __post_init__(self) -> None:
        check_values(self)
        if self.icd10_code.startswith(("C77", "C78", "C79")):
            raise wrong_record(
                self,
                f"icd10_code is '{self.icd10_code}', the code of a metastasis. Allowed: the code "
                "of the primary tumour (C80 when it is unknown). Correct it.",
            )

    @property
    def is_pathologically_confirmed(self) -> bool | None:
        """Whether cells or tissue were seen; None when it is not known."""
        if self.confirmation is Confirmation.UNKNOWN:
            return None
        return self.confirmation in {Confirmation.HISTOLOGY, Confirmation.CYTOLOGY}


class ConsentPurpose(StrEnum):
    """What a patient was asked to agree to."""

    REGISTRY = "registry"
    TRIAL = "trial"
    CONTACT = "contact"
    DATA_SHARING = "data_sharing"


@dataclass(frozen=True, slots=True)
class Consent:
    """One answer of a patient to one question of consent, with the version of the form."""

    patient_id: str
    purpose: ConsentPurpose
    consent_date: dt.date
    given: bool
    form_version: str = ""

    def __post_init__(self) -> None:
        check_values(self)


@dataclass(frozen=True, slots=True)
class TrialMembership:
    """A patient's place in one trial: registered, and perhaps randomised to an arm.

    Raises
    ------
    InvalidDataError
        When the trial has no name, or an arm was given before enrolment.
    """

    patient_id: str
    trial: str
    arm: str = ""
    enrolment_date: dt.date | None = None
    randomisation_date: dt.date | None = None

    def __post_init__(self) -> None:
        check_values(self)
        if not self.trial.strip():
            raise wrong_record(self, "the trial is empty. Write its number, such as NCT02773966.")
        enrolled, randomised = self.enrolment_date, self.randomisation_date
        if enrolled is not None and randomised is not None and randomised < enrolled:
            raise wrong_record(
                self,
                f"randomised in {self.trial} on {randomised}, before the enrolment on {enrolled}. "
                "Correct a date.",
            )


class Fulfilment(StrEnum):
    """Whether a patient fulfils a rule of a protocol."""

    MET = "met"
    NOT_MET = "not_met"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class EligibilityEntry:
    """What somebody entered about one rule of a protocol: an answer, or a documented deviation.

    `answer` is given by hand where no record can answer the rule; `deviation` says why the patient
    was treated although the rule is not met. Nothing is ever blocked by a rule.

    Raises
    ------
    InvalidDataError
        When neither an answer nor a deviation is given.
    """

    patient_id: str
    protocol: str
    rule: str
    entry_date: dt.date
    answer: Fulfilment | None = None
    deviation: str = ""
    entered_by: str = ""

    def __post_init__(self) -> None:
        check_values(self)
        if self.answer is None and not self.deviation.strip():
            raise wrong_record(
                self,
                f"neither an answer nor a deviation for the rule '{self.rule}' of {self.protocol}. "
                "Give one of them.",
            )
