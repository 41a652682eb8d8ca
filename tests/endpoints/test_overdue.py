"""Which scans were due and missing, at a time."""

from kyphort.endpoints import OverdueCount, overdue_scans
from kyphort.protocol import Schedule

from .people import NONE, NOT_ASSESSABLE, PROGRESSION, T12, Scans, person

SCHEDULE = Schedule((3, 6), 6, 30)


def at(months: float, scans: Scans, seen_until: int = 800) -> OverdueCount:
    (count,) = overdue_scans(person(scans=scans, seen_until=seen_until), SCHEDULE, (months,))
    return count


def test_before_the_first_window_closes_nothing_is_overdue() -> None:
    assert at(3, {}) == OverdueCount(3, 1, 0)


def test_a_missing_scan_is_overdue_when_its_window_has_closed() -> None:
    assert at(5, {}).overdue == 1


def test_a_scan_in_the_window_is_in_time() -> None:
    assert at(5, {80: {T12: NONE}}).overdue == 0


def test_a_scan_before_the_window_is_not() -> None:
    assert at(5, {40: {T12: NONE}}).overdue == 1


def test_a_late_scan_makes_good() -> None:
    assert at(5, {140: {T12: NONE}}).overdue == 0
    assert at(4.2, {140: {T12: NONE}}).overdue == 1


def test_a_scan_that_could_not_be_assessed_does_not_count() -> None:
    assert at(5, {90: {T12: NOT_ASSESSABLE}}).overdue == 1


def test_the_latest_due_scan_decides() -> None:
    assert at(8, {90: {T12: NONE}}).overdue == 1
    assert at(8, {180: {T12: NONE}}).overdue == 0


def test_after_progression_or_last_contact_a_vertebra_is_not_followed() -> None:
    assert at(8, {90: {T12: PROGRESSION}}) == OverdueCount(8, 0, 0)
    assert at(8, {}, seen_until=100) == OverdueCount(8, 0, 0)
