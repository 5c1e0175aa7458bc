"""The run of a batch: what is missing goes to the cluster, a bounded number at a time.

Neither the client nor the scheduler keeps results: they lie in the output folder. So memory does
not grow with the number of recordings.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from posecheck.batch import store
from posecheck.batch.cluster import connected, dask_is_there
from posecheck.batch.isolated import FailedError, attempt
from posecheck.batch.recordings import BatchError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from posecheck.batch.store import Job

IN_FLIGHT: Final = 4
"""Jobs given to the scheduler at once, for each thread of a worker."""

LEAST_IN_FLIGHT: Final = 64
"""Jobs given to the scheduler at least, also while it has no worker yet."""


@dataclass(frozen=True, slots=True)
class BatchOptions:
    """Options of a run.

    Attributes:
        workers: processes of the own cluster; None means as many as cores and memory allow.
        scheduler: address of an existing dask scheduler; None starts a cluster here.
        retries: further attempts at a recording that failed.
        timeout_s: time after which the work on one recording is ended, in seconds.
    """

    workers: int | None = None
    scheduler: str | None = None
    retries: int = 1
    timeout_s: float = 3600.0


@dataclass(slots=True)
class BatchOutcome:
    """Result of a run, for each job by its number.

    Attributes:
        keys: keys of the results that are there.
        reused: numbers of the jobs whose result was there before.
        failed: number of a job -> reason.
        stopped: reason why the run ended early; "" if it did not.
        interrupted: whether that was Ctrl-C.
    """

    keys: dict[int, str] = field(default_factory=dict)
    reused: set[int] = field(default_factory=set)
    failed: dict[int, str] = field(default_factory=dict)
    stopped: str = ""
    interrupted: bool = False

    @property
    def over(self) -> int:
        """Jobs that are done or have failed."""
        return len(self.keys) + len(self.failed)


def run(
    jobs: Sequence[Job],
    out: Path,
    options: BatchOptions,
    on_progress: Callable[[BatchOutcome], None] | None = None,
) -> BatchOutcome:
    """Do the jobs whose result is missing; return what is there afterwards.

    After Ctrl-C, and when the cluster is lost, the outcome is what was finished until then.

    Args:
        jobs: the jobs.
        out: folder of the results, made and locked by `store.only_run`.
        options: options of the run.
        on_progress: called now and then, in this thread.

    Raises:
        BatchError: if no scheduler can be reached.
        InstallationError: without dask.
    """
    contents = store.Contents(out)
    outcome, missing = _look(jobs, out, contents)
    report = on_progress or (lambda _: None)
    report(outcome)
    if not missing:
        return outcome
    try:
        with connected(options.scheduler, options.workers) as client:
            for number, result in _finished(client, jobs, missing, options):
                if isinstance(result, FailedError):
                    outcome.failed[number] = result.reason
                    store.keep_details(out, jobs[number].name, result.details)
                else:
                    outcome.keys[number] = result["key"]
                    contents.add(jobs[number].path, *result["content"])
                report(outcome)
    except KeyboardInterrupt:
        outcome.stopped, outcome.interrupted = "stopped", True
    except _LostError as error:
        outcome.stopped = str(error)
    return outcome


def _look(
    jobs: Sequence[Job], out: Path, contents: store.Contents
) -> tuple[BatchOutcome, list[int]]:
    """Return the results that are there already, and the numbers of the jobs without one."""
    outcome, missing = BatchOutcome(), []
    for number, job in enumerate(jobs):
        content = contents.get(job.path)
        key = None if content is None else job.key(content)
        if key is not None and store.read_result(out, key) is not None:
            outcome.keys[number] = key
            outcome.reused.add(number)
        else:
            missing.append(number)
    return outcome, missing


class _LostError(BatchError):
    """Raised when the scheduler is gone."""


def _finished(
    client: Any,  # noqa: ANN401 - dask has no types
    jobs: Sequence[Job],
    missing: Sequence[int],
    options: BatchOptions,
) -> Iterator[tuple[int, dict[str, Any] | FailedError]]:
    """Yield the number of each job and its result as they come.

    Raises:
        _LostError: if the scheduler is gone.
    """
    from distributed import as_completed  # noqa: PLC0415 - an extra

    waiting, numbers, run_id = iter(missing), {}, time.time_ns()
    done = as_completed(with_results=True, raise_errors=False, loop=client.loop)

    def give(count: int) -> None:
        for _, number in zip(range(count), waiting, strict=False):
            future = client.submit(
                attempt,
                jobs[number],
                options.timeout_s,
                key=f"posecheck-{run_id}-{number}",
                retries=options.retries,
                pure=False,
            )
            numbers[future.key] = number
            done.add(future)

    give(max(LEAST_IN_FLIGHT, IN_FLIGHT * _threads(client)))
    for future, result in done:
        number = numbers.pop(future.key)
        if future.status == "finished":
            yield number, result
        elif future.status == "error":
            yield number, _failure(result)
        else:  # cancelled or lost: there is no scheduler any more
            raise _lost(options)
        future.release()
        give(1)
    if numbers:
        raise _lost(options)


def _lost(options: BatchOptions) -> _LostError:
    place = options.scheduler or "of this machine"
    return _LostError(f"the scheduler {place} is gone; run the same command again")


def _threads(client: Any) -> int:  # noqa: ANN401 - dask has no types
    return sum(client.nthreads().values())


def _failure(result: Any) -> FailedError:  # noqa: ANN401 - an exception, or its three parts
    error = result[1] if isinstance(result, tuple) else result
    if isinstance(error, FailedError):
        return error
    if isinstance(error, ModuleNotFoundError):
        return FailedError(f"this worker lacks {error.name}; install posecheck there")
    said = " ".join(str(error).split())
    return FailedError(f"{type(error).__name__}: {said}"[:300])


__all__ = ["BatchOptions", "BatchOutcome", "dask_is_there", "run"]
