"""Save what dicompyler-core says of the case; run in an environment of its own.

    python -c "from tests.agreement.dicompyler import case; ..."      # writes the folder
    uv run --no-project --with dicompyler-core==0.5.6 --with "pydicom<3" --with "numpy<2" \
        python tests/agreement/dicompyler/run_dicompyler.py FOLDER OUT.json
"""

import json
import sys
from importlib import metadata
from pathlib import Path


def main() -> None:
    """Read FOLDER/rtstruct.dcm and rtdose.dcm, write volumes and doses as JSON."""
    import pydicom
    from dicompylercore import dvhcalc  # type: ignore[import-not-found] # in its own environment

    folder, out = Path(sys.argv[1]), Path(sys.argv[2])
    structures = pydicom.dcmread(folder / "rtstruct.dcm")
    dose = pydicom.dcmread(folder / "rtdose.dcm")
    found = {}
    for roi in structures.StructureSetROISequence:
        # No interpolation in the plane: it shifts the dose by part of a voxel. The grid is fine.
        histogram = dvhcalc.get_dvh(structures, dose, int(roi.ROINumber))
        found[str(roi.ROIName)] = {
            "volume_cm3": float(histogram.volume),
            "mean_gy": float(histogram.mean),
            "d90_gy": float(histogram.D90.value),
            "d50_gy": float(histogram.D50.value),
            "d2_gy": float(histogram.D2.value),
        }
    versions = {name: metadata.version(name) for name in ("dicompyler-core", "pydicom", "numpy")}
    out.write_text(json.dumps({"versions": versions, "structures": found}, indent=1) + "\n")


main()
