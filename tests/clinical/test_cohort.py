"""A cohort refuses rows that contradict each other and knows no order of input."""

import datetime as dt
import re
from itertools import chain
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kyphort.clinical import LevelAssessment, LocalStatus, SpinalLevel, VisitKind
from kyphort.errors import InvalidDataError

from .people import (
    CUT_OFF,
    LAST_CONTACT,
    PROCEDURE,
    T12_READING,
    adverse_event,
    cohort,
    day,
    patient,
    vertebra,
    visit,
)

BEFORE, AFTER = PROCEDURE - dt.timedelta(days=1), LAST_CONTACT + dt.timedelta(days=1)


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        ({"patients": (patient(), patient(age_years=62))}, "The patient A appears more than once"),
        ({"vertebrae": (vertebra(), vertebra())}, "The vertebra A-T12 appears more than once"),
        (
            {"visits": (visit(day(9)), visit(day(9), kind=VisitKind.UNSCHEDULED))},
            f"The visit A on {day(9)} appears more than once",
        ),
        (
            {"visits": (visit(day(9), assessments=(T12_READING, T12_READING)),)},
            f"The reading A on {day(9)} of T12 by reader '' appears more than once",
        ),
    ],
)
def test_a_repeated_row_is_refused(parts: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidDataError, match=re.escape(sentence)):
        cohort(**parts)


@pytest.mark.parametrize(
    ("kind", "parts"),
    [
        ("vertebra", {"vertebrae": (vertebra(), vertebra(patient_id="B"))}),
        ("visit", {"visits": (visit(day(9), patient_id="B"),)}),
        ("adverse event", {"adverse_events": (adverse_event(patient_id="B"),)}),
    ],
)
def test_a_row_of_nobody_is_refused(kind: str, parts: dict[str, Any]) -> None:
    with pytest.raises(InvalidDataError, match=f"A {kind} belongs to patient B, who is not among"):
        cohort(**parts)


def test_a_patient_without_a_vertebra_is_refused() -> None:
    with pytest.raises(InvalidDataError, match="Patient B has no treated vertebra"):
        cohort(patients=(patient(), patient(patient_id="B")))


def test_an_assessed_level_must_have_been_treated() -> None:
    sentence = f"Patient A, visit on {day(9)}: level L1 is assessed but was not treated"
    with pytest.raises(InvalidDataError, match=f"{sentence}. Treated: T9, T12."):
        cohort(
            vertebrae=(vertebra(), vertebra(level=SpinalLevel.T9)),
            visits=(visit(day(9), SpinalLevel.L1),),
        )


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        ({"vertebrae": (vertebra(procedure_date=AFTER),)}, f"last contact on {LAST_CONTACT}"),
        ({"data_cut_off": day(9)}, f"last contact on {LAST_CONTACT}"),
        (
            {"vertebrae": (vertebra(), vertebra(level=SpinalLevel.L1, procedure_date=AFTER))},
            f"procedure at L1 on {AFTER}",
        ),
        (
            {"vertebrae": (vertebra(retreatment_date=BEFORE),)},
            f"retreatment of T12 on {BEFORE}",
        ),
        ({"vertebrae": (vertebra(retreatment_date=AFTER),)}, f"retreatment of T12 on {AFTER}"),
        ({"visits": (visit(BEFORE),)}, f"visit on {BEFORE}"),
        ({"visits": (visit(AFTER),)}, f"visit on {AFTER}"),
        ({"visits": (visit(AFTER, kind=VisitKind.BASELINE),)}, f"visit on {AFTER}"),
        (
            {"adverse_events": (adverse_event(onset_date=BEFORE),)},
            f"adverse event 'pain' on {BEFORE}",
        ),
        (
            {"adverse_events": (adverse_event(onset_date=AFTER),)},
            f"adverse event 'pain' on {AFTER}",
        ),
    ],
)
def test_a_date_out_of_order_is_refused(parts: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidDataError, match=f"Patient A: {sentence}. Allowed: .* to .*"):
        cohort(**parts)


def test_retreatment_counts_from_the_procedure_of_its_level() -> None:
    later = vertebra(level=SpinalLevel.L1, procedure_date=day(30), retreatment_date=day(29))
    with pytest.raises(InvalidDataError, match=f"retreatment of L1 on {day(29)}"):
        cohort(vertebrae=(vertebra(), later))


