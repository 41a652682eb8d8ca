"""Every change is one transaction with its entry; what is refused leaves nothing."""

import datetime as dt
from collections.abc import Callable

import pytest

from kyphort.clinical import (
    DoseSummary,
    LevelAssessment,
    LocalStatus,
    Modality,
    Patient,
    Prescription,
    ReportingQuantity,
    Sex,
    SpinalLevel,
    TreatedVertebra,
    Visit,
    VisitKind,
    Withdrawal,
    WithdrawalForm,
)
from kyphort.errors import ConflictError, InvalidDataError
from kyphort.registry import Identity, Receipt, Registry

from .behind import ask
from .people import (
    BERT,
    COHORT,
    FIRST_VISIT,
    LAST,
    P1,
    P2,
    PROCEDURE,
    READING_KEY,
    SCAN,
    VERTEBRAE,
    VISIT_KEY,
    opened,
)

LATER = Visit(
    "P1",
    dt.date(2016, 1, 4),
    VisitKind.PLANNED,
    Modality.MRI,
    (LevelAssessment(SpinalLevel.T12, LocalStatus.PROGRESSION),),
)


@pytest.fixture
def registry(ready: str) -> Registry:
    return opened(ready)


def words(registry: Registry, patient: str = "P1") -> list[tuple[str, str, str, str]]:
    return [
        (one.entry.who, one.entry.action, one.entry.record, one.reason)
        for one in registry.history(patient)
    ]


def test_a_cohort_comes_back(registry: Registry) -> None:
    assert registry.cohort() == COHORT
    assert registry.verify().faults == ()


def test_a_visit_brings_its_readings(registry: Registry) -> None:
    receipt = registry.add(LATER, reason="entered from the report")
    assert [one.record for one in receipt.changes] == ["visit", "assessment"]
    assert LATER in registry.cohort().visits
    assert words(registry)[-2:] == [
        ("anna", "add", "visit", "entered from the report"),
        ("anna", "add", "assessment", "entered from the report"),
    ]


def test_who_is_seen_later_was_alive_and_both_dates_move(registry: Registry) -> None:
    date = dt.date(2021, 5, 6)
    visit = Visit("P1", date, VisitKind.PLANNED, Modality.NONE)
    receipt = registry.add(visit)
    assert [(one.record, one.reason) for one in receipt.changes] == [
        ("visit", ""),
        ("patient", "seen on 2021-05-06"),
        ("dataset", "seen on 2021-05-06"),
    ]
    cohort = registry.cohort()
    assert (cohort.patients[0].last_contact_date, cohort.data_cut_off) == (date, date)
    assert registry.verify().faults == ()


def test_the_dead_are_not_seen_later(registry: Registry) -> None:
    registry.correct("patient", P1, {"death_date": LAST}, reason="civil registry")
    late = Visit("P1", LAST + dt.timedelta(1), VisitKind.PLANNED, Modality.NONE)
    with pytest.raises(InvalidDataError, match=r"visit on 2016-07-05. Allowed: .* to 2016-07-04"):
        registry.add(late)
    assert late not in registry.cohort().visits


@pytest.mark.parametrize(
    ("record", "sentence"),
    [
        (BERT, "patient P2 is in the registry already"),
        (FIRST_VISIT, "visit P1 2015-10-05 is in the registry already"),
        (
            Visit("P9", SCAN, VisitKind.PLANNED, Modality.NONE),
            "visit P9 2015-10-05 belongs to the patient P9, which is not in the registry",
        ),
        (
            Visit("P1", PROCEDURE - dt.timedelta(9), VisitKind.PLANNED, Modality.NONE),
            "visit on 2015-06-25. Allowed: 2015-07-04",
        ),
        (Identity("P9"), "identity P9 belongs to the patient P9"),
        (Patient("a\x00b", Sex.MALE, 50, "x", LAST), "NUL"),
        (Patient("a\ud800", Sex.MALE, 50, "x", LAST), "half of a character"),
    ],
)
def test_what_cannot_be_is_refused(registry: Registry, record: object, sentence: str) -> None:
    before = registry.content()
    with pytest.raises(InvalidDataError, match=sentence):
        registry.add(record)
    assert registry.content().data_sha256 == before.data_sha256


def test_a_patient_may_wait_for_the_procedure(registry: Registry) -> None:
    registry.add(Patient("P3", Sex.DIVERSE, 55, "Myeloma", LAST))
    assert "P3" not in {one.patient_id for one in registry.cohort().patients}
    registry.add(TreatedVertebra("P3", SpinalLevel.L5, PROCEDURE, Prescription(8, 8)))
    assert "P3" in {one.patient_id for one in registry.cohort().patients}


