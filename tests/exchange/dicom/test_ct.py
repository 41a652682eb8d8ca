"""CT series: geometry through every orientation, values, and what is refused."""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pydicom
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kyphort.errors import InvalidDataError
from kyphort.exchange.dicom import list_series, read_ct, write_synthetic_ct
from kyphort.planning.frame import VoxelFrame
from kyphort.planning.image import AIR_HU, CtImage

from .series import FRAME, WHEN, change, image, rotation, write

ANGLE = st.floats(-3.1, 3.1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path / "ct")
    return tmp_path / "ct"


def refused(folder: Path, words: str) -> None:
    with pytest.raises(InvalidDataError, match=words):
        read_ct(folder)


def test_values_and_geometry_come_back(folder: Path) -> None:
    found = read_ct(folder)
    assert found.image.frame.same_as(FRAME)
    assert np.array_equal(found.image.hounsfield, image().hounsfield)
    assert found.study.patient_id == "TEST"
    assert len(found.study.instances) == 6


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ANGLE, ANGLE, ANGLE, st.tuples(*[st.floats(-300, 300)] * 3), st.integers(0, 10**6))
def test_planted_markers_keep_their_place_through_every_orientation(  # noqa: PLR0917
    tmp_path_factory: pytest.TempPathFactory,
    a: float, b: float, c: float, origin: tuple[float, float, float], seed: int,
) -> None:  # fmt: skip
    direction = rotation(a, b, c)
    frame = VoxelFrame((4, 6, 5), (0.7, 0.9, 1.5), np.round(origin, 3), direction)
    rng = np.random.default_rng(seed)
    values = np.zeros(frame.shape, np.float32)
    planted = {int(rng.integers(100, 3000)): rng.integers(0, [5, 6, 4]) for _ in range(4)}
    for value, (x, y, z) in planted.items():
        values[z, y, x] = value
    place = tmp_path_factory.mktemp("oblique")

    write_synthetic_ct(CtImage(values, frame), place, patient_id="M", when=WHEN, seed=str(seed))
    found = read_ct(place).image
    for value in np.unique(values[values > 0]):
        z, y, x = (int(axis[0]) for axis in np.nonzero(found.hounsfield == value))
        wanted = frame.to_points(np.argwhere(values == value)[0][::-1])
        assert found.frame.to_points((x, y, z)) == pytest.approx(wanted, abs=1e-6)


def test_the_order_of_files_does_not_matter(folder: Path, tmp_path: Path) -> None:
    mixed = tmp_path / "mixed" / "below"
    mixed.mkdir(parents=True)
    for n, path in enumerate(sorted(folder.iterdir(), reverse=True)):
        shutil.copy(path, mixed / f"{n * 7919 % 13:02d}_{n}")
    (mixed / "notes.txt").write_text("no DICOM")
    assert np.array_equal(read_ct(tmp_path / "mixed").image.hounsfield, image().hounsfield)


def test_slope_intercept_and_padding(folder: Path) -> None:
    def spoil(one: pydicom.FileDataset) -> None:
        one.RescaleSlope, one.RescaleIntercept = "2", "-3000"
        one.add_new(0x00280120, "US", int(one.pixel_array[0, 0]))

    path = folder / "ct_0003.dcm"
    stored = pydicom.dcmread(path).pixel_array
    change(path, spoil)
    found = read_ct(folder).image.hounsfield[2]
    padded = stored == stored[0, 0]
    assert np.all(found[padded] == AIR_HU)
    assert np.array_equal(found[~padded], stored[~padded] * 2.0 - 3000)


def test_signed_pixels(folder: Path) -> None:
    def signed(one: pydicom.FileDataset) -> None:
        values = one.pixel_array.astype(np.int32) - 1024
        one.PixelRepresentation, one.RescaleIntercept = 1, "0"
        one.PixelData = values.astype("<i2").tobytes()

    for path in folder.iterdir():
        change(path, signed)
    assert np.array_equal(read_ct(folder).image.hounsfield, image().hounsfield)


@pytest.mark.parametrize(
    "name", ["RLELossless", "JPEG2000Lossless", "JPEGLSLossless", "JPEGLosslessProcess14_1"]
)
def test_compressed_transfer_syntaxes(folder: Path, name: str) -> None:
    for path in folder.iterdir():
        compress(path, name)
    syntax = pydicom.dcmread(folder / "ct_0001.dcm").file_meta.TransferSyntaxUID
    assert syntax.is_compressed
    assert np.array_equal(read_ct(folder).image.hounsfield, image().hounsfield)


def compress(path: Path, name: str) -> None:
    """Compress a file with GDCM (Debian and PyPI), in a process of its own: it may abort."""
    code = (
        "import gdcm, sys\n"
        "reader = gdcm.ImageReader(); reader.SetFileName(sys.argv[1]); assert reader.Read()\n"
        "change = gdcm.ImageChangeTransferSyntax()\n"
        "change.SetTransferSyntax(gdcm.TransferSyntax(getattr(gdcm.TransferSyntax, sys.argv[2])))\n"
        "change.SetInput(reader.GetImage()); assert change.Change()\n"
        "writer = gdcm.ImageWriter(); writer.SetFileName(sys.argv[1])\n"
        "writer.SetFile(reader.GetFile()); writer.SetImage(change.GetOutput())\n"
        "assert writer.Write()\n"
    )
    subprocess.run([sys.executable, "-c", code, str(path), name], check=True, capture_output=True)


