"""Writing a folder of results: stage beside it, verify, then rename into place."""

import json
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from kyphort.errors import OutputError
from kyphort.workflows.folders import stage_beside

MARK = "results.json"
"""The file by which kyphort knows a folder that it wrote itself."""


@contextmanager
def staged_folder(target: Path) -> Iterator[Path]:
    """Give a temporary folder that takes the place of `target` when the block ends well.

    A folder that kyphort wrote before is replaced as a whole; one with other files is refused. When
    the block fails, the temporary folder is removed and `target` is as it was.

    Raises
    ------
    OutputError
        When `target` is a file, holds files that kyphort did not write, or cannot be written to.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as home:
    ...     with staged_folder(Path(home) / "out") as stage:
    ...         _ = (stage / "results.json").write_text("{}")
    ...     sorted(path.name for path in (Path(home) / "out").iterdir())
    ['results.json']
    """
    _check_replaceable(target)
    made_on_the_way = [one for one in target.parents if not one.exists()]
    try:
        with stage_beside(target, lambda stage: _verified_in_place(stage, target)) as stage:
            yield stage
    finally:
        _remove_empty(made_on_the_way)


def _verified_in_place(stage: Path, target: Path) -> None:
    _verify(stage)
    _put_in_place(stage, target)


def _remove_empty(folders: Iterable[Path]) -> None:
    """Remove folders from the innermost outwards, those that hold nothing."""
    with suppress(OSError):
        for folder in folders:
            folder.rmdir()


def _check_replaceable(target: Path) -> None:
    if not target.exists():
        return
    if not target.is_dir():
        raise OutputError(f"{target} is a file. Give the name of a folder for the results.")
    present = [path.name for path in target.iterdir()]
    if present and not (target / MARK).is_file():
        raise OutputError(
            f"{target} holds files that kyphort did not write (for example '{min(present)}'). "
            "Choose an empty or a new folder."
        )


def _verify(stage: Path) -> None:
    json.loads((stage / MARK).read_text(encoding="utf-8"))
    empty = [path for path in stage.rglob("*") if path.is_file() and path.stat().st_size == 0]
    if empty:
        raise OutputError(f"The result file {empty[0].name} came out empty. Nothing was changed.")


def _put_in_place(stage: Path, target: Path) -> None:
    if not target.exists():
        stage.rename(target)
        return
    previous = Path(tempfile.mkdtemp(prefix=f".{target.name}.previous.", dir=target.parent))
    kept = previous / target.name
    target.rename(kept)
    try:
        stage.rename(target)
    except OSError:
        kept.rename(target)
        raise
    finally:
        shutil.rmtree(previous, ignore_errors=True)
