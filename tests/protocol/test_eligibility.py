"""Eligibility rules by hand: what is met, what is not, what nobody can say, what was entered."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from kyphort.clinical import (
    Baseline,
    Cohort,
    Consent,
    ConsentPurpose,
    EligibilityEntry,
    Fulfilment,
    Modality,
    Pain,
    Patient,
    PerformanceStatus,
    Prescription,
    Radiotherapy,
    Sex,
    SpinalLevel,
    TreatedVertebra,
    TrialMembership,
    Visit,
    VisitKind,
)
from kyphort.clinical.scales import (
    EsccGrade,
    Karnofsky,
    SinsAlignment,
    SinsCollapse,
    SinsLesion,
    SinsPain,
    SinsPosterolateral,
    TomitaSurgicalType,
)
from kyphort.errors import FaultyDataError, InvalidDataError
from kyphort.protocol import (
    FollowUpProtocol,
    RuleAnswer,
    available_protocols,
    eligibility,
    load_protocol,
    protocol_template_text,
    read_protocol,
)

DAY = dt.date(2015, 7, 4)
T12, L1, T3, T4 = SpinalLevel.T12, SpinalLevel.L1, SpinalLevel.T3, SpinalLevel.T4
MET, NOT_MET, UNKNOWN = Fulfilment.MET, Fulfilment.NOT_MET, Fulfilment.UNKNOWN
HEAD = protocol_template_text().partition("# Eligibility:")[0]


def cohort(*levels: SpinalLevel, age: int = 61, **records: Any) -> Cohort:
    patient = Patient("A", Sex.FEMALE, age, "x", dt.date(2016, 7, 4))
    vertebrae = tuple(
        TreatedVertebra("A", one, DAY, Prescription(8, 13)) for one in levels or (T12,)
    )
    cut_off = dt.date(2019, 12, 31)
    return Cohort("c", cut_off, True, "made up", (patient,), vertebrae, **records)


def protocol_of(folder: Path, *rules: str, trial: str = "") -> FollowUpProtocol:
    """Read a protocol with rules that say only what they look up."""
    text = HEAD.replace('trial = ""', f'trial = "{trial}"')
    for number, rule in enumerate(rules):
        text += (
            f'\n[[eligibility]]\nid = "r{number}"\ntext = "x"\nkind = "inclusion"\n{rule}\n'
            'source = "x"\nverified = true\n'
        )
    (folder / "p.toml").write_text(text, encoding="utf-8")
    return read_protocol(folder / "p.toml")


def answers(people: Cohort, protocol: FollowUpProtocol) -> tuple[RuleAnswer, ...]:
    return eligibility(people, people.patients[0], protocol)


def only(people: Cohort, folder: Path, rule: str, **changes: str) -> RuleAnswer:
    (answer,) = answers(people, protocol_of(folder, rule, **changes))
    return answer


def baseline(level: SpinalLevel = T12, **items: Any) -> dict[str, Any]:
    return {"baselines": (Baseline("A", level, **items),)}


def pain(score: float, days: int) -> Visit:
    date = DAY + dt.timedelta(days=days)
    return Visit("A", date, VisitKind.BASELINE, Modality.NONE, pain=Pain(score))


def status(karnofsky: int, days: int) -> PerformanceStatus:
    return PerformanceStatus("A", DAY + dt.timedelta(days=days), Karnofsky(karnofsky))


CASES: list[tuple[Cohort, str, Fulfilment, str]] = [
    (cohort(age=50), 'field = "patient.age_years"\nat_least = 50', MET, "age_years 50"),
    (cohort(age=49), 'field = "patient.age_years"\nat_least = 50', NOT_MET, "age_years 49"),
    (cohort(age=50), 'field = "patient.age_years"\nat_most = 50', MET, "age_years 50"),
    (cohort(age=51), 'field = "patient.age_years"\nat_most = 50', NOT_MET, "age_years 51"),
    (cohort(T4), 'field = "vertebra.level"\nat_least = "T4"', MET, "level T4"),
    (cohort(T3), 'field = "vertebra.level"\nat_least = "T4"', NOT_MET, "level T3"),
    (
        cohort(**baseline(tomita_type=TomitaSurgicalType.TYPE_2)),
        'field = "baseline.tomita_type"\none_of = ["1", "2"]',
        MET,
        "tomita_type 2",
    ),
    (
        cohort(**baseline(tomita_type=TomitaSurgicalType.TYPE_3)),
        'field = "baseline.tomita_type"\none_of = ["1", "2"]',
        NOT_MET,
        "tomita_type 3",
    ),
    (cohort(), 'field = "baseline.tomita_type"\none_of = ["1"]', UNKNOWN, "tomita_type not"),
    (
        cohort(**baseline(escc=EsccGrade.GRADE_1C)),
        'field = "baseline.escc"\nat_most = "1b"',
        NOT_MET,
        "escc 1c",
    ),
    (
        cohort(**baseline(escc=EsccGrade.GRADE_1A)),
        'field = "baseline.escc"\nat_most = "1b"',
        MET,
        "escc 1a",
    ),
    (
        cohort(
            **baseline(
                sins_pain=SinsPain.MECHANICAL,
                sins_lesion=SinsLesion.LYTIC,
                sins_alignment=SinsAlignment.NORMAL,
                sins_collapse=SinsCollapse.LESS_THAN_HALF,
                sins_posterolateral=SinsPosterolateral.NONE,
            )
        ),
        'field = "baseline.sins_sum"\nat_least = 10',
        MET,
        "sins_sum 10",
    ),
    (
        cohort(performance_statuses=(status(80, -30), status(50, -1), status(90, 5))),
        'field = "performance_status.karnofsky"\nat_least = 60',
        NOT_MET,
        "karnofsky 50 on 2015-07-03",
    ),
    (
        cohort(performance_statuses=(status(90, 5),)),
        'field = "performance_status.karnofsky"\nat_least = 60',
        UNKNOWN,
        "karnofsky not recorded",
    ),
    (
        cohort(visits=(pain(3, 0), pain(8, 1))),
        'field = "visit.pain_nrs"\nat_least = 3',
        MET,
        "pain_nrs 3 on 2015-07-04",
    ),
    (cohort(), 'count = "vertebra"\nat_most = 1', MET, "1 treated"),
    (cohort(T12, L1), 'count = "vertebra"\nat_most = 1', NOT_MET, "2 treated"),
    (cohort(), 'count = "vertebra"\nat_most = 1\nlower_bound = true', UNKNOWN, "1 treated"),
    (cohort(T12, L1), 'count = "vertebra"\nat_most = 1\nlower_bound = true', NOT_MET, "2 treated"),
    (cohort(), 'absent_before = "radiotherapy"', UNKNOWN, "for anybody"),
    (
        cohort(radiotherapies=(Radiotherapy("A", T12, DAY - dt.timedelta(1)),)),
        'absent_before = "radiotherapy"',
        NOT_MET,
        "radiotherapy on 2015-07-03",
    ),
    (
        cohort(radiotherapies=(Radiotherapy("A", T12, DAY + dt.timedelta(1)),)),
        'absent_before = "radiotherapy"',
        MET,
        "no radiotherapy recorded before 2015-07-04",
    ),
    (cohort(), "", UNKNOWN, "no record answers this"),
]


@pytest.mark.parametrize(("people", "rule", "answer", "found"), CASES)
def test_a_rule_has_one_of_three_answers_and_says_what_it_found(
    people: Cohort, rule: str, answer: Fulfilment, found: str, tmp_path: Path
) -> None:
    given = only(people, tmp_path, rule)
    assert given.answer is answer
    assert given.found.startswith(found) or found in given.found
    assert given.needs_deviation == (answer is NOT_MET)


@pytest.mark.parametrize(
    ("painful", "unstable", "answer"),
    [
        (True, None, MET),
        (None, True, MET),
        (False, None, UNKNOWN),
        (False, False, NOT_MET),
        (None, None, UNKNOWN),
    ],
)
def test_one_of_several_criteria_is_enough(
    painful: bool | None, unstable: bool | None, answer: Fulfilment, tmp_path: Path
) -> None:
    rule = (
        'any_of = [{ field = "baseline.painful", is = true },'
        ' { field = "baseline.unstable", is = true }]'
    )
    people = cohort(**baseline(painful=painful, unstable=unstable))
    assert only(people, tmp_path, rule).answer is answer


def test_each_treated_vertebra_is_asked_by_itself(tmp_path: Path) -> None:
    people = cohort(T12, L1, **baseline(L1, lesion_mm=21.0))
    found = answers(people, protocol_of(tmp_path, 'field = "baseline.lesion_mm"\nat_most = 20'))
    assert [(one.level, one.answer) for one in found] == [(T12, UNKNOWN), (L1, NOT_MET)]


def test_records_are_picked_by_another_field(tmp_path: Path) -> None:
    rule = 'field = "consent.given"\nis = true\nwhere = { purpose = "trial" }'
    registry = Consent("A", ConsentPurpose.REGISTRY, DAY, True)
    trial = Consent("A", ConsentPurpose.TRIAL, DAY, False)
    assert only(cohort(consents=(registry,)), tmp_path, rule).answer is UNKNOWN
    assert only(cohort(consents=(registry, trial)), tmp_path, rule).answer is NOT_MET


def test_a_member_of_the_trial_is_judged_on_the_day_of_enrolment(tmp_path: Path) -> None:
    rule = 'field = "performance_status.karnofsky"\nat_least = 60'
    enrolled = TrialMembership("A", "T", enrolment_date=DAY - dt.timedelta(10))
    people = cohort(
        performance_statuses=(status(80, -20), status(50, -1)), trial_memberships=(enrolled,)
    )
    assert only(people, tmp_path, rule, trial="T").found == "karnofsky 80 on 2015-06-14"
    assert only(people, tmp_path, rule, trial="U").answer is NOT_MET


def entry(**given: Any) -> dict[str, Any]:
    return {"eligibility_entries": (EligibilityEntry("A", "my_centre", "r0", DAY, **given),)}


def test_a_deviation_is_documented_and_changes_no_answer(tmp_path: Path) -> None:
    rule = 'field = "patient.age_years"\nat_least = 50'
    given = only(cohort(age=49, **entry(deviation="tumour board")), tmp_path, rule)
    assert (given.answer, given.deviation) == (NOT_MET, "tumour board")
    assert not given.needs_deviation


def test_an_answer_by_hand_fills_what_the_records_leave_open(tmp_path: Path) -> None:
    given = only(cohort(**entry(answer=MET)), tmp_path, "")
    assert given.answer is MET
    assert "entered by hand on 2015-07-04: met" in given.found


def test_an_answer_by_hand_does_not_overrule_the_records(tmp_path: Path) -> None:
    rule = 'field = "patient.age_years"\nat_least = 50'
    given = only(cohort(age=49, **entry(answer=MET)), tmp_path, rule)
    assert given.answer is NOT_MET
    assert given.found == "age_years 49 (against it entered by hand on 2015-07-04: met)"


def test_an_entry_for_another_protocol_counts_for_nothing(tmp_path: Path) -> None:
    other = EligibilityEntry("A", "nct01280032", "r0", DAY, answer=MET)
    given = only(cohort(eligibility_entries=(other,)), tmp_path, "")
    assert given.answer is UNKNOWN


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        ('field = "patient.age"\nat_least = 50', "Did you mean 'patient.age_years'"),
        ('field = "patient.age_years"', "no comparison with patient.age_years"),
        ('field = "patient.age_years"\nat_least = 5\nat_most = 9', "at_least and at_most"),
        ('field = "patient.age_years"\nat_least = "50"', "at_least is '50'. Allowed: a whole"),
        ('field = "patient.age_years"\nat_least = true', "at_least is True. Allowed: a whole"),
        ('field = "patient.age_years"\nat_least = [50]', "Allowed: one value"),
        ('field = "patient.sex"\nat_least = "male"', "which has no order"),
        ('field = "patient.sex"\none_of = ["men"]', "one_of is 'men'. Allowed: female, male"),
        ('field = "patient.sex"\none_of = "male"', "one_of is 'male'. Allowed: a list"),
        ('field = "baseline.painful"\nis = "yes"', "is is 'yes'. Allowed: true or false"),
        ('field = "patient.death_date"\nis = 2015-01-01', "a date is not compared"),
        ('field = "consent.given"\nis = true\nwhere = { colour = 1 }', "where names 'colour'"),
        ('field = "consent.given"\nis = true\nwhere = 1', "where is 1"),
        ('count = "visit"\nat_most = 3', "count is 'visit'. Allowed: vertebra"),
        ('count = "vertebra"\nat_most = 0', "at_most is 0"),
        ('absent_before = "patient"', "absent_before is 'patient'. Allowed: "),
        ('count = "vertebra"\nfield = "patient.sex"', "field and count. Allowed: one of"),
        ("any_of = []", "any_of is empty"),
        ('any_of = [{ field = "patient.sex", is = "male", x = 1 }]', "unknown key 'x'"),
        ("colour = 1", "unknown key 'colour'"),
    ],
)
def test_a_criterion_that_cannot_be_asked_is_refused(
    rule: str, sentence: str, tmp_path: Path
) -> None:
    with pytest.raises(InvalidDataError) as caught:
        protocol_of(tmp_path, rule)
    assert sentence in str(caught.value)
    assert "[[eligibility]] 1" in str(caught.value)


def test_all_faults_of_a_file_come_at_once(tmp_path: Path) -> None:
    text = protocol_template_text()
    for old, new in (
        ('id = "my_centre"', 'id = ""'),
        ("target_days = 7", "target_days = 7.5"),
        ("make_good_days = 14", "make_good_days = -1"),
        ('kind = "exclusion"', 'kind = "excluded"'),
        ("patient.age_years", "patient.age"),
        ('id = "coagulation"', 'id = "coagulation"\ncolour = 1'),
    ):
        assert old in text
        text = text.replace(old, new, 1)
    (tmp_path / "p.toml").write_text(text, encoding="utf-8")
    with pytest.raises(FaultyDataError, match=r"p.toml has 6 faults. Mend them") as caught:
        read_protocol(tmp_path / "p.toml")
    assert len(caught.value.lines) == 6


def test_faults_of_the_whole_come_at_once_too(tmp_path: Path) -> None:
    text = protocol_template_text()
    text = text.replace('id = "m3"', 'id = "m6"').replace('id = "consent"', 'id = "age"')
    (tmp_path / "p.toml").write_text(text.replace("target_weeks = 6", "target_weeks = 60"))
    with pytest.raises(FaultyDataError) as caught:
        read_protocol(tmp_path / "p.toml")
    assert [line.partition(": ")[2].split(" ")[:2] for line in caught.value.lines] == [
        ["the", "visit"],
        ["the", "rule"],
        ["visit", "'m6'"],
    ]


@pytest.mark.parametrize("name", available_protocols())
def test_every_shipped_rule_has_a_source_and_an_id_of_its_own(name: str) -> None:
    rules = load_protocol(name).eligibility
    assert rules
    assert len({one.id for one in rules}) == len(rules)
    assert all(one.source and one.text for one in rules)


def test_what_the_trials_print_is_what_the_rules_ask() -> None:
    """Registry entry of NCT01280032 and abstract of NCT02773966."""
    first = {one.id: one for one in load_protocol("nct01280032").eligibility}
    people = cohort(
        T3, age=49, performance_statuses=(status(50, -1),), **baseline(T3, lesion_mm=20.5)
    )
    found = {one.rule.id: one.answer for one in answers(people, load_protocol("nct01280032"))}
    assert {name for name, answer in found.items() if answer is NOT_MET} == {
        "age",
        "karnofsky",
        "diameter",
        "level",
    }
    assert not first["level"].verified
    second = {one.rule.id: one.answer for one in answers(people, load_protocol("nct02773966"))}
    assert second == {"age": NOT_MET, "metastases": UNKNOWN, "pain": UNKNOWN}
