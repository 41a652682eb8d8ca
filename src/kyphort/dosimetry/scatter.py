"""Batches of histories: in any number of threads, always summed in the same order."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from kyphort.dosimetry.scorers import Scored, Scorer


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is: histories done and asked for, and seconds left as it looks now."""

    done: int
    total: int
    seconds_left: float


@dataclass(slots=True)
class Watch:
    """Who is told of the progress, and who may ask for a stop."""

    progress: Callable[[Progress], None] | None
    stop: Callable[[], bool] | None
    stopped: bool = False

    def after(self, done: int, total: int, started: float) -> bool:
        """Tell the progress; return whether to go on."""
        elapsed = time.perf_counter() - started
        if self.progress is not None:
            self.progress(Progress(done, total, elapsed / done * (total - done)))
        if self.stop is not None and self.stop():
            self.stopped = True
        return not self.stopped


def follow(scorer: Scorer, first: int, batches: int, size: int, threads: int, watch: Watch) -> int:  # noqa: PLR0917 - the parts of one task, handed on once
    """Follow batches of `size` histories from number `first`; return how many histories ran.

    Batches are added in their order, so that the sums do not depend on the threads. An interrupt
    ends the run and keeps what is done.
    """
    started, done = time.perf_counter(), 0
    with ThreadPoolExecutor(threads) as pool:
        try:
            for scored in _in_order(pool, scorer, first, batches, size, threads):
                scorer.take(scored, size)
                done += size
                if not watch.after(done, batches * size, started):
                    break
        except KeyboardInterrupt:
            watch.stopped = True
    return done


def _in_order(  # noqa: PLR0917 - the parts of one task, handed on once
    pool: ThreadPoolExecutor, scorer: Scorer, first: int, batches: int, size: int, threads: int
) -> Iterator[Scored]:
    if threads == 1:
        for n in range(batches):
            yield scorer.batch(first + n * size, size)
        return
    waiting: list[Future[Scored]] = []
    try:
        for n in range(batches):
            waiting.append(pool.submit(scorer.batch, first + n * size, size))
            if len(waiting) > threads:
                yield waiting.pop(0).result()
        while waiting:
            yield waiting.pop(0).result()
    finally:
        for one in waiting:
            one.cancel()
