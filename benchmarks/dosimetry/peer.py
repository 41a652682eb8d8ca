"""The C peer: compiled for this machine, called with the engine's own arrays."""

import ctypes
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kyphort.dosimetry.transport.state import Emission, Grid, Tables

SOURCE = Path(__file__).with_name("peer.c")
FLAGS = ("-O3", "-march=native", "-std=gnu11", "-Wall", "-shared", "-fPIC")

Track = Callable[[int, int, int, NDArray[np.float64]], None]
"""Seed, first history, number of histories, tally."""


class Problem(ctypes.Structure):
    """As in peer.c."""

    _fields_ = (
        ("material", ctypes.c_void_p),
        ("density", ctypes.c_void_p),
        ("origin", ctypes.c_double * 3),
        ("spacing", ctypes.c_double * 3),
        ("shape", ctypes.c_int64 * 3),
        ("materials", ctypes.c_int64),
        ("nodes", ctypes.c_int64),
        ("rows", ctypes.c_int64),
        ("quantiles", ctypes.c_int64),
        ("lowest_kev", ctypes.c_double),
        ("nodes_per_kev", ctypes.c_double),
        ("rows_per_kev", ctypes.c_double),
        ("attenuation", ctypes.c_void_p),
        ("transfer", ctypes.c_void_p),
        ("photo", ctypes.c_void_p),
        ("photo_coherent", ctypes.c_void_p),
        ("coherent_cosine", ctypes.c_void_p),
        ("incoherent_cosine", ctypes.c_void_p),
        ("lines", ctypes.c_int64),
        ("energy", ctypes.c_void_p),
        ("keep", ctypes.c_void_p),
        ("alias", ctypes.c_void_p),
        ("position", ctypes.c_double * 3),
    )


class Peer:
    """The compiled library and a problem for it."""

    def __init__(self, grid: Grid, tables: Tables, source: Emission) -> None:
        self._library = _compiled()
        self._arrays = (grid, tables, source)  # kept alive while C holds their addresses
        self.problem = Problem(
            material=grid.material.ctypes.data,
            density=grid.density.ctypes.data,
            origin=tuple(grid.origin),
            spacing=tuple(grid.spacing),
            shape=tuple(int(n) for n in grid.shape),
            materials=tables.attenuation.shape[1],
            nodes=tables.attenuation.shape[0],
            rows=tables.coherent_cosine.shape[1],
            quantiles=tables.coherent_cosine.shape[2],
            lowest_kev=tables.lowest_kev,
            nodes_per_kev=tables.nodes_per_kev,
            rows_per_kev=tables.rows_per_kev,
            attenuation=tables.attenuation.ctypes.data,
            transfer=tables.transfer.ctypes.data,
            photo=tables.photo.ctypes.data,
            photo_coherent=tables.photo_coherent.ctypes.data,
            coherent_cosine=tables.coherent_cosine.ctypes.data,
            incoherent_cosine=tables.incoherent_cosine.ctypes.data,
            lines=len(source.energy),
            energy=source.energy.ctypes.data,
            keep=source.keep.ctypes.data,
            alias=source.alias.ctypes.data,
            position=tuple(source.position[0]),
        )

    def track(self, seed: int, first: int, count: int, tally: NDArray[np.float64]) -> None:
        """Follow a batch of histories."""
        self._library.track(
            ctypes.byref(self.problem),
            ctypes.c_uint64(seed),
            ctypes.c_int64(first),
            ctypes.c_int64(count),
            ctypes.c_void_p(tally.ctypes.data),
        )

    def fold(
        self,
        tally: NDArray[np.float64],
        total: NDArray[np.float64],
        squares: NDArray[np.float64],
    ) -> None:
        """Add a batch to sums and squares."""
        addresses = [ctypes.c_void_p(array.ctypes.data) for array in (tally, total, squares)]
        self._library.fold(ctypes.c_int64(len(tally)), *addresses)


def _compiled() -> ctypes.CDLL:
    folder = Path(tempfile.mkdtemp(prefix="kyphort-peer-"))
    library = folder / "peer.so"
    command = ["gcc", *FLAGS, "-o", str(library), str(SOURCE), "-lm"]
    subprocess.run(command, check=True)  # noqa: S603 - the compiler on this file
    return ctypes.CDLL(str(library))
