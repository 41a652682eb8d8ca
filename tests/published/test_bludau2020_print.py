"""The numbers of Bludau et al. (2020) against each other: what the print itself must satisfy."""

import re

import pytest

from kyphort.published import ErratumKind, Role, agrees, load

PRINT = load("bludau2020")
ENTITIES = [
    number.id.removeprefix("ent_p_") for number in PRINT.numbers if number.id.startswith("ent_p_")
]
DISTANCES = (8, 11, 13)
LANDMARKS = (6, 12, 24, 36, 48, 60)


def value(number_id: str) -> float:
    found = PRINT.number(number_id).value
    assert isinstance(found, int | float)
    return found


def prints_share(number_id: str, part: float, whole: float) -> bool:
    return agrees(PRINT.number(number_id), 100 * part / whole)


def test_the_table_has_eleven_entities() -> None:
    assert len(ENTITIES) == 11


@pytest.mark.parametrize(
    ("prefix", "total"), [("ent_p_", "n_pat"), ("ent_v_", "n_vert"), ("ent_r_", "rec")]
)
def test_table_columns_sum_to_the_totals_of_the_text(prefix: str, total: str) -> None:
    assert sum(value(prefix + entity) for entity in ENTITIES) == value(total)


def test_the_identity_repeats_the_totals() -> None:
    assert PRINT.number("ent_sum").value == (value("n_pat"), value("n_vert"), value("rec"))


@pytest.mark.parametrize("entity", ENTITIES)
def test_shares_of_patients_follow_from_the_counts(entity: str) -> None:
    assert prints_share(f"ent_pp_{entity}", value(f"ent_p_{entity}"), value("n_pat"))


@pytest.mark.parametrize("entity", [name for name in ENTITIES if name != "Other urogenital"])
def test_shares_of_vertebrae_follow_from_the_counts(entity: str) -> None:
    assert prints_share(f"ent_vp_{entity}", value(f"ent_v_{entity}"), value("n_vert"))


@pytest.mark.parametrize("entity", [name for name in ENTITIES if value(f"ent_r_{name}")])
def test_shares_of_recurrences_follow_from_the_counts(entity: str) -> None:
    assert prints_share(f"ent_rp_{entity}", value(f"ent_r_{entity}"), value("rec"))


@pytest.mark.parametrize("distance", DISTANCES)
def test_distance_shares_follow_from_the_counts(distance: int) -> None:
    vertebrae, recurrences = value(f"dist{distance}"), value(f"rec_d{distance}")
    assert prints_share(f"dist{distance}_pct", vertebrae, value("n_vert"))
    assert prints_share(f"rec_d{distance}_pct", recurrences, vertebrae)


def test_distances_sum_to_all_vertebrae_and_recurrences() -> None:
    assert sum(value(f"dist{distance}") for distance in DISTANCES) == value("n_vert")
    assert sum(value(f"rec_d{distance}") for distance in DISTANCES) == value("rec")


def test_regions_sum_to_all_vertebrae_and_recurrences() -> None:
    assert value("n_T") + value("n_L") + value("n_S") == value("n_vert")
    assert value("rec_T") + value("rec_L") + value("rec_S") == value("rec")


def test_levels_fit_one_procedure_per_patient() -> None:
    one, two, three = value("lev1"), value("lev2"), value("lev3")
    assert one + two + three == value("n_pat")
    assert one + 2 * two + 3 * three == value("n_vert")


def test_breast_and_prostate_make_up_the_share_of_the_discussion() -> None:
    vertebrae = value("ent_v_Breast") + value("ent_v_Prostate")
    recurrences = value("ent_r_Breast") + value("ent_r_Prostate")
    assert prints_share("bp63", vertebrae, value("n_vert"))
    assert recurrences == value("rec_breast_prostate")
    assert recurrences + value("rec_others") == value("rec")


@pytest.mark.parametrize("curve", ["LC_T", "LC_L", "LC_C", "OS"])
def test_curves_never_rise(curve: str) -> None:
    values = [value(f"{curve}_{month}") for month in LANDMARKS]
    assert values == sorted(values, reverse=True)


@pytest.mark.parametrize("month", LANDMARKS)
def test_the_combined_curve_lies_between_its_parts(month: int) -> None:
    # The single sacral vertebra cannot move the curve by more than a rounding.
    parts = sorted(value(f"LC_{part}_{month}") for part in "TL")
    assert parts[0] - 0.1 <= value(f"LC_C_{month}") <= parts[1] + 0.1


@pytest.mark.parametrize("name", ["age", "ttr", "fu"])
def test_medians_lie_within_their_ranges(name: str) -> None:
    assert value(f"{name}_min") < value(f"{name}_med") < value(f"{name}_max")


