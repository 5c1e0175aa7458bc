"""The cluster that does the work: an own one on this machine, or one that exists.

The own cluster listens on the loopback only, encrypts and asks every connection for its temporary
key, because a scheduler runs any code that it is sent. It has no dashboard.
"""

from __future__ import annotations

import logging
import signal
import sys
import tempfile
from contextlib import contextmanager
from importlib.util import find_spec
from multiprocessing import resource_tracker
from typing import TYPE_CHECKING, Any, Final

from posecheck.batch.recordings import BatchError
from posecheck.errors import InstallationError, shown
from posecheck.system.machine import cores

if TYPE_CHECKING:
    from collections.abc import Iterator

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
    # 1000 the scheduler grows by some 30 MB for each worker.
    "distributed.admin.low-level-log-length": 50,
    "distributed.admin.system-monitor.gil.enabled": False,
}


def usable_workers() -> int:
    """Return the number of workers that the cores and the free memory allow, at least 1."""
    import psutil  # noqa: PLC0415 - dask needs it, too

    return max(1, min(cores(), int(psutil.virtual_memory().available // WORKER_BYTES)))


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
                    n_workers=workers or usable_workers(),
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
