"""Several at once: no update is lost, and a killed writer loses nothing that it acknowledged."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from soak import registry_kills

from kyphort.errors import ConflictError
from kyphort.registry.reading import stored_rows
from kyphort.registry.writing import rows_in

from .people import P1, opened

WRITERS, CHANGES = 8, 3


def count_up(place: str, who: str) -> None:
    """Add one to the age, as often as asked; whoever comes second looks again."""
    done = 0
    with opened(place, who) as registry:
        while done < CHANGES:
            with registry.reading() as connection:
                found = rows_in(connection, "patient", "P1")[P1]
            age = found.row["age_years"]
            assert isinstance(age, int)
            try:
                registry.correct(
                    "patient", P1, {"age_years": age + 1}, reason="more", version=found.version
                )
                done += 1
            except ConflictError:
                continue


def test_eight_writers_lose_no_update(ready: str) -> None:
    with opened(ready) as registry:
        registry.correct("patient", P1, {"age_years": 20}, reason="start")
    with ThreadPoolExecutor(WRITERS) as writers:
        list(writers.map(lambda n: count_up(ready, f"writer{n}"), range(WRITERS)))
    with opened(ready) as registry:
        assert registry.cohort().patients[0].age_years == 20 + WRITERS * CHANGES
        assert registry.verify().faults == ()
        who = Counter(one.entry.who for one in registry.history("P1") if one.reason == "more")
    assert who == {f"writer{n}": CHANGES for n in range(WRITERS)}


def test_a_reader_sees_one_moment(ready: str) -> None:
    with opened(ready) as registry, registry.snapshot() as connection:
        before = stored_rows(connection)
        with opened(ready, "bert") as other:
            other.correct("patient", P1, {"age_years": 62}, reason="x")
        assert stored_rows(connection) == before
        with opened(ready) as later:
            assert later.cohort().patients[0].age_years == 62


def test_killed_workers_lose_nothing() -> None:
    assert registry_kills.campaign(8) == []


def test_the_campaign_would_notice(tmp_path: Path) -> None:
    """A registry in which an acknowledged change is missing is a fault."""
    place = registry_kills._made(tmp_path)
    with opened(str(place)) as registry:
        registry.correct("patient", ("SYN-E01",), {"entity": "entity 1"}, reason="x")
    lines = ("entity 7", "visit 2030-01-01", "contact 3")
    faults = registry_kills._lost(place, registry_kills.Killed(lines, in_time=True))
    assert [one.split(" was")[0] for one in faults] == ["entity 7", "visit 2030-01-01", "contact 3"]
