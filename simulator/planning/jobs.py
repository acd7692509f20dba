"""Runs several planning runs in parallel processes and reports their progress."""

from __future__ import annotations

import functools
import multiprocessing
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, wait
from dataclasses import dataclass
from multiprocessing.sharedctypes import SynchronizedArray

from simulator.costs.price_book import PriceBook
from simulator.costs.stack import WorkspaceTask
from simulator.planning.result import Result
from simulator.planning.run import simulate
from simulator.planning.settings import Scenario
from simulator.worker_process import end_with
from simulator.workloads.visit import Workload

_LOOK_EVERY_S = 0.2


@dataclass(frozen=True)
class Job:
    name: str
    workload: Workload
    scenario: Scenario
    book: PriceBook
    task: WorkspaceTask


def run_all(
    jobs: Sequence[Job],
    *,
    processes: int | None = None,
    progress: Callable[[int, float, int], None] = lambda _number, _share, _launches: None,
) -> list[Result]:
    """The results in the order of the jobs. `progress` gets a job's number, share and launches."""
    processes = min(len(jobs), processes or os.cpu_count() or 1)
    if processes == 1:
        return [_simulate(job, functools.partial(progress, number)) for number, job in enumerate(jobs)]
    context = multiprocessing.get_context("fork")
    board = context.Array("d", 2 * len(jobs))
    with ProcessPoolExecutor(processes, mp_context=context, initializer=_begin, initargs=(board, os.getpid())) as pool:
        futures = [pool.submit(_work, number, job) for number, job in enumerate(jobs)]
        waiting = set(futures)
        try:
            while waiting:
                waiting = wait(waiting, timeout=_LOOK_EVERY_S).not_done
                shares = board[:]
                for number in range(len(jobs)):
                    progress(number, shares[2 * number], int(shares[2 * number + 1]))
            return [future.result() for future in futures]
        except BaseException:
            for process in multiprocessing.active_children():
                process.terminate()
            raise


_board: SynchronizedArray[float]


def _begin(board: SynchronizedArray[float], parent: int) -> None:
    end_with(parent)
    global _board  # noqa: PLW0603 (the one thing a worker process is given at its start)
    _board = board


def _work(number: int, job: Job) -> Result:
    def tell(share: float, launches: int) -> None:
        _board[2 * number], _board[2 * number + 1] = share, launches

    return _simulate(job, tell)


def _simulate(job: Job, progress: Callable[[float, int], None]) -> Result:
    return simulate(job.workload, job.scenario, job.book, task=job.task, name=job.name, progress=progress)
