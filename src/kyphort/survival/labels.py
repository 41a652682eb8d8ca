"""Labels of clusters, strata and groups, encoded in a way that does not depend on row order."""

import math
from collections.abc import Hashable, Iterable, Sequence, Set
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kyphort.errors import InvalidDataError
from kyphort.survival.arrays import BoolArray, IntArray, Integers, for_kernels
from kyphort.survival.checks import check_length, name_rows
from kyphort.survival.jit import is_large

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


def encode_counted(field: str, labels: Labels, rows: int) -> tuple[IntArray, Integers]:
    """Return new codes of `encode_labels`, `(n,)`, and the number of rows of each, `(k,)`."""
    integers = _integers(field, labels, rows)
    if integers is not None:
        return count_integers(integers)
    codes = encode_labels(field, labels, rows)[0]
    return codes, np.bincount(codes)


def rank_integers(values: NDArray[np.integer[Any]]) -> tuple[IntArray, NDArray[np.integer[Any]]]:
    """Return the position of each value among the sorted distinct ones, and those.

    >>> [found.tolist() for found in rank_integers(np.array([7, 2, 7]))]
    [[1, 0, 1], [2, 7]]
    """
    lowest, highest = _extent(values)
    if highest - lowest > 4 * values.size:
        distinct, codes = np.unique(values, return_inverse=True)
        return codes.astype(np.int64), distinct
    above = values.astype(np.int64, copy=False) - lowest if lowest else values
    is_used = _used(above, highest - lowest + 1)
    distinct = np.flatnonzero(is_used)
    if distinct.size == is_used.size:
        return above.astype(np.int64, copy=False), distinct + lowest
    return (np.cumsum(is_used) - 1)[above], distinct + lowest


def count_integers(values: NDArray[np.integer[Any]]) -> tuple[IntArray, Integers]:
    """Return the position of each value among the sorted distinct ones, and how many have each.

    >>> [found.tolist() for found in count_integers(np.array([7, 2, 7]))]
    [[1, 0, 1], [1, 2]]
    """
    lowest, highest = _extent(values)
    if not is_large(values.size) or highest - lowest > 4 * values.size:
        codes, distinct = rank_integers(values)
        return codes.copy(), np.bincount(codes, minlength=distinct.size)
    from kyphort.survival import order_kernels  # noqa: PLC0415 - compiled loops, for many rows only

    codes = np.empty(values.size, dtype=np.int64)
    sizes = np.zeros(highest - lowest + 1, dtype=np.int32)
    order_kernels.count_labels(for_kernels(values), lowest, codes, sizes)
    is_used = sizes > 0
    if is_used.all():
        return codes, sizes
    order_kernels.close_gaps(np.cumsum(is_used, dtype=np.int32) - np.int32(1), codes)
    return codes, sizes[is_used]


def _extent(values: NDArray[np.integer[Any]]) -> tuple[int, int]:
    if not is_large(values.size):
        return int(values.min()), int(values.max())
    from kyphort.survival import order_kernels  # noqa: PLC0415 - compiled loops, for many rows only

    return order_kernels.extent(for_kernels(values))


def _used(codes: NDArray[np.integer[Any]], size: int) -> BoolArray:
    if not is_large(codes.size):
        return np.bincount(codes, minlength=size) > 0
    from kyphort.survival import order_kernels  # noqa: PLC0415 - compiled loops, for many rows only

    seen = np.zeros(size, dtype=np.uint8)
    order_kernels.mark_labels(for_kernels(codes), seen)
    return seen.view(np.bool_)


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
