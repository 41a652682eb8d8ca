"""Mutated DICOM files: whatever is in them, the readers answer with a value or a sentence.

Each file is read in this process under a limit of memory and time: a traceback, a hang, a large
allocation or a crash is a fault. The short form runs in the tests.
"""

import datetime as dt
import os
import resource
import signal
import struct
import sys
import tempfile
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pydicom
from pydicom.uid import RLELossless

from kyphort.errors import KyphortError
from kyphort.exchange.dicom import (
    Identity,
    Pseudonym,
    deidentified,
    dose_object,
    hash_of,
    list_series,
    read_ct,
    read_dose,
    read_structures,
    save,
    structure_set,
    write_synthetic_ct,
)
from kyphort.exchange.dicom.files import read_file
from kyphort.planning.dvh import samples_of
from kyphort.planning.frame import VoxelFrame
from kyphort.planning.image import CtImage
from kyphort.planning.structures import Structure

FILES = 4_000
SECONDS_PER_FILE = 20
MEMORY_BYTES = 3_000_000_000
_INTERESTING = (0, 1, 0x7F, 0x80, 0xFF)


def mutated(content: bytes, rng: np.random.Generator) -> bytes:
    """Return content with one to a few faults: bits, bytes, lengths, cuts, copies, text."""
    data = bytearray(content)
    for _ in range(int(rng.integers(1, 5))):
        kind = int(rng.integers(0, 7))
        place = _place(len(data), rng)
        if kind == 0:
            data[place] ^= 1 << int(rng.integers(0, 8))
        elif kind == 1:
            data[place] = int(rng.choice(_INTERESTING))
        elif kind == 2:
            data[place : place + 4] = struct.pack("<I", int(rng.integers(0, 2**32)))
        elif kind == 3:
            del data[place:]
        elif kind == 4:
            length = int(rng.integers(1, 64))
            del data[place : place + length]
        elif kind == 5:
            other, length = _place(len(data), rng), int(rng.integers(1, 128))
            data[place:place] = data[other : other + length]
        else:
            data[place : place + 8] = rng.bytes(8)
        if len(data) < 140:
            return bytes(data)
    return bytes(data)


def _place(size: int, rng: np.random.Generator) -> int:
    """Return a place, more often in the first kilobytes, where the elements are."""
    top = size if rng.random() < 0.3 else min(size, 3000)
    return int(rng.integers(min(132, top - 1), top)) if top > 133 else int(rng.integers(0, size))


def read_all(folder: Path) -> None:
    """Read a folder as a plan would: series, structures, dose, and de-identify."""
    steps: Sequence[Callable[[], object]] = (
        lambda: list_series(folder),
        lambda: [
            samples_of(one, read_ct(folder / "ct").image.frame)
            for one in read_structures(folder / "rtstruct.dcm", read_ct(folder / "ct")).structures
        ],
        lambda: read_dose(folder / "rtdose.dcm"),
        *(
            lambda path=path: deidentified(read_file(path), Pseudonym("P1", "x"), path.name)
            for path in sorted(folder.rglob("*.dcm"))[:3]
        ),
    )
    for step in steps:
        try:
            step()
        except KyphortError as error:
            words = str(error)
            if "Traceback" in words or len(words) > 1500:
                raise AssertionError(f"not one sentence: {words[:200]}") from error


def prepare(folder: Path) -> None:
    """Write the sound files: three CT slices (two of them compressed), structures, a dose."""
    frame = VoxelFrame((3, 16, 16), (1, 1, 1), (0, 0, 0))
    values = np.random.default_rng(1).normal(40, 20, frame.shape).astype(np.float32)
    when = dt.datetime(2026, 11, 2, tzinfo=dt.UTC)
    study = write_synthetic_ct(
        CtImage(values, frame), folder / "ct", patient_id="F", when=when, seed="fuzz"
    )
    for path in sorted((folder / "ct").iterdir())[:2]:
        one = pydicom.dcmread(path)
        one.compress(RLELossless)
        one.save_as(path)
    identity = Identity(hash_of("fuzz"), when)
    square = [[2.0, 2, 1], [12, 2, 1], [12, 12, 1], [2, 12, 1]]
    save(
        structure_set([Structure("GTV", (np.array(square),))], study, identity),
        folder / "rtstruct.dcm",
    )
    dose = dose_object(np.ones(frame.shape), frame, study, identity, "dose", comment="Fuzz.")
    save(dose, folder / "rtdose.dcm")


def campaign(files: int, seed: int = 1) -> list[str]:
    """Read so many mutated files; return a sentence for each fault."""
    faults: list[str] = []
    rng = np.random.default_rng(seed)
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home)
        prepare(folder)
        paths = sorted(folder.rglob("*.dcm"))
        sound = {path: path.read_bytes() for path in paths}
        for number in range(files):
            path = paths[int(rng.integers(len(paths)))]
            content = mutated(sound[path], rng)
            path.write_bytes(content)
            fault = _guarded(folder)
            if fault:
                faults.append(f"file {number} ({path.name}, seed {seed}): {fault}")
            path.write_bytes(sound[path])
    return faults


def _guarded(folder: Path) -> str:
    """Read under an alarm; return what went wrong, or nothing."""

    def late(signum: int, frame: object) -> None:
        raise TimeoutError(f"more than {SECONDS_PER_FILE} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(SECONDS_PER_FILE)
    try:
        read_all(folder)
    except BaseException as error:  # noqa: BLE001 - every kind is a fault
        return f"{type(error).__name__}: {error}; " + traceback.format_exc(limit=-2).replace(
            "\n", " "
        )
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
    return ""


def run() -> list[str]:
    """Run the campaign in a process of its own with limited memory, so that a crash is seen."""
    faults: list[str] = []
    parts = 4
    for part in range(parts):
        child = os.fork()
        if child == 0:
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
            found = campaign(FILES // parts, seed=part + 1)
            sys.stdout.write("".join(f"{one}\n" for one in found))
            sys.stdout.flush()
            os._exit(min(len(found), 100))
        _, status = os.waitpid(child, 0)
        if status:
            faults.append(f"part {part + 1}: exit status {status}, see above")
        sys.stdout.write(f"{(part + 1) * FILES // parts} files read\n")
        sys.stdout.flush()
    return faults
