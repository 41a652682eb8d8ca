"""The needle: where it lies, where the source stops in it, and what it comes close to."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kyphort.dosimetry import AngularEmission
from kyphort.errors import InvalidDataError
from kyphort.planning.frame import VoxelFrame, written

Floats = NDArray[np.float64]
MOST_NEEDLES = 2


@dataclass(frozen=True, slots=True)
class Applicator:
    """The needle's geometry.

    Attributes
    ----------
    tip_beyond_isocentre_mm
        From the isocentre of the source to the outer end of the tip.
    diameter_mm
        Outer diameter.
    window_mm
        From the isocentre backwards to where the steel of the shaft begins.
    shaft_shadow
        Whether photons towards the steel shaft are left out. Not validated.
    """

    tip_beyond_isocentre_mm: float = 3.0
    diameter_mm: float = 4.2
    window_mm: float = 15.0
    shaft_shadow: bool = False

    def __post_init__(self) -> None:
        for name in ("tip_beyond_isocentre_mm", "diameter_mm", "window_mm"):
            value = getattr(self, name)
            if not 0 < value <= 100:
                raise InvalidDataError(
                    f"Applicator: {name} is {value}; allowed are values above 0, up to 100 mm."
                )

    @property
    def radius_mm(self) -> float:
        """Half of the diameter [mm]."""
        return self.diameter_mm / 2

    def emission(self) -> AngularEmission | None:
        """Return no photons into the cone of the shaft, or None for all directions alike.

        >>> Applicator(shaft_shadow=True).emission().theta_deg.round(1).tolist()
        [0.0, 172.0, 172.5, 180.0]
        """
        if not self.shaft_shadow:
            return None
        edge = 180 - math.degrees(math.atan(self.radius_mm / self.window_mm))
        theta = np.array([0.0, edge, min(edge + 0.5, 179.9), 180.0])
        return AngularEmission(theta, np.array([1.0, 1.0, 0.0, 0.0]))


@dataclass(frozen=True, slots=True)
class Dwell:
    """A stop of the source: how far the needle is drawn back, and its share of the prescription.

    A weight of 1 irradiates for the prescription's time; doses of all stops add up.
    """

    retraction_mm: float = 0.0
    weight: float = 1.0

    def __post_init__(self) -> None:
        if not (0 <= self.retraction_mm <= 100):
            raise InvalidDataError(
                f"A needle drawn back by {self.retraction_mm} mm; allowed are 0 to 100 mm."
            )
        if not (0 < self.weight <= 10):
            raise InvalidDataError(
                f"A dwell weight of {self.weight}; allowed are values above 0, up to 10. Leave out "
                "a stop without time."
            )


@dataclass(frozen=True, slots=True, eq=False)
class Needle:
    """A straight needle from the skin to its tip, in patient coordinates (LPS) [mm].

    Attributes
    ----------
    name
        For example "left pedicle".
    entry_mm, tip_mm
        (3,) where it enters, and the outer end of its tip.
    dwells
        The stops of the source, at least one.

    Examples
    --------
    >>> needle = Needle("left", (0, 60, 0), (0, -3, 0))
    >>> needle.isocentres_mm(Applicator()).tolist()
    [[0.0, 0.0, 0.0]]
    """

    name: str
    entry_mm: Floats
    tip_mm: Floats
    dwells: tuple[Dwell, ...] = (Dwell(),)

    def __post_init__(self) -> None:
        for name in ("entry_mm", "tip_mm"):
            point = np.asarray(getattr(self, name), dtype=np.float64)
            if point.shape != (3,) or not np.all(np.isfinite(point)):
                raise InvalidDataError(
                    f"Needle '{self.name}': {name} is {getattr(self, name)}; allowed are three "
                    "finite numbers, x, y, z in mm (LPS)."
                )
            object.__setattr__(self, name, point)
        length = float(np.linalg.norm(self.tip_mm - self.entry_mm))
        if length < 10:
            raise InvalidDataError(
                f"Needle '{self.name}' is {length:.1f} mm from entry to tip; allowed are 10 mm or "
                "more, so that its direction is known. Give the entry at the skin."
            )
        if not self.dwells:
            raise InvalidDataError(f"Needle '{self.name}' has no stop of the source. Give one.")

    @property
    def direction(self) -> Floats:
        """Unit vector from entry to tip, (3,)."""
        way = self.tip_mm - self.entry_mm
        return np.asarray(way / np.linalg.norm(way))

    def isocentres_mm(self, applicator: Applicator) -> Floats:
        """Return the isocentre at each stop, (dwells, 3)."""
        back = [applicator.tip_beyond_isocentre_mm + one.retraction_mm for one in self.dwells]
        return np.asarray(self.tip_mm - np.array(back)[:, None] * self.direction)

    def distance_mm(self, points_mm: ArrayLike) -> Floats:
        """Return the distance of points (n, 3) from the line between entry and tip, (n,)."""
        points = np.atleast_2d(np.asarray(points_mm, dtype=np.float64))
        way = self.tip_mm - self.entry_mm
        share = np.clip((points - self.entry_mm) @ way / (way @ way), 0, 1)
        return np.asarray(np.linalg.norm(points - self.entry_mm - share[:, None] * way, axis=1))

    def moved(self, shift_mm: ArrayLike, entry_shift_mm: ArrayLike = (0, 0, 0)) -> "Needle":
        """Return the needle with its tip and its entry moved by (3,) [mm] each."""
        return Needle(
            self.name,
            self.entry_mm + np.asarray(entry_shift_mm),
            self.tip_mm + np.asarray(shift_mm),
            self.dwells,
        )


@dataclass(frozen=True, slots=True, eq=False)
class Stops:
    """Every stop of every needle in order: isocentres, axes, weights.

    Attributes
    ----------
    positions_mm, axes
        (n, 3) isocentres, and the needle's direction at each.
    weights
        (n,) shares of the prescription.
    labels
        Needle and retraction of each.
    """

    positions_mm: Floats
    axes: Floats
    weights: Floats
    labels: tuple[str, ...]


def stops(needles: Sequence[Needle], applicator: Applicator) -> Stops:
    """Return the stops of the source in all needles.

    Raises
    ------
    InvalidDataError
        For no needle, or more than two.

    Examples
    --------
    >>> two = [Needle("left", (30, 60, 0), (3, 0, 0)), Needle("right", (-30, 60, 0), (-3, 0, 0))]
    >>> stops(two, Applicator()).weights.tolist()
    [1.0, 1.0]
    """
    if not 1 <= len(needles) <= MOST_NEEDLES:
        raise InvalidDataError(
            f"{len(needles)} needles; allowed are 1 or {MOST_NEEDLES}. Plan each level by itself."
        )
    positions = [one.isocentres_mm(applicator) for one in needles]
    return Stops(
        positions_mm=np.concatenate(positions),
        axes=np.concatenate([np.tile(one.direction, (len(one.dwells), 1)) for one in needles]),
        weights=np.array([dwell.weight for one in needles for dwell in one.dwells]),
        labels=tuple(
            f"{one.name}, {dwell.retraction_mm:g} mm back" if dwell.retraction_mm else one.name
            for one in needles
            for dwell in one.dwells
        ),
    )


def within_applicator(
    points_mm: Floats, needles: Sequence[Needle], applicator: Applicator
) -> NDArray[np.bool_]:
    """Return which points (n, 3) lie inside a needle, where there is no tissue."""
    inside = np.zeros(len(points_mm), dtype=bool)
    for one in needles:
        # The tip is taken as round: its axis ends one radius before its outer end.
        round_end = Needle(
            one.name, one.entry_mm, one.tip_mm - applicator.radius_mm * one.direction
        )
        inside |= round_end.distance_mm(points_mm) < applicator.radius_mm
    return inside


def check_inside(needles: Sequence[Needle], applicator: Applicator, frame: VoxelFrame) -> None:
    """Check that tips and isocentres lie in the image; the shaft may leave it.

    Raises
    ------
    InvalidDataError
        When one is outside.
    """
    for one in needles:
        for what, points in (
            ("tip", one.tip_mm[None]), ("isocentre", one.isocentres_mm(applicator)),
        ):  # fmt: skip
            for point in points:
                if not frame.holds(point):
                    ends = np.array([[0, 0, 0], np.array(frame.shape[::-1]) - 1])
                    low, high = frame.to_points(ends)
                    raise InvalidDataError(
                        f"The {what} of needle '{one.name}' at {written(point)} mm is outside the "
                        f"image, whose corners are {written(low)} and {written(high)} mm. Check "
                        "the coordinates: patient coordinates (LPS) in mm, x to the left, y to "
                        "the back, z to the head."
                    )
