"""What the verbs of `kyphort dose` hand back, and what each says of its source."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from matplotlib.figure import Figure

from kyphort import __version__
from kyphort.dosimetry import DoseGrid, PhotonSource, save_dose, unverified
from kyphort.reports.document import Table
from kyphort.reports.dose_pages import dose_document, write_dose_folder
from kyphort.workflows.staging import staged_folder


@dataclass(frozen=True, slots=True)
class DoseReport:
    """What a verb hands back: a title, tables, notes, plain results and figures with captions."""

    title: str
    subtitle: str
    tables: tuple[Table, ...]
    notes: tuple[str, ...]
    results: Mapping[str, object]
    figures: tuple[tuple[str, str, Figure], ...] = ()
    grid: DoseGrid | None = None

    def write(self, out: Path) -> None:
        """Write page, tables, figures, JSON and, if there is one, the dose grid."""
        captions = [(name, caption) for name, caption, _ in self.figures]
        provenance = {"Made by": f"kyphort {__version__}"} | {
            name: str(value) for name, value in self.results.items() if isinstance(value, str | int)
        }
        document = dose_document(
            self.title, self.subtitle, self.tables, captions, self.notes, provenance
        )
        with staged_folder(out) as stage:
            drawings = {name: drawing for name, _, drawing in self.figures}
            write_dose_folder(stage, document, drawings, self.results)
            if self.grid is not None:
                save_dose(self.grid, stage / "dose.npz")


def facts(source: PhotonSource) -> dict[str, object]:
    """Return what every result says of its source."""
    return {"source": source.name, "calibration": source.calibration, "kyphort": __version__}


def notes_on(source: PhotonSource) -> tuple[str, ...]:
    """Return the sentences that belong under every dose of a source."""
    open_points = unverified(source)
    notes = [
        "Dose = collision kerma, in the medium named; distances from the isocentre in the tip. "
        "Absolute doses are limited by the calibration (10 to 15 %)."
    ]
    if open_points:
        notes.append(f"Parameters that were not verified: {', '.join(open_points)}.")
    return tuple(notes)
