"""What the tests of planning share: a small digital vertebra, read and planned once."""

from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest
from numpy.typing import NDArray

from kyphort.planning.dose import Precision
from kyphort.planning.plan import Plan, make_plan
from kyphort.planning.request import PlanRequest, RobustnessChoices
from kyphort.workflows.plan_case import PlanCase, read_case
from kyphort.workflows.plan_demo import write_case

T = TypeVar("T")
VOXELS = (72, 128, 128)
SMALL = {"region_mm": 34.0, "dose_grid_mm": 1.5}
COARSE = Precision(cord=0.04, sphere=0.02, first_histories=300_000)


@pytest.fixture(scope="session")
def case_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("digital") / "input"
    write_case(folder, scenarios=20, voxels=VOXELS)
    return folder


@pytest.fixture(scope="session")
def case(case_folder: Path) -> PlanCase:
    return read_case(case_folder / "case.toml")


@pytest.fixture(scope="session")
def request_(case: PlanCase) -> PlanRequest:
    return with_(
        case.request,
        precision=COARSE,
        robustness=RobustnessChoices(scenarios=30, recalculated=2),
        **SMALL,
    )


@pytest.fixture(scope="session")
def plan(request_: PlanRequest) -> Plan:
    return make_plan(request_)


def with_(value: T, **changes: object) -> T:
    """Return a value with some parts changed."""
    return replace(value, **changes)  # type: ignore[type-var] # any dataclass


def rotation(a: float, b: float, c: float) -> NDArray[np.float64]:
    """Return a rotation by three angles about z, x and y."""

    def turn(angle: float, i: int, j: int) -> NDArray[np.float64]:
        found = np.eye(3)
        found[i, i] = found[j, j] = np.cos(angle)
        found[i, j], found[j, i] = -np.sin(angle), np.sin(angle)
        return found

    return turn(a, 0, 1) @ turn(b, 1, 2) @ turn(c, 0, 2)
