"""The prescription: how long the source runs, worked out in water as the clinic does."""

from dataclasses import dataclass

from kyphort.clinical import DistanceReference, Prescription
from kyphort.dosimetry import PhotonSource, dose_rate_gy_per_min, irradiation_time_min
from kyphort.errors import InvalidDataError
from kyphort.planning.needle import Applicator

STANDARD_DISTANCES_MM = (8.0, 11.0, 13.0)
"""The distances from the isocentre of the founding publication."""


@dataclass(frozen=True, slots=True)
class IrradiationTime:
    """What a prescription means at the source.

    Attributes
    ----------
    from_isocentre_mm
        The prescription's distance, counted from the isocentre.
    minutes
        Time of one stop of weight 1.
    rate_gy_per_min
        Dose rate in water at that distance.
    """

    from_isocentre_mm: float
    minutes: float
    rate_gy_per_min: float


def distance_from_isocentre_mm(prescription: Prescription, applicator: Applicator) -> float:
    """Return the distance of a prescription from the isocentre [mm].

    From the applicator's tip along its axis the isocentre is the tip's length farther; from its
    surface, sideways, half a diameter.

    Raises
    ------
    InvalidDataError
        When the prescription does not say what its distance counts from.

    Examples
    --------
    >>> by_tip = Prescription(8, 5, DistanceReference.APPLICATOR_TIP)
    >>> distance_from_isocentre_mm(by_tip, Applicator())
    8.0
    """
    offsets = {
        DistanceReference.ISOCENTRE: 0.0,
        DistanceReference.APPLICATOR_TIP: applicator.tip_beyond_isocentre_mm,
        DistanceReference.APPLICATOR_SURFACE: applicator.radius_mm,
    }
    offset = offsets.get(prescription.distance_reference)
    if offset is None:
        raise InvalidDataError(
            f"The distance of {prescription.distance_mm:g} mm has no reference. Allowed: "
            f"{', '.join(sorted(offsets))}. A difference of 3 mm changes the dose by half."
        )
    return prescription.distance_mm + offset


def irradiation_time(
    prescription: Prescription, source: PhotonSource, applicator: Applicator
) -> IrradiationTime:
    """Return the irradiation time of a prescription by the source's dose rate in water.

    Raises
    ------
    InvalidDataError
        For a distance inside the needle or without reference, and as for `dose_rate_gy_per_min`.
    """
    distance = distance_from_isocentre_mm(prescription, applicator)
    if distance <= applicator.radius_mm:
        raise InvalidDataError(
            f"A prescription at {distance:g} mm from the isocentre is inside the needle, whose "
            f"radius is {applicator.radius_mm:g} mm. Allowed are larger distances."
        )
    return IrradiationTime(
        distance,
        irradiation_time_min(source, prescription.dose_gy, distance),
        float(dose_rate_gy_per_min(source, [distance])[0]),
    )
