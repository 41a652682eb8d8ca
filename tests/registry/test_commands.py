"""The commands as a data manager types them: what they say, what they return, what they refuse."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kyphort.cli import app
from kyphort.errors import KyphortError
from kyphort.registry import open_registry

from .people import make

EXAMPLE = Path(__file__).parents[2] / "src/kyphort/exchange/csv_set/example"
Run = Callable[..., str]


@pytest.fixture
def place(folder: Path) -> str:
    """Give a registry of the two patients; commands are the same for every engine."""
    make(str(folder / "registry.db"))
    return str(folder / "registry.db")


def run(*words: str) -> str:
    """Run a command that succeeds."""
    result = CliRunner().invoke(app, ["registry", *words])
    assert result.exception is None, (result.output, result.exception)
    return result.output


def refused(*words: str) -> str:
    """Run a command that fails, and return its sentence."""
    result = CliRunner().invoke(app, ["registry", *words])
    assert isinstance(result.exception, KyphortError), (result.output, result.exception)
    return str(result.exception)


def test_a_visit_with_its_reading_and_pain(place: str) -> None:
    said = run(
        *("add", place, "visit", "P1", "2016-01-04", "kind=planned", "modality=MRT"),
        *("level=Th12", "local_status=none", "pain_nrs=3,5", "--as", "anna", "--reason", "report"),
    )
    assert said.splitlines()[:2] == [
        "add      visit P1 2016-01-04",
        "add      assessment P1 2016-01-04 T12",
    ]
    visit = json.loads(run("show", place, "P1", "--json"))["visit"][-1]
    assert (visit["modality"], visit["pain_nrs"], visit["row_version"]) == ("MRI", 3.5, 1)
    assert "anna        add       visit P1 2016-01-04" in run("history", place, "P1")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("visit", "P1", "2016-01-04", "kind=planed", "modality=MRI"), "Did you mean 'planned'?"),
        (("visit", "P1", "04.01.2016", "kind=planned", "modality=MRI"), "not a date as YYYY-MM-DD"),
        (("visit", "P1", "2016-01-04", "modality=MRI"), "visit: kind is missing. Allowed:"),
        (("visit", "P1", "2016-01-04", "modalty=MRI"), "no field 'modalty'.*mean 'modality'"),
        (("visit", "P1", "2016-01-04", "kind=planned", "kind=baseline"), "kind is given twice"),
        (("visit", "P1", "2016-01-04", "x", "kind=planned"), "'x' is one word too many"),
        (("vist", "P1"), "no record 'vist'. Allowed: .*Did you mean 'visit'"),
        (
            ("visit", "P1", "2016-01-04", "kind=planned", "modality=MRI", "level=T4",
             "local_status=none"),
            "belongs to the vertebra P1 T4, which is not in the registry",
        ),
        (("patient", "P3", "sex=female", "age_years=161", "entity=x"), "age_years '161': not poss"),
        (("delivery", "P1", "T12", "delivered=no"), "not delivered, but without a reason"),
        (("identity", "P1", "birth_date=1950-13-01"), "birth_date '1950-13-01'"),
    ],
)  # fmt: skip
def test_a_wrong_entry_gets_a_sentence(place: str, words: tuple[str, ...], sentence: str) -> None:
    import re

    with open_registry(place) as registry:
        before = registry.content()
    assert re.search(sentence, refused("add", place, *words))
    with open_registry(place) as registry:
        assert registry.content() == before


def test_rows_of_a_file(place: str, folder: Path) -> None:
    file = folder / "new.csv"
    header = "patient_id,visit_date,kind,modality,level,local_status,new_fracture,adjacent_fracture"
    file.write_text(
        f"{header}\nP1,2016-01-04,planned,MRI,T12,none,absent,absent\n"
        "P1,2016-01-04,planned,MRI,L1,progression,absent,absent\n"
    )
    assert run("add", place, "visit", "--csv", str(file)).count("add ") == 3
    file.write_text(f"{header}\nP1,2016-01-05,planned,PET,T99,none,absent,absent\n")
    said = refused("add", place, "visit", "--csv", str(file))
    assert said.count("row 2") == 2
    assert "was not added: nothing was written" in said
    assert "no file" in refused("add", place, "visit", "--csv", str(folder / "absent.csv"))


def test_a_correction_needs_a_reason_and_a_record(place: str) -> None:
    assert "The reason is empty" in refused("correct", place, "patient", "P1", "age_years=5",
                                            "--reason", " ")  # fmt: skip
    assert "nothing to correct" in refused("correct", place, "patient", "P1", "--reason", "x")
    assert "the key lacks visit_date" in refused("correct", place, "visit", "P1", "modality=CT",
                                                 "--reason", "x")  # fmt: skip
    assert "no field 'local_status'" not in refused(
        *("correct", place, "visit", "P1", "2015-10-05", "local_status=none", "--reason", "x")
    )
    assert "age_years 61 → 62" in run("correct", place, "patient", "P1", "age_years=62",
                                      "--reason", "x", "--version", "1")  # fmt: skip
    said = refused("correct", place, "patient", "P1", "age_years=63", "--reason", "x",
                   "--version", "1")  # fmt: skip
    assert "has version 2; you saw version 1" in said


def test_an_empty_value_empties_a_field(place: str) -> None:
    run("correct", place, "visit", "P1", "2015-10-05", "pain_nrs=3", "--reason", "x")
    assert "pain_nrs 3 → empty" in run(
        *("correct", place, "visit", "P1", "2015-10-05", "pain_nrs=", "--reason", "not asked")
    )


def test_remove_lock_unlock(place: str) -> None:
    assert run(
        "remove", place, "assessment", "P1", "2015-10-05", "T12", "--reason", "x"
    ).startswith("remove   assessment P1 2015-10-05 T12")
    assert run("lock", place, "P1", "visit", "2015-10-05").startswith(
        "lock     visit P1 2015-10-05"
    )
    assert run("lock", place, "P2").startswith("lock     patient P2")
    assert "P2       L3      0       2016-07-04    alive, locked" in run("list", place)
    assert run("unlock", place, "P2", "--reason", "x").startswith("unlock   patient P2")


def test_the_three_forms_of_withdrawal(place: str) -> None:
    run("withdraw", place, "P1", "--form", "stop_use", "--date", "2016-07-05", "--reason", "letter")
    assert "withdrawn (stop_use)" in run("list", place)
    assert "Exported 1 patients" in run("export", place, str(Path(place).with_name("out")))
    asked = CliRunner().invoke(
        app, ["registry", "withdraw", place, "P1", "--form", "erase", "--reason", "x"], input="n\n"
    )
    assert asked.exit_code == 1
    assert "P1" in run("list", place)
    assert "records, identity and key are destroyed" in run(
        *("withdraw", place, "P1", "--form", "erase", "--reason", "letter", "--yes")
    )
    said = run("list", place)
    assert "1 patients, 1 erased" in said
    assert "the values cannot be read any more" in run("history", place, "P1")
    assert "entries belong to erased patients and stay sealed" in run("verify", place)


def test_what_a_machine_reads(place: str, folder: Path) -> None:
    shutil.copytree(EXAMPLE, folder / "data")
    found = json.loads(run("import", place, str(folder / "data"), "--dry-run", "--json"))
    assert (found["written"], found["added"]["patient"], len(found["absent"])) == (False, 6, 8)
    assert json.loads(run("verify", place, "--json"))["sound"] is True
    assert json.loads(run("list", place, "--json"))["patients"][0]["levels"] == ["T12", "L1"]
    events = json.loads(run("history", place, "P1", "--json"))
    assert events[0]["new"]["sex"] == "female"
    assert [one["seq"] for one in json.loads(run("history", place, "dataset", "--json"))] == [1]


def test_tampering_makes_verify_fail(place: str) -> None:
    from .behind import edit

    edit(place, "UPDATE patient SET age_years = 40 WHERE patient_id = 'P1'")
    result = CliRunner().invoke(app, ["registry", "verify", place])
    assert result.exit_code == 5
    assert "fault  The patient P1 has age_years '40' instead of '61' (entry 2)." in result.output


def test_init_describes_or_leaves_it(folder: Path) -> None:
    place = str(folder / "new.db")
    assert "exists already" in refused("init", place) if run("init", place) else False
    assert "describes no data set yet" in run("init", str(folder / "other.db"))
    named = str(folder / "named.db")
    assert "has a name and a provenance" in refused("init", named, "--name", "Centre")
    run("init", named, "--name", "Centre", "--provenance", "charts", "--cut-off", "2020-01-01")
    assert "0 patients. Centre, data cut-off 2020-01-01." in run("list", named)


def test_migrate_says_what_it_did(folder: Path, place: str) -> None:
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(folder / "old.db")) as connection:
        connection.executescript((Path(__file__).parent / "version1.sql").read_text())
    assert "renewed from version 1 to 3" in run("migrate", str(folder / "old.db"))
    assert "have version 3 already" in run("migrate", place)


def test_the_place_is_checked_first(folder: Path) -> None:
    for command in (("list",), ("verify",), ("migrate",), ("show",)):
        words = [*command, str(folder / "absent.db"), *(["P1"] if command == ("show",) else [])]
        assert "There is no registry file" in refused(*words)
    assert "of kind 'mysql'" in refused("list", "mysql://localhost/x")
    assert "no patient P9" in refused("show", place_with(folder), "P9")
    assert "no patient P9" not in refused("history", place_with(folder), "P9")


def place_with(folder: Path) -> str:
    place = str(folder / "some.db")
    if not Path(place).exists():
        make(place)
    return place
