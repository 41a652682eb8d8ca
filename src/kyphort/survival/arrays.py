"""Array types and small helpers that every estimator shares."""

from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Integers = NDArray[np.integer[Any]]
BoolArray = NDArray[np.bool_]

_Array = TypeVar("_Array", bound=NDArray[Any])


def read_only(array: _Array) -> _Array:
    """Return a copy of `array` that cannot be written to."""
    return frozen(array.copy())


def frozen(array: _Array) -> _Array:
    """Return `array`, which nobody else holds, after closing it to writing."""
    array.setflags(write=False)
    return array


def for_kernels(values: Integers) -> IntArray:
    """Return a view, or a copy where need be, of the one type that a compiled loop is made for."""
    view = np.ascontiguousarray(values, dtype=np.int64).view()
    return frozen(view)


def from_the_right(values: FloatArray) -> FloatArray:
    """Sum `values` from each position to the end."""
    return np.cumsum(values[::-1])[::-1]


def with_start(initial: float, values: FloatArray) -> FloatArray:
    """Put the value before the first time in front of a step function's values."""
    return np.concatenate(([initial], values))


def count_at(position: IntArray, weight: FloatArray, size: int) -> FloatArray:
    """Sum `weight` at each of `size` positions."""
    return np.bincount(position, weight, size).astype(np.float64)


def ratio(part: FloatArray, whole: FloatArray) -> FloatArray:
    """Return part / whole, 0 where the part or the whole is 0."""
    return np.divide(
        part, whole, out=np.zeros_like(whole + part), where=(part != 0.0) & (whole != 0.0)
    )