def test_everything_may_happen_on_the_first_and_the_last_day() -> None:
    whole = cohort(
        patients=(patient(death_date=LAST_CONTACT),),
        vertebrae=(
            vertebra(retreatment_date=PROCEDURE),
            vertebra(
                level=SpinalLevel.L1, procedure_date=LAST_CONTACT, retreatment_date=LAST_CONTACT
            ),
        ),
        visits=(visit(PROCEDURE), visit(LAST_CONTACT)),
        adverse_events=(adverse_event(), adverse_event(onset_date=LAST_CONTACT)),
    )
    assert len(whole.visits) == len(whole.adverse_events) == 2


def test_procedure_and_last_contact_may_be_the_data_cut_off() -> None:
    whole = cohort(
        patients=(patient(last_contact_date=CUT_OFF),),
        vertebrae=(vertebra(procedure_date=CUT_OFF),),
    )
    assert whole.first_procedure_date(whole.patients[0]) == whole.data_cut_off


def test_a_baseline_visit_may_precede_the_procedure() -> None:
    assert cohort(visits=(visit(BEFORE, kind=VisitKind.BASELINE),)).visits[0].visit_date == BEFORE


FULL: dict[str, Any] = {
    "patients": (patient(patient_id="B"), patient(), patient(patient_id="C")),
    "vertebrae": (
        vertebra(level=SpinalLevel.T9),
        vertebra(level=SpinalLevel.T10, procedure_date=day(5)),
        vertebra(patient_id="C", level=SpinalLevel.L1),
        vertebra(patient_id="B"),
    ),
    "visits": tuple(
        visit(day(number), level, patient_id=who)
        for number in (2, 90, 10)
        for who, level in [("A", SpinalLevel.T9), ("C", SpinalLevel.L1)]
    ),
    "adverse_events": (
        adverse_event(term="pain"),
        adverse_event(term="fever"),
        adverse_event(patient_id="C", onset_date=day(1)),
    ),
}


@st.composite
def shuffled(draw: st.DrawFn) -> dict[str, Any]:
    return {name: tuple(draw(st.permutations(rows))) for name, rows in FULL.items()}


@given(shuffled())
def test_the_order_of_input_does_not_matter(parts: dict[str, Any]) -> None:
    assert cohort(**parts) == cohort(**FULL)


def test_rows_are_in_canonical_order() -> None:
    whole = cohort(**FULL)
    assert [one.patient_id for one in whole.patients] == ["A", "B", "C"]
    assert [one.vertebra_id for one in whole.vertebrae] == ["A-T9", "A-T10", "B-T12", "C-L1"]
    dates = [(one.patient_id, one.visit_date) for one in whole.visits]
    assert dates == [(who, day(number)) for who in "AC" for number in (2, 10, 90)]
    assert [one.term for one in whole.adverse_events] == ["fever", "pain", "pain"]


def test_rows_are_found_by_patient() -> None:
    whole = cohort(**FULL)
    first, second, _ = whole.patients
    assert [one.level for one in whole.vertebrae_of(first)] == ["T9", "T10"]
    assert [one.visit_date for one in whole.visits_of(first)] == [day(2), day(10), day(90)]
    assert [one.term for one in whole.adverse_events_of(first)] == ["fever", "pain"]
    assert whole.visits_of(second) == ()
    assert whole.adverse_events_of(second) == ()
    found = chain.from_iterable(map(whole.vertebrae_of, whole.patients))
    assert tuple(found) == whole.vertebrae


def test_survival_counts_from_the_earliest_procedure_whatever_the_level() -> None:
    early = vertebra(level=SpinalLevel.S1, procedure_date=PROCEDURE - dt.timedelta(days=9))
    whole = cohort(vertebrae=(vertebra(), early))
    assert whole.first_procedure_date(whole.patients[0]) == early.procedure_date


def test_two_readers_may_assess_one_level() -> None:
    readings = tuple(
        LevelAssessment(SpinalLevel.T12, LocalStatus.NONE, reader=reader) for reader in ("a", "b")
    )
    assert len(cohort(visits=(visit(day(3), assessments=readings),)).visits[0].assessments) == 2


def test_a_different_row_makes_a_different_cohort() -> None:
    assert cohort() != cohort(patients=(patient(age_years=62),))
