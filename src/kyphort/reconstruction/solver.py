"""The constraint solver: loaded when needed, one worker, limits on time and memory."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kyphort.errors import SolverMissingError

if TYPE_CHECKING:
    from types import ModuleType

    from ortools.sat.python.cp_model import CpModel, CpSolver


Tell = Callable[[str], None]


def _silent(_: str) -> None:
    """Say nothing."""


@dataclass(slots=True)
class Limits:
    """How long a search may take [s] and how much memory it may use [MB], from now on.

    `tell` is called with a line of progress whenever a step begins.
    """

    seconds: float = 60.0
    memory_mb: int = 4096
    seed: int = 1
    tell: Tell = _silent
    started: float = field(default_factory=time.monotonic)

    @property
    def left(self) -> float:
        """Seconds that are left; at least 0."""
        return max(0.0, self.seconds - (time.monotonic() - self.started))

    @property
    def spent(self) -> float:
        """Seconds since the search began."""
        return time.monotonic() - self.started

    def share(self, seconds: float) -> "Limits":
        """Return limits of at most `seconds`, and never more than is left."""
        return Limits(min(seconds, self.left), self.memory_mb, self.seed, self.tell)


def cp_sat() -> "ModuleType":
    """Return the module of CP-SAT.

    Raises
    ------
    SolverMissingError
        When OR-Tools is not installed.
    """
    try:
        from ortools.sat.python import cp_model  # noqa: PLC0415 - heavy, and an optional extra
    except ImportError as error:
        raise SolverMissingError(
            "Proofs need the constraint solver OR-Tools, which is not installed. Install kyphort "
            "with its extra: pip install 'kyphort[reconstruction]'."
        ) from error
    return cp_model


def solve(model: "CpModel", limits: Limits) -> "tuple[str, CpSolver]":
    """Solve with one worker and a fixed seed, so that a run can be repeated.

    Returned are the name of the status, such as OPTIMAL or INFEASIBLE, and the solver.
    """
    solver = cp_sat().CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = limits.seed
    solver.parameters.max_time_in_seconds = max(limits.left, 1e-3)
    solver.parameters.max_memory_in_mb = limits.memory_mb
    return solver.status_name(solver.solve(model)), solver
