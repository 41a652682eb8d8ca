"""Writing a folder of results: stage beside it, verify, then rename into place."""

import json
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from kyphort.errors import OutputError

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
        target.parent.mkdir(parents=True, exist_ok=True)
        stage = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    except OSError as error:
        raise OutputError(
            f"{target} cannot be written ({error.strerror}). Choose a folder you may write to."
        ) from error
    try:
        stage.chmod(0o755)
        yield stage
        _verify(stage)
        _put_in_place(stage, target)
    except OSError as error:
        raise OutputError(
            f"{target} could not be written ({error.strerror}). Nothing was changed; check the "
            "free space and the rights of the folder."
        ) from error
    finally:
        shutil.rmtree(stage, ignore_errors=True)
        _remove_empty(made_on_the_way)


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
