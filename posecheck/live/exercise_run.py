"""One exercise of a live session while it runs: its parts, its session file, its summary."""

from __future__ import annotations

from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Final

from posecheck import exercises
from posecheck.errors import OutputError
from posecheck.exercises.camera_plan import camera_plan
from posecheck.form.rule_check import misfit_of
from posecheck.ledger import NotJudged
from posecheck.live import choices
from posecheck.live.coach.gesture import HandsUp
from posecheck.live.coach.plan import as_facts
from posecheck.live.coach.routine import Routine
from posecheck.live.loop import Loop, Parts
from posecheck.live.workers import PoseWorker, VideoRecorder
from posecheck.page import DOCUMENT_POLICY, Document
from posecheck.page.live import Facts
from posecheck.pipeline.recorder import Recorder, Summary, result_warnings
from posecheck.pose import open_estimator
from posecheck.session.writer import header_of, model_warnings, open_session
from posecheck.system import outputs
from posecheck.types import Statement

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from posecheck.form.hold import Tally
    from posecheck.live.coach.plan import SessionPlan
    from posecheck.live.coach.program import Program
    from posecheck.live.coach.prompt import Achieved
    from posecheck.live.sound import Count, Sounds
    from posecheck.page.live import LivePage
    from posecheck.pose.models import Model
    from posecheck.session import Ended, SessionWriter
    from posecheck.sources.camera.camera import Camera

SUFFIXES: Final = (".posecheck.jsonl", ".mp4")
"""Endings of a session and its video, after "live" and the time."""

MANY_DROPPED: Final = 0.2
"""Ratio of dropped to analysed frames above which the machine is reported as too slow."""

REMEMBERED: Final = 300
"""Number of pictures whose times are remembered until a page has drawn them: ten seconds."""


@dataclass(frozen=True, slots=True)
class LiveOptions:
    """Options of a live session.

    Attributes:
        program: the exercises in their order, their sides, repetitions and seconds; None if they
            are chosen on the start page.
        camera: a number, a device or a URL.
        model: a verified pose model.
        out_dir: folder of the sessions and the videos.
        record: whether to keep the video.
        sound: whether to play tones and words.
        count: the seconds of a hold that are counted aloud.
        browser: whether to open a browser; otherwise the address is printed, and a page waited for.
    """

    program: Program | None
    camera: str
    model: Model
    out_dir: Path
    record: bool = False
    sound: bool = True
    count: Count = "last"
    browser: bool = True


class LiveDocuments:
    """Files for the page: demonstrations, plans of the camera's place, the report at the end."""

    def __init__(self) -> None:
        """Begin with those that are shipped."""
        self.made: dict[str, Document] = {}

    def get(self, name: str) -> Document | None:
        """Return a document by its name; None if there is none."""
        if name in self.made:
            return self.made[name]
        stem, ending = name.removesuffix(".webp"), name.endswith(".webp")
        if not ending:
            return None
        still = stem.endswith("-still")
        path = exercises.demonstration(stem.removesuffix("-still"), still=still)
        return None if path is None else Document(path.read_bytes(), "image/webp")


@dataclass(slots=True)
class LiveSession:
    """One session while it runs: each exercise of it in a file of its own."""

    wish: LiveOptions
    program: Program
    camera: Camera
    sounds: Sounds
    page: LivePage
    documents: LiveDocuments
    shown: Callable[[float], None] | None
    summaries: list[Summary] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    ended: Ended | None = None
    error: BaseException | None = None