# --- errata: the flaw is there, and the correction mends it ---------------------------------------


def test_the_sex_percentages_are_counts() -> None:
    women, men = value("sex_f"), value("sex_m")
    assert women + men == value("n_pat") != 100
    assert not prints_share("sex_f", women, value("n_pat"))
    assert not prints_share("sex_m", men, value("n_pat"))
    assert (women, men) == (value("sex_f_count"), value("sex_m_count"))
    assert corrected("sex_f") == round(100 * women / value("n_pat"), 1)
    assert corrected("sex_m") == round(100 * men / value("n_pat"), 1)


def test_the_urogenital_percentage_is_that_of_two_vertebrae() -> None:
    share = "ent_vp_Other urogenital"
    assert not prints_share(share, value("ent_v_Other urogenital"), value("n_vert"))
    assert prints_share(share, 2, value("n_vert"))
    assert corrected(share) == round(100 / value("n_vert"), 1)


def test_the_decimal_comma_reads_as_a_point() -> None:
    lung = PRINT.number("ent_vp_Lung")
    assert lung.printed == "14,7"
    assert lung.value == corrected("ent_vp_Lung") == 14.7
    others = [number.printed for number in PRINT.numbers if number.id != "ent_vp_Lung"]
    assert not [text for text in others if re.search(r"\d,\d", text)]


@pytest.mark.parametrize("distance", DISTANCES)
def test_distance_percentages_are_not_shares_of_the_recurrences(distance: int) -> None:
    number = PRINT.number(f"rec_d{distance}_pct")
    assert number.erratum is not None
    assert number.erratum.kind is ErratumKind.WORDING
    assert not prints_share(number.id, value(f"rec_d{distance}"), value("rec"))


def test_the_imaging_schedules_contradict_each_other() -> None:
    early = PRINT.number("imaging_abstract").value
    assert isinstance(early, tuple)
    assert any(month % value("imaging_methods") for month in early)


def test_one_recurrence_follows_the_last_landmark() -> None:
    landmarks = PRINT.number("landmarks").value
    assert isinstance(landmarks, tuple)
    assert value("ttr_max") > max(landmarks)


def test_the_youngest_patient_is_below_the_age_limit_of_the_trials() -> None:
    assert value("age_min") < 50


def test_the_early_distance_is_not_among_those_of_the_cohort() -> None:
    distances = PRINT.number("distances").value
    assert isinstance(distances, tuple)
    assert 5 not in distances


def test_the_complement_of_local_control_exceeds_the_observed_share() -> None:
    assert 100 - value("LC_C_60") > 100 * value("rec") / value("n_vert")


def test_the_general_errata_count_right() -> None:
    curves = [number for number in PRINT.numbers if number.kind == "kaplan-meier"]
    assert len([number for number in curves if number.role is Role.RESULT]) == 24
    assert value("lev2") + value("lev3") == 31


def test_exactly_the_misprints_and_the_schedule_can_never_agree() -> None:
    assert {number.id for number in PRINT.numbers if not number.can_agree} == {
        "sex_f",
        "sex_m",
        "ent_vp_Other urogenital",
        "fu_sched",
    }


def test_every_share_in_an_erratum_is_calculated_right() -> None:
    shares = [
        (int(part), int(whole), float(percent))
        for erratum in PRINT.errata
        for part, whole, percent in re.findall(
            r"(\d+)/(\d+) = ([\d.]+) %", erratum.arithmetic + erratum.statement
        )
    ]
    assert len(shares) >= 8
    for part, whole, percent in shares:
        assert percent == pytest.approx(100 * part / whole, abs=0.0501)


def corrected(number_id: str) -> float:
    erratum = PRINT.number(number_id).erratum
    assert erratum is not None
    assert erratum.corrected is not None
    return erratum.corrected


# --- the form of the file -------------------------------------------------------------------------


def test_results_and_only_they_must_come_back() -> None:
    assert all(number.result for number in PRINT.numbers if number.role is Role.RESULT)
    assert not [number for number in PRINT.numbers if number.role is Role.CITED and number.result]


def test_repeated_numbers_name_all_their_places() -> None:
    assert PRINT.number("n_T").places == ("Abstract", "Results", "Fig. 1 legend")
    assert PRINT.number("ent_r_Breast").places == ("Table 1", "Results", "Discussion")


def test_two_numbers_share_a_path_only_if_one_is_a_misprint() -> None:
    paths = [number.result for number in PRINT.numbers if number.result and number.can_agree]
    assert len(paths) == len(set(paths))