def test_a_dose_summary_finds_its_vertebra(registry: Registry) -> None:
    summary = DoseSummary(
        "P1", SpinalLevel.T12, PROCEDURE, Prescription(8, 13), 127.4, "INTRABEAM needle",
        "0" * 64, PROCEDURE, "0.1.0", ReportingQuantity.WATER_IN_MEDIUM, lesion_d90_gy=6.1,
    )  # fmt: skip
    registry.add(summary, reason="plan accepted")
    assert registry.cohort().dose_summaries == (summary,)
    with pytest.raises(InvalidDataError, match=r"belongs to the vertebra P2 T12"):
        registry.add(
            DoseSummary(
                "P2", SpinalLevel.T12, PROCEDURE, Prescription(8, 13), 127.4, "INTRABEAM needle",
                "0" * 64, PROCEDURE, "0.1.0",
            )
        )  # fmt: skip


def test_a_correction_keeps_the_old_value(registry: Registry) -> None:
    values = {"local_status": LocalStatus.PROGRESSION}
    registry.correct("assessment", READING_KEY, values, reason="second look")
    event = registry.history("P1")[-1]
    assert event.values is not None
    assert (event.values.old, event.values.new) == (
        {"local_status": "none"},
        {"local_status": "progression"},
    )
    assert event.values.reason == "second look"
    assert event.at.utcoffset() == dt.timedelta(0)


def test_a_corrected_key_takes_its_readings_along(registry: Registry) -> None:
    receipt = registry.correct(
        "visit", VISIT_KEY, {"visit_date": dt.date(2015, 10, 6)}, reason="misread"
    )
    assert [one.record for one in receipt.changes] == ["visit", "assessment", "assessment"]
    (visit,) = registry.cohort().visits
    assert visit.visit_date == dt.date(2015, 10, 6)
    assert visit.assessments == FIRST_VISIT.assessments
    assert registry.verify().faults == ()


def test_a_level_is_corrected_with_everything_that_hangs_on_it(registry: Registry) -> None:
    registry.correct("vertebra", ("P1", "T12"), {"level": SpinalLevel.T11}, reason="recounted")
    cohort = registry.cohort()
    assert [one.level for one in cohort.vertebrae if one.patient_id == "P1"] == ["T11", "L1"]
    assert [one.level for one in cohort.visits[0].assessments] == ["T11", "L1"]
    assert registry.verify().faults == ()


@pytest.mark.parametrize(
    ("record", "key", "values", "sentence"),
    [
        ("patient", ("P9",), {"age_years": 50}, "There is no patient P9"),
        ("patient", P1, {"age_years": 61}, "has these values already"),
        ("patient", P1, {"age_years": 200}, "age_years is 200"),
        ("patient", P1, {"patient_id": "P7"}, "pseudonym of the patient P1 cannot be changed"),
        ("vertebra", ("P1", "T12"), {"level": SpinalLevel.L1}, "vertebra P1 L1 is in the registry"),
        ("visit", VISIT_KEY, {"visit_date": dt.date(2014, 1, 1)}, "visit on 2014-01-01"),
    ],
)
def test_a_wrong_correction_changes_nothing(
    registry: Registry, record: str, key: tuple[str, ...], values: dict[str, object], sentence: str
) -> None:
    with pytest.raises(InvalidDataError, match=sentence):
        registry.correct(record, key, values, reason="x")
    assert registry.cohort() == COHORT
    assert registry.verify().faults == ()


def test_a_removed_record_stays_in_the_trail(registry: Registry) -> None:
    registry.add(LATER)
    with pytest.raises(InvalidDataError, match="cannot be removed: the assessment"):
        registry.remove("visit", ("P1", "2016-01-04"), reason="wrong patient")
    registry.remove("assessment", ("P1", "2016-01-04", "T12", ""), reason="wrong patient")
    registry.remove("visit", ("P1", "2016-01-04"), reason="wrong patient")
    assert registry.cohort() == COHORT
    event = registry.history("P1")[-1]
    assert event.values is not None
    assert event.values.old is not None
    assert event.values.old["modality"] == "MRI"
    assert registry.verify().faults == ()


def test_the_second_writer_learns_who_was_first(ready: str) -> None:
    with opened(ready, "anna") as anna, opened(ready, "bert") as bert:
        anna.correct("patient", P1, {"age_years": 62}, reason="birthday", version=1)
        with pytest.raises(ConflictError) as refused:
            bert.correct("patient", P1, {"age_years": 60}, reason="chart", version=1)
        bert.correct("patient", P1, {"age_years": 60}, reason="chart", version=2)
    said = str(refused.value)
    assert "has version 2; you saw version 1" in said
    assert "anna: correct on 20" in said
    assert "age_years 61 → 62, reason 'birthday'" in said


