"""Work that may be ended and keeps what it has: by Ctrl-C, SIGTERM, a limit of memory."""

import resource
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType, TracebackType

MEGABYTE = 2**20


class Interruptible:
    """A context that swallows an interruption and says in `ended` which it was; empty for none.

    SIGTERM ends the work like Ctrl-C. `memory_mb` limits the memory that the work may take beyond
    what the process has when it begins (Linux; elsewhere it is not enforced).
    """

    def __init__(self, memory_mb: int | None = None) -> None:
        self.memory_mb, self.ended = memory_mb, ""
        self._before = resource.getrlimit(resource.RLIMIT_AS)
        self._handlers: dict[signal.Signals, object] = {}
        self._holds = self._waits = False

    def __enter__(self) -> "Interruptible":
        if threading.current_thread() is threading.main_thread():
            for one in (signal.SIGTERM, signal.SIGINT):
                self._handlers[one] = signal.signal(one, self._interrupt)
        taken = _taken_bytes()
        if self.memory_mb is not None and taken:
            limit = taken + self.memory_mb * MEGABYTE
            hard = self._before[1]
            allowed = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
            resource.setrlimit(resource.RLIMIT_AS, (allowed, hard))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        resource.setrlimit(resource.RLIMIT_AS, self._before)
        for one, handler in self._handlers.items():
            signal.signal(one, handler)  # type: ignore[arg-type]  # as it was
        if isinstance(error, KeyboardInterrupt):
            self.ended = "interrupted"
        elif isinstance(error, MemoryError):
            self.ended = f"memory limit of {self.memory_mb} MB"
        return bool(self.ended)

    @contextmanager
    def undisturbed(self) -> Iterator[None]:
        """Hold interruptions back until the end of the block."""
        self._holds = True
        try:
            yield
        finally:
            self._holds = False
        if self._waits:
            raise KeyboardInterrupt

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        self._waits = self._holds
        if not self._holds:
            raise KeyboardInterrupt


def _taken_bytes() -> int:
    """Return the address space of this process, 0 where the system does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    except OSError:
        return 0
    return pages * resource.getpagesize()
