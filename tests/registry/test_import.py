"""A data set into the registry and out again: all or nothing, twice is once."""

import dataclasses
import datetime as dt
from pathlib import Path

import pytest

from kyphort.clinical import Cohort, LocalStatus
from kyphort.errors import ConflictError, InvalidDataError
from kyphort.exchange.csv_set import read_csv_set, write_csv_set
from kyphort.published import dataset_folder
from kyphort.workflows.registry import export_data, import_data

from .people import BERT, COHORT, P1, READING_KEY, opened

EXAMPLE = Path(__file__).parents[2] / "src/kyphort/exchange/csv_set/example"


def changed(cohort: Cohort) -> Cohort:
    """Return the cohort without its second patient, with one reading seen otherwise."""
    visit = cohort.visits[0]
    first, *others = visit.assessments
    again = dataclasses.replace(first, local_status=LocalStatus.PROGRESSION)
    return dataclasses.replace(
        cohort,
        patients=cohort.patients[:1],
        vertebrae=cohort.vertebrae[:2],
        visits=(dataclasses.replace(visit, assessments=(again, *others)),),
    )


@pytest.mark.parametrize("data", [dataset_folder("bludau2020"), EXAMPLE], ids=["paper", "example"])
def test_what_goes_in_comes_out(place: str, folder: Path, data: Path) -> None:
    from kyphort.registry import init_registry

    init_registry(place)
    found = import_data(place, data)
    assert found.unchanged == 0
    export_data(place, folder / "export")
    assert read_csv_set(folder / "export") == read_csv_set(data)
    again = import_data(place, folder / "export")
    assert (again.changes, again.absent) == ((), ())
    with opened(place) as registry:
        assert registry.verify().head.seq == len(found.changes)
        assert registry.verify().faults == ()


def test_the_difference_is_told_and_only_it_is_written(ready: str) -> None:
    with opened(ready) as registry:
        head = registry.verify().head.seq
        dry = registry.import_cohort(changed(COHORT), dry_run=True)
        assert registry.verify().head.seq == head
        done = registry.import_cohort(changed(COHORT))
        assert (dry.changes, dry.absent) == (done.changes, done.absent)
        (correction,) = done.corrected
        assert (correction.record, correction.key) == ("assessment", READING_KEY)
        assert done.absent == (("patient", ("P2",)), ("vertebra", ("P2", "L3")))
        assert registry.verify().head.seq == head + 1
        assert registry.verify().faults == ()
        assert BERT in registry.cohort().patients


def test_a_contradiction_with_what_is_there_changes_nothing(ready: str) -> None:
    earlier = dt.date(2016, 7, 1)
    patient = dataclasses.replace(COHORT.patients[0], last_contact_date=earlier)
    early = dataclasses.replace(
        COHORT,
        data_cut_off=earlier,
        patients=(patient,),
        vertebrae=COHORT.vertebrae[:2],
        visits=(),
    )
    with opened(ready) as registry:
        before = registry.content()
        with pytest.raises(InvalidDataError, match="Patient P2: last contact on 2016-07-04"):
            registry.import_cohort(early)
        assert registry.content() == before


def test_a_locked_record_stops_the_whole_import(ready: str) -> None:
    with opened(ready) as registry:
        registry.lock("patient", P1)
        before = registry.content()
        with pytest.raises(ConflictError, match="patient P1 is locked"):
            registry.import_cohort(changed(COHORT))
        assert registry.content() == before
        assert registry.import_cohort(COHORT).changes == ()


def test_real_and_synthetic_are_never_mixed(ready: str) -> None:
    with opened(ready) as registry:
        for dry_run in (True, False):
            with pytest.raises(InvalidDataError, match=r"synthetic, the data set is of real"):
                registry.import_cohort(
                    dataclasses.replace(COHORT, synthetic=False), dry_run=dry_run
                )


def test_a_faulty_data_set_is_refused_with_every_fault(place: str, folder: Path) -> None:
    from kyphort.errors import FaultyDataError
    from kyphort.registry import init_registry

    init_registry(place)
    write_csv_set(COHORT, folder / "data")
    file = folder / "data" / "vertebrae.csv"
    file.write_text(file.read_text().replace("T12", "L7").replace(",8,", ",eight,"))
    with pytest.raises(FaultyDataError) as refused:
        import_data(place, folder / "data")
    assert len(refused.value.lines) >= 4
    assert "nothing was imported" in str(refused.value)
    with opened(place) as registry:
        assert registry.verify().head.seq == 0
