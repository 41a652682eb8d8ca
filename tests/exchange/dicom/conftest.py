"""The objects of one small plan, written once: the fixture of the tests of planning."""

from tests.planning.conftest import planned

__all__ = ["planned"]
