"""Build `cross_sections.npz` from xraylib 4.3.0: `python scripts/build_cross_sections.py`.

Run it in an environment of its own (`pip install xraylib==4.3.0 numpy`); kyphort does not need
xraylib. `CS_Energy`, `CS_Photo_Total` and `CS_Total_Kissel` of this version are wrong for light
elements (xraylib issues 176, 227 and 255), so none of them is used: the energy transfer is built
from photo-absorption and from the mean energy of Compton electrons.
"""

from pathlib import Path
from typing import Any

import numpy as np
import xraylib as xl  # type: ignore[import-not-found]  # lives in an environment of its own

DATA = Path(__file__).parents[1] / "src" / "kyphort" / "dosimetry" / "data"
ELEMENTS = (1, 6, 7, 8, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 22, 24, 26, 28, 40, 56, 79)
LOWEST_KEV, HIGHEST_KEV = 1.0, 60.0
NODES = 321
BESIDE_AN_EDGE = 1e-7
ELECTRON_REST_KEV = 510.99895
KEV_ANGSTROM = 12.39841984
ELECTRON_RADIUS_SQUARED_BARN = 0.0794078786
AVOGADRO_BARN = 0.602214076
ATOMIC_WEIGHT = {1: 1.00794}
"""Where xraylib's cross sections and its own atomic weights disagree (hydrogen, 0.2 %)."""
MOMENTA = 161
SMALLEST_TABULATED = 0.0105
"""Below about 0.01 per ångström xraylib refuses to extrapolate; there F = Z and S grows as x²."""
SHELLS = (xl.K_SHELL, xl.L1_SHELL, xl.L2_SHELL, xl.L3_SHELL, xl.M1_SHELL, xl.M2_SHELL, xl.M3_SHELL)


def main() -> None:
    """Tabulate every element and write the file."""
    energy = _energies()
    momentum = np.concatenate(([0.0], np.geomspace(1e-3, 5.0, MOMENTA)))
    columns: dict[str, Any] = {
        name: np.array([[function(z, e) for e in energy] for z in ELEMENTS])
        for name, function in (
            ("photo", xl.CS_Photo),
            ("coherent", xl.CS_Rayl),
        )
    }
    form_factor = np.array([[_form_factor(z, x) for x in momentum] for z in ELEMENTS])
    scattering = np.array([[_scattering_function(z, x) for x in momentum] for z in ELEMENTS])
    compton = np.array([[_compton(e, momentum, s) for e in energy] for s in scattering])
    weight = np.array([ATOMIC_WEIGHT.get(z, xl.AtomicWeight(z)) for z in ELEMENTS])
    columns["incoherent"] = compton[..., 0] * AVOGADRO_BARN / weight[:, None]
    np.savez_compressed(
        DATA / "cross_sections.npz",
        atomic_number=np.array(ELEMENTS),
        atomic_weight=weight,
        energy_kev=energy,
        momentum_per_angstrom=momentum,
        form_factor=form_factor.astype(np.float32),
        scattering_function=scattering.astype(np.float32),
        compton_transfer=compton[..., 1].astype(np.float32),
        k_edge_kev=np.array([xl.EdgeEnergy(z, xl.K_SHELL) for z in ELEMENTS]),
        k_fluorescence_kev=np.array([_k_fluorescence(z) for z in ELEMENTS]),
        **{name: values.astype(np.float32) for name, values in columns.items()},
    )


def _energies() -> np.ndarray:
    """Return a logarithmic grid with a pair of nodes around each absorption edge."""
    grid = np.geomspace(LOWEST_KEV, HIGHEST_KEV, NODES)
    edges = np.array([edge for z in ELEMENTS for edge in _edges(z)])
    inside = edges[(edges > LOWEST_KEV) & (edges < HIGHEST_KEV)]
    pairs = np.concatenate((inside * (1 - BESIDE_AN_EDGE), inside * (1 + BESIDE_AN_EDGE)))
    return np.unique(np.concatenate((grid, pairs)))


def _edges(z: int) -> list[float]:
    """Return where the photo-absorption jumps: up to 0.1 % beside the tabulated edge energies."""
    found = []
    for shell in SHELLS:
        try:
            edge = xl.EdgeEnergy(z, shell)
        except ValueError:
            continue
        if LOWEST_KEV * 1.01 < edge < HIGHEST_KEV * 0.99:
            found.append(_jump(z, edge * (1 - 5e-3), edge * (1 + 5e-3)))
    return found


def _jump(z: int, low: float, high: float) -> float:
    """Return the place of the largest step between two energies, by ever finer scans."""
    while high / low - 1 > BESIDE_AN_EDGE:
        scan = np.linspace(low, high, 41)
        step = int(np.argmax(np.diff([xl.CS_Photo(z, e) for e in scan])))
        low, high = scan[step], scan[step + 1]
    return (low + high) / 2


def _form_factor(z: int, x: float) -> float:
    return float(xl.FF_Rayl(z, x)) if x > 0 else float(z)


def _scattering_function(z: int, x: float) -> float:
    if x < SMALLEST_TABULATED:
        return float(xl.SF_Compt(z, SMALLEST_TABULATED)) * (x / SMALLEST_TABULATED) ** 2
    return min(float(xl.SF_Compt(z, x)), float(z))


def _compton(energy: float, momentum: np.ndarray, scattering: np.ndarray) -> tuple[float, float]:
    """Return the cross section [barn] and the mean share of the energy that the electron takes.

    The total is the integral of what the engine samples, Klein-Nishina × S(x): up to 0.24 % above
    the total that xraylib interpolates, which changes μ/ρ of water by less than 0.12 %.
    """
    cosine = np.linspace(-1, 1, 4001)
    ratio = 1 / (1 + energy / ELECTRON_REST_KEV * (1 - cosine))
    x = energy / KEV_ANGSTROM * np.sqrt((1 - cosine) / 2)
    density = ratio**2 * (ratio + 1 / ratio - 1 + cosine**2) * np.interp(x, momentum, scattering)
    total = float(np.trapezoid(density, cosine))
    transfer = float(np.trapezoid(density * (1 - ratio), cosine))
    return np.pi * ELECTRON_RADIUS_SQUARED_BARN * total, transfer / total


def _k_fluorescence(z: int) -> float:
    """Return the mean K fluorescence energy for each photo-absorption above the K edge [keV]."""
    try:
        share = 1 - 1 / xl.JumpFactor(z, xl.K_SHELL)
        return float(share * xl.FluorYield(z, xl.K_SHELL) * xl.LineEnergy(z, xl.KA_LINE))
    except ValueError:
        return 0.0


if __name__ == "__main__":
    main()
