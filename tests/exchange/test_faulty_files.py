"""The short form of the campaign `python -m soak "faulty files"`."""

import runpy
from pathlib import Path

CAMPAIGN = runpy.run_path(str(Path(__file__).parents[2] / "soak" / "faulty_files.py"))


def test_faulty_files_end_in_findings_or_in_a_correct_import() -> None:
    kinds = len(CAMPAIGN["OF_REDCAP"]) + len(CAMPAIGN["OF_SPSS"])
    assert CAMPAIGN["campaign"](4 * kinds, seed=1) == []


def test_the_campaign_is_large_enough() -> None:
    assert CAMPAIGN["FILES"] >= 2_000
