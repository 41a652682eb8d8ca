"""Structure sets and label maps: what they mean, and what is refused."""

from pathlib import Path

import nibabel
import numpy as np
import pydicom
import pytest

from kyphort.errors import InvalidDataError
from kyphort.exchange.dicom import (
    CtSeries,
    Identity,
    read_ct,
    read_dose,
    read_structures,
    save,
    structure_set,
)
from kyphort.exchange.label_map import read_label_map
from kyphort.planning.dvh import samples_of
from kyphort.planning.frame import VoxelFrame
from kyphort.planning.structures import Role, Structure

from .series import FRAME, WHEN, change, rotation, write

SQUARE = np.array([[-19.0, 6], [-15, 6], [-15, 12], [-19, 12]])


@pytest.fixture
def series(tmp_path: Path) -> CtSeries:
    write(tmp_path / "ct")
    return read_ct(tmp_path / "ct")


@pytest.fixture
def path(tmp_path: Path, series: CtSeries) -> Path:
    contours = tuple(np.column_stack((SQUARE, np.full(4, z))) for z in (101.5, 103.0))
    drawn = structure_set(
        [Structure("GTV", contours), Structure("Cord", contours)], series.study,
        Identity("b" * 64, WHEN),
    )  # fmt: skip
    save(drawn, tmp_path / "rs.dcm")
    return tmp_path / "rs.dcm"


def refused(path: Path, series: CtSeries, words: str) -> None:
    with pytest.raises(InvalidDataError, match=words):
        read_structures(path, series)


def test_roles_volumes_and_notes(path: Path, series: CtSeries) -> None:
    found = read_structures(path, series, roles={"GTV": Role.OTHER})
    assert [one.role for one in found.structures] == [Role.OTHER, Role.CORD]
    volume = samples_of(found.structures[0], FRAME).total_cm3
    assert volume == pytest.approx(4 * 6 * 3 / 1000, rel=0.005)


@pytest.mark.parametrize(
    ("how", "words"),
    [
        (lambda one: setattr(one, "Modality", "RTDOSE"), "has the modality RTDOSE"),
        (lambda one: setattr(one, "PatientID", "ELSE"), "belongs to the patient 'ELSE'"),
        (
            lambda one: setattr(
                one.StructureSetROISequence[1], "ReferencedFrameOfReferenceUID", "1.2.9"
            ),
            "structure 'Cord' lies in another frame of reference",
        ),
        (
            lambda one: setattr(
                one.ROIContourSequence[0].ContourSequence[0], "ContourData", [1, 2, 3, 4]
            ),
            "a contour has 4 numbers",
        ),
        (
            lambda one: setattr(
                one.ROIContourSequence[0].ContourSequence[0], "ContourData", [1, 2, 3, 4, 5, 6]
            ),
            "'GTV', contour 1: 2 points",
        ),
        (lambda one: delattr(one, "ROIContourSequence"), "holds no closed contour"),
        (lambda one: one.StructureSetROISequence.pop(0), "contours of structure 1, which has no"),
    ],
)
def test_what_does_not_fit_is_one_sentence(
    path: Path, series: CtSeries, how: object, words: str
) -> None:
    change(path, how)  # type: ignore[arg-type] # a lambda of a dataset
    refused(path, series, words)


def test_an_empty_structure_is_a_note_unless_it_is_needed(path: Path, series: CtSeries) -> None:
    change(path, lambda one: delattr(one.ROIContourSequence[1], "ContourSequence"))
    found = read_structures(path, series)
    assert found.notes == ("Structure 'Cord' has no contour.",)
    with pytest.raises(InvalidDataError, match=r"'Cord' of rs.dcm is empty"):
        read_structures(path, series, roles={"Cord": Role.CORD})
    with pytest.raises(InvalidDataError, match=r"names 'Kord'; rs.dcm has Cord, GTV"):
        read_structures(path, series, roles={"Kord": Role.CORD})


def test_open_contours_and_points_are_left_out(path: Path, series: CtSeries) -> None:
    change(
        path,
        lambda one: setattr(
            one.ROIContourSequence[0].ContourSequence[0], "ContourGeometricType", "POINT"
        ),
    )
    found = read_structures(path, series)
    assert len(found.structures[0].contours) == 1
    assert "1 open or single-point contours of 'GTV'" in found.notes[0]


