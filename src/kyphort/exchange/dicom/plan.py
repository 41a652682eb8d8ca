"""RT Plan of an electronic needle source: a convention for research, never a real isotope.

DICOM knows radioactive sources only: isotope and half-life must be filled in. Here the isotope is a
sentence that no system can take for one, the half-life is the largest that can be written, and the
strength is 0. Times and positions are real.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileDataset
from pydicom.sequence import Sequence as Items

from kyphort.exchange.dicom.ct import PatientStudy
from kyphort.exchange.dicom.objects import (
    DOSE,
    PLAN,
    RESEARCH,
    STRUCTURE_SET,
    Identity,
    new_object,
    reference,
)

NO_ISOTOPE = "NO ISOTOPE: 50 kV X-RAY TUBE"
HALF_LIFE_DAYS = "999999999"


@dataclass(frozen=True, slots=True, eq=False)
class PlannedNeedle:
    """A needle of the plan: name, isocentres (n, 3) [mm], seconds (n,), and length [mm]."""

    name: str
    positions_mm: NDArray[np.float64]
    seconds: NDArray[np.float64]
    retraction_mm: NDArray[np.float64]
    length_mm: float


@dataclass(frozen=True, slots=True)
class PrescribedDose:
    """What the plan prescribes: dose [Gy], a point it refers to, and a sentence."""

    dose_gy: float
    description: str


def plan_object(
    needles: Sequence[PlannedNeedle],
    prescribed: PrescribedDose,
    study: PatientStudy,
    identity: Identity,
    *,
    structure_set_uid: str,
    dose_uid: str,
    source_name: str,
) -> FileDataset:
    """Return an RT Plan: unapproved, for research, with times and positions of the source.

    `structure_set_uid` and `dose_uid` are the SOP instances of the objects it belongs to.
    """
    found = new_object(PLAN, "RTPLAN", study, identity, "plan")
    found.FrameOfReferenceUID, found.PositionReferenceIndicator = study.frame_of_reference, ""
    found.RTPlanLabel = "RESEARCH"
    found.RTPlanName = "kyphort research"
    found.RTPlanDescription = f"{RESEARCH}. {prescribed.description}"[:1024]
    found.RTPlanDate, found.RTPlanTime = identity.date, identity.time
    found.PlanIntent = "RESEARCH"
    found.RTPlanGeometry = "PATIENT"
    found.ApprovalStatus = "UNAPPROVED"
    found.ReferencedStructureSetSequence = Items([reference(STRUCTURE_SET, structure_set_uid)])
    found.ReferencedDoseSequence = Items([reference(DOSE, dose_uid)])
    found.DoseReferenceSequence = Items([_dose_reference(prescribed, identity)])
    found.FractionGroupSequence = Items([_fractions(needles, prescribed)])
    found.BrachyTreatmentTechnique, found.BrachyTreatmentType = "INTERSTITIAL", "HDR"
    found.TreatmentMachineSequence = Items([_machine(source_name)])
    found.SourceSequence = Items([_source(identity)])
    found.ApplicationSetupSequence = Items([_setup(needles)])
    return found


def _dose_reference(prescribed: PrescribedDose, identity: Identity) -> Dataset:
    item = Dataset()
    item.DoseReferenceNumber = 1
    item.DoseReferenceUID = identity.uid("dose reference")
    item.DoseReferenceStructureType = "SITE"
    item.DoseReferenceDescription = prescribed.description[:64]
    item.DoseReferenceType = "TARGET"
    item.TargetPrescriptionDose = f"{prescribed.dose_gy:.6g}"
    return item


def _fractions(needles: Sequence[PlannedNeedle], prescribed: PrescribedDose) -> Dataset:
    setup = Dataset()
    setup.ReferencedBrachyApplicationSetupNumber = 1
    setup.BrachyApplicationSetupDoseSpecificationPoint = [
        f"{value:.4f}" for value in needles[0].positions_mm[0]
    ]
    setup.BrachyApplicationSetupDose = f"{prescribed.dose_gy:.6g}"
    item = Dataset()
    item.FractionGroupNumber, item.NumberOfFractionsPlanned = 1, 1
    item.NumberOfBeams, item.NumberOfBrachyApplicationSetups = 0, 1
    item.ReferencedBrachyApplicationSetupSequence = Items([setup])
    return item


def _machine(source_name: str) -> Dataset:
    item = Dataset()
    item.TreatmentMachineName = "X-RAY TUBE"
    item.Manufacturer = "not stated"
    item.InstitutionName = ""
    item.ManufacturerModelName = source_name[:64]
    item.DeviceSerialNumber = ""
    return item


def _source(identity: Identity) -> Dataset:
    item = Dataset()
    item.SourceNumber = 1
    item.SourceType = "POINT"
    item.SourceManufacturer = "not a radioactive source"
    item.SourceIsotopeName = NO_ISOTOPE
    item.SourceIsotopeHalfLife = HALF_LIFE_DAYS
    item.ReferenceAirKermaRate = "0"
    item.SourceStrengthUnits = "AIR_KERMA_RATE"
    item.SourceStrength = "0"
    item.SourceStrengthReferenceDate = identity.date
    item.SourceStrengthReferenceTime = identity.time
    return item


def _setup(needles: Sequence[PlannedNeedle]) -> Dataset:
    item = Dataset()
    item.ApplicationSetupType = "OTHER"
    item.ApplicationSetupNumber = 1
    item.ApplicationSetupName = "Kypho-IORT needles"
    item.TotalReferenceAirKerma = "0"
    item.ChannelSequence = Items([_channel(n, one) for n, one in enumerate(needles, start=1)])
    return item


def _channel(number: int, needle: PlannedNeedle) -> Dataset:
    total = float(needle.seconds.sum())
    item = Dataset()
    item.ChannelNumber = number
    item.ChannelLength = f"{needle.length_mm:.4f}"
    item.ChannelTotalTime = f"{total:.6g}"
    item.SourceMovementType = "STEPWISE"
    item.SourceApplicatorNumber = number
    item.SourceApplicatorID = needle.name[:16]
    item.SourceApplicatorType = "RIGID"
    item.SourceApplicatorName = needle.name[:64]
    item.SourceApplicatorLength = f"{needle.length_mm:.4f}"
    item.SourceApplicatorStepSize = f"{_step(needle.retraction_mm):.4f}"
    item.TransferTubeNumber = None
    item.ReferencedROINumber = None
    item.ReferencedSourceNumber = 1
    item.NumberOfControlPoints = 2 * len(needle.seconds)
    item.FinalCumulativeTimeWeight = f"{total:.6g}"
    points: list[Dataset] = []
    passed = 0.0
    for position, seconds, back in zip(
        needle.positions_mm, needle.seconds, needle.retraction_mm, strict=True
    ):
        for weight in (passed, passed + float(seconds)):
            points.append(_control_point(len(points), position, float(back), weight))
        passed += float(seconds)
    item.BrachyControlPointSequence = Items(points)
    return item


def _step(retraction: NDArray[np.float64]) -> float:
    """Return the smallest distance of two stops, 1 mm where there is one stop."""
    steps = np.diff(np.unique(retraction))
    return float(steps.min()) if len(steps) else 1.0


def _control_point(
    number: int, position: NDArray[np.float64], back: float, weight: float
) -> Dataset:
    item = Dataset()
    item.ControlPointIndex = number
    item.CumulativeTimeWeight = f"{weight:.6g}"
    item.ControlPointRelativePosition = f"{back:.4f}"
    item.ControlPoint3DPosition = [f"{value:.4f}" for value in position]
    return item
