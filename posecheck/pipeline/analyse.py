"""Analysis of a file: a video or still image in, a summary out.

The order is source -> pose -> verdict -> hold -> session (and annotated video). All files are
written in the caller's thread; the annotated video is drawn and encoded while the analysis runs.
"""

from __future__ import annotations

from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from posecheck import exercises
from posecheck.errors import PoseCheckError
from posecheck.form.judge import Judge, side_of
from posecheck.form.rule_check import misfit_of
from posecheck.pipeline.observe import observe, paired
from posecheck.pipeline.recorder import Gravity, Recorder, Summary, result_warnings
from posecheck.pose import models
from posecheck.session.writer import header_of, model_warnings, open_session
from posecheck.sources import AS_STORED, Turn, open_source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import TracebackType
    from typing import Self

    from posecheck.display.overlay import Overlay
    from posecheck.display.video_writer import VideoWriter
    from posecheck.exercises import Exercise
    from posecheck.form.hold import Tally
    from posecheck.ledger import Step
    from posecheck.session import Ended, SessionWriter
    from posecheck.sources import FrameSource, SourceInfo
    from posecheck.types import Frame, Observation


_LATE_S: Final = 0.001
"""Time of the first frame, in seconds, above which a black frame at 0 s is written before it."""


class Annotator:
    """Drawing and encoding of the annotated video; the file is made with the first frame."""

    def __init__(self) -> None:
        """Start with no file."""
        self._drawing: tuple[Overlay, VideoWriter] | None = None

    def __enter__(self) -> Self:
        """Return the annotator."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Finish the file."""
        if self._drawing is not None:  # which keeps its own faults behind the error
            self._drawing[1].__exit__(kind, error, traceback)

    def draw(
        self,
        path: Path,
        exercise: Exercise,
        batch: Iterable[tuple[Frame | None, Observation]],
        steps: Iterable[Step],
    ) -> None:
        """Draw and write a batch of frames with their steps."""
        # Loaded here: only --video needs them.
        from posecheck.display.overlay import Overlay  # noqa: PLC0415
        from posecheck.display.video_writer import VideoWriter, fitted  # noqa: PLC0415

        for (frame, observation), step in zip(batch, steps, strict=True):
            if frame is None:
                continue
            if self._drawing is None:
                size_px = frame.size_px  # as decoded, which a file may announce wrongly
                self._drawing = Overlay(exercise, size_px), VideoWriter(path, size_px)
                if frame.t_s >= _LATE_S:  # the same times as in the session and the recording
                    self._drawing[1].write(np.zeros_like(frame.image_bgr), 0.0)
            overlay, writer = self._drawing
            image = fitted(frame.image_bgr, writer.size_px)
            writer.write(overlay.draw(image, observation, step), frame.t_s)


SUFFIXES: Final = (".posecheck.jsonl", ".posecheck.mp4")
"""Endings of the result files, after the name of the source."""


CUT_VIDEO: Final = "the annotated video ends early: it was stopped while it was drawn"


@dataclass(frozen=True, slots=True)
class Progress:
    """Progress of an analysis.

    Attributes:
        t_s: seconds of the source that are done.
        frames: frames that are done.
        source: the source, with the hints about its length.
    """

    t_s: float
    frames: int
    source: SourceInfo


@dataclass(frozen=True, slots=True)
class AnalyseOptions:
    """Options of an analysis.

    Attributes:
        exercise: the exercise to judge; None chooses the best fitting one.
        side: "auto", "left" or "right".
        model: name of the pose model.
        out_dir: folder of the session file; None writes nothing.
        video: whether to write an annotated video, too.
        turn: how to turn and mirror the frames beyond what the file says.
        on_progress: called after every batch of frames.
        workers: estimators that work at once on a long recording; None takes as many as cores and
            memory allow. The result does not depend on it.
        rate_hz: most frames a second that are looked at; None looks at all.
    """

    exercise: Exercise | None
    side: str = "auto"
    model: str = models.DEFAULT_MODEL
    out_dir: Path | None = None
    video: bool = False
    turn: Turn = AS_STORED
    on_progress: Callable[[Progress], None] | None = None
    workers: int | None = None
    rate_hz: float | None = None


class Interrupted(KeyboardInterrupt):
    """Raised when an analysis is stopped by Ctrl-C; what was done is kept.

    Attributes:
        summary: the result up to there; the whole result, with ``interrupted`` false, if only
            the annotated video was still being drawn.
    """

    def __init__(self, summary: Summary) -> None:
        """Keep the partial result."""
        super().__init__()
        self.summary = summary


def analyse(  # noqa: PLR0913 - keyword-only, each with a default
    path: str | Path,
    *,
    exercise: str | Path | Exercise = exercises.DEFAULT_EXERCISE,
    side: str = "auto",
    model: str = models.DEFAULT_MODEL,
    out_dir: str | Path | None = None,
    video: bool = False,
    turn: Turn = AS_STORED,
    on_progress: Callable[[Progress], None] | None = None,
    workers: int | None = None,
    rate_hz: float | None = None,
) -> Summary:
    """Analyse a video file or a still image.

    Args:
        path: anything FFmpeg reads as a video, or an image; its content decides.
        exercise: a name, a TOML file, an `Exercise`, or "auto" for the best fitting one.
        side: the stretched side, "left" or "right"; "auto" finds it from the form.
        model: "full" or "lite".
        out_dir: folder for the session file (made if missing); None writes no file.
        video: also write an annotated video into ``out_dir``.
        turn: how to turn and mirror the frames beyond what the file says.
        on_progress: called now and then, in this thread.
        workers: estimators that work at once on a recording of 45 s or more; None takes as many as
            cores and memory allow. The result does not depend on it.
        rate_hz: most frames a second that are looked at; None looks at all.

    Returns:
        The result; all times in seconds from the start of the source.

    Raises:
        PoseCheckError: for every fault that the caller can mend; one line.
        Interrupted: after Ctrl-C, with the result so far.
    """
    if isinstance(exercise, str | Path):
        chosen = None if exercise == exercises.AUTO else exercises.load(exercise)
    else:
        chosen = exercise
    if video and out_dir is None:
        message = "an annotated video needs a folder: pass out_dir, too"
        raise PoseCheckError(message)
    folder = None if out_dir is None else Path(out_dir)
    plan = AnalyseOptions(chosen, side, model, folder, video, turn, on_progress, workers, rate_hz)
    return run(Path(path), plan)


