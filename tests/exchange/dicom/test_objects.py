"""The objects that a plan writes: accepted by a validator and a server, the same everywhere."""

import json
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
import SimpleITK

from kyphort.clinical import ReportingQuantity
from kyphort.exchange.dicom import BITS, Identity, dose_object, read_ct, read_dose, read_structures
from kyphort.exchange.dicom.plan import NO_ISOTOPE
from kyphort.planning.frame import VoxelFrame
from kyphort.workflows.plan import PlanRun

from .series import WHEN, rotation, write

Planned = tuple[Path, PlanRun]
NAMES = (
    "rtdose_water", "rtdose_medium", "rtdose_water_in_medium", "rtdose_uncertainty", "rtstruct",
    "rtplan", "report_pdf",
)  # fmt: skip


@pytest.mark.parametrize("name", [*NAMES, "ct", "input structures"])
def test_the_validator_finds_no_error(
    name: str, planned: Planned, require: Callable[[str | None, str], str]
) -> None:
    dciodvfy = require(shutil.which("dciodvfy"), "dciodvfy (apt install dicom3tools)")
    home, _ = planned
    path = {
        "ct": home / "input" / "ct" / "ct_0007.dcm",
        "input structures": home / "input" / "rtstruct.dcm",
    }.get(name, home / "plan" / "dicom" / f"{name}.dcm")
    run = subprocess.run([dciodvfy, path], capture_output=True, text=True, check=False)
    errors = [line for line in run.stderr.splitlines() if line.startswith("Error")]
    assert (run.returncode, errors) == (0, []), run.stderr


def test_the_validator_would_find_an_error(
    planned: Planned, tmp_path: Path, require: Callable[[str | None, str], str]
) -> None:
    dciodvfy = require(shutil.which("dciodvfy"), "dciodvfy (apt install dicom3tools)")
    found = pydicom.dcmread(planned[0] / "plan" / "dicom" / "rtplan.dcm")
    del found.RTPlanLabel
    found.save_as(tmp_path / "spoiled.dcm")
    run = subprocess.run(
        [dciodvfy, tmp_path / "spoiled.dcm"], capture_output=True, text=True, check=False
    )
    assert "Error" in run.stderr


