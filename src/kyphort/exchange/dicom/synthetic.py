"""Writing an image as a CT series: for demonstrations and tests, never of a person."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian, generate_uid

from kyphort.exchange.dicom.ct import CT_IMAGE_STORAGE, PatientStudy
from kyphort.exchange.dicom.objects import save
from kyphort.planning.image import CtImage

SYNTHETIC_NAME = "SYNTHETIC^VERTEBRA"
_INTERCEPT = -1024


def write_synthetic_ct(
    image: CtImage, folder: Path, *, patient_id: str, when: dt.datetime, seed: str
) -> PatientStudy:
    """Write an image as single CT slices, one file each, and return whose they are.

    Patient and study say that they are synthetic; `seed` decides the UIDs.
    """
    folder.mkdir(parents=True, exist_ok=True)
    frame = image.frame

    def uid(what: str) -> str:
        return str(generate_uid(entropy_srcs=["kyphort synthetic", seed, what]))

    elements = {
        "SpecificCharacterSet": "ISO_IR 192",
        "PatientName": SYNTHETIC_NAME,
        "PatientID": patient_id,
        "PatientBirthDate": "",
        "PatientSex": "O",
        "StudyInstanceUID": uid("study"),
        "StudyDate": when.strftime("%Y%m%d"),
        "StudyTime": when.strftime("%H%M%S"),
        "StudyID": "1",
        "AccessionNumber": "",
        "ReferringPhysicianName": "",
        "StudyDescription": "Synthetic: does not describe a person",
    }
    instances = []
    for n in range(frame.shape[0]):
        one = _slice(image, n, uid, elements)
        instances.append((CT_IMAGE_STORAGE, str(one.SOPInstanceUID)))
        save(one, folder / f"ct_{n + 1:04d}.dcm")
    return PatientStudy(elements, uid("series"), uid("frame of reference"), tuple(instances))


def _slice(
    image: CtImage, n: int, uid: Callable[[str], str], elements: dict[str, str]
) -> FileDataset:
    frame = image.frame
    instance = uid(f"slice {n}")
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = UID(CT_IMAGE_STORAGE)
    meta.MediaStorageSOPInstanceUID = UID(instance)
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    found = FileDataset("", Dataset(), file_meta=meta, preamble=b"\0" * 128)
    for keyword, value in elements.items():
        setattr(found, keyword, value)
    found.SOPClassUID, found.SOPInstanceUID, found.Modality = CT_IMAGE_STORAGE, instance, "CT"
    found.ImageType = ["DERIVED", "SECONDARY", "AXIAL"]
    found.SeriesInstanceUID, found.SeriesNumber = uid("series"), 1
    found.SeriesDescription = "Synthetic vertebra"
    found.FrameOfReferenceUID, found.PositionReferenceIndicator = uid("frame of reference"), ""
    found.PatientPosition, found.BodyPartExamined = "FFP", "TSPINE"
    found.Manufacturer, found.KVP, found.AcquisitionNumber = "kyphort", "120", 1
    found.InstanceNumber = n + 1
    found.PatientOrientation = None
    position = frame.to_points((0, 0, n))
    found.ImagePositionPatient = [f"{value:.10g}"[:16] for value in position]
    found.ImageOrientationPatient = [
        f"{value:.12f}"[:15] for value in frame.direction[:, :2].T.ravel()
    ]
    found.PixelSpacing = [f"{frame.spacing_mm[1]:.12g}", f"{frame.spacing_mm[0]:.12g}"]
    found.SliceThickness = f"{frame.spacing_mm[2]:.12g}"
    found.Rows, found.Columns = frame.shape[1:]
    found.SamplesPerPixel, found.PhotometricInterpretation = 1, "MONOCHROME2"
    found.BitsAllocated, found.BitsStored, found.HighBit, found.PixelRepresentation = 16, 16, 15, 0
    found.RescaleSlope, found.RescaleIntercept, found.RescaleType = "1", str(_INTERCEPT), "HU"
    found.WindowCenter, found.WindowWidth = "300", "1500"
    stored = np.clip(np.round(image.hounsfield[n]) - _INTERCEPT, 0, 65535).astype("<u2")
    found.PixelData = stored.tobytes()
    return found
