"""Scales: sums at their edges, classes at their cut-offs, orders, and refusals that help."""

from itertools import product

import pytest

from kyphort.clinical import SpinalLevel
from kyphort.clinical.scales import (
    PROVENANCES,
    BoneMetastases,
    ClavienDindo,
    ClavienDindoGrade,
    CtcaeGrade,
    Ecog,
    EsccGrade,
    FrankelGrade,
    Karnofsky,
    OrganMetastases,
    PrimaryGrowth,
    RevisedTokuhashi,
    Sins,
    SinsAlignment,
    SinsCollapse,
    SinsLesion,
    SinsLocation,
    SinsPain,
    SinsPosterolateral,
    TokuhashiPrimary,
    TokuhashiPrognosis,
    TomitaPrognosticScore,
    TomitaSurgicalType,
    VisceralMetastases,
    ecog_from_karnofsky,
    sins_class,
)
from kyphort.errors import InvalidDataError

MOST_UNSTABLE = Sins(
    SpinalLevel.T12,
    SinsPain.MECHANICAL,
    SinsLesion.LYTIC,
    SinsAlignment.SUBLUXATION_TRANSLATION,
    SinsCollapse.MORE_THAN_HALF,
    SinsPosterolateral.BILATERAL,
)
LEAST_UNSTABLE = Sins(
    SpinalLevel.S3,
    SinsPain.NONE,
    SinsLesion.BLASTIC,
    SinsAlignment.NORMAL,
    SinsCollapse.NONE,
    SinsPosterolateral.NONE,
)


def test_sins_reaches_from_0_to_18() -> None:
    assert (LEAST_UNSTABLE.total, LEAST_UNSTABLE.stability.value) == (0, "stable")
    assert (MOST_UNSTABLE.total, MOST_UNSTABLE.stability.value) == (18, "unstable")
    assert not LEAST_UNSTABLE.needs_surgical_consultation


def test_every_combination_of_sins_items_has_the_sum_of_its_points() -> None:
    pain = dict(zip(SinsPain, (3, 1, 0), strict=True))
    lesion = dict(zip(SinsLesion, (2, 1, 0), strict=True))
    alignment = dict(zip(SinsAlignment, (4, 2, 0), strict=True))
    collapse = dict(zip(SinsCollapse, (3, 2, 1, 0), strict=True))
    elements = dict(zip(SinsPosterolateral, (3, 1, 0), strict=True))
    totals = set()
    for a, b, c, d, e in product(pain, lesion, alignment, collapse, elements):
        score = Sins(SpinalLevel.L3, a, b, c, d, e)
        assert score.total == 2 + pain[a] + lesion[b] + alignment[c] + collapse[d] + elements[e]
        totals.add(score.total)
    assert totals == set(range(2, 18))


@pytest.mark.parametrize(
    ("levels", "points"),
    [
        ("C1 C2 C7 T1 T2 T11 T12 T13 L1 L5 L6 S1", 3),
        ("C3 C4 C5 C6 L2 L3 L4", 2),
        ("T3 T4 T5 T6 T7 T8 T9 T10", 1),
        ("S2 S3 S4 S5", 0),
    ],
)
def test_the_location_follows_from_the_level(levels: str, points: int) -> None:
    found = {SinsLocation.of(SpinalLevel(level)).points for level in levels.split()}
    assert found == {points}


def test_the_locations_cover_every_level() -> None:
    assert len([SinsLocation.of(level) for level in SpinalLevel]) == 31


@pytest.mark.parametrize(
    ("percent", "involved", "code"),
    [
        (50.1, False, "more_than_half"),
        (49.9, False, "less_than_half"),
        (0, True, "none_more_than_half_involved"),
        (0, False, "none"),
    ],
)
def test_collapse_in_percent(percent: float, involved: bool, code: str) -> None:
    assert SinsCollapse.of(percent, more_than_half_involved=involved).value == code


@pytest.mark.parametrize(
    ("percent", "message"), [(50, "exactly 50%"), (101, "impossible"), (-1, "impossible")]
)
def test_half_a_collapse_must_be_decided(percent: float, message: str) -> None:
    with pytest.raises(InvalidDataError, match=message):
        SinsCollapse.of(percent, more_than_half_involved=False)


@pytest.mark.parametrize("total", [-1, 19])
def test_an_impossible_sins_sum_is_refused(total: int) -> None:
    with pytest.raises(InvalidDataError, match="0 to 18"):
        sins_class(total)


def test_an_item_of_another_scale_is_refused() -> None:
    wrong: SinsPain = SinsPosterolateral.NONE  # type: ignore[assignment]  # what is tested
    with pytest.raises(InvalidDataError, match="pain is"):
        Sins(
            SpinalLevel.T12,
            wrong,
            SinsLesion.LYTIC,
            SinsAlignment.NORMAL,
            SinsCollapse.NONE,
            SinsPosterolateral.NONE,
        )


