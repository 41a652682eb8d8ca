"""What ships of the founding paper is what its one command writes."""

import re
import runpy
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kyphort.published import dataset_folder, load
from kyphort.published.specification import find_specification
from kyphort.reconstruction import Limits, bounds

SCRIPTS = Path(__file__).parents[2] / "scripts"
SHIPPED = dataset_folder("bludau2020").parent
PAPER = find_specification("bludau2020")


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.syspath_prepend(str(SCRIPTS))
    return runpy.run_path(str(SCRIPTS / "build_bludau2020.py"))


def without_version(content: bytes) -> bytes:
    return re.sub(rb"drawn by kyphort [0-9a-z.]+", b"drawn by kyphort", content)


def test_the_cohort_and_the_data_set_are_written_byte_by_byte(
    command: dict[str, Any], tmp_path: Path
) -> None:
    write: Callable[[Path], int] = command["write_cohort"]
    write(tmp_path)
    made = sorted(one.relative_to(tmp_path) for one in tmp_path.rglob("*") if one.is_file())
    shipped = [
        one.relative_to(SHIPPED)
        for folder in ("dataset", "reconstructed")
        for one in sorted((SHIPPED / folder).iterdir())
    ]
    assert made == sorted(shipped)
    for name in made:
        there = without_version((SHIPPED / name).read_bytes())
        assert without_version((tmp_path / name).read_bytes()) == there, name


def test_a_part_of_the_ranges_is_proved_again(command: dict[str, Any]) -> None:
    places: dict[str, tuple[str, ...]] = dict(
        command["range_texts"].__globals__["places_of_statistics"]()
    )
    outwards = command["range_texts"].__globals__["outwards"]
    asked = [
        "std_error:LC_C:24", "lower:LC_L:60", "at_risk:LC_T:36", "std_error:OS:24", "at_risk:OS:12",
        "restricted_mean:OS:60", "incidence:LC_C:60", "median:OS", "survival:LC_C:73",
    ]  # fmt: skip
    known = {one.path: one for one in load("bludau2020").ranges}
    for one in bounds(PAPER, asked, Limits(100), cohorts=3):
        assert one.proved is not None
        assert one.seen is not None
        for path in places[one.statistic]:
            there = known[path]
            assert (there.low, there.high) == pytest.approx(outwards(one.proved), abs=1e-9)
            # The first cohorts of the ensemble lie within what the whole of it shows.
            assert there.seen is not None
            seen = outwards(one.seen)
            assert there.seen[0] <= seen[0] <= seen[1] <= there.seen[1]


def test_every_statistic_ships_at_every_place(command: dict[str, Any]) -> None:
    places = dict(command["range_texts"].__globals__["places_of_statistics"]())
    shipped = {
        one["path"]
        for name in ("proved_ranges.toml", "ranges.toml")
        for one in tomllib.loads((SHIPPED / name).read_text(encoding="utf-8"))["range"]
    }
    assert shipped == {path for paths in places.values() for path in paths}


def test_a_run_that_is_stopped_changes_nothing(command: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "ranges.toml").write_text("old", encoding="utf-8")

    def stopped(_: Path) -> int:
        raise KeyboardInterrupt

    command["build"].__globals__["write_cohort"] = stopped
    with pytest.raises(KeyboardInterrupt):
        command["build"](tmp_path)
    assert [one.name for one in tmp_path.iterdir()] == ["ranges.toml"]
    assert (tmp_path / "ranges.toml").read_text(encoding="utf-8") == "old"
