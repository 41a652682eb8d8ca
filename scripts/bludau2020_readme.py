"""The numbers of the shipped cohort in README.md, and its figure in docs/images."""

import re
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from kyphort.published import load
from kyphort.reports.results import IncidenceLandmark, Landmark, Results
from kyphort.workflows.reproduce import reproduce

ROOT = Path(__file__).parents[1]
FIGURE = "figure1_local_control.svg"


def refresh(tell: Callable[[str], None]) -> None:
    """Reproduce the publication from what ships now, and bring README and figure up to date."""
    with tempfile.TemporaryDirectory() as home:
        done = reproduce("bludau2020", Path(home) / "out")
        picture = (done.folder / "figures" / FIGURE).read_bytes()
        (ROOT / "docs" / "images" / FIGURE).write_bytes(picture)
    readme = ROOT / "README.md"
    readme.write_text(with_numbers(readme.read_text(encoding="utf-8"), done.results), "utf-8")
    tell("README.md and its figure are up to date")


def with_numbers(text: str, results: Results) -> str:
    """Return the README with the numbers of the results."""
    computed = [
        _row("computed", results.local_control.all, 2),
        _row("computed", results.overall_survival, 2),
    ]
    rows = iter(computed)
    text = re.sub(r"(?m)^\| computed \|.*$", lambda _: next(rows), text)
    incidence = results.recurrence_cumulative_incidence
    label = "recurrence with death competing, not printed"
    text = re.sub(rf"(?m)^\| {label} \|.*$", _row(label, incidence, 1), text)
    last = incidence[-1]
    text = re.sub(
        r"(?m)^competing: .*$",
        f"competing: {last.estimate:.1%} ({last.lower:.1%} to {last.upper:.1%})",
        text,
    )
    p_value = results.as_json()["logrank_thoracic_lumbar"]["p_value"]
    text = re.sub(r"(printed p = 0\.663, computed) [\d.]+\.", rf"\1 {p_value:.4f}.", text)
    return re.sub(r"over \d+ reconstructed cohorts it.*?months\.", _seen(), text, flags=re.DOTALL)


def _row(label: str, curve: Iterable[Landmark | IncidenceLandmark], digits: int) -> str:
    values = (f"{100 * (one.estimate or 0.0):.{digits}f}" for one in curve)
    return f"| {label} | {' | '.join(values)} |"


def _seen() -> str:
    known = {one.path: one for one in load("bludau2020").ranges}
    parts, cohorts = [], 0
    for month in (12, 24, 60):
        one = known[f"recurrence_cumulative_incidence.{month}.estimate"]
        low, high = one.seen or (one.low, one.high)
        cohorts = one.cohorts
        parts.append(f"{100 * low:.1f} and {100 * high:.1f}% at {month}")
    return (
        f"over {cohorts} reconstructed cohorts it lies between {parts[0]}, {parts[1]}, and\n"
        f"{parts[2]} months."
    )
