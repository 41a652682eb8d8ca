"""Labels of clusters, strata and groups, encoded in a way that does not depend on row order."""

import math
from collections.abc import Hashable, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kyphort.errors import InvalidDataError
from kyphort.survival.arrays import IntArray
from kyphort.survival.checks import check_length, name_rows

Labels = Sequence[Hashable] | NDArray[Any]
"""One hashable label per row: a list, a tuple, a NumPy array, a pandas column."""


def encode_labels(field: str, labels: Labels, rows: int) -> tuple[IntArray, list[Hashable]]:
    """Return the position of each row's label among the sorted distinct labels, and those labels.

    The codes are `(n,)` integers from 0. Labels of several types sort by type name first; labels
    without an order of their own sort by their representation.

    Raises
    ------
    InvalidDataError
        When a label is missing (None or NaN) or not hashable, or when the length is not `rows`.

    Examples
    --------
    >>> codes, names = encode_labels("cluster", ["b", "a", "b"], 3)
    >>> codes.tolist(), names
    ([1, 0, 1], ['a', 'b'])
    """
    if isinstance(labels, np.ndarray) and labels.ndim != 1:
        raise InvalidDataError(
            f"{field}: an array of shape {labels.shape}. Pass one label per row, shape (n,)."
        )
    values: list[Any] = labels.tolist() if hasattr(labels, "tolist") else list(labels)
    check_length(field, len(values), rows)
    _refuse_missing(field, values)
    try:
        names = sorted_labels(set(values))
    except TypeError as error:
        raise InvalidDataError(
            f"{field}: a label cannot be used as a key ({error}). Pass numbers, text or tuples."
        ) from error
    position = {name: code for code, name in enumerate(names)}
    codes = np.fromiter((position[value] for value in values), dtype=np.int64, count=rows)
    return codes, names


def sorted_labels(labels: Iterable[Hashable]) -> list[Hashable]:
    """Sort labels of any kind in one reproducible order.

    >>> sorted_labels(["L1", 2, "C7", 1])
    [1, 2, 'C7', 'L1']
    """
    distinct: list[Any] = list(labels)
    try:
        return sorted(distinct, key=lambda label: (type(label).__name__, label))
    except TypeError:
        return sorted(distinct, key=lambda label: (type(label).__name__, repr(label)))


def _refuse_missing(field: str, values: list[Any]) -> None:
    rows = [row for row, value in enumerate(values) if _is_missing(value)]
    if rows:
        raise InvalidDataError(
            f"{field}: no label at {name_rows(rows)}. Give each row a label, or leave these out."
        )


def _is_missing(value: object) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))
