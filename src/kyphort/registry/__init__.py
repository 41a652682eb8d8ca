"""The registry: patients, vertebrae, treatments and follow-up; nothing lost, everything explained."""

from kyphort.registry.store import (
    Receipt,
    Registry,
    create_registry,
    init_registry,
    open_registry,
    read_registry,
)
from kyphort.registry.values import Identity

__all__ = [
    "Identity",
    "Receipt",
    "Registry",
    "create_registry",
    "init_registry",
    "open_registry",
    "read_registry",
]
