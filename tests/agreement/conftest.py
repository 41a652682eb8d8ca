"""Each comparison is made twice: by NumPy, as for few rows, and by the loops for many."""

import pytest

from kyphort.survival import jit


@pytest.fixture(params=["few rows", "many rows"], autouse=True)
def path(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "many rows":
        monkeypatch.setattr(jit, "MANY_ROWS", 2)
