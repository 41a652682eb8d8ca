"""Tables after TG-43 for any source and medium, with the dose at 1 cm as the source's strength."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kyphort.dosimetry.materials import Material
from kyphort.dosimetry.radial import radial_dose
from kyphort.dosimetry.source import PhotonSource
from kyphort.errors import InvalidDataError

Floats = NDArray[np.float64]
_THIN_MM = 0.25
_REFERENCE_MM = 10.0


@dataclass(frozen=True, slots=True, eq=False)
class RadialTable:
    """Dose around a source for fast evaluation: D(r, θ) = D(10 mm) (10/r)² g(r) F(θ).

    Attributes
    ----------
    medium
        Name of the medium.
    distance_mm, radial_function
        (n,) distances and g(r), 1 at 10 mm.
    reference_gy
        Dose at 10 mm for each photon.
    theta_deg, anisotropy
        (m,) angles and F(θ), its mean over the sphere 1.
    calibration
        Dataset of the source.
    """

    medium: str
    distance_mm: Floats
    radial_function: Floats
    reference_gy: float
    theta_deg: Floats
    anisotropy: Floats
    calibration: str

    def dose_gy(self, distance_mm: ArrayLike, theta_deg: ArrayLike = 90.0) -> Floats:
        """Return the dose at distances [mm] and polar angles [°], Gy for each photon.

        Raises
        ------
        InvalidDataError
            For distances outside the table.
        """
        distance = np.asarray(distance_mm, dtype=np.float64)
        low, high = float(self.distance_mm[0]), float(self.distance_mm[-1])
        if np.any((distance < low) | (distance > high)):
            raise InvalidDataError(
                f"Distances {distance.tolist()} mm; the table spans {low:g} to {high:g} mm."
            )
        g = np.exp(
            np.interp(np.log(distance), np.log(self.distance_mm), np.log(self.radial_function))
        )
        f = np.interp(np.asarray(theta_deg, float), self.theta_deg, self.anisotropy)
        return np.asarray(self.reference_gy * (_REFERENCE_MM / distance) ** 2 * g * f)


def radial_table(
    source: PhotonSource,
    medium: Material,
    distance_mm: ArrayLike,
    *,
    half_size_mm: float = 100.0,
    histories: int = 2_000_000,
    seed: int,
    threads: int = 1,
) -> RadialTable:
    """Compute the table of a source in any medium from shells of 0.5 mm at distances (n,) [mm].

    Form of TG-43 (doi:10.1118/1.1646040) for a point source.

    Raises
    ------
    InvalidDataError
        As for `radial_dose`.

    Examples
    --------
    >>> from kyphort.dosimetry import PhotonSource, material
    >>> table = radial_table(
    ...     PhotonSource.monoenergetic(30.0), material("spongiosa"), [5.0, 20.0],
    ...     histories=20_000, seed=1,
    ... )
    >>> table.distance_mm.tolist()
    [5.0, 10.0, 20.0]
    """
    distance = np.union1d(np.asarray(distance_mm, dtype=np.float64), [_REFERENCE_MM])
    edges = np.union1d(distance - _THIN_MM, distance + _THIN_MM)
    shells = radial_dose(
        source, medium, edges, half_size_mm=half_size_mm, histories=histories, seed=seed,
        threads=threads,
    )  # fmt: skip
    dose = shells.dose_gy[np.searchsorted(edges, distance) - 1]
    reference = float(dose[distance == _REFERENCE_MM][0])
    theta, anisotropy = _anisotropy(source)
    return RadialTable(
        medium=medium.name,
        distance_mm=distance,
        radial_function=dose / reference * (distance / _REFERENCE_MM) ** 2,
        reference_gy=reference,
        theta_deg=theta,
        anisotropy=anisotropy,
        calibration=source.calibration,
    )


def _anisotropy(source: PhotonSource) -> tuple[Floats, Floats]:
    if source.emission is None:
        return np.array([0.0, 180.0]), np.ones(2)
    theta = np.linspace(0, 180, 181)
    relative = np.interp(theta, source.emission.theta_deg, source.emission.relative)
    mean = np.trapezoid(relative * np.sin(np.radians(theta)), np.radians(theta)) / 2
    return theta, relative / mean
