"""A new folder that appears complete or not at all."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kyphort.errors import OutputError


@contextmanager
def new_folder(target: Path) -> Iterator[Path]:
    """Give a temporary folder that becomes `target` when the block ends well.

    Raises
    ------
    OutputError
        When `target` is a file, holds anything, or cannot be written to. Nothing is changed then.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as home:
    ...     with new_folder(Path(home) / "data") as stage:
    ...         _ = (stage / "patients.csv").write_text("patient_id")
    ...     [path.name for path in (Path(home) / "data").iterdir()]
    ['patients.csv']
    """
    check_is_free(target)
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
        stage.rename(target)
    except OSError as error:
        raise OutputError(
            f"{target} could not be written ({error.strerror}). Nothing was changed; check the "
            "free space and the rights of the folder."
        ) from error
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def check_is_free(target: Path) -> None:
    """Refuse a target that is a file or holds anything."""
    try:
        if not target.exists():
            return
        present = sorted(one.name for one in target.iterdir()) if target.is_dir() else None
    except OSError as error:
        raise OutputError(
            f"{target} cannot be written ({error.strerror}). Choose a folder you may write to."
        ) from error
    if present is None:
        raise OutputError(f"{target} is a file. Give the name of a new folder.")
    if present:
        raise OutputError(
            f"{target} is not empty (for example '{present[0]}'). Nothing is overwritten: choose "
            "an empty or a new folder."
        )
