"""Two readers of one scan: what counts, and how their agreement is reported."""

import pytest

from kyphort.clinical import (
    ADJUDICATED,
    Cohort,
    LevelAssessment,
    LocalStatus,
    Modality,
    Visit,
    VisitKind,
)
from kyphort.endpoints import local_control, reader_agreement
from kyphort.endpoints.readers import settled_readings

from .people import (
    ABSENT,
    INDETERMINATE,
    NONE,
    NOT_ASSESSABLE,
    NOT_ASSESSED,
    PRESENT,
    PROGRESSION,
    T9,
    T12,
    day,
    only_row,
    person,
    summary,
    vertebra,
)


def read(reader: str, local: LocalStatus, **more: object) -> LevelAssessment:
    return LevelAssessment(T12, local, reader=reader, **more)  # type: ignore[arg-type]


def visit(number: int, *readings: LevelAssessment) -> Visit:
    return Visit("A", day(number), VisitKind.PLANNED, Modality.MRI, readings)


def read_twice(*visits: Visit) -> Cohort:
    alone = person(vertebra(T9), vertebra(T12))
    return Cohort(
        "test", day(2000), True, "made up", alone.patients, alone.vertebrae, tuple(visits)
    )


def settled(*readings: LevelAssessment) -> LevelAssessment:
    (only,) = settled_readings(visit(90, *readings))
    return only


def test_what_both_readers_say_counts() -> None:
    both = settled(read("ann", PROGRESSION), read("ben", PROGRESSION))
    assert both.local_status is PROGRESSION


def test_a_disagreement_is_indeterminate() -> None:
    assert settled(read("ann", PROGRESSION), read("ben", NONE)).local_status is INDETERMINATE


def test_the_adjudicated_reading_counts_alone() -> None:
    final = settled(read("ann", PROGRESSION), read("ben", NONE), read(ADJUDICATED, NONE))
    assert final.local_status is NONE
    assert final.reader == ADJUDICATED


def test_a_reader_who_could_not_assess_leaves_it_to_the_other() -> None:
    assert settled(read("ann", NOT_ASSESSABLE), read("ben", NONE)).local_status is NONE


def test_sites_and_findings_are_settled_apart() -> None:
    both = settled(
        read("ann", NONE, epidural_status=PROGRESSION, new_fracture=PRESENT),
        read("ben", NONE, epidural_status=NONE, new_fracture=ABSENT, adjacent_fracture=ABSENT),
    )
    assert both.local_status is NONE
    assert both.epidural_status is INDETERMINATE
    assert both.new_fracture is NOT_ASSESSED


def test_levels_of_one_visit_do_not_mix() -> None:
    at_t9 = LevelAssessment(T9, PROGRESSION, reader="ann")
    readings = settled_readings(visit(90, read("ann", NONE), at_t9, read("ben", NONE)))
    assert [(one.level, one.local_status) for one in readings] == [(T9, PROGRESSION), (T12, NONE)]


def test_an_unresolved_disagreement_is_no_progression_yet() -> None:
    cohort = read_twice(
        visit(90, read("ann", NONE)),
        visit(180, read("ann", PROGRESSION), read("ben", NONE)),
    )
    at_t12 = Cohort(
        "t", day(2000), True, "x", cohort.patients, (cohort.vertebrae[1],), cohort.visits
    )
    assert summary(only_row(at_t12, local_control())) == (
        0,
        90.0,
        "last assessment without progression",
    )


def test_confirmed_later_it_is_dated_at_the_doubtful_scan() -> None:
    visits = (
        visit(90, read("ann", NONE)),
        visit(180, read("ann", PROGRESSION), read("ben", NONE)),
        visit(270, read("ann", PROGRESSION), read("ben", PROGRESSION)),
    )
    alone = person(vertebra(T12))
    cohort = Cohort("t", day(2000), True, "x", alone.patients, alone.vertebrae, visits)
    assert summary(only_row(cohort, local_control())) == (1, 180.0, "local progression")


def test_agreement_is_counted_by_site() -> None:
    cohort = read_twice(
        visit(90, read("ann", NONE), read("ben", NONE)),
        visit(
            180,
            read("ann", PROGRESSION, epidural_status=NONE),
            read("ben", NONE, epidural_status=NONE),
            read(ADJUDICATED, PROGRESSION),
        ),
        visit(270, read("ann", PROGRESSION), read("ben", INDETERMINATE)),
        visit(300, read("ann", PROGRESSION), read("ben", NOT_ASSESSABLE)),
        visit(330, read("ann", PROGRESSION)),
    )
    in_level, epidural, adjacent = reader_agreement(cohort)
    assert (in_level.compared, in_level.agreeing) == (3, 1)
    assert (in_level.adjudicated, in_level.unresolved) == (1, 1)
    assert (epidural.compared, epidural.agreeing, adjacent.compared) == (1, 1, 0)
    first, second = in_level.disagreements
    assert (first.visit_date, first.readings) == (
        day(180),
        (("ann", "progression"), ("ben", "none")),
    )
    assert (first.adjudicated, second.adjudicated) == ("progression", None)


def test_one_reader_makes_no_comparison() -> None:
    assert all(one.compared == 0 for one in reader_agreement(read_twice(visit(90, read("", NONE)))))


@pytest.mark.parametrize("order", [("ann", "ben"), ("ben", "ann")])
def test_the_order_of_readers_does_not_matter(order: tuple[str, str]) -> None:
    found = {"ann": PROGRESSION, "ben": NONE}
    assert settled(*(read(name, found[name]) for name in order)).local_status is INDETERMINATE