@pytest.mark.parametrize(
    ("primary", "visceral", "bone", "total", "stratum"),
    [
        ("slow", "none", "solitary", 2, "2-3"),
        ("slow", "none", "multiple", 3, "2-3"),
        ("moderate", "none", "multiple", 4, "4-5"),
        ("rapid", "none", "solitary", 5, "4-5"),
        ("rapid", "none", "multiple", 6, "6-7"),
        ("rapid", "treatable", "solitary", 7, "6-7"),
        ("rapid", "treatable", "multiple", 8, "8-10"),
        ("rapid", "untreatable", "multiple", 10, "8-10"),
    ],
)
def test_the_tomita_prognostic_score(
    primary: str, visceral: str, bone: str, total: int, stratum: str
) -> None:
    score = TomitaPrognosticScore(
        PrimaryGrowth(primary), VisceralMetastases(visceral), BoneMetastases(bone)
    )
    assert (score.total, score.stratum) == (total, stratum)
    assert score.text == (
        f"{total} (stratum {stratum}) (Tomita prognostic score: not verified against its source)"
    )


def test_the_tomita_surgical_types_are_ordered_by_extent_and_marked() -> None:
    assert [kind.value for kind in sorted(TomitaSurgicalType, reverse=True)] == list("7654321")
    within = [kind.value for kind in TomitaSurgicalType if kind.is_intracompartmental]
    assert within == ["1", "2", "3"]
    assert "not verified" in TomitaSurgicalType.TYPE_4.text


def tokuhashi(kps: int, bones: int, vertebrae: int, *codes: str) -> RevisedTokuhashi:
    organs, primary, palsy = codes
    return RevisedTokuhashi(
        Karnofsky(kps),
        bones,
        vertebrae,
        OrganMetastases(organs),
        TokuhashiPrimary(primary),
        FrankelGrade(palsy),
    )


WORST = tokuhashi(10, 3, 3, "unremovable", "lung_group", "A")
BEST = tokuhashi(100, 0, 1, "none", "breast_group", "E")


def test_tokuhashi_reaches_from_0_to_15() -> None:
    assert (WORST.total, WORST.prognosis) == (0, TokuhashiPrognosis.BELOW_6_MONTHS)
    assert (BEST.total, BEST.prognosis) == (15, TokuhashiPrognosis.FROM_1_YEAR)


@pytest.mark.parametrize(
    ("score", "item", "points"),
    [
        (tokuhashi(40, 3, 3, "unremovable", "lung_group", "A"), "condition", 0),
        (tokuhashi(50, 3, 3, "unremovable", "lung_group", "A"), "condition", 1),
        (tokuhashi(70, 3, 3, "unremovable", "lung_group", "A"), "condition", 1),
        (tokuhashi(80, 3, 3, "unremovable", "lung_group", "A"), "condition", 2),
        (tokuhashi(10, 2, 3, "unremovable", "lung_group", "A"), "extraspinal_bone", 1),
        (tokuhashi(10, 1, 3, "unremovable", "lung_group", "A"), "extraspinal_bone", 1),
        (tokuhashi(10, 3, 2, "unremovable", "lung_group", "A"), "vertebral", 1),
        (tokuhashi(10, 3, 3, "removable", "lung_group", "A"), "organs", 1),
        (tokuhashi(10, 3, 3, "unremovable", "liver_group", "A"), "primary", 1),
        (tokuhashi(10, 3, 3, "unremovable", "others", "A"), "primary", 2),
        (tokuhashi(10, 3, 3, "unremovable", "kidney_group", "A"), "primary", 3),
        (tokuhashi(10, 3, 3, "unremovable", "rectum", "A"), "primary", 4),
        (tokuhashi(10, 3, 3, "unremovable", "lung_group", "B"), "palsy", 0),
        (tokuhashi(10, 3, 3, "unremovable", "lung_group", "C"), "palsy", 1),
        (tokuhashi(10, 3, 3, "unremovable", "lung_group", "D"), "palsy", 1),
        (tokuhashi(10, 3, 3, "unremovable", "lung_group", "E"), "palsy", 2),
    ],
)
def test_each_tokuhashi_item_counts_by_itself(
    score: RevisedTokuhashi, item: str, points: int
) -> None:
    assert score.points == WORST.points | {item: points}
    assert score.total == points


@pytest.mark.parametrize(
    ("primary", "palsy", "total", "prognosis"),
    [
        ("others", "A", 8, "below_6_months"),
        ("kidney_group", "A", 9, "from_6_months"),
        ("rectum", "C", 11, "from_6_months"),
        ("rectum", "E", 12, "from_1_year"),
    ],
)
def test_the_tokuhashi_groups_change_at_9_and_12(
    primary: str, palsy: str, total: int, prognosis: str
) -> None:
    score = tokuhashi(80, 1, 1, "removable", primary, palsy)
    assert (score.total, score.prognosis.value) == (total, prognosis)