@pytest.mark.parametrize("name", ["water", "medium", "water_in_medium"])
def test_a_dose_is_the_same_in_kyphort_pydicom_and_simpleitk(name: str, planned: Planned) -> None:
    home, run = planned
    path = home / "plan" / "dicom" / f"rtdose_{name}.dcm"
    written = run.plan.grid.by_quantity[ReportingQuantity(name)]
    ours = read_dose(path)
    assert ours.frame.same_as(run.plan.grid.frame)
    step = float(pydicom.dcmread(path).DoseGridScaling)
    tissue = written <= ours.values.max() + step
    assert np.abs(ours.values - written)[tissue].max() <= 0.51 * step
    raw = pydicom.dcmread(path)
    assert np.array_equal(raw.pixel_array * float(raw.DoseGridScaling), ours.values)
    theirs: Any = SimpleITK.ReadImage(str(path))
    values = SimpleITK.GetArrayFromImage(theirs)
    scaled = values * (1.0 if values.dtype.kind == "f" else step)
    assert np.allclose(scaled, ours.values, rtol=1e-5, atol=1e-6)
    assert theirs.GetOrigin() == pytest.approx(ours.frame.origin_mm, abs=1e-6)
    assert theirs.GetSpacing() == pytest.approx(ours.frame.spacing_mm, abs=1e-6)
    middle = tuple(n // 2 for n in ours.frame.shape)
    point = ours.frame.to_points(middle[::-1])
    assert theirs.TransformPhysicalPointToIndex(point.tolist()) == middle[::-1]


@pytest.mark.parametrize("bits", BITS)
def test_an_oblique_dose_comes_back(bits: int, tmp_path: Path) -> None:
    study = write(tmp_path / "ct")
    frame = VoxelFrame((4, 5, 6), (0.8, 0.9, 1.3), (-11.25, 7.5, 93.0), rotation(0.3, -0.7, 1.1))
    values = np.random.default_rng(1).gamma(2, 3, frame.shape)
    one = dose_object(
        values, frame, study, Identity("a" * 64, WHEN), "dose", comment="Test.", bits=bits
    )
    one.save_as(tmp_path / "dose.dcm", enforce_file_format=True)
    found = read_dose(tmp_path / "dose.dcm")
    assert found.values == pytest.approx(values, abs=values.max() / 2**bits)
    z, y, x = np.indices(frame.shape)
    index = np.stack((x, y, z), axis=-1)
    assert found.frame.to_points(index) == pytest.approx(frame.to_points(index), abs=1e-6)


def test_structures_survive_a_round_trip(planned: Planned) -> None:
    home, run = planned
    series = read_ct(home / "input" / "ct")
    first = read_structures(home / "input" / "rtstruct.dcm", series)
    again = read_structures(home / "plan" / "dicom" / "rtstruct.dcm", series)
    assert [one.name for one in again.structures] == [one.name for one in first.structures]
    for before, after in zip(first.structures, again.structures, strict=True):
        assert before.role is after.role
        assert before.colour == after.colour
        assert np.allclose(
            np.concatenate(after.contours), np.concatenate(before.contours), rtol=0, atol=1e-4
        )
    assert run.case.structure_set is not None


def test_the_plan_cannot_pass_for_a_real_isotope(planned: Planned) -> None:
    plan = pydicom.dcmread(planned[0] / "plan" / "dicom" / "rtplan.dcm")
    assert plan.PlanIntent == "RESEARCH"
    assert plan.ApprovalStatus == "UNAPPROVED"
    source = plan.SourceSequence[0]
    assert source.SourceIsotopeName == NO_ISOTOPE
    assert float(source.ReferenceAirKermaRate) == 0
    assert float(source.SourceIsotopeHalfLife) > 1e8
    channel = plan.ApplicationSetupSequence[0].ChannelSequence[0]
    assert float(channel.ChannelTotalTime) == pytest.approx(
        60 * planned[1].plan.irradiation.total_min, rel=1e-5
    )
    point = channel.BrachyControlPointSequence[0].ControlPoint3DPosition
    assert [float(one) for one in point] == pytest.approx(
        planned[1].plan.irradiation.stops.positions_mm[0], abs=1e-3
    )


def test_uids_and_references_are_consistent(planned: Planned) -> None:
    home, run = planned
    objects = {name: pydicom.dcmread(home / "plan" / "dicom" / f"{name}.dcm") for name in NAMES}
    study = run.case.series.study
    for name, one in objects.items():
        assert one.StudyInstanceUID == study.elements["StudyInstanceUID"]
        assert one.PatientID == study.patient_id
        assert one.file_meta.MediaStorageSOPInstanceUID == one.SOPInstanceUID
        if name != "report_pdf":
            assert one.FrameOfReferenceUID == study.frame_of_reference
    instances = [one.SOPInstanceUID for one in objects.values()]
    assert len(set(instances)) == len(instances)
    plan = objects["rtplan"]
    structures = plan.ReferencedStructureSetSequence[0].ReferencedSOPInstanceUID
    assert structures == objects["rtstruct"].SOPInstanceUID
    for name in ("water", "medium", "water_in_medium", "uncertainty"):
        dose = objects[f"rtdose_{name}"]
        assert dose.ReferencedRTPlanSequence[0].ReferencedSOPInstanceUID == plan.SOPInstanceUID
        assert "RESEARCH" in dose.DoseComment
    assert objects["rtdose_uncertainty"].DoseUnits == "RELATIVE"
    referenced = objects["rtstruct"].ReferencedFrameOfReferenceSequence[0]
    images = referenced.RTReferencedStudySequence[0].RTReferencedSeriesSequence[0]
    assert {one.ReferencedSOPInstanceUID for one in images.ContourImageSequence} == {
        instance for _, instance in study.instances
    }


def test_the_document_is_the_report(planned: Planned) -> None:
    home, _ = planned
    found = pydicom.dcmread(home / "plan" / "dicom" / "report_pdf.dcm")
    assert (
        found.EncapsulatedDocument[: found.EncapsulatedDocumentLength]
        == (home / "plan" / "plan.pdf").read_bytes()
    )


def opened(address: str, content: bytes | None = None) -> Any:
    """Open an address of the server on this machine."""
    assert address.startswith("http://127.0.0.1:")
    request = urllib.request.Request(address, data=content)  # noqa: S310 - checked above
    return urllib.request.urlopen(request, timeout=30)  # noqa: S310 - checked above


@pytest.fixture(scope="module")
def orthanc(
    tmp_path_factory: pytest.TempPathFactory, require: Callable[[str | None, str], str]
) -> Iterator[str]:
    program = require(shutil.which("Orthanc"), "Orthanc (apt install orthanc)")
    home = tmp_path_factory.mktemp("orthanc")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (home / "orthanc.json").write_text(json.dumps({
        "Name": "test", "StorageDirectory": str(home / "store"), "HttpPort": port,
        "IndexDirectory": str(home / "store"), "RemoteAccessAllowed": False,
        "AuthenticationEnabled": False, "DicomServerEnabled": False, "Plugins": [],
    }))  # fmt: skip
    with (home / "log.txt").open("w") as log:
        server = subprocess.Popen([program, home / "orthanc.json"], stdout=log, stderr=log)
        address = f"http://127.0.0.1:{port}"
        try:
            for _ in range(150):
                try:
                    with opened(f"{address}/system") as answer:
                        assert answer.status == 200
                    break
                except OSError:
                    assert server.poll() is None, (home / "log.txt").read_text()
                    time.sleep(0.2)
            yield address
        finally:
            server.terminate()
            server.wait(20)


def test_the_server_stores_and_gives_back_every_object(planned: Planned, orthanc: str) -> None:
    home, run = planned
    paths = [*(home / "plan" / "dicom").iterdir(), home / "input" / "rtstruct.dcm"]
    paths += sorted((home / "input" / "ct").iterdir())[:3]
    for path in paths:
        content = path.read_bytes()
        with opened(f"{orthanc}/instances", content) as answer:
            stored = json.load(answer)
        assert stored["Status"] == "Success", path.name
        with opened(f"{orthanc}/instances/{stored['ID']}/file") as answer:
            assert answer.read() == content
    with opened(f"{orthanc}/studies?expand") as answer:
        studies = json.load(answer)
    assert len(studies) == 1
    assert studies[0]["PatientMainDicomTags"]["PatientID"] == run.case.series.study.patient_id
