"""Reading a session file back, also a damaged one.

`SessionReader` yields the content line by line, so that a long session can be shown before it is
read to its end; `load` collects all of it. A line that can't be used is left out and reported with
its place. The file is opened for reading only.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import orjson

from posecheck import exercises
from posecheck.errors import ExerciseError, SessionError, shown
from posecheck.ledger import Hold, NotJudged
from posecheck.session.decode import (
    UNUSABLE,
    Problems,
    asked_of,
    hold_of,
    ledger_of,
    not_judged_of,
    observation_of,
    statement_of,
    texts_of,
    time_of,
    verdict_of,
)
from posecheck.session.writer import SCHEMA
from posecheck.system import files
from posecheck.types import MICROSECONDS, Asked, Observation, Statement

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import TypeAlias

    from posecheck.exercises import Exercise
    from posecheck.ledger import Ledger
    from posecheck.types import Verdict

    Item: TypeAlias = Observation | Asked | tuple[float, Verdict] | Hold | NotJudged | Statement

MOST_LINES: Final = 5_000_000
"""Largest number of lines of a session that are read: a day and a half at 30 frames a second."""


@dataclass(frozen=True, slots=True, eq=False)
class Session:
    """A session as read back.

    Attributes:
        header: facts of the first line, in JSON types.
        exercise: the exercise that was judged; None if the session ended before the
            best fitting one was found.
        observations: the observations, in the order of time.
        asked: the sides that a live session asked for, in the order of time.
        not_judged: when a live session ran its timer instead of judging, in the order of time.
        statements: the person's answers to the questions of a live session.
        verdicts: time in seconds and verdict, in the order of time.
        holds: the holds that ended.
        ended: how the session ended; None if it was cut off.
        ledger: all time, as valid, wrong or unseen; None if the session was cut off.
        warnings: of the session.
        problems: lines of the file that could not be used, one sentence each.
    """

    header: dict[str, Any]
    exercise: Exercise | None
    observations: tuple[Observation, ...]
    verdicts: tuple[tuple[float, Verdict], ...]
    holds: tuple[Hold, ...]
    ended: str | None
    ledger: Ledger | None
    warnings: tuple[str, ...]
    problems: tuple[str, ...]
    asked: tuple[Asked, ...] = ()
    not_judged: tuple[NotJudged, ...] = ()
    statements: tuple[Statement, ...] = ()

    def to_dataframe(self) -> Any:  # noqa: ANN401 - pandas has no types here
        """Return a pandas data frame, one row for each frame; columns as in `session.frames`.

        Raises:
            InstallationError: without pandas (extra ``tables``).
            SessionError: if the session holds no frame.
        """
        from posecheck.session.frames import data_frame  # noqa: PLC0415 - seldom used

        return data_frame(self)

    def _repr_html_(self) -> str:
        """Return the HTML that a notebook shows."""
        from posecheck.session.frames import session_html  # noqa: PLC0415 - seldom used

        return session_html(self)


def load(path: Path) -> Session:
    """Read a session file; lines that can't be used are reported, not fatal.

    Raises:
        SessionError: if it is no session file, or of a newer format.
    """
    observations: list[Observation] = []
    verdicts: list[tuple[float, Verdict]] = []
    holds: list[Hold] = []
    asked: list[Asked] = []
    not_judged: list[NotJudged] = []
    statements: list[Statement] = []
    reader = SessionReader(path)
    for item in reader.items():
        if isinstance(item, Observation):
            observations.append(item)
        elif isinstance(item, Hold):
            holds.append(item)
        elif isinstance(item, Asked):
            asked.append(item)
        elif isinstance(item, NotJudged):
            not_judged.append(item)
        elif isinstance(item, Statement):
            statements.append(item)
        else:
            verdicts.append(item)
    return Session(
        header=reader.header,
        exercise=reader.exercise,
        observations=tuple(observations),
        verdicts=tuple(verdicts),
        holds=tuple(holds),
        ended=reader.ended,
        ledger=reader.ledger,
        warnings=reader.warnings,
        problems=reader.problems,
        asked=tuple(asked),
        not_judged=tuple(not_judged),
        statements=tuple(statements),
    )


_MAKE_ONE: Final = "posecheck analyse makes one of a video"


def _header(path: Path, line: bytes) -> dict[str, Any]:
    try:
        header = orjson.loads(line)
        schema = header["schema"]
        name, version = schema.rsplit("/", 1)
        known = header["type"] == "header" and name == "posecheck.session" and int(version) > 0
        newer = int(version) > int(SCHEMA.rsplit("/", 1)[1])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        message = f"{shown(path)}: is not a posecheck session file; {_MAKE_ONE}"
        raise SessionError(message) from error
    if not known:
        message = f"{shown(path)}: is not a posecheck session file; {_MAKE_ONE}"
        raise SessionError(message)
    if newer:
        message = (
            f"{shown(path)}: is in the newer format {shown(schema)}; update posecheck to read it"
        )
        raise SessionError(message)
    return dict(header)


class SessionReader:
    """Reader of one session file, from its first line to its last.

    Attributes:
        path: the file.
        header: facts of the first line, in JSON types.
        exercise: the exercise that was judged; None until its line was read.
        ended: how the session ended; None until its last line was read, or without one.
        ledger: all time, as valid, wrong or unseen; None as `ended`.
        warnings: of the session.
        holds: the lines of holds that were read so far.
        bytes_read: number of bytes read so far.
    """

    def __init__(self, path: Path) -> None:
        """Read the first line.

        Raises:
            SessionError: if it is no session file, or of a newer format.
        """
        self.path = path
        self.exercise: Exercise | None = None
        self.ended: str | None = None
        self.ledger: Ledger | None = None
        self.warnings: tuple[str, ...] = ()
        self.holds: list[Hold] = []
        self._problems = Problems()
        self._rules: frozenset[str] = frozenset()
        self._verdicts_alone = 0
        self._seen_us = self._said_us = -1
        self._take: dict[str, Callable[[dict[str, Any]], Item | None]] = {
            "exercise": self._take_exercise,
            "pose": self._take_pose,
            "verdict": self._take_verdict,
            "asked": self._take_asked,
            "hold": self._take_hold,
            "not-judged": lambda line: not_judged_of(line["not_judged"]),
            "statement": lambda line: statement_of(line["statement"]),
            "end": self._take_end,
        }
        with _explained(path):
            if path.exists() and not path.is_file():
                message = f"{shown(path)}: is no file; name a .posecheck.jsonl file"
                raise SessionError(message)
        with _explained(path), files.opened(path) as file:
            files.check_size(file, files.LARGEST_SESSION_BYTES)
            first = file.readline(files.LONGEST_LINE_BYTES)
        self.header = _header(path, first)
        self._start = self.bytes_read = len(first)
        if self.header.get("exercise") is not None:
            self._item(1, first, kind="exercise")

    @property
    def problems(self) -> tuple[str, ...]:
        """Unusable lines so far, with their places, one sentence each."""
        told = self._problems.sentences()
        if not self._verdicts_alone:
            return told
        count = f"{self._verdicts_alone} verdict" + ("s" if self._verdicts_alone > 1 else "")
        return (*told, f"{count} left out: verdicts need the exercise that they were made by")

    def items(self) -> Iterator[Item]:
        """Yield the items of the lines, in the order of the file.

        The times of observations increase, and so do those of verdicts: a line that is out
        of order is left out.

        Raises:
            SessionError: if the file can't be read any more.
        """
        with _explained(self.path), files.opened(self.path) as file:
            file.seek(self._start)
            for number, (line, size) in enumerate(files.lines(file), start=2):
                if number > MOST_LINES:
                    self._problems.say(f"the lines from {number} on were left out: too many")
                    return
                self.bytes_read += size
                item = self._item(number, line)
                if item is not None:
                    yield item

    def _item(self, number: int, line: bytes, kind: str | None = None) -> Item | None:
        """Return the item of a line; None if the line gives no item."""
        if line.isspace():
            return None
        try:
            content = orjson.loads(line)
            return self._take[kind or content["type"]](content)
        except _OutOfOrderError:
            self._problems.add(number, "out of order in time")
        except _NoExerciseError:
            self._verdicts_alone += 1  # nothing is wrong with the line itself
        except ExerciseError as error:
            cause = " ".join(str(error).split())
            self._problems.say(f"line {number}: {cause}; name one with --exercise")
        except UNUSABLE:
            self._problems.add(number, "not usable")
        return None

    def _take_exercise(self, line: dict[str, Any]) -> None:
        self.exercise = exercises.validate(line["exercise"], "the stored exercise")
        self._rules = frozenset(rule.name for rule in self.exercise.rules)

    def _take_pose(self, line: dict[str, Any]) -> Observation:
        seen = observation_of(line)
        self._seen_us = _later(seen.t_s, self._seen_us)
        return seen

    def _take_asked(self, line: dict[str, Any]) -> Asked:
        asked = asked_of(line)
        _later(asked.t_s, self._seen_us)  # it is in force from the next frame on
        return asked

    def _take_verdict(self, line: dict[str, Any]) -> tuple[float, Verdict]:
        t_s, verdict = time_of(line["t_s"]), verdict_of(line["verdict"])
        if self.exercise is None:
            raise _NoExerciseError
        if not all(reading.rule in self._rules for reading in verdict.readings):
            message = "a reading of a rule that the exercise does not have"
            raise ValueError(message)
        self._said_us = _later(t_s, self._said_us)
        return t_s, verdict

    def _take_hold(self, line: dict[str, Any]) -> Hold:
        hold = hold_of(line["hold"])
        self.holds.append(hold)
        return hold

    def _take_end(self, line: dict[str, Any]) -> None:
        ended, ledger = texts_of([line["ended"]])[0], ledger_of(line["ledger"])
        self.warnings = texts_of(line["warnings"])
        self.ended, self.ledger = ended, ledger


class _OutOfOrderError(Exception):
    """Raised for a time that does not lie after the one before."""


class _NoExerciseError(Exception):
    """Raised for a verdict of an exercise that is unknown or could not be used."""


def _later(t_s: float, before_us: int) -> int:
    """Return a time in whole microseconds, the resolution of the hold counter."""
    t_us = round(t_s * MICROSECONDS)
    if t_us <= before_us:
        raise _OutOfOrderError
    return t_us


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turn the operating system's errors into one line for the user."""
    try:
        yield
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        message = f"{shown(path)}: cannot be read: {getattr(error, 'strerror', None) or error}"
        raise SessionError(message) from error
