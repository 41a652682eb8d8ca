"""Random small data sets with heavy ties, for hypothesis."""

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from kyphort.survival import SurvivalData


@dataclass(frozen=True)
class Case:
    """Columns of one data set; `data` chooses which of them count."""

    time: NDArray[np.float64]
    event: NDArray[np.int64]
    entry: NDArray[np.float64]
    cluster: NDArray[np.int64]
    copies: NDArray[np.int64]
    group: NDArray[np.int64]

    def data(self, *columns: str) -> SurvivalData:
        chosen = {name: getattr(self, name) for name in columns if name != "copies"}
        weight = self.copies if "copies" in columns else None
        return SurvivalData(self.time, self.event, weight=weight, **chosen)

    def rows(self, order: NDArray[np.int64]) -> "Case":
        return Case(*(column[order] for column in vars(self).values()))


@st.composite
def cases(draw: st.DrawFn, smallest: int = 2, largest: int = 30) -> Case:
    size = draw(st.integers(smallest, largest))

    def column(low: int, high: int) -> NDArray[np.int64]:
        values = st.lists(st.integers(low, high), min_size=size, max_size=size)
        return np.array(draw(values), dtype=np.int64)

    time = column(1, 9).astype(np.float64)
    entry = np.minimum(column(0, 6), time - 1.0)
    group = column(0, 2)
    group[0], group[-1] = 0, 1  # a comparison has two groups at least
    return Case(time, column(0, 2), entry, column(0, 5), column(1, 3), group)


def orders(case: Case) -> st.SearchStrategy[NDArray[np.int64]]:
    return st.permutations(range(case.time.size)).map(np.array)
