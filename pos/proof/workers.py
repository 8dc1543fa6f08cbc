"""Work spread over processes: as many at once as there are processors, and never more waiting.

Apart so that every gate uses both cores the same way, and gives the same answers in the same
order whatever the machine's speed: only how many tasks are begun depends on time.
"""

import multiprocessing
import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from types import TracebackType
from typing import Self, TypeVar

WAITING_PER_PROCESS_MAX = 2

Task = TypeVar("Task")
Done = TypeVar("Done")


class Workers:
    """A few processes. Use as a context manager. With `niceness` they let others go first."""

    def __init__(self, process_count: int | None = None, niceness: int = 0) -> None:
        self.process_count = process_count or len(os.sched_getaffinity(0))
        # Spawned, not forked: nothing of this process's threads, locks or patches goes with them.
        self._pool = ProcessPoolExecutor(
            self.process_count,
            mp_context=multiprocessing.get_context("spawn"),
            initializer=os.nice,
            initargs=(niceness,),
        )

    def spread(
        self, work: Callable[[Task], Done], tasks: Iterable[Task], until_s: float
    ) -> Iterator[Done]:
        """`work(task)` for each task in order, until they end or it is `until_s` (monotonic).

        `work` is a function of a module, and tasks and answers can be pickled. What was begun is
        finished: nothing is begun later than that, except the first task.
        """
        waiting: deque[Future[Done]] = deque()
        waiting_max = self.process_count * WAITING_PER_PROCESS_MAX
        upcoming = iter(tasks)
        begun = False
        while True:
            while len(waiting) < waiting_max and (not begun or time.monotonic() < until_s):
                begun = True
                try:
                    waiting.append(self._pool.submit(work, next(upcoming)))
                except StopIteration:
                    until_s = 0.0
            if not waiting:
                return
            yield waiting.popleft().result()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._pool.shutdown(cancel_futures=True)
