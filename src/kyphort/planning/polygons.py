"""The share of each pixel that polygons cover: exact along rows, fine across them."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
ROWS = 16
"""Lines across each pixel row on which the coverage is taken."""


def coverage(
    polygons: Sequence[Floats], shape: tuple[int, int], *, rows: int = ROWS
) -> NDArray[np.float32]:
    """Return the share of each pixel (row, column) inside polygons, by the even-odd rule.

    A polygon within another is a hole. On each of `rows` lines through a pixel row the covered
    length is exact; their mean is the share.

    Parameters
    ----------
    polygons
        Corners (n, 2) as (column, row); pixel centres are whole numbers.
    shape
        Numbers of rows and columns.

    Examples
    --------
    >>> square = np.array([[0.0, 0.0], [2.0, 0.0], [2.0, 2.0], [0.0, 2.0]])
    >>> coverage([square], (3, 3)).round(2).tolist()
    [[0.25, 0.5, 0.25], [0.5, 1.0, 0.5], [0.25, 0.5, 0.25]]
    """
    lines = (np.arange(shape[0] * rows) + 0.5) / rows - 0.5
    line, place = _crossings(polygons, lines)
    inside = np.zeros((len(lines), shape[1]))
    if len(line):
        _add_spans(inside, line, place)
    return np.asarray(inside.reshape(shape[0], rows, shape[1]).mean(axis=1), dtype=np.float32)


def _crossings(polygons: Sequence[Floats], lines: Floats) -> tuple[NDArray[np.int64], Floats]:
    """Return the lines crossed and where, sorted by line and place; each line an even number."""
    numbers, places = [], []
    for corners in polygons:
        x0, y0 = corners.T
        x1, y1 = np.roll(x0, -1), np.roll(y0, -1)
        first = np.searchsorted(lines, np.minimum(y0, y1), side="left")
        last = np.searchsorted(lines, np.maximum(y0, y1), side="left")
        count = last - first
        edge = np.repeat(np.arange(len(x0)), count)
        offset = np.arange(len(edge)) - np.repeat(np.cumsum(count) - count, count)
        number = first[edge] + offset
        share = (lines[number] - y0[edge]) / (y1[edge] - y0[edge])
        numbers.append(number)
        places.append(x0[edge] + share * (x1[edge] - x0[edge]))
    number, place = np.concatenate(numbers), np.concatenate(places)
    order = np.lexsort((place, number))
    return number[order], place[order]


def _add_spans(inside: Floats, line: NDArray[np.int64], place: Floats) -> None:
    """Add to each pixel the length of it between every second crossing and the next."""
    columns = inside.shape[1]
    edges = np.clip(place + 0.5, 0.0, columns)
    # The covered length left of a pixel's edge grows with +1 from where a span opens and -1 from
    # where it closes; its differences are what each pixel holds.
    sign = np.where(np.arange(len(line)) % 2 == 0, 1.0, -1.0)
    pixel = np.minimum(edges.astype(np.int64), columns - 1)
    within = edges - pixel
    slope = np.zeros((inside.shape[0], columns + 1))
    np.add.at(inside, (line, pixel), sign * (1 - within))
    np.add.at(slope, (line, pixel + 1), sign)
    inside += np.cumsum(slope, axis=1)[:, :-1]
