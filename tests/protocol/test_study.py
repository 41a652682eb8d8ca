"""The study file: defaults, what it may say, and what it refuses."""

import tomllib
from pathlib import Path

import pytest

from kyphort.errors import InvalidDataError
from kyphort.protocol import (
    CensoringRule,
    GroupPlan,
    Schedule,
    Stratum,
    TimeUnit,
    default_study,
    read_study,
    study_template_text,
)
from kyphort.published import study_file


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "study.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_an_empty_file_has_every_default(tmp_path: Path) -> None:
    assert read_study(written(tmp_path, "")) == default_study()


def test_the_template_is_the_default(tmp_path: Path) -> None:
    assert read_study(written(tmp_path, study_template_text())) == default_study()


def test_the_default_asks_for_the_last_assessment_and_competing_death() -> None:
    plan = default_study().local_control
    assert (plan.unit, plan.censoring, plan.death) == ("vertebra", "last_assessment", "competes")
    assert (plan.retreatment, plan.indeterminate) == ("competes", "backdate")


def test_the_founding_paper_reads_until_contact_or_death() -> None:
    study = read_study(study_file("bludau2020"))
    assert study.local_control.censoring is CensoringRule.LAST_CONTACT_OR_DEATH
    assert study.comparisons == default_study().comparisons


@pytest.mark.parametrize(
    ("unit", "landmark", "months"),
    [("months", 6, 6.0), ("years", 2, 24.0), ("days", 365.25, 12.0), ("weeks", 4, 28 / 30.4375)],
)
def test_landmarks_are_months_inside(
    tmp_path: Path, unit: str, landmark: float, months: float
) -> None:
    study = read_study(written(tmp_path, f'time_unit = "{unit}"\nlandmarks = [{landmark}]'))
    assert study.time_unit is TimeUnit(unit)
    assert study.landmarks_months == pytest.approx((months,), rel=1e-12)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('time_unit = "decades"', r"time_unit is 'decades'.*days, weeks, months, years"),
        ("landmarks = [12, 6]", r"landmarks is \[12, 6\].*that rise"),
        ("landmarks = []", r"at least 1 number"),
        ("landmarks = [0, 6]", r"positive numbers that rise"),
        ("landmarks = [true]", r"positive numbers that rise"),
        ('strata = ["size"]', r"strata is 'size'.*sex"),
        ('strata = "sex"', r"strata is 'sex'.*a list of"),
        ('title = ""', r"title is ''.*not empty"),
        ("titel = 'x'", r"unknown key 'titel'. Did you mean 'title'\?"),
        ("local_control = 3", r"a table \[local_control\]"),
        ('[local_control]\ndeath = "kills"', r"\[local_control\]: death is 'kills'"),
        ("[schedule]\nwindow_days = 'x'", r"window_days is 'x'.*a number"),
        ("[schedule]\nthen_every_months = 0", r"a number above 0"),
        ('[[comparison]]\nid = "a"', r"\[\[comparison\]\] 1: 'title' is missing"),
        (
            '[[comparison]]\nid = "a"\ntitle = "A"\nvariable = "sex"\ngroups = { "F" = "female" }',
            r"groups.F is 'female'.*a list of texts",
        ),
        (
            '[[comparison]]\nid="a"\ntitle="A"\nvariable="sex"\n'
            '[[comparison]]\nid="a"\ntitle="B"\nvariable="entity"',
            r"the comparison 'a' appears more than once",
        ),
        ("[pain]\nvisit = [{ name = 'x' }]", r"'target_days' is missing"),
        ("title = ", r"is not a TOML file"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(InvalidDataError, match=rf"(?s)study\.toml.*{said}"):
        read_study(written(tmp_path, text))


def test_a_missing_file_names_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(InvalidDataError, match="kyphort template"):
        read_study(tmp_path / "absent.toml")


def test_every_line_of_the_template_is_explained_or_used() -> None:
    keys = set(tomllib.loads(study_template_text()))
    assert keys == {
        "title",
        "time_unit",
        "landmarks",
        "strata",
        "age_cuts_years",
        "local_control",
        "comparison",
        "resampling",
        "schedule",
        "pain",
    }


def test_values_without_a_group_take_no_part_unless_others_are_named() -> None:
    groups = (("Soft", ("Lung cancer",)),)
    plan = GroupPlan("x", "X", Stratum.ENTITY, groups)
    assert plan.group_of("Lung cancer") == "Soft"
    assert plan.group_of("Melanoma") is None


def test_scans_are_due_at_their_months_and_then_at_an_interval() -> None:
    schedule = Schedule((3, 6), 6, 30)
    assert schedule.targets_until(2.9) == ()
    assert schedule.targets_until(3) == (3,)
    assert schedule.targets_until(24) == (3, 6, 12, 18, 24)
