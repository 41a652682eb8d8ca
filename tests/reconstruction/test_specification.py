"""Specifications: those that ship, the template, and what is refused with the entry named."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kyphort.errors import InvalidDataError, UnknownPublicationError
from kyphort.published import load
from kyphort.published.specification import (
    Printed,
    find_specification,
    specifications,
    template_text,
)

from .papers import read

TEMPLATE = template_text()


def test_three_specifications_ship() -> None:
    assert specifications() == ("bludau2020", "kypho_iort_phase12", "ncctg_lung")


@pytest.mark.parametrize("name", specifications())
def test_each_ships_under_its_folder_name(name: str) -> None:
    assert find_specification(name).id == name


def test_the_template_is_a_specification(tmp_path: Path) -> None:
    found = read(TEMPLATE, tmp_path)
    assert (found.population.patients, found.population.units) == (30, 40)
    assert [one.id for one in found.curves] == ["LC", "LC_T", "OS"]


def test_the_founding_specification_says_what_the_publication_file_says() -> None:
    found, printed = find_specification("bludau2020"), load("bludau2020")
    for curve, prefix in (("LC_T", "LC_T"), ("LC_L", "LC_L"), ("LC_C", "LC_C"), ("OS", "OS")):
        one = next(each for each in found.curves if each.id == curve)
        for time, value in zip(one.times, one.survival, strict=True):
            assert str(value) == printed.number(f"{prefix}_{time:g}").printed
    assert str(found.logranks[0].p) == printed.number("logrank").printed
    entity = next(one for one in found.tables if one.id == "entity")
    assert sum(row.patients or 0 for row in entity.rows) == printed.number("n_pat").value
    assert sum(row.units or 0 for row in entity.rows) == printed.number("n_vert").value
    by_distance = next(one for one in found.tables if one.id == "distance")
    for row in by_distance.rows:
        assert row.units == printed.number(f"dist{row.label}").value
        assert row.events == printed.number(f"rec_d{row.label}").value


@given(st.integers(0, 10**6), st.integers(0, 4))
def test_a_value_rounds_to_its_own_print(number: int, decimals: int) -> None:
    value = number / 7
    printed = Printed(f"{value:.{decimals}f}")
    assert printed.holds(value)
    assert printed.moved(1).value > printed.value
    assert not printed.moved(2).holds(value)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (("events_total = 19", "events_total = 31"), "events_total is 31, n is 30"),
        (('"89.2", "73.7"', '"73.7", "89.2"'), "survival goes from 73.7 to 89.2"),
        (('groups = ["thoracic", "lumbar"]', 'groups = ["thoracic", "lumbr"]'), "'lumbr'"),
        (("n = 25", "n = 35"), "adds up to 50"),
        (('p = "0.57"', "p = 0.57"), "quotation marks"),
        (('p = "0.57"', 'p = "about 0.6"'), "is not a printed number"),
        (("{ 1 = 22, 2 = 6, 3 = 2 }", "{ 1 = 22, 2 = 6, 3 = 1 }"), "adds up to 29 patients"),
        (("patients = 30\n", "patients = 50\n"), "units is 40, patients is 50"),
        (('time_unit = "months" ', 'time_unit = "moons" '), "'moons'"),
        (('endpoint = "overall_survival"\nof', 'endpoint = "os"\nof'), "unknown endpoint 'os'"),
        (("[[time_summary]]", "[[time_sumary]]"), "time_sumary"),
        (
            ('survival = ["94.2", "91.3", "91.3"]', 'survival = ["94.2"]'),
            "1 entries, 'times' has 3",
        ),
        (("times = [6, 12, 24]", "times = [6, 24, 12]"), "ascending"),
        (('id = "LC_T"', 'id = "LC"'), "appears more than once"),
        (('censored_by = "overall_survival"', 'censored_by = "local_control"'), "censored_by"),
        (('schema = "kyphort-specification/1"', 'schema = "other"'), "schema"),
        (("[[curve]]", "[[curve"), "not valid TOML"),
    ],
)
def test_a_bad_specification_names_the_entry(
    change: tuple[str, str], sentence: str, tmp_path: Path
) -> None:
    assert change[0] in TEMPLATE
    with pytest.raises(InvalidDataError) as caught:
        read(TEMPLATE.replace(change[0], change[1], 1), tmp_path)
    assert sentence in str(caught.value)
    assert "paper.toml" in str(caught.value)


def test_an_unknown_name_lists_what_there_is() -> None:
    with pytest.raises(UnknownPublicationError, match="kyphort carries bludau2020"):
        find_specification("bludau2021")


def test_coordinates_come_from_a_file_too(tmp_path: Path) -> None:
    points = tmp_path / "figure.csv"
    points.write_text("time,survival\n0,1\n3.5,0.97\n", encoding="utf-8")
    text = TEMPLATE.replace(
        'survival = ["94.2"', f'coordinates = "{points}"\nsurvival = ["94.2"', 1
    )
    assert read(text, tmp_path).curves[0].coordinates == ((0.0, 1.0), (3.5, 0.97))
