"""The registry: every record with its history; nothing lost, everything explained."""

from kyphort.registry.making import create_registry, init_registry, renew, restore
from kyphort.registry.opening import open_registry, read_registry
from kyphort.registry.store import Receipt, Registry
from kyphort.registry.values import Identity

__all__ = [
    "Identity",
    "Receipt",
    "Registry",
    "create_registry",
    "init_registry",
    "open_registry",
    "read_registry",
    "renew",
    "restore",
]
