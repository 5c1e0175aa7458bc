"""The run of a batch: what is missing goes to the cluster, a bounded number at a time.

The cluster is an own one on this machine, or one that exists. The own cluster listens on the
loopback only, encrypts and asks every connection for its temporary key, because a scheduler runs
any code that it is sent. It has no dashboard.

Neither the client nor the scheduler keeps results: they lie in the output folder. So memory does
not grow with the number of recordings.
"""

from __future__ import annotations

import logging
import signal
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from multiprocessing import resource_tracker
from typing import TYPE_CHECKING, Any, Final

from posecheck.batch import store
from posecheck.batch.isolated import FailedError, attempt
from posecheck.batch.recordings import BatchError
from posecheck.errors import InstallationError, shown
from posecheck.system.machine import usual_workers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from posecheck.batch.store import Job


LOOPBACK: Final = "127.0.0.1"

WORKER_BYTES: Final = 450_000_000
"""Memory that one worker takes, in bytes: dask's process and the one that analyses (measured: 62 MB
and 230 to 330 MB with recordings up to 1080p)."""

_SETTINGS: Final[dict[str, Any]] = {
    # A recording cannot kill a worker (see `isolated`); whatever else does is not its fault.
    "distributed.scheduler.allowed-failures": 100,
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
    "distributed.worker.profile.enabled": False,
    # Each connection keeps its last messages of this number, and a job is 5 kB: with the usual
    # 1000 the scheduler grows by some 20 MB for each worker.
    "distributed.admin.low-level-log-length": 50,
    "distributed.admin.system-monitor.gil.enabled": False,
}


@contextmanager
def connected(scheduler: str | None, workers: int | None) -> Iterator[Any]:
    """Give a client of a cluster; the own cluster ends with it.

    Args:
        scheduler: address of an existing scheduler; None starts a cluster on this machine.
        workers: processes of the own cluster; None means as many as the cores and memory allow.

    Raises:
        InstallationError: without dask.
        BatchError: if the scheduler cannot be reached.
    """
    dask_is_there()
    import dask  # noqa: PLC0415 - an extra
    from distributed import Client, LocalCluster  # noqa: PLC0415

    for name in ("asyncio", *logging.root.manager.loggerDict):
        if name.split(".")[0] in {"distributed", "tornado", "asyncio"}:
            logging.getLogger(name).setLevel(logging.CRITICAL)  # one line says it instead
    with dask.config.set(_SETTINGS):
        if scheduler is not None:
            with _explained(scheduler):
                # As long as dask's own setting allows, distributed.comm.timeouts.connect: 30 s.
                client = Client(scheduler, set_as_default=False)
            with client:
                yield client
            return
        with (
            tempfile.TemporaryDirectory(prefix="posecheck-batch-") as scratch,
            dask.config.set({"temporary-directory": scratch}),  # the scheduler's, too
        ):
            with _ctrl_c_later():
                cluster = LocalCluster(
                    n_workers=workers or usual_workers(WORKER_BYTES, WORKER_BYTES),
                    threads_per_worker=1,
                    processes=True,
                    host=LOOPBACK,
                    security=True,
                    dashboard_address=None,
                    scheduler_kwargs={"dashboard_address": f"{LOOPBACK}:0", "dashboard": False},
                    memory_limit=0,  # the work is in processes that dask does not measure
                    local_directory=scratch,
                    silence_logs=logging.CRITICAL,
                )
            with cluster, Client(cluster, set_as_default=False) as client:
                yield client


@contextmanager
def _ctrl_c_later() -> Iterator[None]:
    """Hold back Ctrl-C in this thread; processes and threads started meanwhile never get it.

    A terminal sends it to all processes of a run. The workers end with this one, in order.
    """
    if sys.platform == "win32":
        yield
    else:
        resource_tracker.ensure_running()  # starting it later would let Ctrl-C through again
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


def dask_is_there() -> None:
    """Refuse to go on without dask and what its encryption needs.

    Raises:
        InstallationError: if they are not installed.
    """
    for library in ("dask", "distributed", "cryptography"):
        try:
            found = find_spec(library)
        except (ImportError, ValueError):
            found = None
        if found is None:
            message = (
                f'batch needs {library}, which is not installed: pip install "posecheck[batch]"'
            )
            raise InstallationError(message)


@contextmanager
def _explained(scheduler: str) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError) as error:
        cause = " ".join(str(error).split()) or type(error).__name__
        message = (
            f"{shown(scheduler)}: no scheduler can be reached there ({cause}); "
            "an address is such as tcp://host:8786"
        )
        raise BatchError(message) from error


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
