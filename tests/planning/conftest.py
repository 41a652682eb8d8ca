"""What the tests of planning share: one small case of the digital vertebra, read and planned once."""

from pathlib import Path

import numpy as np
import pytest

from kyphort.planning.dose import Precision
from kyphort.planning.plan import Plan, make_plan
from kyphort.planning.request import PlanRequest, RobustnessChoices
from kyphort.workflows.plan_case import PlanCase, read_case
from kyphort.workflows.plan_demo import write_case

VOXELS = (72, 128, 128)
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
        robustness=RobustnessChoices(scenarios=40, recalculated=3),
    )


@pytest.fixture(scope="session")
def plan(request_: PlanRequest) -> Plan:
    return make_plan(request_)


def with_(request: PlanRequest, **changes: object) -> PlanRequest:
    """Return a request with some parts changed."""
    from dataclasses import replace

    return replace(request, **changes)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(4)
