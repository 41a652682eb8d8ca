"""The registry: patients, vertebrae, treatments and follow-up in one file."""

from kyphort.registry.store import create_registry, read_registry

__all__ = ["create_registry", "read_registry"]
