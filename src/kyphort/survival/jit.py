"""When rows are many enough for compiled loops, and the one wrapper that compiles them."""

from collections.abc import Callable
from typing import TypeVar, cast

F = TypeVar("F", bound=Callable[..., object])

MANY_ROWS = 20_000
"""From here on loops are compiled; below, NumPy answers before numba is imported."""


def is_large(rows: int) -> bool:
    """Whether compiled loops are worth their start.

    >>> is_large(143)
    False
    """
    return rows >= MANY_ROWS


def jit(function: F) -> F:
    """Compile for the types of the first call, keep the result on disk, release the GIL.

    Arithmetic stays in the order written, so that a run gives the same bits as any other.
    """
    import numba  # noqa: PLC0415 - slow to import, and only many rows need it

    return cast(F, numba.njit(function, cache=True, nogil=True, error_model="numpy"))


def jit_sums(function: F) -> F:
    """Compile as `jit` does, but let sums be added up in several lanes at once.

    What is added where depends on the sizes of the arrays only, so that one machine gives the same
    bits each time; another kind of processor may differ in the last ones.
    """
    import numba  # noqa: PLC0415 - slow to import, and only many rows need it

    compiled = numba.njit(
        function, cache=True, nogil=True, error_model="numpy", fastmath={"reassoc"}
    )
    return cast(F, compiled)
