"""Work in a process of its own: a file that crashes it, blocks it or fills it fails alone.

`Isolated` starts ``python -m posecheck.batch.isolated``, which writes a line when it is ready, and
gives it one job after the other, as a line of JSON each; the answer is one line, too. The process
ends when its standard input ends, so it does not outlive the process that started it, however that
ends. `attempt` is what dask runs: it keeps one such process for each thread of a worker.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import traceback
from typing import IO, TYPE_CHECKING, Any, Final

from posecheck.batch.store import Job
from posecheck.errors import PoseCheckError
from posecheck.system.machine import keep_memory_small

if TYPE_CHECKING:
    from collections.abc import Callable

    Perform = Callable[[Job], dict[str, Any]]

MOST_JOBS: Final = 200
"""Jobs after which the process is replaced by a new one, so that no library's leak adds up."""

START_S: Final = 120.0
"""Longest time in seconds that the process may take to be ready; not counted as work."""

_KEPT_BYTES: Final = 4000
"""Last bytes of the process's messages that are kept when it ends unexpectedly."""


class FailedError(Exception):
    """Raised when an attempt at a recording failed.

    Attributes:
        reason: one line for the user.
        details: traceback or last messages of the process; "" if the reason says all.
    """

    def __init__(self, reason: str, details: str = "") -> None:
        """Keep both; they travel between processes."""
        super().__init__(reason, details)
        self.reason, self.details = reason, details


class Isolated:
    """A process that does one job after the other."""

    def __init__(self) -> None:
        """Start nothing yet."""
        self._process: subprocess.Popen[bytes] | None = None
        self._messages: IO[bytes] | None = None
        self._done = 0

    def perform(self, job: Job, timeout_s: float) -> dict[str, Any]:
        """Do one job in the process.

        Args:
            job: the job.
            timeout_s: time after which the process is ended.

        Raises:
            FailedError: if the job failed, crashed the process or took too long.
        """
        if self._process is None or self._process.poll() is not None or self._done >= MOST_JOBS:
            self._start()
        self._done += 1
        answer, late, code, said = self._ask(json.dumps(job.as_dict()).encode(), timeout_s)
        if answer is not None:
            return _result(answer)
        if late:
            reason = f"took longer than {timeout_s:g} s and was ended; --timeout allows more"
        else:
            reason = f"crashed the process that worked on it ({_how(code)})"
        raise FailedError(reason, said)

    def _ask(
        self, question: bytes | None, timeout_s: float
    ) -> tuple[dict[str, Any] | None, bool, int, str]:
        """Send a line and wait for one; return it, or None, whether it was late, and the end."""
        process = self._process
        assert process is not None and process.stdin and process.stdout  # noqa: PT018, S101
        late = threading.Event()

        def give_up() -> None:
            late.set()
            process.kill()

        timer = threading.Timer(timeout_s, give_up)
        timer.daemon = True
        timer.start()
        try:
            if question is not None:
                process.stdin.write(question + b"\n")
                process.stdin.flush()
            answer = process.stdout.readline()
        except OSError:  # it has ended: no answer
            answer = b""
        except BaseException:
            self.close()
            raise
        finally:
            timer.cancel()
        if answer.endswith(b"\n"):
            found: dict[str, Any] = json.loads(answer)
            return found, False, 0, ""
        code, said = process.wait(), self._last_messages()
        self.close()
        return None, late.is_set(), code, said

    def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                with contextlib.suppress(OSError):
                    assert pipe is not None  # noqa: S101 - asked for
                    pipe.close()
        if self._messages is not None:
            self._messages.close()
            self._messages = None

    def _start(self) -> None:
        self.close()
        self._done = 0
        self._messages = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        self._process = subprocess.Popen(
            [sys.executable, "-m", "posecheck.batch.isolated"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._messages,
        )
        ready, _, code, said = self._ask(None, START_S)
        if ready is None:
            reason = f"the process for the work does not start ({_how(code)})"
            raise FailedError(reason, said)

    def _last_messages(self) -> str:
        if self._messages is None:
            return ""
        size = self._messages.seek(0, os.SEEK_END)
        self._messages.seek(max(0, size - _KEPT_BYTES))
        return self._messages.read().decode(errors="replace")


def _result(answer: dict[str, Any]) -> dict[str, Any]:
    if "reason" in answer:
        raise FailedError(answer["reason"], answer["details"])
    result: dict[str, Any] = answer["result"]
    return result


def _how(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"signal {-code}, {signal.Signals(-code).name}"
    except ValueError:
        return f"signal {-code}"


_OF_THREAD: Final = threading.local()


def attempt(job: Job, timeout_s: float) -> dict[str, Any]:
    """Do one job in this thread's own process.

    Raises:
        FailedError: if it failed.
    """
    isolated: Isolated | None = getattr(_OF_THREAD, "isolated", None)
    if isolated is None:
        isolated = _OF_THREAD.isolated = Isolated()
    return isolated.perform(job, timeout_s)


def answer_of(job: Job, perform: Perform) -> dict[str, Any]:
    """Return the answer to a job: its result, or the reason for a failure and its details."""
    try:
        return {"result": perform(job)}
    except PoseCheckError as error:
        return {"reason": " ".join(str(error).split()), "details": ""}
    except Exception as error:  # noqa: BLE001 - the traceback is kept beside the results
        last = traceback.format_exception_only(error)[-1]
        reason = f"a bug in posecheck: {' '.join(last.split())}"
        return {"reason": reason, "details": traceback.format_exc()}


def _serve() -> None:
    """Answer jobs until standard input ends."""
    keep_memory_small()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that started this one
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a native library prints is no answer
    lines: queue.Queue[bytes] = queue.Queue()

    def listen() -> None:
        for line in sys.stdin.buffer:
            lines.put(line)
        os._exit(0)  # nobody waits for the present job any more

    threading.Thread(target=listen, name="posecheck-jobs", daemon=True).start()
    from posecheck.batch.work import perform  # noqa: PLC0415 - the first job may wait already
    from posecheck.system.opencv import cv2  # noqa: PLC0415

    cv2.setNumThreads(1)
    answer: dict[str, Any] = {"ready": True}
    while True:
        answers.write(json.dumps(answer).encode() + b"\n")
        answers.flush()
        answer = answer_of(Job(**json.loads(lines.get())), perform)


if __name__ == "__main__":
    _serve()
