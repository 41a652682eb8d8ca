"""Loading publications: what exists, what is refused, and how the error names the entry."""

import subprocess
import sys
from pathlib import Path

import pytest

from kyphort.errors import InvalidDataError, UnknownPublicationError
from kyphort.published import (
    DeterminationKind,
    Publication,
    Verdict,
    available,
    dataset_folder,
    load,
    read_publication,
)

HEAD = """\
id = "example"
title = "An example"
authors = ["A. Author"]
citation = "Author A. Journal 2020;1:1"
doi = "10.0000/example"
licence = "CC BY 4.0"
"""
NUMBER = """\
[[number]]
id = "deaths"
text = "deaths"
printed = "66"
value = 66
decimals = 0
unit = "count"
kind = "count"
places = ["Results"]
role = "result"
result = "counts.deaths"
"""
ERRATUM = """\
[number.erratum]
kind = "misprint"
statement = "Wrong."
arithmetic = "1 + 1 = 2."
"""


def read(folder: Path, text: str, **others: str) -> Publication:
    (folder / "publication.toml").write_text(text, encoding="utf-8")
    for name, content in others.items():
        (folder / f"{name}.toml").write_text(content, encoding="utf-8")
    return read_publication(folder)


def test_a_minimal_publication_loads(tmp_path: Path) -> None:
    publication = read(tmp_path, HEAD + NUMBER)
    assert publication.number("deaths").value == 66
    assert publication.errata == ()
    assert publication.determination_of("counts.deaths").kind is DeterminationKind.PRINTED
    assert publication.determination_of("counts.patients").verdict is Verdict.UNDETERMINED


def test_an_erratum_belongs_to_its_number_and_to_the_publication(tmp_path: Path) -> None:
    publication = read(tmp_path, HEAD + NUMBER + ERRATUM + "can_agree = false\n")
    erratum = publication.number("deaths").erratum
    assert erratum is not None
    assert publication.errata == (erratum,)
    assert (erratum.id, erratum.place, erratum.can_agree) == ("deaths", "Results", False)


BROKEN = {
    "unknown field": (NUMBER + 'colour = "red"\n', "colour"),
    "missing field": (NUMBER.replace("decimals = 0\n", ""), "decimals"),
    "wrong type": (NUMBER.replace("decimals = 0", 'decimals = "0"'), "decimals"),
    "boolean value": (NUMBER.replace("value = 66", "value = true"), "value"),
    "mixed list": (NUMBER.replace("value = 66", 'value = [66, "x"]'), "value"),
    "missing result path": (NUMBER.replace('result = "counts.deaths"\n', ""), "result path"),
    "other value than printed": (NUMBER.replace("value = 66", "value = 67"), "67"),
    "other decimals than printed": (
        NUMBER.replace("decimals = 0", "decimals = 1"),
        "decimals is 1",
    ),
    "unreadable print": (NUMBER.replace('"66"', '"many"'), "many"),
    "unknown role": (NUMBER.replace('role = "result"', 'role = "rumour"'), "rumour"),
    "unknown unit": (NUMBER.replace('unit = "count"', 'unit = "furlong"'), "furlong"),
    "unknown kind": (NUMBER.replace('kind = "count"', 'kind = "guess"'), "guess"),
    "text that is no text": (NUMBER.replace('kind = "count"', 'kind = "text"'), "text"),
    "no place": (NUMBER.replace('["Results"]', "[]"), "places"),
    "incomplete erratum": (NUMBER + ERRATUM.replace("arithmetic", "# "), "arithmetic"),
    "unknown erratum kind": (NUMBER + ERRATUM.replace("misprint", "joke"), "joke"),
}


@pytest.mark.parametrize(("text", "named"), BROKEN.values(), ids=BROKEN.keys())
def test_broken_entries_are_refused_by_name(tmp_path: Path, text: str, named: str) -> None:
    with pytest.raises(InvalidDataError) as refused:
        read(tmp_path, HEAD + text)
    message = str(refused.value)
    assert message.startswith("publication.toml, number 'deaths'")
    assert named in message


def test_repeated_ids_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidDataError, match="number id 'deaths' appears more than once"):
        read(tmp_path, HEAD + NUMBER + NUMBER)


def test_an_entry_without_id_is_named_by_its_position(tmp_path: Path) -> None:
    with pytest.raises(InvalidDataError, match="number 2: field 'id' is missing"):
        read(tmp_path, HEAD + NUMBER + NUMBER.replace('id = "deaths"\n', ""))


def test_unknown_fields_of_the_head_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidDataError, match="unknown field 'publisher'"):
        read(tmp_path, 'publisher = "B"\n' + HEAD + NUMBER)


def test_invalid_toml_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidDataError, match=r"publication\.toml is not valid TOML"):
        read(tmp_path, HEAD + "[[number]\n")


def test_a_number_table_instead_of_a_list_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidDataError, match="'number'"):
        read(tmp_path, HEAD + NUMBER.replace("[[number]]", "[number]"))


RANGE = """\
[[range]]
path = "overall_survival.*"
low = 0.5
high = 0.6
kind = "range"
verdict = "partly"
source = "example"
"""


def test_ranges_join_the_rules(tmp_path: Path) -> None:
    rule = '[[rule]]\npath = "*"\nkind = "range"\nwhy = "open"\n'
    publication = read(tmp_path, HEAD + NUMBER, determination=rule, ranges=RANGE)
    found = publication.determination_of("overall_survival.24.lower")
    assert (found.low, found.high, found.bounds_proved) == (0.5, 0.6, False)
    assert found.verdict is Verdict.PARTLY


def test_proved_ranges_come_before_others(tmp_path: Path) -> None:
    proved = RANGE.replace("low = 0.5", "low = 0.55").replace(
        '"range"\nverdict', '"proved"\nverdict'
    )
    publication = read(tmp_path, HEAD + NUMBER, ranges=RANGE, proved_ranges=proved)
    found = publication.determination_of("overall_survival.24.lower")
    assert (found.low, found.bounds_proved) == (0.55, True)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (RANGE.replace("low = 0.5", "low = 0.7"), "low is 0.7, high is 0.6"),
        (RANGE.replace('kind = "range"', 'kind = "printed"'), "kind is printed"),
        (RANGE.replace('"partly"', '"perhaps"'), "ranges.toml, range 1: field 'verdict'"),
    ],
)
def test_impossible_ranges_are_refused(tmp_path: Path, text: str, named: str) -> None:
    with pytest.raises(InvalidDataError) as refused:
        read(tmp_path, HEAD + NUMBER, ranges=text)
    assert named in str(refused.value)


def test_an_unknown_publication_lists_what_exists() -> None:
    with pytest.raises(UnknownPublicationError, match="Allowed: bludau2020"):
        load("bludau2021")
    with pytest.raises(UnknownPublicationError):
        dataset_folder("../published")


def test_an_unknown_number_suggests_its_neighbours() -> None:
    with pytest.raises(InvalidDataError, match="LC_C_24"):
        load("bludau2020").number("LC_C_25")


def test_every_available_publication_loads_under_its_folder_name() -> None:
    assert available()
    for publication_id in available():
        assert load(publication_id).id == publication_id


def test_loading_imports_no_heavy_library() -> None:
    check = (
        "import sys, kyphort.published as p; p.load('bludau2020'); "
        "print([m for m in ('numpy', 'scipy', 'matplotlib', 'sqlalchemy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