@dataclass(slots=True)
class ExerciseRun:
    """One exercise of a session while it runs."""

    session: LiveSession
    plan: SessionPlan
    before: tuple[Achieved, ...]
    recording: VideoRecorder | None = None
    path: Path | None = None
    left: bool = False
    routine: Routine = field(init=False)

    def __post_init__(self) -> None:
        """Make the routine of this exercise."""
        program = self.session.program
        rest_s = program.rest_s if self.before else 0.0
        self.routine = Routine(
            self.plan,
            before=self.before,
            parts=len(program.plans),
            rest_s=rest_s,
            sign=HandsUp(),
        )

    def run(self) -> bool:
        """Run the loop and sum up; return whether a further exercise follows.

        Raises:
            Exception: the error that ended it before a frame was judged.
        """
        session, wish, plan = self.session, self.session.wish, self.plan
        name = f"live-{datetime.now().astimezone():%Y%m%d-%H%M%S}"
        file, video = outputs.free_names(wish.out_dir, name, SUFFIXES)
        stem = file.name.removesuffix(SUFFIXES[0])
        recorder = Recorder(plan.exercise, None, self._open_writer(stem), self._warnings)
        self._show_facts()
        session.sounds.expect(plan.hold_s)
        with ExitStack() as parts:
            parts.callback(_close_quietly, recorder)
            if wish.record:
                self.recording = VideoRecorder(video)
                parts.callback(self.recording.close)
            keep = None if self.recording is None else self.recording.keep
            open_now = partial(open_estimator, wish.model, misfit=misfit_of(plan.exercise))
            lookout = PoseWorker(session.camera, open_now, keep)
            parts.callback(lookout.close)
            loop = Loop(
                Parts(
                    camera=session.camera,
                    lookout=lookout,
                    recorder=recorder,
                    routine=self.routine,
                    page=session.page,
                    sounds=session.sounds,
                    recording=self.recording,
                ),
                _timer(session.page, lookout, session.shown),
            )
            session.ended, error = _run_to_the_end(loop)
            # The file first: it is complete even if closing the other parts fails.
            tally = self._finish(recorder, session.ended)
            _close_each(lookout, self.recording)
            if error is not None and not tally.pictures:
                raise error
            session.error = error
            session.faults += [loop.fault] if loop.fault else []
            session.summaries.append(self._sum_up(tally, loop.records))
            self.left = loop.left
        return session.ended == "complete" and not loop.left and not self.routine.ends_session

    def _show_facts(self) -> None:
        """Send what belongs to this exercise; the loop shows it with its first frame."""
        exercise, page = self.plan.exercise, self.session.page
        name = f"plan-{len(self.before)}.svg"
        drawn = camera_plan(exercise, self.plan.sides[0]).encode()
        self.session.documents.made[name] = Document(drawn, "image/svg+xml", DOCUMENT_POLICY)
        facts = Facts(
            camera=exercise.camera.text,
            demonstration=choices.demonstration_of(exercise),
            plan=f"/documents/{name}",
            steps=tuple(exercise.steps),
            departures=self.plan.departures,
        )
        page.put("facts", facts)

    def _open_writer(self, stem: str) -> Callable[[], SessionWriter]:
        def open_now() -> SessionWriter:
            wish = self.session.wish
            # "auto": no side is ruled out for the judge; what was asked for is in the plan.
            header = header_of(self.session.camera.info, wish.model, "auto") | as_facts(self.plan)
            exercise = self.plan.exercise
            writer, paths = open_session(wish.out_dir, stem, SUFFIXES[:1], header, exercise)
            self.path = paths[0]
            return writer

        return open_now

    def _warnings(self, tally: Tally) -> tuple[str, ...]:
        """Return the warnings about the plan, the camera and the result."""
        camera = self.session.camera
        left_out = 0 if self.recording is None else self.recording.left_out
        slow = camera.dropped > MANY_DROPPED * tally.pictures
        return (
            *self.plan.departures,
            *model_warnings(self.session.wish.model.name),
            *camera.warnings(),
            *result_warnings(camera.info, tally),
            *([f"{camera.dropped} pictures came too fast for this machine"] if slow else []),
            *([f"{left_out} pictures are missing in the video"] if left_out else []),
        )

    def _finish(self, recorder: Recorder, ended: Ended) -> Tally:
        """End the session file and return the tally."""
        try:
            tally = recorder.finish(ended)
            recorder.close()
        except OutputError as error:
            self.session.faults.append(str(error))
            _close_quietly(recorder)
            recorder.writer = None
            tally = recorder.finish(ended)
        return tally

    def _sum_up(self, tally: Tally, records: list[NotJudged | Statement]) -> Summary:
        """Return the summary of this exercise."""
        video = None
        if self.recording is not None:
            video = self.recording.path if self.recording.path.exists() else None
            self.session.faults += [self.recording.fault] if self.recording.fault else []
        summary = Summary.of(
            self.session.camera.info,
            tally,
            warnings=self._warnings(tally),
            session=self.path,
            video=video,
            interrupted=self.session.ended != "complete",
        )
        timers = tuple(one for one in records if isinstance(one, NotJudged))
        statements = tuple(one for one in records if isinstance(one, Statement))
        return replace(summary, not_judged=timers, statements=statements)


def _timer(
    page: LivePage, lookout: PoseWorker, shown: Callable[[float], None] | None
) -> Callable[[int, float], None] | None:
    """Measure the age of pictures as the page draws them; None if nobody wants to know."""
    if shown is None:
        return None
    sent_s: dict[int, float] = {}

    def drawn(number: int) -> None:
        if number in sent_s:
            shown(lookout.now_s() - sent_s[number])

    def keep(number: int, t_s: float) -> None:
        sent_s[number] = t_s
        sent_s.pop(number - REMEMBERED, None)

    page.server.drawn = drawn
    return keep


def _run_to_the_end(loop: Loop) -> tuple[Ended, BaseException | None]:
    """Run the loop; return how it ended, and the fault that ended it."""
    try:
        loop.run()
    except KeyboardInterrupt:
        return "interrupted", None
    except BaseException as error:  # noqa: BLE001 - raised again after the result is printed
        return "failed", error
    return "complete", None


def _close_each(lookout: PoseWorker, recording: VideoRecorder | None) -> None:
    """Close the running parts, also under repeated Ctrl-C."""
    for part in (lookout, recording):
        if part is not None:
            with suppress(KeyboardInterrupt):  # the part has closed, or is closed once more
                part.close()


def _close_quietly(recorder: Recorder) -> None:
    """Close the session file; a write error was reported already."""
    with suppress(OutputError):
        recorder.close()
