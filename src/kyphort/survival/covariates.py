"""Covariates: named columns of numbers, one row for each row of the data."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kyphort.errors import InvalidDataError
from kyphort.survival.arrays import FloatArray
from kyphort.survival.checks import check_length, name_rows, numbers

Covariates = ArrayLike | Mapping[str, ArrayLike]
"""Numbers `(n, p)`, one column `(n,)`, or named columns (a dictionary, a data frame)."""


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """The names `(p,)` and the values `(n, p)` of covariates, all finite."""

    names: tuple[str, ...]
    values: FloatArray


def as_design(covariates: Covariates, rows: int, field: str = "covariates") -> Design:
    """Return covariates as a matrix with names; columns without a name are x1, x2, x3.

    Raises
    ------
    InvalidDataError
        When there is no column, a column has another length than the data, or a value is missing.

    >>> design = as_design({"age": [61, 70], "lumbar": [0, 1]}, 2)
    >>> design.names, design.values.tolist()
    (('age', 'lumbar'), [[61.0, 0.0], [70.0, 1.0]])
    """
    if isinstance(covariates, np.ndarray) and covariates.ndim == 2 and covariates.shape[1]:
        whole = _whole(covariates, rows)
        if whole is not None:
            return whole
    names, columns = _columns(covariates, field)
    if not columns:
        raise InvalidDataError(f"{field}: no column. Pass at least one covariate.")
    for name, column in zip(names, columns, strict=True):
        check_length(f"{field} '{name}'", column.size, rows)
        missing = np.flatnonzero(~np.isfinite(column))
        if missing.size:
            raise InvalidDataError(
                f"{field} '{name}': a missing or infinite value at {name_rows(missing)}. Give a "
                "number for each of these rows, or leave the rows out."
            )
    return Design(names, np.stack(columns, axis=1))


def _whole(covariates: NDArray[Any], rows: int) -> Design | None:
    """Return a sound matrix as it is; None for one whose columns need a closer look."""
    if covariates.dtype.kind not in "fiub" or covariates.shape[0] != rows:
        return None
    values = np.ascontiguousarray(covariates, dtype=np.float64)
    names = tuple(f"x{place + 1}" for place in range(values.shape[1]))
    return Design(names, values) if np.isfinite(values).all() else None


def _columns(covariates: Covariates, field: str) -> tuple[tuple[str, ...], list[FloatArray]]:
    named = _named(covariates)
    if named is not None:
        return tuple(named), [_column(f"{field} '{name}'", one) for name, one in named.items()]
    matrix = _floats(field, covariates)
    if matrix.ndim == 1:
        matrix = matrix[:, None]
    if matrix.ndim != 2:
        raise InvalidDataError(
            f"{field}: an array of {matrix.ndim} dimensions. Pass numbers of shape (n, p)."
        )
    return tuple(f"x{place + 1}" for place in range(matrix.shape[1])), list(matrix.T)


def _named(covariates: object) -> dict[str, ArrayLike] | None:
    """Return named columns of a mapping or of a data frame, which names them in `columns`."""
    if isinstance(covariates, Mapping):
        return {str(name): column for name, column in covariates.items()}
    names = getattr(covariates, "columns", None)
    if names is None or not hasattr(covariates, "__getitem__"):
        return None
    return {str(name): covariates[name] for name in names}


def _column(field: str, values: ArrayLike) -> FloatArray:
    column = _floats(field, values)
    if column.ndim != 1:
        raise InvalidDataError(f"{field}: shape {column.shape}. Pass one value per row, (n,).")
    return column


def _floats(field: str, values: object) -> FloatArray:
    try:
        return numbers(values)
    except (TypeError, ValueError) as error:
        raise InvalidDataError(
            f"{field}: not all values are numbers ({error}). Code categories as 0 and 1."
        ) from error
