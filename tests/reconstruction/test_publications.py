"""Random publications of hidden cohorts, the short form; `python -m soak publications` is long."""

from pathlib import Path

import pytest
from soak.publications import try_publication

SHORT = (2, 4, 6, 9, 13, 15, 18)


@pytest.mark.parametrize("index", SHORT)
def test_a_real_publication_is_never_refused_and_a_misprint_never_accepted(
    index: int, tmp_path: Path
) -> None:
    trial = try_publication(index, tmp_path, largest=10, seconds=5.0)
    assert trial.faults == ()
    assert any(one.startswith("check") for one in trial.outcomes)
