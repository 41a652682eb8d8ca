"""The one wrapper by which every kernel is compiled."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., object])

_REORDERINGS = {"contract", "reassoc", "nsz", "arcp"}
"""No assumption about NaN or infinity; sums may be reordered, the same way in every run."""


def jit(function: F) -> F:
    """Compile for the types of the first call, keep the result on disk, release the GIL.

    Kernels allocate nothing, so that arrays need no reference counts: counting them at every call
    between kernels made a run eight times as long. Calls are always written out in the caller: a
    grid and its tables are a hundred arguments, which cost a third of a run on coarse cells.
    """
    options: dict[str, Any] = {
        "cache": True,
        "nogil": True,
        "error_model": "numpy",
        "fastmath": _REORDERINGS,
        "_nrt": False,
        "forceinline": True,
    }
    return cast(F, numba.njit(**options)(function))