def test_a_locked_patient_does_not_change(registry: Registry) -> None:
    registry.lock("patient", P1, reason="monitored")
    changes: tuple[Callable[[], Receipt], ...] = (
        lambda: registry.add(LATER),
        lambda: registry.correct("assessment", READING_KEY, {"reader": "B"}, reason="x"),
        lambda: registry.remove("assessment", READING_KEY, reason="x"),
        lambda: registry.erase("P1", reason="x"),
    )
    for change in changes:
        with pytest.raises(ConflictError, match=r"patient P1 is locked"):
            change()
    assert registry.cohort() == COHORT
    registry.correct("patient", P2, {"age_years": 71}, reason="another patient")
    registry.unlock("patient", P1, reason="query 12")
    registry.add(LATER)
    assert registry.verify().faults == ()


def test_a_locked_record_leaves_the_others_free(registry: Registry) -> None:
    registry.lock("visit", VISIT_KEY)
    with pytest.raises(ConflictError, match="visit P1 2015-10-05 is locked"):
        registry.correct("visit", VISIT_KEY, {"modality": Modality.CT}, reason="x")
    with pytest.raises(ConflictError, match="locked already"):
        registry.lock("visit", VISIT_KEY)
    registry.correct("patient", P1, {"age_years": 60}, reason="x")
    registry.unlock("visit", VISIT_KEY, reason="x")
    with pytest.raises(ConflictError, match="is not locked"):
        registry.unlock("visit", VISIT_KEY, reason="x")


@pytest.mark.parametrize("form", [WithdrawalForm.STOP_FOLLOW_UP, WithdrawalForm.STOP_USE])
def test_after_a_withdrawal_nothing_later_is_recorded(
    registry: Registry, form: WithdrawalForm
) -> None:
    registry.add(Withdrawal("P1", form, dt.date(2016, 3, 1)))
    with pytest.raises(ConflictError, match=r"withdrew on 2016-03-01 .*nothing later is recorded"):
        registry.add(Visit("P1", dt.date(2016, 4, 1), VisitKind.PLANNED, Modality.NONE))
    registry.add(LATER)
    assert ("P1" in {one.patient_id for one in registry.cohort().patients}) is (
        form is WithdrawalForm.STOP_FOLLOW_UP
    )


def test_erasure_destroys_and_still_verifies(registry: Registry, ready: str) -> None:
    registry.add(Identity("P1", "Müller", "Anna", dt.date(1954, 2, 3), "H-4711", "0621/1"))
    registry.erase("P1", reason="letter of 3 May")
    assert {one.patient_id for one in registry.cohort().patients} == {"P2"}
    for table in ("patient", "vertebra", "visit", "assessment", "vault.identity"):
        assert ask(ready, f"SELECT * FROM {table} WHERE patient_id = 'P1'") == []  # noqa: S608
    assert ask(ready, "SELECT patient_id FROM vault.patient_key ORDER BY 1") == [("",), ("P2",)]
    found = registry.verify()
    assert found.faults == ()
    assert found.unreadable == len([one for one in registry.history("P1") if one.values is None])
    assert found.unreadable > 4
    erasure = registry.history("P1")[-1]
    assert (erasure.entry.action, erasure.reason) == ("erase", "letter of 3 May")


def test_an_erased_pseudonym_is_never_given_again(registry: Registry) -> None:
    registry.erase("P2", reason="x")
    with pytest.raises(ConflictError, match="Patient P2 was erased on"):
        registry.add(BERT)
    with pytest.raises(ConflictError, match="Patient P2 was erased on"):
        registry.import_cohort(COHORT)
    with pytest.raises(InvalidDataError, match="There is no patient P2"):
        registry.erase("P2", reason="x")
    assert registry.verify().faults == ()


def test_nothing_is_added_before_the_data_set_is_described(
    new_place: Callable[[], str],
) -> None:
    from kyphort.registry import init_registry

    place = new_place()
    init_registry(place)
    with opened(place) as registry:
        with pytest.raises(InvalidDataError, match="no description of its data set yet"):
            registry.add(BERT)
        assert registry.verify().head.seq == 0


def test_a_date_after_today_is_refused_for_real_people(new_place: Callable[[], str]) -> None:
    from kyphort.registry import init_registry

    place = new_place()
    init_registry(place, "Centre", "charts", cut_off=LAST)
    tomorrow = dt.datetime.now().astimezone().date() + dt.timedelta(1)
    with opened(place) as registry:
        registry.add(BERT, VERTEBRAE[2])
        with pytest.raises(InvalidDataError, match="after today"):
            registry.add(Visit("P2", tomorrow, VisitKind.PLANNED, Modality.NONE))