def test_only_the_unverified_tokuhashi_row_is_marked() -> None:
    assert "not verified" in BEST.text
    assert WORST.text == "0 (below 6 months)"


@pytest.mark.parametrize(
    ("kps", "bones", "vertebrae", "message"),
    [(0, 0, 1, "Karnofsky 0"), (80, -1, 1, "-1 extraspinal"), (80, 0, 0, "0 vertebral")],
)
def test_an_impossible_tokuhashi_is_refused(
    kps: int, bones: int, vertebrae: int, message: str
) -> None:
    with pytest.raises(InvalidDataError, match=message):
        tokuhashi(kps, bones, vertebrae, "none", "rectum", "E")


def test_escc_is_ordered_by_compression() -> None:
    assert [one.value for one in sorted(EsccGrade)] == ["0", "1a", "1b", "1c", "2", "3"]
    assert [one.value for one in EsccGrade if one.compresses_cord] == ["2", "3"]
    assert EsccGrade.GRADE_1B >= "1a"
    assert EsccGrade.GRADE_1B <= "1b"


def test_grades_of_two_scales_do_not_compare() -> None:
    with pytest.raises(InvalidDataError, match="cannot be compared"):
        assert EsccGrade.GRADE_2 < TomitaSurgicalType.TYPE_3


@pytest.mark.parametrize(
    ("scale", "wrong", "allowed"),
    [
        (EsccGrade, "1d", "0, 1a, 1b, 1c, 2, 3"),
        (FrankelGrade, "F", "A, B, C, D, E"),
        (TomitaSurgicalType, "8", "1, 2, 3, 4, 5, 6, 7"),
        (ClavienDindoGrade, "IIIc", "I, II, IIIa, IIIb, IVa, IVb, V"),
    ],
)
def test_an_unknown_grade_is_refused_with_what_is_allowed(
    scale: type[EsccGrade], wrong: str, allowed: str
) -> None:
    with pytest.raises(InvalidDataError, match=f"'{wrong}'.*Allowed: {allowed}"):
        scale(wrong)


@pytest.mark.parametrize("value", [-10, 5, 65, 110])
def test_karnofsky_goes_in_steps_of_ten(value: int) -> None:
    with pytest.raises(InvalidDataError, match="Karnofsky"):
        Karnofsky(value)


@pytest.mark.parametrize("value", [-1, 6])
def test_ecog_goes_from_0_to_5(value: int) -> None:
    with pytest.raises(InvalidDataError, match="0 to 5"):
        Ecog(value)


def test_the_crosswalk_keeps_the_original_and_says_that_it_is_unverified() -> None:
    found = [ecog_from_karnofsky(Karnofsky(value)) for value in range(100, -1, -10)]
    assert [one.ecog.value for one in found] == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5]
    assert [one.original.value for one in found] == list(range(100, -1, -10))
    assert all("not verified" in one.text for one in found)


@pytest.mark.parametrize(
    ("grade", "version", "message"),
    [(0, "5.0", "1 to 5"), (6, "5.0", "1 to 5"), (3, "7.0", "Allowed: 3.0"), (3, "", "Allowed")],
)
def test_a_ctcae_grade_needs_its_version(grade: int, version: str, message: str) -> None:
    with pytest.raises(InvalidDataError, match=message):
        CtcaeGrade(grade, version)


def test_ctcae_grades_of_two_versions_do_not_compare() -> None:
    with pytest.raises(InvalidDataError, match="one version"):
        assert CtcaeGrade(2, "4.03") < CtcaeGrade(3, "5.0")
    assert sorted([CtcaeGrade(5, "6.0"), CtcaeGrade(1, "6.0")])[0].severity == "mild"


@pytest.mark.parametrize("text", ["I", "II-d", "IIIa", "IIIb-d", "IVa", "IVb", "V"])
def test_clavien_dindo_reads_what_it_writes(text: str) -> None:
    assert str(ClavienDindo.parse(f" {text} ")) == text


def test_clavien_dindo_refuses_what_cannot_be() -> None:
    with pytest.raises(InvalidDataError, match="suffix d"):
        ClavienDindo.parse("Vd")
    with pytest.raises(InvalidDataError, match="Allowed: I, II"):
        ClavienDindo.parse("VI")
    order = [grade.value for grade in sorted(ClavienDindoGrade)]
    assert order == ["I", "II", "IIIa", "IIIb", "IVa", "IVb", "V"]


def test_the_rules_that_are_not_verified_are_named() -> None:
    assert [one.scale for one in PROVENANCES if not one.verified] == [
        "Tomita surgical classification",
        "Tomita prognostic score",
        "revised Tokuhashi score, primaries with 5 points",
        "Frankel/AIS grade",
        "Karnofsky to ECOG",
    ]
    assert FrankelGrade.A.text.endswith("(Frankel/AIS grade: not verified against its source)")
