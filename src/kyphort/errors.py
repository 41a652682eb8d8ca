"""The one family of errors: a helpful sentence, a stable code, an exit code."""

from typing import ClassVar


class KyphortError(Exception):
    """Something that the user can mend; shown as one sentence, without a traceback.

    `code` is stable across versions and has an entry in docs/errors.md; `exit_code` is what the
    command line returns.
    """

    code: ClassVar[str] = "error"
    exit_code: ClassVar[int] = 1


class InvalidDataError(KyphortError, ValueError):
    """Data that cannot be right: an impossible value, a missing row, a wrong type."""

    code = "invalid-data"
    exit_code = 3


class FaultyDataError(InvalidDataError):
    """A data set with errors: all of them at once, one line each, in `lines`."""

    code = "faulty-data"

    def __init__(self, message: str, lines: tuple[str, ...]) -> None:
        super().__init__("\n".join((*lines, message)))
        self.lines = lines


class UnknownPublicationError(KyphortError, LookupError):
    """A publication that kyphort does not carry."""

    code = "unknown-publication"
    exit_code = 4


class RegistryError(KyphortError):
    """A registry file that is absent, not a registry, or cannot be read."""

    code = "registry"
    exit_code = 5


class OutputError(KyphortError):
    """A place that cannot be written to, or that holds files kyphort did not make."""

    code = "output"
    exit_code = 6


class ConflictError(KyphortError):
    """A change that another one forbids: a newer version, a lock, an erased patient."""

    code = "conflict"
    exit_code = 9


class RemoteError(KyphortError):
    """Another server that cannot be reached, refuses, or answers what cannot be read."""

    code = "remote"
    exit_code = 19


class MonotoneLikelihoodError(InvalidDataError):
    """A likelihood that rises without end along some covariates, so that it has no maximum."""

    code = "monotone-likelihood"


class ConvergenceError(KyphortError, ArithmeticError):
    """An iteration that did not settle on a result."""

    code = "no-convergence"
    exit_code = 18


class SolverMissingError(KyphortError):
    """OR-Tools is not installed, and a proof needs it."""

    code = "solver-missing"
    exit_code = 30


class NoCohortError(KyphortError):
    """A specification from which no cohort could be drawn."""

    code = "no-cohort"
    exit_code = 31
