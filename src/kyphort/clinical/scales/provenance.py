"""Where each scale's rules were read, and whether that was checked against the source."""

from dataclasses import dataclass

UNVERIFIED = "not verified against its source"


@dataclass(frozen=True, slots=True)
class Provenance:
    """The source of a rule, and whether the rule was checked against it.

    >>> Provenance("Frankel/AIS grade", "Frankel 1969", verified=False).marked("B")
    'B (Frankel/AIS grade: not verified against its source)'
    """

    scale: str
    source: str
    verified: bool

    def marked(self, text: str) -> str:
        """Return a text with a remark when its rule is not verified."""
        return text if self.verified else f"{text} ({self.scale}: {UNVERIFIED})"


SINS = Provenance("SINS", "Fisher et al., Spine 2010;35:E1221, as in two public scorers", True)
TOMITA_SURGICAL = Provenance(
    "Tomita surgical classification", "Tomita et al., Paraplegia 1994; Spine 2001", False
)
TOMITA_PROGNOSTIC = Provenance("Tomita prognostic score", "Tomita et al., Spine 2001", False)
TOKUHASHI = Provenance(
    "revised Tokuhashi score", "Tokuhashi et al., Spine 2005;30:2186, as in PMC3578515", True
)
TOKUHASHI_FIVE_POINTS = Provenance(
    "revised Tokuhashi score, primaries with 5 points", "Tokuhashi et al., Spine 2005", False
)
ESCC = Provenance(
    "Bilsky ESCC", "Bilsky et al., J Neurosurg Spine 2010;13:324, as in Radiopaedia", True
)
FRANKEL = Provenance("Frankel/AIS grade", "Frankel et al., Paraplegia 1969; ASIA/ISCoS", False)
KARNOFSKY = Provenance("Karnofsky", "LOINC 89243-0 in mCODE 4.0.0", True)
ECOG = Provenance("ECOG", "LOINC 89247-1 in mCODE 4.0.0", True)
ECOG_FROM_KARNOFSKY = Provenance("Karnofsky to ECOG", "commonly printed crosswalk", False)
CTCAE = Provenance("CTCAE grade", "National Cancer Institute, CTCAE", True)
CLAVIEN_DINDO = Provenance(
    "Clavien-Dindo", "Dindo et al., Ann Surg 2004;240:205, as tabulated since", True
)

PROVENANCES = (
    SINS,
    TOMITA_SURGICAL,
    TOMITA_PROGNOSTIC,
    TOKUHASHI,
    TOKUHASHI_FIVE_POINTS,
    ESCC,
    FRANKEL,
    KARNOFSKY,
    ECOG,
    ECOG_FROM_KARNOFSKY,
    CTCAE,
    CLAVIEN_DINDO,
)
"""Every rule of these scales, verified or not."""
