"""The short form of the fuzzing campaign (`python -m soak dicom`)."""

from pathlib import Path

import pytest


@pytest.mark.filterwarnings("ignore")
def test_mutated_files_give_values_or_sentences(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(Path(__file__).parents[3])
    from soak.dicom_fuzz import campaign

    assert campaign(120, seed=3) == []
