"""Endpoints as declarations: from a cohort to times, codes, and the reason for each."""

from kyphort.endpoints.declaration import Endpoint, Source, Subject, Unit
from kyphort.endpoints.derive import derive
from kyphort.endpoints.library import (
    CensoringRule,
    DeathRule,
    local_control,
    lpfs_composite,
    lpfs_seed,
    overall_survival,
    vertebral_compression_fracture,
)
from kyphort.endpoints.table import EndpointRow, EndpointTable

__all__ = [
    "CensoringRule",
    "DeathRule",
    "Endpoint",
    "EndpointRow",
    "EndpointTable",
    "Source",
    "Subject",
    "Unit",
    "derive",
    "local_control",
    "lpfs_composite",
    "lpfs_seed",
    "overall_survival",
    "vertebral_compression_fracture",
]
