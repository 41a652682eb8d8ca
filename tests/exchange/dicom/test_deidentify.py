"""De-identification: no canary survives, references stay, the profile's table is followed."""

import shutil
from pathlib import Path

import pydicom
import pytest
from pydicom.dataset import Dataset

from kyphort.errors import InvalidDataError, OutputError
from kyphort.exchange.dicom import Pseudonym, deidentified, read_ct, read_structures
from kyphort.exchange.dicom.deidentify import profile
from kyphort.workflows.plan import PlanRun
from kyphort.workflows.plan_verbs import deidentified_copies

from .series import change, write

CANARY = "CANARY"
Planned = tuple[Path, PlanRun]


def spoiled(one: pydicom.FileDataset) -> None:
    """Put a canary into every element of text, into private ones and sequences."""
    for keyword in (
        "PatientName", "PatientID", "PatientComments", "InstitutionName", "StationName",
        "ReferringPhysicianName", "OperatorsName", "StudyDescription", "SeriesDescription",
        "AccessionNumber", "DeviceSerialNumber", "ProtocolName", "ImageComments", "StudyID",
        "InstitutionAddress", "OtherPatientIDs", "PerformedProcedureStepDescription",
    ):  # fmt: skip
        setattr(one, keyword, CANARY)
    one.PatientBirthDate, one.StudyDate, one.AcquisitionDate = "19410203", "20260304", "20260304"
    block = one.private_block(0x0011, "CANARY MAKER", create=True)
    block.add_new(0x01, "LO", CANARY)
    item = Dataset()
    item.RequestedProcedureDescription = item.ScheduledProcedureStepID = CANARY
    one.RequestAttributesSequence = [item]
    one.add_new(0x60003000, "OW", b"CANARY")


def test_no_canary_survives(tmp_path: Path) -> None:
    study = write(tmp_path / "ct")
    for path in (tmp_path / "ct").iterdir():
        change(path, spoiled)
    written, left_out = deidentified_copies(tmp_path / "ct", tmp_path / "out", "P017", None)
    assert (written, left_out) == (6, ())
    for path in (tmp_path / "out").iterdir():
        content = path.read_bytes()
        for word in (b"CANARY", b"19410203", b"20260304", study.series_uid.encode()):
            assert word not in content
        found = pydicom.dcmread(path)
        assert found.PatientID == found.PatientName == "P017"
        assert found.PatientIdentityRemoved == "YES"
        assert found.DeidentificationMethodCodeSequence[0].CodeValue == "113100"
        assert not any(element.tag.is_private for element in found.iterall())
    assert read_ct(tmp_path / "out").image.frame.shape == (6, 12, 10)


def test_each_action_of_the_table_is_taken(tmp_path: Path) -> None:
    write(tmp_path / "ct")
    path = tmp_path / "ct" / "ct_0001.dcm"
    change(path, spoiled)
    before = pydicom.dcmread(path)
    after = deidentified(pydicom.dcmread(path), Pseudonym("P1", "secret"), "x")
    for element in before:
        action = profile().get(int(element.tag), "K")
        if element.tag.is_private or element.keyword in ("PatientID", "PatientName"):
            continue
        if action == "X":
            assert element.tag not in after, element
        elif action == "Z":
            assert not after[element.tag].value, element
        elif action in ("D", "U") and element.value:
            assert after[element.tag].value != element.value, element
        elif action == "K" and element.tag.group != 0x6000:
            assert after[element.tag] == element


def test_references_between_objects_stay(planned: Planned, tmp_path: Path) -> None:
    home, _ = planned
    source = tmp_path / "source"
    shutil.copytree(home / "input" / "ct", source / "ct")
    shutil.copy(home / "plan" / "dicom" / "rtstruct.dcm", source)
    shutil.copy(home / "plan" / "dicom" / "rtdose_water.dcm", source)
    shutil.copy(home / "plan" / "dicom" / "rtplan.dcm", source)
    shutil.copy(home / "plan" / "dicom" / "report_pdf.dcm", source)
    (source / "notes.txt").write_text("the patient's name")
    written, left_out = deidentified_copies(source, tmp_path / "out", "P017", "a key")
    assert written == 72 + 3
    assert any("report_pdf.dcm is a document" in one for one in left_out)
    assert any("notes.txt is not DICOM" in one for one in left_out)
    found = {one.Modality: (one, path) for path in (tmp_path / "out").iterdir()
             if (one := pydicom.dcmread(path)).Modality != "CT"}  # fmt: skip
    series = read_ct(tmp_path / "out")
    drawn = read_structures(found["RTSTRUCT"][1], series)
    assert {one.name for one in drawn.structures} >= {"lesion_1", "cord_2"}
    dose, plan = found["RTDOSE"][0], found["RTPLAN"][0]
    assert dose.ReferencedRTPlanSequence[0].ReferencedSOPInstanceUID == plan.SOPInstanceUID
    assert dose.FrameOfReferenceUID == series.study.frame_of_reference


def test_a_key_repeats_the_uids_and_none_does_not(tmp_path: Path) -> None:
    write(tmp_path / "ct")
    for out, key in (("a", "k"), ("b", "k"), ("c", None)):
        deidentified_copies(tmp_path / "ct", tmp_path / out, "P1", key)
    uids = [
        {pydicom.dcmread(path).SOPInstanceUID for path in (tmp_path / out).iterdir()}
        for out in "abc"
    ]
    assert uids[0] == uids[1]
    assert not uids[0] & uids[2]


def test_what_is_refused_leaves_nothing(tmp_path: Path) -> None:
    write(tmp_path / "ct")
    change(tmp_path / "ct" / "ct_0001.dcm", lambda one: setattr(one, "BurnedInAnnotation", "YES"))
    written, left_out = deidentified_copies(tmp_path / "ct", tmp_path / "out", "P1", None)
    assert written == 5
    assert "burned" in left_out[0]
    with pytest.raises(OutputError, match="exists already"):
        deidentified_copies(tmp_path / "ct", tmp_path / "out", "P1", None)
    with pytest.raises(InvalidDataError, match="pseudonym is empty"):
        deidentified_copies(tmp_path / "ct", tmp_path / "new", " ", None)
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "a.txt").write_text("x")
    with pytest.raises(InvalidDataError, match="holds no object"):
        deidentified_copies(tmp_path / "letters", tmp_path / "new", "P1", None)
    assert not (tmp_path / "new").exists()
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]