def test_a_hole_of_a_structure_set(tmp_path: Path, series: CtSeries) -> None:
    inner = SQUARE.mean(axis=0) + (SQUARE - SQUARE.mean(axis=0)) / 2
    contours = tuple(np.column_stack((ring, np.full(4, 101.5))) for ring in (SQUARE, inner[::-1]))
    save(
        structure_set([Structure("Ring", contours)], series.study, Identity("c" * 64, WHEN)),
        tmp_path / "ring.dcm",
    )
    (found,) = read_structures(tmp_path / "ring.dcm", series).structures
    expected = 24 * 0.75 * FRAME.spacing_mm[2] / 1000
    assert samples_of(found, FRAME).total_cm3 == pytest.approx(expected, rel=0.01)


def test_a_truncated_structure_set_and_a_dose_of_other_kind(path: Path, series: CtSeries) -> None:
    with pytest.raises(InvalidDataError, match="modality RTSTRUCT; allowed is RTDOSE"):
        read_dose(path)
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(InvalidDataError):
        read_structures(path, series)
    path.write_bytes(b"no DICOM")
    refused(path, series, "is not a DICOM file")


def save_map(labels: np.ndarray, affine: np.ndarray, path: Path) -> None:
    nibabel.save(nibabel.Nifti1Image(labels, affine), path)  # type: ignore[no-untyped-call]


@pytest.mark.parametrize("flip", [(1, 1, 1), (-1, 1, 1), (1, -1, -1), (-1, -1, 1)])
def test_label_maps_lie_where_nifti_says(tmp_path: Path, flip: tuple[int, ...]) -> None:
    labels = np.zeros((8, 9, 10), np.int16)
    labels[2, 3, 4], labels[5, 6, 7] = 1, 2
    turn = rotation(0.2, 0.1, -0.3)
    affine = np.eye(4)
    affine[:3, :3] = turn @ np.diag(np.array([0.8, 0.9, 1.5]) * flip)
    affine[:3, 3] = (10, -20, 30)
    save_map(labels, affine, tmp_path / "map.nii.gz")
    found = {
        one.name: one for one in read_label_map(tmp_path / "map.nii.gz", {1: "GTV", 2: "Cord"})
    }
    for name, index in (("GTV", (2, 3, 4)), ("Cord", (5, 6, 7))):
        ras = affine @ (*index, 1)
        assert found[name].points_mm() == pytest.approx(
            np.array([[-ras[0], -ras[1], ras[2]]]), abs=1e-4
        )
    assert found["GTV"].role is Role.LESION
    frame = found["GTV"].mask_frame
    assert frame is not None
    assert np.linalg.det(frame.direction) == pytest.approx(1)
    fine = VoxelFrame((60, 60, 60), (0.25,) * 3, found["GTV"].points_mm()[0] - 7.5)
    assert samples_of(found["GTV"], fine, fine_mm=0.25).total_cm3 == pytest.approx(
        0.8 * 0.9 * 1.5 / 1000, rel=0.05
    )


@pytest.mark.parametrize(
    ("values", "affine", "words"),
    [
        (np.full((3, 3, 3), 0.5, np.float32), np.eye(4), "no whole numbers"),
        (np.ones((3, 3), np.int16), np.eye(4), "three axes"),
        (np.arange(27 * 8).reshape(6, 6, 6).astype(np.int16), np.eye(4), "215 different values"),
        (np.ones((3, 3, 3), np.int16),
         np.array([[1, 0.5, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1.0]]), "is sheared"),
    ],
)  # fmt: skip
def test_what_is_no_label_map(
    tmp_path: Path, values: np.ndarray, affine: np.ndarray, words: str
) -> None:
    save_map(values, affine, tmp_path / "map.nii")
    with pytest.raises(InvalidDataError, match=words):
        read_label_map(tmp_path / "map.nii", {})


def test_labels_that_are_absent_and_files_that_are_none(tmp_path: Path) -> None:
    save_map(np.ones((3, 3, 3), np.int16), np.eye(4), tmp_path / "m.nii")
    with pytest.raises(InvalidDataError, match=r"no voxel of label 7 \('x'\)"):
        read_label_map(tmp_path / "m.nii", {7: "x"})
    (tmp_path / "bad.nii").write_bytes(b"no map at all")
    with pytest.raises(InvalidDataError, match="no NIfTI file"):
        read_label_map(tmp_path / "bad.nii", {})
    with pytest.raises(InvalidDataError, match="does not exist"):
        read_label_map(tmp_path / "absent.nii", {})


def test_the_reader_does_not_need_optional_elements(path: Path, series: CtSeries) -> None:
    def bare(one: pydicom.FileDataset) -> None:
        for item in one.ROIContourSequence:
            del item.ROIDisplayColor
        del one.RTROIObservationsSequence

    change(path, bare)
    assert read_structures(path, series).structures[0].colour is None
