"""Planning: from the CT image and the needle to the irradiation time and the dose."""

from kyphort.planning.biology import Biology, eqd2_of_fractions
from kyphort.planning.dose import DoseModel, Irradiation, PointDoses, Precision, dose_model
from kyphort.planning.dvh import DoseVolume, Samples, dose_volume, samples_of
from kyphort.planning.frame import VoxelFrame
from kyphort.planning.image import CtImage
from kyphort.planning.limits import Limit, Verdict, read_limits
from kyphort.planning.needle import Applicator, Dwell, Needle, Stops, stops
from kyphort.planning.optimise import Optimum, optimise
from kyphort.planning.plan import (
    Clearance,
    GridDoses,
    Plan,
    PlannedStructure,
    make_plan,
)
from kyphort.planning.prescription import IrradiationTime, irradiation_time
from kyphort.planning.request import PlanRequest, RobustnessChoices
from kyphort.planning.robustness import (
    DvhBand,
    Lever,
    Recalculation,
    Robustness,
    Spread,
    robustness,
)
from kyphort.planning.structures import Role, Structure, role_of_name
from kyphort.planning.tissue import Tissue, TissueChoices, tissue_of

__all__ = [
    "Applicator",
    "Biology",
    "Clearance",
    "CtImage",
    "DoseModel",
    "DoseVolume",
    "DvhBand",
    "Dwell",
    "GridDoses",
    "Irradiation",
    "IrradiationTime",
    "Lever",
    "Limit",
    "Needle",
    "Optimum",
    "Plan",
    "PlanRequest",
    "PlannedStructure",
    "PointDoses",
    "Precision",
    "Recalculation",
    "Robustness",
    "RobustnessChoices",
    "Role",
    "Samples",
    "Spread",
    "Stops",
    "Structure",
    "Tissue",
    "TissueChoices",
    "Verdict",
    "VoxelFrame",
    "dose_model",
    "dose_volume",
    "eqd2_of_fractions",
    "irradiation_time",
    "make_plan",
    "optimise",
    "read_limits",
    "robustness",
    "role_of_name",
    "samples_of",
    "stops",
    "tissue_of",
]
