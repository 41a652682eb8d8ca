"""Labels of clusters, strata and groups, encoded in a way that does not depend on row order."""

import math
from collections.abc import Hashable, Iterable, Sequence, Set
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

    The codes are `(n,)` integers from 0. Numbers come first, then the labels of other types by type
    name; labels without an order of their own sort by their representation.

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
    integers = _integers(field, labels, rows)
    if integers is not None:
        codes, distinct = rank_integers(integers)
        return codes, distinct.tolist()
    values = _as_list(labels)
    check_length(field, len(values), rows)
    try:
        found = set(values)
    except TypeError as error:
        raise InvalidDataError(
            f"{field}: a label cannot be used as a key ({error}). Pass numbers, text or tuples."
        ) from error
    if any(map(_is_missing, found)):
        _refuse_missing(field, values)
    names = sorted_labels(found)
    position = {name: code for code, name in enumerate(names)}
    codes = np.fromiter(map(position.__getitem__, values), dtype=np.int64, count=rows)
    return codes, names


def encode_codes(field: str, labels: Labels, rows: int) -> IntArray:
    """Return the codes of `encode_labels` alone, `(n,)`, without a list of many names."""
    integers = _integers(field, labels, rows)
    return encode_labels(field, labels, rows)[0] if integers is None else rank_integers(integers)[0]


def rank_integers(values: NDArray[np.integer[Any]]) -> tuple[IntArray, NDArray[np.integer[Any]]]:
    """Return the position of each value among the sorted distinct ones, and those.

    >>> [found.tolist() for found in rank_integers(np.array([7, 2, 7]))]
    [[1, 0, 1], [2, 7]]
    """
    lowest, highest = int(values.min()), int(values.max())
    if highest - lowest > 4 * values.size:
        distinct, codes = np.unique(values, return_inverse=True)
        return codes.astype(np.int64), distinct
    above = values.astype(np.int64, copy=False) - lowest if lowest else values
    sizes = np.bincount(above, minlength=highest - lowest + 1)
    distinct = np.flatnonzero(sizes)
    if distinct.size == sizes.size:
        return above.astype(np.int64, copy=False), distinct + lowest
    return (np.cumsum(sizes > 0) - 1)[above], distinct + lowest


def _integers(field: str, labels: Labels, rows: int) -> NDArray[np.integer[Any]] | None:
    if not isinstance(labels, np.ndarray):
        return None
    if labels.ndim != 1:
        raise InvalidDataError(
            f"{field}: an array of shape {labels.shape}. Pass one label per row, shape (n,)."
        )
    check_length(field, labels.size, rows)
    fits = labels.dtype.kind == "i" or (labels.dtype.kind == "u" and labels.dtype.itemsize < 8)
    return labels if fits and rows else None


def _as_list(labels: Labels) -> list[Any]:
    if isinstance(labels, np.ndarray) and labels.dtype.kind in "bfUS":
        return list(labels.tolist())
    return [label.item() if isinstance(label, np.generic) else label for label in labels]


def sorted_labels(labels: Iterable[Hashable]) -> list[Hashable]:
    """Sort labels of any kind in one reproducible order.

    >>> sorted_labels(["L1", 2, "C7", 1])
    [1, 2, 'C7', 'L1']
    """
    distinct = list(labels)
    try:
        return sorted(distinct, key=_natural_order)
    except TypeError:
        return sorted(distinct, key=lambda label: (type(label).__name__, repr(label)))


def _natural_order(label: Hashable) -> tuple[str, Any]:
    if isinstance(label, int | float):
        return "", label
    # Sets compare by inclusion, which sorts nothing.
    return type(label).__name__, sorted(map(repr, label)) if isinstance(label, Set) else label


def _refuse_missing(field: str, values: list[Any]) -> None:
    rows = [row for row, value in enumerate(values) if _is_missing(value)]
    if rows:
        raise InvalidDataError(
            f"{field}: no label at {name_rows(rows)}. Give each row a label, or leave these out."
        )


def _is_missing(value: object) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))