def run(path: Path, plan: AnalyseOptions) -> Summary:
    """Analyse a file as planned; see `analyse`."""
    side = side_of(plan.side)
    model = models.find(plan.model)
    with closing(open_source(path, plan.turn)) as source:
        one_run = _Run(path, source, plan, model)
        recorder = Recorder(plan.exercise, side, one_run.open_writer(), one_run.warnings)
        with closing(recorder):
            try:
                one_run.work(recorder)
                one_run.finish(recorder, "complete")
                one_run.draw_late(recorder)
                return one_run.finish(recorder, "complete")
            except KeyboardInterrupt:
                raise Interrupted(one_run.finish(recorder, "interrupted")) from None
            except BaseException:
                with suppress(PoseCheckError):  # the disk may be what failed
                    one_run.finish(recorder, "failed")
                raise


@dataclass(slots=True)
class _Run:
    """One analysis while it runs."""

    path: Path
    source: FrameSource
    plan: AnalyseOptions
    model: models.Model
    session_path: Path | None = None
    video_path: Path | None = None
    gravity: Gravity = field(default_factory=Gravity)
    video_is_whole: bool = True

    def open_writer(self) -> Callable[[], SessionWriter] | None:
        """Return the function that makes the session file; None if none is asked for."""
        folder, stem = self.plan.out_dir, self.path.stem or "video"
        if folder is None:
            return None

        def open_now() -> SessionWriter:
            header = header_of(self.source.info, self.model, self.plan.side)
            writer, paths = open_session(folder, stem, SUFFIXES, header, self.plan.exercise)
            self.session_path, video = paths
            if self.plan.video and self.source.info.kind == "video":
                self.video_path = video
            return writer

        return open_now

    def work(self, recorder: Recorder) -> None:
        """Go through the source once."""
        info, frames = self.source.info, 0
        wanted = self.plan.video and self.plan.exercise is not None and info.kind == "video"
        # Closed here and not when the garbage is collected: its threads read the source.
        misfit = None if self.plan.exercise is None else misfit_of(self.plan.exercise)
        batches = closing(
            observe(
                self.source,
                self.model,
                keep_frames=wanted,
                workers=self.plan.workers,
                rate_hz=self.plan.rate_hz,
                misfit=misfit,
            )
        )
        with Annotator() as picture, batches as seen_batches:
            for batch in seen_batches:
                seen = [observation for _, observation in batch]
                steps = recorder.take(seen)
                self.gravity.look(seen)
                if self.video_path is not None and self.plan.exercise is not None:
                    picture.draw(self.video_path, self.plan.exercise, batch, steps)
                frames += len(batch)
                if self.plan.on_progress is not None:
                    self.plan.on_progress(Progress(seen[-1].t_s, frames, info))

    def draw_late(self, recorder: Recorder) -> None:
        """Draw the video in a second pass if the exercise was not known in the first."""
        exercise, video_path = recorder.exercise, self.video_path
        if self.plan.exercise is not None or exercise is None or video_path is None:
            return
        judge = Judge(exercise, recorder.side)
        self.video_is_whole = False
        with closing(open_source(self.path, self.plan.turn)) as source, Annotator() as picture:
            stored = ([(None, seen) for seen in batch] for batch in recorder.stored())
            for batch in paired(source.frames(), stored):
                steps = judge.judge([seen for _, seen in batch])
                for one, step in zip(batch, steps, strict=True):
                    picture.draw(video_path, exercise, [one], [step])
        self.video_is_whole = True

    def warnings(self, tally: Tally) -> tuple[str, ...]:
        """Return the warnings about the source and the result."""
        return (
            *self.source.warnings(),
            *([] if self.video_is_whole else [CUT_VIDEO]),
            *_plan_warnings(self.plan, self.source.info),
            *result_warnings(self.source.info, tally),
            *self.gravity.warnings(tally.exercise),
        )

    def finish(self, recorder: Recorder, ended: Ended) -> Summary:
        """End the session, if it has not ended yet, and return its summary."""
        tally = recorder.finish(ended)
        return Summary.of(
            self.source.info,
            tally,
            warnings=self.warnings(tally),
            session=self.session_path if recorder.writer is not None else None,
            video=_if_there(self.video_path),
            chosen=self.plan.exercise is None,
            interrupted=recorder.ended == "interrupted",
        )


def _if_there(path: Path | None) -> Path | None:
    return path if path is not None and path.exists() else None


def _plan_warnings(plan: AnalyseOptions, info: SourceInfo) -> list[str]:
    """Return warnings about options that do not apply to the source."""
    found = [*model_warnings(plan.model)]
    if plan.rate_hz is not None and info.kind == "video":
        found.append(f"no more than {plan.rate_hz:g} pictures a second were looked at, as asked")
    if plan.video and info.kind == "picture":
        found.append("a still picture gets no annotated video")
    if plan.exercise is not None and plan.exercise.sides == "both" and plan.side != "auto":
        found.append(f"{plan.exercise.name} has no side; --side {plan.side} changes nothing")
    return found
