"""The report as a DICOM object: an Encapsulated PDF."""

from pydicom.dataset import FileDataset

from kyphort.exchange.dicom.ct import PatientStudy
from kyphort.exchange.dicom.objects import ENCAPSULATED_PDF, RESEARCH, Identity, new_object


def pdf_object(pdf: bytes, title: str, study: PatientStudy, identity: Identity) -> FileDataset:
    """Return a PDF document as a DICOM object of the patient's study."""
    found = new_object(ENCAPSULATED_PDF, "DOC", study, identity, "report")
    found.ConversionType = "WSD"
    found.ContentDate, found.ContentTime = identity.date, identity.time
    found.AcquisitionDateTime = ""
    found.BurnedInAnnotation = "YES"
    found.RecognizableVisualFeatures = "NO"
    found.DocumentTitle = f"{RESEARCH}: {title}"
    found.ConceptNameCodeSequence = []
    found.MIMETypeOfEncapsulatedDocument = "application/pdf"
    found.EncapsulatedDocumentLength = len(pdf)
    found.EncapsulatedDocument = pdf + b"\0" * (len(pdf) % 2)
    return found