def test_missing_slices_are_named(folder: Path) -> None:
    (folder / "ct_0003.dcm").unlink()
    refused(folder, r"1 slice is missing between ct_0002.dcm \(101.50 mm\) and ct_0004.dcm")
    (folder / "ct_0004.dcm").unlink()
    refused(folder, "2 slices are missing between ct_0002.dcm")


def test_a_doubled_slice_is_named(folder: Path) -> None:
    shutil.copy(folder / "ct_0003.dcm", folder / "again.dcm")
    refused(folder, "(again.dcm and ct_0003.dcm|ct_0003.dcm and again.dcm) lie at the same place")


def test_unequal_spacing_is_refused_with_the_reason(folder: Path) -> None:
    def higher(one: pydicom.FileDataset) -> None:
        x, y, z = one.ImagePositionPatient
        one.ImagePositionPatient = [x, y, float(z) + 0.4]

    change(folder / "ct_0006.dcm", higher)
    refused(folder, "not equally spaced: 1.900 mm between ct_0005.dcm and ct_0006.dcm, 1.500 mm")


def test_a_tilted_gantry_is_refused(folder: Path) -> None:
    for n, path in enumerate(sorted(folder.iterdir())):

        def shifted(one: pydicom.FileDataset, n: int = n) -> None:
            x, y, z = one.ImagePositionPatient
            one.ImagePositionPatient = [x, float(y) + 0.3 * n, z]

        change(path, shifted)
    refused(folder, "shift sideways by 1.5 mm")


def test_several_series_are_told_apart(folder: Path, tmp_path: Path) -> None:
    write(folder / "second", seed=2, patient_id="TEST", **{})
    refused(folder, "lie at the same place")
    shutil.rmtree(folder / "second")

    second = write_synthetic_ct(
        image(seed=2), folder / "second", patient_id="TEST", when=WHEN, seed="other"
    )
    refused(folder, "holds 2 CT series. Choose one by the end of its UID")
    found = read_ct(folder, series_uid=second.series_uid[-12:])
    assert np.array_equal(found.image.hounsfield, image(seed=2).hounsfield)
    assert len(list_series(folder)) == 2


def test_two_patients_in_one_folder(folder: Path) -> None:

    write_synthetic_ct(image(), folder / "b", patient_id="OTHER", when=WHEN, seed="other")
    refused(folder, "images of 2 patients")


@pytest.mark.parametrize(
    ("keyword", "value", "words"),
    [
        ("Modality", "MR", "holds no CT image; it holds MR"),
        ("ImageOrientationPatient", [1, 0, 0, 0, 0.9, 0], "differs from ct_0001.dcm in ImageOri"),
        ("PixelSpacing", [0.5, 0.5], "differs from ct_0001.dcm in PixelSpacing"),
        ("FrameOfReferenceUID", "1.2.3", "2 frames of reference"),
        ("SOPClassUID", "1.2.840.10008.5.1.4.1.1.2.1", "not a CT slice of the classic kind"),
        ("RescaleSlope", "0", "RescaleSlope is 0"),
        ("RescaleSlope", None, "RescaleSlope is absent or empty"),
        ("ImagePositionPatient", None, "ImagePositionPatient is absent or empty"),
        ("RescaleIntercept", "90000", "run from .* allowed for Hounsfield units"),
        ("SamplesPerPixel", 3, "SamplesPerPixel is 3"),
    ],
)
def test_a_spoiled_element_is_one_sentence(
    folder: Path, keyword: str, value: object, words: str
) -> None:
    paths = sorted(folder.iterdir())
    for path in paths if keyword == "Modality" else paths[2:3]:
        change(path, lambda one: setattr(one, keyword, value))
    refused(folder, words)


def test_a_truncated_file_is_named(folder: Path) -> None:
    path = folder / "ct_0004.dcm"
    path.write_bytes(path.read_bytes()[:-50])
    refused(folder, "ct_0004.dcm is damaged")


def test_no_dicom_at_all(tmp_path: Path) -> None:
    refused(tmp_path / "absent", "does not exist")
    (tmp_path / "letter.txt").write_text("Dear colleague")
    refused(tmp_path, "holds no CT image")


def test_one_slice_has_no_thickness(folder: Path) -> None:
    for path in sorted(folder.iterdir())[1:]:
        path.unlink()
    refused(folder, "has one slice")


def test_a_deflated_file_is_not_unpacked(folder: Path) -> None:
    path = folder / "ct_0001.dcm"
    change(path, lambda one: setattr(one.file_meta, "TransferSyntaxUID", "1.2.840.10008.1.2.1.99"))
    refused(folder, "deflated transfer syntax")


def test_cone_beam_and_contrast_are_noticed(folder: Path) -> None:
    for path in folder.iterdir():
        change(path, lambda one: setattr(one, "SeriesDescription", "O-arm 3D"))
        change(path, lambda one: setattr(one, "ContrastBolusAgent", "iodine"))
    found = read_ct(folder)
    assert found.image.is_cone_beam
    assert found.contrast
