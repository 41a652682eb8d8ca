"""Comparators: complete, sourced, and refused when they contradict themselves."""

import re
from pathlib import Path

import pytest

from kyphort.errors import InvalidDataError
from kyphort.published import (
    Comparator,
    ComparatorEndpoint,
    Spread,
    Treatment,
    comparators,
    load,
    read_comparators,
)

BY_ID = {one.id: one for one in comparators()}
ENTRY = """\
[[comparator]]
id = "one"
treatment = "sbrt"
label = "SBRT"
endpoint = "local_control"
definition = "no progression"
estimate = 80.0
low = 70.0
high = 88.0
spread = "confidence"
unit = "%"
time_point = "1 year"
months = 12
population = "spinal metastases"
n_patients = 40
unit_of_analysis = "patient"
citation = "Author A. Journal 2020;1:1"
doi = "10.0000/example"
verified = true
secondhand = false
seen = "abstract"
not_comparable = "Per patient."
"""


def read(folder: Path, text: str) -> tuple[Comparator, ...]:
    file = folder / "more.toml"
    file.write_text(text, encoding="utf-8")
    return read_comparators(file)


def changed(line: str, into: str) -> str:
    assert f"\n{line}\n" in ENTRY
    return ENTRY.replace(f"\n{line}\n", f"\n{into}\n" if into else "\n")


def test_every_treatment_that_the_publication_names_has_a_number() -> None:
    assert {one.treatment for one in comparators()} == set(Treatment)


def test_no_number_is_beyond_doubt_and_comparable() -> None:
    for one in comparators():
        assert one.not_comparable
        assert one.seen
        assert one.doi or "PMC" in one.seen or "congress page" in one.seen


def test_what_was_not_read_in_its_publication_says_so() -> None:
    assert all("news report" in one.seen for one in comparators() if not one.verified)
    assert {one.id.split("_")[0] for one in comparators() if not one.verified} == {
        "rtog0631",
        "sc24",
    }


def test_shares_agree_with_their_counts() -> None:
    counted = [one for one in comparators() if one.n_events is not None]
    assert counted
    for one in counted:
        assert one.estimate is not None
        assert one.n_events is not None
        whole = one.n_units or one.n_patients
        assert whole is not None
        assert abs(100 * one.n_events / whole - one.estimate) < 0.5


def test_what_the_founding_publication_prints() -> None:
    publication = load("bludau2020")
    flare, fracture = BY_ID["sbrt_print_pain_flare"], BY_ID["sbrt_print_fracture"]
    assert (flare.doi, fracture.doi) == (publication.doi, publication.doi)
    assert (flare.low, flare.high) == publication.number("cited_flare").value
    assert fracture.high == publication.number("cited_sbrt_fractures").value


def test_an_entry_is_read(tmp_path: Path) -> None:
    (one,) = read(tmp_path, ENTRY)
    assert one == Comparator(
        id="one",
        treatment=Treatment.SBRT,
        label="SBRT",
        endpoint=ComparatorEndpoint.LOCAL_CONTROL,
        definition="no progression",
        estimate=80.0,
        low=70.0,
        high=88.0,
        spread=Spread.CONFIDENCE,
        unit="%",
        time_point="1 year",
        months=12.0,
        population="spinal metastases",
        n_patients=40,
        n_units=None,
        n_events=None,
        unit_of_analysis="patient",
        citation="Author A. Journal 2020;1:1",
        doi="10.0000/example",
        verified=True,
        secondhand=False,
        seen="abstract",
        not_comparable="Per patient.",
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (changed('treatment = "sbrt"', 'treatment = "SBRT"'), "'treatment' is 'SBRT'. Allowed: eb"),
        (changed('label = "SBRT"', ""), "field 'label' is missing"),
        (changed('label = "SBRT"', 'label = " "'), "field 'label' is empty"),
        (changed('doi = "10.0000/example"', ""), "field 'doi' is missing"),
        (
            changed('doi = "10.0000/example"', 'doi = "https://doi.org/10.0000/example"'),
            "field 'doi' is 'https",
        ),
        (changed("verified = true", 'verified = "yes"'), "field 'verified' is 'yes'"),
        (changed('unit = "%"', 'unit = "percent"'), "field 'unit' is 'percent'. Allowed: %, NRS"),
        (changed('unit = "%"', 'unit = "NRS"'), "0 to 10 NRS"),
        (changed("estimate = 80.0", "estimate = 89"), "low, estimate and high are 70, 89, 88"),
        (changed("high = 88.0", "high = 101"), "Allowed: ascending, 0 to 100 %"),
        (changed("high = 88.0", "high = nan"), "Allowed: ascending, 0 to 100 %"),
        (changed("months = 12", "months = -1"), "field 'months' is -1"),
        (changed("months = 12", "months = inf"), "field 'months' is inf"),
        (changed("n_patients = 40", "n_patients = -4"), "field 'n_patients' is -4"),
        (changed("n_patients = 40", "n_patients = 4.5"), "field 'n_patients' is 4.5. Allowed: int"),
        (changed("n_patients = 40", "patients = 40"), "unknown field 'patients'"),
        (ENTRY + ENTRY, "the comparator id 'one' appears more than once"),
        ("[[other]]\n", "unknown field 'other'"),
    ],
)
def test_what_is_refused(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidDataError, match=re.escape(message)) as caught:
        read(tmp_path, text)
    assert str(caught.value).startswith("more.toml")


@pytest.mark.parametrize("spread", Spread)
@pytest.mark.parametrize("keep", ["", "E", "L", "H", "EL", "EH", "LH", "ELH"])
def test_the_numbers_fit_their_spread(spread: Spread, keep: str, tmp_path: Path) -> None:
    allowed = {
        Spread.NONE: {"E"},
        Spread.BOUND: {"L", "H"},
        Spread.RANGE: {"LH", "ELH"},
        Spread.CONFIDENCE: {"ELH"},
    }
    text = changed('spread = "confidence"', f'spread = "{spread}"')
    for letter, line in (("E", "estimate = 80.0"), ("L", "low = 70.0"), ("H", "high = 88.0")):
        if letter not in keep:
            text = text.replace(f"{line}\n", "")
    if keep in allowed[spread]:
        assert read(tmp_path, text)[0].spread is spread
    else:
        with pytest.raises(InvalidDataError, match=f"comparator 'one': spread is '{spread}'"):
            read(tmp_path, text)
