"""A cohort in, the same cohort out."""

import tempfile
from pathlib import Path

import pytest
from benchmarks.registry import postgresql
from hypothesis import given, settings

from kyphort.clinical import Cohort
from kyphort.exchange.csv_set import read_csv_set
from kyphort.published import dataset_folder
from kyphort.registry import create_registry, read_registry
from kyphort.registry.place import place_of

from .strategies import cohorts


@settings(max_examples=max(25, settings().max_examples // 4))
@given(cohorts())
def test_a_registry_returns_the_cohort_it_was_given(cohort: Cohort) -> None:
    with tempfile.TemporaryDirectory(dir=postgresql.memory()) as name:
        path = Path(name) / "registry.db"
        create_registry(path, cohort)
        assert read_registry(path) == cohort


def test_the_shipped_data_set_comes_back(folder: Path) -> None:
    cohort = read_csv_set(dataset_folder("bludau2020"))
    create_registry(folder / "registry.db", cohort)
    assert read_registry(folder / "registry.db") == cohort


@pytest.mark.parametrize(
    "name",
    [
        "50% done #2 & späte.db",
        "which one?.db",
    ],
)
def test_a_path_is_a_path_and_not_a_web_address(folder: Path, name: str) -> None:
    cohort = read_csv_set(dataset_folder("bludau2020"))
    path = folder / name
    create_registry(path, cohort)
    assert read_registry(path) == cohort
    assert sorted(folder.iterdir()) == sorted((path, place_of(path).vault_path))
