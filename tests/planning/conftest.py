"""What the tests of planning share: a small digital vertebra, read and planned once."""

from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest

from kyphort.planning.dose import Precision
from kyphort.planning.plan import Plan, make_plan
from kyphort.planning.request import PlanRequest, RobustnessChoices
from kyphort.workflows.plan import PlanOutput, PlanRun, run_plan, write_plan
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


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(4)


@pytest.fixture(scope="session")
def planned(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, PlanRun]:
    """Return the folder of a plan, with `input` beside it, and the run it came from."""
    home = tmp_path_factory.mktemp("planned")
    case = read_case(write_case(home / "input", voxels=VOXELS))
    request = with_(
        case.request, precision=COARSE, robustness=RobustnessChoices(scenarios=0), **SMALL
    )
    run = run_plan(with_(case, request=request))
    write_plan(run, home / "plan", PlanOutput(rt_plan=True))
    return home, run
