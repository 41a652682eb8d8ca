"""The records beside the founding six refuse what cannot be."""

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import pytest

from kyphort.clinical import (
    AdverseEvent,
    Baseline,
    CauseOfDeath,
    CodeSystem,
    Confirmation,
    Delivery,
    DoseSummary,
    LossToFollowUp,
    NotDelivered,
    Patient,
    PerformanceStatus,
    Prescription,
    PrimaryTumour,
    Procedure,
    Radiotherapy,
    Relatedness,
    Retreatment,
    RetreatmentKind,
    Seriousness,
    Sex,
    SpinalLevel,
    SystemicTherapy,
    TherapyKind,
    TrialMembership,
    VisitTrigger,
    Withdrawal,
    WithdrawalForm,
)
from kyphort.clinical.procedure import Cement
from kyphort.clinical.scales import (
    Ecog,
    SinsAlignment,
    SinsClass,
    SinsCollapse,
    SinsLesion,
    SinsPain,
    SinsPosterolateral,
)
from kyphort.errors import InvalidDataError

from .people import LAST_CONTACT, PROCEDURE, cohort, day, vertebra, visit

T12, L1 = SpinalLevel.T12, SpinalLevel.L1
ITEMS = (
    SinsPain.MECHANICAL,
    SinsLesion.LYTIC,
    SinsAlignment.NORMAL,
    SinsCollapse.LESS_THAN_HALF,
    SinsPosterolateral.NONE,
)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (
            lambda: PrimaryTumour("A", "Brust", CodeSystem.ICD10_GM),
            "Patient A, primary tumour: icd10_code is 'Brust'. Allowed: an ICD-10 code",
        ),
        (lambda: PrimaryTumour("A", "C79.5", CodeSystem.ICD10_GM), "the code of a metastasis"),
        (lambda: PrimaryTumour("A", "C50", CodeSystem.ICD10_GM, morphology="85"), "8500/3"),
        (lambda: TrialMembership("A", " "), "the trial is empty"),
        (lambda: TrialMembership("A", "X", "A", day(2), day(1)), "before the enrolment"),
        (
            lambda: Procedure("A", PROCEDURE, cement=Cement.NONE, cement_ml=2.0),
            "no cement, but cement_ml is 2",
        ),
        (lambda: Baseline("A", T12, sins_total=19), "sins_total is 19. Allowed: 0 to 18"),
        (
            lambda: Baseline("A", T12, None, None, *ITEMS, sins_total=9),
            "sins_total is 9, but its items give 10",
        ),
        (lambda: Radiotherapy("A", T12, PROCEDURE, 30, 0), "fractions is 0. Allowed: 1 or more"),
        (lambda: Delivery("A", T12, False), "not delivered, but without a reason"),
        (lambda: Delivery("A", T12, True, NotDelivered.DEVICE), "with a not_delivered_reason"),
        (
            lambda: Delivery("A", T12, False, NotDelivered.DEVICE, delivered_s=3.0),
            "is delivered in part",
        ),
        (lambda: Delivery("A", T12, True, resumed=True), "a resumption without an interruption"),
        (lambda: PerformanceStatus("A", PROCEDURE), "neither karnofsky nor ecog"),
        (lambda: SystemicTherapy("A", day(2), "", TherapyKind.OTHER), "the agent is empty"),
        (
            lambda: SystemicTherapy("A", day(2), "X", TherapyKind.OTHER, day(1)),
            "before it begins",
        ),
        (lambda: Withdrawal(" ", WithdrawalForm.ERASE, day(1)), "Allowed: a pseudonym"),
        (
            lambda: Patient(
                "A", Sex.MALE, 61, "X", day(9), cause_of_death=CauseOfDeath.TUMOUR
            ),
            "a cause of death (tumour) without a date of death",
        ),
        (
            lambda: AdverseEvent(
                "A", day(1), "pain", 2, "5.0", False, Relatedness.RELATED,
                seriousness=Seriousness.DISABILITY,
            ),
            "not serious, but with the criterion",
        ),
        (
            lambda: visit(day(9), T12, trigger=VisitTrigger.PAIN),
            "a planned visit with the trigger 'pain'",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(make: Callable[[], object], sentence: str) -> None:
    with pytest.raises(InvalidDataError, match=re.escape(sentence)):
        make()


def test_a_sum_follows_from_the_items_or_is_the_recorded_one() -> None:
    assert Baseline("A", T12, None, None, *ITEMS).sins_sum == 10
    assert Baseline("A", T12, sins_total=13).stability is SinsClass.UNSTABLE
    assert Baseline("A", T12).stability is None


def test_a_tumour_is_confirmed_by_cells_or_tissue_only() -> None:
    def confirmed(how: Confirmation) -> bool | None:
        tumour = PrimaryTumour("A", "C50", CodeSystem.ICD10_GM, confirmation=how)
        return tumour.is_pathologically_confirmed

    assert confirmed(Confirmation.CYTOLOGY) is True
    assert confirmed(Confirmation.IMAGING) is False
    assert confirmed(Confirmation.UNKNOWN) is None


def summary(level: SpinalLevel = T12, procedure_date: dt.date = PROCEDURE) -> DoseSummary:
    prescription = Prescription(8, 13)
    return DoseSummary(
        "A", level, procedure_date, prescription, 100.0, "needle", "ab" * 32, PROCEDURE, "0.1.0"
    )


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        ({"deliveries": (Delivery("A", L1, True),)}, "delivery: level L1 was not treated"),
        ({"deliveries": (Delivery("B", T12, True),)}, "A delivery belongs to patient B"),
        (
            {"deliveries": (Delivery("A", T12, True), Delivery("A", T12, True))},
            "The delivery A-T12 appears more than once",
        ),
        ({"procedures": (Procedure("A", day(1)),)}, "no vertebra was treated then"),
        ({"dose_summaries": (summary(L1),)}, "level L1 was not treated"),
        ({"dose_summaries": (summary(procedure_date=day(1)),)}, "the vertebra was treated on"),
        (
            {"retreatments": (Retreatment("A", T12, day(9), RetreatmentKind.SURGERY),)},
            "but its vertebra names none as retreatment_date",
        ),
        (
            {"losses_to_follow_up": (LossToFollowUp("A", dt.date(2031, 1, 1)),)},
            "loss to follow up, loss_date on 2031-01-01. Allowed: up to",
        ),
        (
            {
                "performance_statuses": (
                    PerformanceStatus("A", LAST_CONTACT + dt.timedelta(1), None, Ecog(1)),
                )
            },
            "performance status, assessed_date",
        ),
    ],
)
def test_rows_that_contradict_each_other_are_refused(parts: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidDataError, match=re.escape(sentence)):
        cohort(**parts)


def test_a_prior_course_of_radiotherapy_precedes_everything_else() -> None:
    course = Radiotherapy("A", T12, dt.date(2001, 1, 1), 30, 10)
    assert cohort(radiotherapies=(course,)).radiotherapies == (course,)
    assert course.is_before(PROCEDURE)


def test_a_retreatment_that_its_vertebra_names_is_kept_with_its_kind() -> None:
    rows = (Retreatment("A", T12, day(9), RetreatmentKind.SURGERY),)
    kept = cohort(vertebrae=(vertebra(retreatment_date=day(9)),), retreatments=rows)
    assert kept.of(kept.patients[0], Retreatment) == rows
