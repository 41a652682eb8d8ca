"""Codes of levels: unique, with valid check digits, and free of the known upstream faults."""

from importlib import resources

import pytest

from kyphort.clinical import SpinalLevel
from kyphort.clinical.codes import SnomedConcept, codes_of, level_of_snomed, level_of_tg263

# The dihedral group of the pentagon: Verhoeff's multiplication and permutation.
PERMUTATION = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)


def product(left: int, right: int) -> int:
    """Multiply in the dihedral group of order ten."""
    turned = (left + right) % 5 if left < 5 else (left - right) % 5
    return turned + 5 * ((left < 5) != (right < 5))


def is_valid(digits: str) -> bool:
    """Tell whether a number ends in its Verhoeff check digit."""
    check = 0
    for position, digit in enumerate(reversed(digits)):
        moved = int(digit)
        for _ in range(position % 8):
            moved = PERMUTATION[moved]
        check = product(check, moved)
    return check == 0


def test_the_check_digit_of_the_textbook() -> None:
    assert is_valid("2363")
    assert not is_valid("2364")


def test_every_level_has_its_row() -> None:
    assert [codes_of(level).level for level in SpinalLevel] == list(SpinalLevel)


@pytest.mark.parametrize("level", [one for one in SpinalLevel if one is not SpinalLevel.L6])
def test_every_snomed_identifier_ends_in_its_check_digit(level: SpinalLevel) -> None:
    identifier = codes_of(level).snomed_ct
    assert identifier is not None
    assert is_valid(identifier)
    assert level_of_snomed(identifier) is level


def test_no_code_belongs_to_two_levels() -> None:
    for system in ("tg263", "snomed_ct", "fma"):
        found = [code for level in SpinalLevel if (code := getattr(codes_of(level), system))]
        assert len(set(found)) == len(found) >= 24


def test_thoracic_names_have_two_digits_and_the_others_one() -> None:
    for level in set(SpinalLevel) - {SpinalLevel.T13, SpinalLevel.L6}:
        letter, number = level.value[0], int(level.value[1:])
        expected = f"VB_T{number:02d}" if letter == "T" else f"VB_{letter}{number}"
        assert codes_of(level).tg263 == expected
        assert level_of_tg263(expected) is level


def test_the_upstream_map_of_t13_onto_t12_is_not_repeated() -> None:
    thirteenth = codes_of(SpinalLevel.T13)
    assert thirteenth.snomed_ct == "1186895000"
    assert thirteenth.tg263 is None
    assert "in words" in thirteenth.note
    assert level_of_tg263("VB_T12") is SpinalLevel.T12


def test_l6_has_no_code_and_says_so() -> None:
    sixth = codes_of(SpinalLevel.L6)
    assert (sixth.tg263, sixth.snomed_ct, sixth.snomed_concept, sixth.fma) == (None,) * 4
    assert "in words" in sixth.note


def test_the_snomed_concept_is_the_body_from_c3_to_l5() -> None:
    for level in set(SpinalLevel) - {SpinalLevel.L6}:
        is_body = SpinalLevel.C3 <= level <= SpinalLevel.L5
        expected = SnomedConcept.BODY if is_body else SnomedConcept.VERTEBRA
        assert codes_of(level).snomed_concept is expected


def test_unknown_codes_belong_to_no_level() -> None:
    assert level_of_tg263("VB") is None
    assert level_of_snomed("3572006") is None


def test_the_table_has_a_pedigree() -> None:
    file = resources.files("kyphort.clinical") / "data" / "level_codes.toml"
    text = file.read_text(encoding="utf-8")
    assert all(f"\n{key} = " in text for key in ("tg263", "fma", "date", "licence", "built"))
