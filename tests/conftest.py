"""What every test shares: how hypothesis runs, and what an absent tool means."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

settings.register_profile("default", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.register_profile("soak", deadline=None, max_examples=3_000)
settings.load_profile("ci" if os.environ.get("CI") else "default")

Require = Callable[[str | None, str], str]


@pytest.fixture(scope="session")
def require() -> Require:
    """Return `require(found, what)`: it gives back `found`, or skips because `what` is absent.

    With KYPHORT_REQUIRE_ALL=1 an absent tool fails the test, so that nothing is skipped unseen:
    `chromium = require(shutil.which("chromium"), "Chromium (apt install chromium)")`.
    """
    absent = pytest.fail if os.environ.get("KYPHORT_REQUIRE_ALL") == "1" else pytest.skip

    def found_or_stop(found: str | None, what: str) -> str:
        if not found:
            absent(f"{what} is not on this machine")
        return str(found)

    return found_or_stop


@pytest.fixture(scope="session")
def planned(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    """Return a folder with `input` and `plan` of a small digital vertebra, and the run."""
    from kyphort.planning.dose import Precision
    from kyphort.planning.request import RobustnessChoices
    from kyphort.workflows.plan import PlanOutput, run_plan, write_plan
    from kyphort.workflows.plan_case import read_case
    from kyphort.workflows.plan_demo import write_case

    home = tmp_path_factory.mktemp("planned")
    case = read_case(write_case(home / "input", voxels=(72, 128, 128)))
    request = replace(
        case.request, precision=Precision(cord=0.04, sphere=0.02, first_histories=300_000),
        robustness=RobustnessChoices(scenarios=0), region_mm=34.0, dose_grid_mm=1.5,
    )  # fmt: skip
    run = run_plan(replace(case, request=request))
    write_plan(run, home / "plan", PlanOutput(rt_plan=True))
    return home, run
