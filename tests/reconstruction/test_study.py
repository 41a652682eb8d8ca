"""The simulation study in short: every promise that its whole run makes."""

import pytest
from soak.reconstruction import run
from soak.reconstruction.scores import FIRST


def test_the_study_finds_no_fault(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(cohorts=4, ensemble=3) == []
    said = capsys.readouterr().out
    assert f"| all | {FIRST} | same | 100 % |" in said
    assert "Guyot, digitised figure | **more**" in said
