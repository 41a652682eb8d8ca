"""Levels run from head to tail and know their region."""

from itertools import pairwise

import pytest

from kyphort.clinical import SpinalLevel, SpineRegion

NAMES = [
    *(f"C{number}" for number in range(1, 8)),
    *(f"T{number}" for number in range(1, 14)),
    *(f"L{number}" for number in range(1, 7)),
    *(f"S{number}" for number in range(1, 6)),
]


def test_every_level_in_anatomical_order() -> None:
    assert [level.value for level in SpinalLevel] == NAMES
    assert [level.position for level in SpinalLevel] == list(range(len(NAMES)))


@pytest.mark.parametrize(("upper", "lower"), list(pairwise(SpinalLevel)))
def test_neighbours_compare_by_anatomy(upper: SpinalLevel, lower: SpinalLevel) -> None:
    assert upper < lower
    assert upper <= lower
    assert lower > upper
    assert lower >= upper
    assert not lower < upper
    assert not lower <= upper
    assert not upper > lower
    assert not upper >= lower


def test_a_level_is_not_before_or_after_itself() -> None:
    level = SpinalLevel.T8
    assert level <= SpinalLevel("T8")
    assert level >= SpinalLevel("T8")
    assert not level < SpinalLevel("T8")
    assert not level > SpinalLevel("T8")


def test_sorting_is_not_by_spelling() -> None:
    shuffled = [SpinalLevel(name) for name in ("S1", "L6", "T13", "T10", "T9", "L1", "C7")]
    assert [level.value for level in sorted(shuffled)] == [
        "C7",
        "T9",
        "T10",
        "T13",
        "L1",
        "L6",
        "S1",
    ]


@pytest.mark.parametrize(
    ("name", "region"),
    [
        ("C1", SpineRegion.CERVICAL),
        ("C7", SpineRegion.CERVICAL),
        ("T1", SpineRegion.THORACIC),
        ("T13", SpineRegion.THORACIC),
        ("L1", SpineRegion.LUMBAR),
        ("L6", SpineRegion.LUMBAR),
        ("S1", SpineRegion.SACRAL),
        ("S5", SpineRegion.SACRAL),
    ],
)
def test_region(name: str, region: SpineRegion) -> None:
    assert SpinalLevel(name).region is region


@pytest.mark.parametrize("name", ["L7", "T0", "T14", "t12", "D12", ""])
def test_no_such_level(name: str) -> None:
    with pytest.raises(ValueError, match="is not a valid SpinalLevel"):
        SpinalLevel(name)
