"""Dose of a 50-kV needle: sources, materials, volumes and the engine."""

from kyphort.dosimetry.beam_quality import half_value_layer_mm, mean_energy_kev
from kyphort.dosimetry.commissioning import (
    Commissioning,
    DepthDoseTable,
    commission,
    read_depth_dose,
)
from kyphort.dosimetry.cross_sections import (
    absorption_ratio,
    attenuation,
    coherent,
    energy_absorption,
    energy_transfer,
    incoherent,
    photo_absorption,
)
from kyphort.dosimetry.depth_dose import (
    dose_rate_constant,
    dose_rate_gy_per_min,
    falloff_exponent,
    irradiation_time_min,
    radial_function,
    water_dose,
)
from kyphort.dosimetry.dose_files import load_dose, save_dose
from kyphort.dosimetry.dose_grid import DoseGrid
from kyphort.dosimetry.engine import simulate_dose
from kyphort.dosimetry.gamma import Difference, GammaResult, dose_difference, gamma_index
from kyphort.dosimetry.hounsfield import (
    HounsfieldCurve,
    hounsfield_curve,
    volume_from_hounsfield,
)
from kyphort.dosimetry.materials import Material, material, mixture, tissues
from kyphort.dosimetry.phantoms import (
    shell_phantom,
    slab_phantom,
    sphere_phantom,
    uniform_phantom,
    vertebra_phantom,
    water_phantom,
)
from kyphort.dosimetry.radial import RadialDose, radial_dose
from kyphort.dosimetry.run_checks import Reporting
from kyphort.dosimetry.scatter import Progress
from kyphort.dosimetry.source import AngularEmission, Parameter, PhotonSource, transmission
from kyphort.dosimetry.source_models import MODELS, load_source, source_model, unverified
from kyphort.dosimetry.tg43 import RadialTable, radial_table
from kyphort.dosimetry.volume import Volume

__all__ = [
    "MODELS",
    "AngularEmission",
    "Commissioning",
    "DepthDoseTable",
    "Difference",
    "DoseGrid",
    "GammaResult",
    "HounsfieldCurve",
    "Material",
    "Parameter",
    "PhotonSource",
    "Progress",
    "RadialDose",
    "RadialTable",
    "Reporting",
    "Volume",
    "absorption_ratio",
    "attenuation",
    "coherent",
    "commission",
    "dose_difference",
    "dose_rate_constant",
    "dose_rate_gy_per_min",
    "energy_absorption",
    "energy_transfer",
    "falloff_exponent",
    "gamma_index",
    "half_value_layer_mm",
    "hounsfield_curve",
    "incoherent",
    "irradiation_time_min",
    "load_dose",
    "load_source",
    "material",
    "mean_energy_kev",
    "mixture",
    "photo_absorption",
    "radial_dose",
    "radial_function",
    "radial_table",
    "read_depth_dose",
    "save_dose",
    "shell_phantom",
    "simulate_dose",
    "slab_phantom",
    "source_model",
    "sphere_phantom",
    "tissues",
    "transmission",
    "uniform_phantom",
    "unverified",
    "vertebra_phantom",
    "volume_from_hounsfield",
    "water_dose",
    "water_phantom",
]
