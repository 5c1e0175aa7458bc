"""The whole replay below its page: commands in, parts of the page's state and files out."""

from __future__ import annotations

import itertools
import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from pydantic import ValidationError

from posecheck import exercises
from posecheck.annotations import Annotation, Annotations, Blinding, store
from posecheck.errors import OutputError
from posecheck.exercises import Timing
from posecheck.page.replay import (
    ChooseRule,
    DoCommand,
    GoTo,
    MarkSpan,
    MoveEdge,
    Pan,
    Repeat,
    SelectItem,
    Speed,
    WriteNote,
    Zoom,
    replay_view,
)
from posecheck.page.templates import catalogue
from posecheck.pipeline.playback import SessionPlayback
from posecheck.pipeline.recorder import Recorder
from posecheck.replay import app
from posecheck.replay.desk import Beside, ViewerState
from posecheck.replay.edit.editor import Asking, Editor
from posecheck.replay.edit.keys import ANNOTATE, COMMANDS, JUMPS, WATCH, Command
from posecheck.replay.footage import Footage, VideoImage
from posecheck.session import SessionWriter
from posecheck.types import State
from tests.figures import SEATED_UPRIGHT, SEATED_VALID, nobody
from tests.judged import calm
from tests.media import write_video

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from posecheck.exercises import Exercise
    from posecheck.page import PageView, Picture

# A second in which nobody is seen ends a hold here, so that the story stays short; without look
# ahead, because figures change in one step.
SEATED = calm(exercises.load("seated-figure-four")).model_copy(
    update={"timing": Timing(unseen_break_s=0.9)}
)

# Valid, upright, valid, nobody, valid; ten pictures a second: 21 s.
STORY = [(SEATED_VALID, 40), (SEATED_UPRIGHT, 20), (SEATED_VALID, 120), (None, 10),
         (SEATED_VALID, 20)]  # fmt: skip

VIEW = replay_view("s", {})


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("replay") / "s.posecheck.jsonl"
    figures = [figure for figure, count in STORY for _ in range(count)]
    seen = [nobody(i / 10) if f is None else f.at(i / 10) for i, f in enumerate(figures)]
    header = {"posecheck": "0.1.0", "numpy": "1.26.4", "side": "auto"}
    recorder = Recorder(SEATED, None, lambda: SessionWriter(path, header, SEATED), lambda _: ())
    recorder.take(seen)
    recorder.finish("complete")
    recorder.close()
    return path


@dataclass
class Served:
    """A server without a page: gives the commands of a script, keeps and checks what is sent."""

    script: list[list[object]]
    end_s: float = 9.0
    parts: dict[str, Any] = field(default_factory=dict)
    pictures: list[Picture] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)

    def put(self, part: str, value: object) -> None:
        if self.parts.get(part) != value:
            self.parts[part] = value
            self.sent.append(VIEW.parts[part].dump_json(value).decode())

    def show(self, picture: Picture) -> None:
        self.pictures.append(picture)
        self.sent.append(VIEW.head.dump_json(picture.head).decode())

    def commands(self, wait_s: float) -> list[Any]:
        assert wait_s > 0
        return self.script.pop(0) if self.script else []

    def gone_s(self) -> float:
        return 0.0 if self.script else self.end_s


class Clock:
    """A tenth of a second passes whenever somebody looks."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        self.now_s += 0.1
        return self.now_s


def command(name: str) -> DoCommand:
    return DoCommand(do="command", name=Command(name))


def commands(*names: str) -> list[list[object]]:
    return [[command(name)] for name in names]


def desk_of(
    session: Path, annotations: Annotations | None = None, others: tuple[Annotations, ...] = ()
) -> tuple[ViewerState, list[Annotations]]:
    recording = SessionPlayback.open(session).read_all()
    editor = Editor(
        annotations or Annotations(SEATED.name),
        "AB",
        tuple(r.name for r in SEATED.rules),
        store.now,
    )
    saved: list[Annotations] = []
    desk = ViewerState(recording, editor, saved.append, "s.AB.annotations.json", Beside(others))
    desk.go_on(0.0, 0.0)
    return desk, saved


def do(desk: ViewerState, *what: object, now_s: float = 0.0) -> None:
    for item in what:
        desk.take(command(item) if isinstance(item, str) else item, now_s)
        desk.go_on(now_s, 0.0)


def mark(start_s: float, end_s: float) -> MarkSpan:
    return MarkSpan(do="mark", start_s=start_s, end_s=end_s)


def note(text: str, *, done: bool = False) -> WriteNote:
    return WriteNote(do="note", text=text, done=done)


def where(desk: ViewerState) -> float:
    return round(desk.player.t_s, 6)


def test_jumps_go_to_holds_faults_and_differences(session: Path) -> None:
    desk, _ = desk_of(session)
    stops = []
    for name in ("next-hold", "next-hold", "next-hold", "previous-hold", "next-fault"):
        do(desk, name)
        stops.append(where(desk))
    do(desk, "previous-fault")
    assert [*stops, where(desk)] == [6.0, 19.0, 19.0, 6.0, 18.0, 4.0]
    do(desk, "start", mark(0.0, 5.0), "wrong", "cancel")
    do(desk, "annotate", "start", "next-difference")
    assert where(desk) == 0.0, "it differs from the first picture on, and nowhere later"
    assert desk.state().notice == catalogue()["replay"]["no_next_difference"]
    do(desk, "end", "previous-difference")
    assert where(desk) == 0.0


def test_pictures_are_stepped_one_by_one_and_end_at_the_ends(session: Path) -> None:
    desk, _ = desk_of(session)
    do(desk, "frame-back")
    assert desk.index == 0
    do(desk, "frame-on", "frame-on")
    assert desk.index == 2
    do(desk, "end", "frame-on")
    assert desk.index == len(desk.recording.steps) - 1


def test_playing_takes_the_time_that_passes(session: Path) -> None:
    desk, _ = desk_of(session)
    do(desk, "play", now_s=10.0)
    desk.go_on(12.0, 0.0)
    assert where(desk) == 2.0
    do(desk, Speed(do="speed", speed=2.0), now_s=12.0)
    desk.go_on(13.0, 0.0)
    assert where(desk) == 4.0
    do(desk, Speed(do="speed", speed=3.0), now_s=13.0)
    assert desk.state().speed == 2.0, "only speeds that are offered"
    do(desk, "frame-on", now_s=13.0)
    desk.go_on(20.0, 0.0)
    assert where(desk) == 4.1, "a step pauses"


def test_scrubbing_stands_while_it_is_held_and_plays_on_after_it(session: Path) -> None:
    desk, _ = desk_of(session)
    do(desk, "play", now_s=0.0)
    do(desk, GoTo(do="go", t_s=5.0, held=True), now_s=1.0)
    desk.go_on(3.0, 0.0)
    assert where(desk) == 5.0
    assert desk.state().playing, "the page shows that it will play on"
    do(desk, GoTo(do="go", t_s=10.0, held=True), now_s=3.0)
    do(desk, GoTo(do="go", t_s=10.0), now_s=3.0)
    desk.go_on(4.0, 0.0)
    assert where(desk) == 11.0
    do(desk, GoTo(do="go", t_s=1e6), now_s=4.0)
    assert where(desk) == 20.9, "as near as the session reaches"


def test_a_part_is_repeated(session: Path) -> None:
    desk, _ = desk_of(session)
    do(desk, Repeat(do="repeat", start_s=3.0, end_s=5.0), "play", now_s=0.0)
    assert where(desk) == 3.0
    desk.go_on(1.5, 0.0)
    assert where(desk) == 4.5
    desk.go_on(2.1, 0.0)
    assert where(desk) == 3.0
    do(desk, "loop", now_s=2.1)
    desk.go_on(6.1, 0.0)
    assert (where(desk), desk.state().loop) == (7.0, None)
    do(desk, "play", mark(8.0, 9.0), "valid", "loop", now_s=6.1)
    assert desk.state().loop == (8.0, 9.0), "the selected interval"


def test_the_timeline_zooms_at_the_pointer_and_moves_along(session: Path) -> None:
    desk, _ = desk_of(session)
    do(desk, Zoom(do="zoom", factor=0.25, t_s=10.45))
    from_s, to_s = desk.state().shown
    assert to_s - from_s == pytest.approx(20.9 / 4)
    assert (10.45 - from_s) / (to_s - from_s) == pytest.approx(0.5)
    do(desk, Pan(do="pan", by_s=2.0))
    assert desk.state().shown == pytest.approx((from_s + 2.0, to_s + 2.0))
    do(desk, Pan(do="pan", by_s=1e6))
    assert desk.state().shown[1] == pytest.approx(20.9)
    do(desk, "whole")
    assert desk.state().shown == (0.0, 20.9)


def test_marks_lie_on_frames(session: Path) -> None:
    desk, saved = desk_of(session)
    do(desk, mark(8.04, 3.07), "valid")
    (item,) = saved[-1].items
    assert (item.start_s, item.end_s) == (3.0, 8.0)
    do(desk, MoveEdge(do="edge", start_s=3.0, end=True, t_s=9.99))
    do(desk, MoveEdge(do="edge", start_s=3.0, end=False, t_s=2.01))
    (item,) = saved[-1].items
    assert (item.start_s, item.end_s) == (2.0, 9.9)
    do(desk, MoveEdge(do="edge", start_s=2.0, end=True, t_s=1.0))
    assert saved[-1].items == (item,), "an edge does not pass the other one"
    do(desk, "undo", "undo")
    assert (saved[-1].items[0].start_s, saved[-1].items[0].end_s) == (3.0, 8.0)
    do(desk, SelectItem(do="select", t_s=5.0), "delete")
    assert saved[-1].items == ()
    do(desk, "undo", "redo")
    assert saved[-1].items == ()


def test_rule_and_note_are_answers_to_questions(session: Path) -> None:
    desk, saved = desk_of(session)
    do(desk, "mark", "on", "mark", "wrong")
    assert desk.state().asking is Asking.RULE
    do(desk, ChooseRule(do="rule", number=4), note("Größe"), note("Größe Ä € 漢字\nzwei"))
    assert desk.state().note == "Größe Ä € 漢字\nzwei"
    do(desk, note("Größe Ä € 漢字\nzwei", done=True))
    (item,) = saved[-1].items
    assert (item.rule, item.note) == (SEATED.rules[3].name, "Größe Ä € 漢字\nzwei")
    do(desk, note("late", done=True))
    assert saved[-1].items == (item,), "nothing was asked"
    do(desk, ChooseRule(do="rule", number=0))
    assert saved[-1].items[0].rule is None, "a rule can be corrected"
    do(desk, "undo", "undo")
    assert saved[-1].items == (), "the answers went with their label"


def test_a_label_without_an_interval_says_what_to_do(session: Path) -> None:
    desk, saved = desk_of(session)
    do(desk, "valid")
    assert desk.state().notice == catalogue()["replay"]["nothing_to_label"]
    assert saved == []


def everything(desk: ViewerState) -> str:
    """Return all that a page is sent now, as text."""
    moment = desk.moment(has_image=False, fits=True)
    parts = {"state": desk.state(), "timeline": desk.timeline()}
    texts = [VIEW.parts[name].dump_json(value).decode() for name, value in parts.items()]
    return "\n".join([*texts, VIEW.head.dump_json(moment).decode()])


def test_blind_mode_sends_nothing_of_what_others_say(session: Path) -> None:
    item = Annotation(1.0, 2.0, State.WRONG, None, "a secret of CD", "CD", "")
    desk, saved = desk_of(session, others=(Annotations.of(SEATED.name, [item]),))
    assert "a secret of CD" in everything(desk)
    assert '"says":{' in everything(desk)
    do(desk, "next-fault", "annotate")
    for name in ("start", "end", *JUMPS):
        do(desk, name)
        sent = everything(desk)
        assert "CD" not in sent
        assert '"says":null' in sent
        assert '"machine":null' in sent
        assert '"others":[]' in sent
        assert not [cue for cue in ("Lean", "°") if cue in sent]
    assert where(desk) == 20.9, "jumps would tell where the holds are"
    do(desk, mark(1.0, 2.0), "valid")
    assert "valid" in everything(desk), "the own label"
    do(desk, "blind")
    assert '"says":{' in everything(desk)
    do(desk, mark(3.0, 4.0), "valid", "blind", mark(5.0, 6.0), "valid")
    assert [i.blind for i in saved[-1].items] == [
        Blinding.AFTER_SEEING, Blinding.OFF, Blinding.AFTER_SEEING,
    ]  # fmt: skip


def test_annotations_of_a_person_who_never_saw_a_verdict_say_so(session: Path) -> None:
    desk, saved = desk_of(session)
    desk.annotating = True
    desk.state()
    do(desk, "mark", "on", "mark", "unseen")
    assert [i.blind for i in saved[-1].items] == [Blinding.FULL]
    do(desk, "cancel", "annotate")
    desk.state()
    do(desk, SelectItem(do="select", t_s=0.0), "valid")
    assert [i.blind for i in saved[-1].items] == [Blinding.OFF], "changed while they were shown"


def test_what_cannot_be_saved_is_said_and_tried_again(session: Path) -> None:
    desk, saved = desk_of(session)
    keep = desk._save

    def fails(_: Annotations) -> None:
        message = "the disk is full"
        raise OutputError(message)

    desk._save = fails
    do(desk, mark(1.0, 2.0), "valid")
    assert desk.state().not_saved == "the disk is full"
    desk.go_on(1000.0, 0.0)
    assert desk.state().not_saved == "the disk is full", "it stays until it is saved"
    do(desk, "cancel", "quit", now_s=1000.0)
    assert not desk.over
    assert desk.state().notice == catalogue()["replay"]["quit_again"]
    do(desk, mark(3.0, 4.0), "valid", "quit", now_s=2000.0)
    assert not desk.over, "there is more to lose now"
    do(desk, "quit", now_s=2000.0)
    assert desk.over
    desk.over, desk._save = False, keep
    do(desk, "save")
    assert len(saved[-1].items) == 2
    assert desk.state().not_saved == ""


def test_pages_that_go_do_not_take_what_is_not_saved_with_them(
    session: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desk, saved = desk_of(session)
    keep, failed = desk._save, []

    def fails_thrice(annotations: Annotations) -> None:
        failed.append(1)
        if len(failed) > 3:
            keep(annotations)
            return
        message = "the disk is full"
        raise OutputError(message)

    desk._save = fails_thrice
    app.run(Served([[mark(1.0, 2.0)], [command("valid")], [note("")]]), desk, None, Clock())
    assert "NOT SAVED: the disk is full" in capsys.readouterr().err
    assert len(saved[-1].items) == 1


@pytest.mark.parametrize("leaving", ["gone", "interrupt", "quit"])
def test_a_note_that_is_being_written_is_kept(session: Path, leaving: str) -> None:
    desk, saved = desk_of(session)
    do(desk, mark(0.0, 5.0), "wrong", ChooseRule(do="rule", number=1), note("slumped"))
    assert saved[-1].items[0].note == ""
    if leaving == "interrupt":

        class Interrupted(Served):
            def commands(self, wait_s: float) -> list[Any]:
                assert wait_s > 0
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            app.run(Interrupted([]), desk, None, Clock())
    else:
        app.run(Served(commands("quit") if leaving == "quit" else []), desk, None, Clock())
    assert saved[-1].items[0].note == "slumped"


def test_every_command_has_a_key_or_a_button_and_a_line_of_help() -> None:
    assert set(COMMANDS.values()) == set(Command) - {Command.SAVE}
    names = [name for binding in (*WATCH, *ANNOTATE) for name, _ in binding.keys]
    assert len(names) == len(set(names)), "no key does two things"
    words = catalogue()["replay"]
    assert all(words[f"key_{binding.name}"] for binding in (*WATCH, *ANNOTATE))
    assert all(words[key] for key in JUMPS.values())


def test_every_command_can_come_in_every_state(session: Path) -> None:
    desk, _ = desk_of(session)
    openings: list[list[object]] = [
        [], ["mark"], [mark(0.0, 1.0)], [mark(0.0, 1.0), "wrong"],
        [mark(0.0, 1.0), "wrong", ChooseRule(do="rule", number=1)],
    ]  # fmt: skip
    later: list[object] = [
        *Command, GoTo(do="go", t_s=3.0), mark(2.0, 9.0), SelectItem(do="select", t_s=0.5),
        MoveEdge(do="edge", start_s=0.0, end=True, t_s=5.0), ChooseRule(do="rule", number=999),
        note("a"), note("b", done=True), Zoom(do="zoom", factor=100, t_s=1e7),
        Pan(do="pan", by_s=-1e7), Repeat(do="repeat", start_s=9.0, end_s=1.0),
    ]  # fmt: skip
    for opening, item in itertools.product(openings, later):
        do(desk, "cancel", "cancel", "start", *opening, item)
        desk.over = False
        assert everything(desk)


@pytest.mark.parametrize(
    "message",
    [
        '{"do": "command", "name": "rm"}', '{"do": "go", "t_s": -1}', '{"do": "go", "t_s": "1"}',
        '{"do": "go", "t_s": 1e999}', '{"do": "mark", "start_s": 1}', '{"do": "note", "text": 1}',
        '{"do": "rule", "number": 1.5}', '{"do": "edge", "start_s": 1, "end": "x", "t_s": 1}',
        '{"do": "speed", "speed": 0}', '{"do": "go", "t_s": 1, "and": 2}', "3",
        json.dumps({"do": "note", "text": "a" * 2001}),
    ],
)  # fmt: skip
def test_other_commands_are_refused(message: str) -> None:
    with pytest.raises(ValidationError):
        VIEW.commands.validate_json(message)


def test_the_loop_sends_what_changed_and_nothing_twice(session: Path) -> None:
    desk, _ = desk_of(session)
    served = Served([[], [], [], *commands("frame-on"), [], [], *commands("next-fault"), [], []])
    app.run(served, desk, None, Clock())
    assert [picture.head.t_s for picture in served.pictures] == [0.0, 0.1, 4.0]
    assert len(served.sent) == len(set(served.sent))


def test_a_session_is_shown_and_read_on_at_once(session: Path) -> None:
    recording = SessionPlayback.open(session)
    editor = Editor(Annotations(SEATED.name), "AB", (), store.now)
    desk = ViewerState(recording, editor, lambda _: None, "")
    served = Served([[], *commands("end"), [], []])
    app.run(served, desk, None, Clock())
    assert recording.complete
    assert len(desk.tracks) == len(recording.steps)
    assert served.parts["state"].read == 1.0


def test_the_timeline_is_made_anew_once_a_second_while_a_session_is_read(session: Path) -> None:
    recording = SessionPlayback.open(session)
    editor = Editor(Annotations(SEATED.name), "AB", (), store.now)
    desk = ViewerState(recording, editor, lambda _: None, "")
    made, read = [], set()
    for number in range(400):
        desk.go_on(number / 100, 0.0)
        read.add(len(recording.steps))
        made.append(desk.timeline())
        if recording.complete:
            break
    assert len(read) > 3
    updates = len({id(part) for part in made})
    assert updates <= len(made) / 100 + 2
    assert desk.whole[1] == desk.axis.to_s == recording.duration_s
    assert desk.timeline() is made[-1]


def test_the_video_comes_with_the_skeleton(session: Path, tmp_path: Path) -> None:
    blue = np.full((480, 640, 3), (200, 40, 40), np.uint8)
    red = np.full((480, 640, 3), (40, 40, 200), np.uint8)
    times_s = [i / 10 for i in range(210)]
    clip = write_video(tmp_path / "c.mp4", [blue] * 100 + [red] * 110, times_s=times_s)
    desk, _ = desk_of(session)
    served = Served([*[[] for _ in range(50)], *commands("end"), *[[] for _ in range(200)]])
    with Footage(clip) as footage:
        app.run(served, desk, footage, Clock())
    import cv2  # noqa: PLC0415

    def colour(picture: Picture) -> list[float]:
        image = cv2.imdecode(np.frombuffer(picture.jpeg, np.uint8), cv2.IMREAD_COLOR)
        return image.reshape(-1, 3).mean(axis=0).tolist()

    fitting = [p for p in served.pictures if p.head.fits and p.jpeg]
    first, last = colour(fitting[0]), colour(fitting[-1])
    assert first[0] > first[2] + 50
    assert last[2] > last[0] + 50


@dataclass
class SlowFootage:
    """A video of which the newest picture is always so many seconds old."""

    late_s: float

    def picture(self, t_s: float, patience_s: float) -> VideoImage:
        assert patience_s > 0
        return VideoImage(round(t_s - self.late_s, 6), np.full((480, 640, 3), 90, np.uint8))


@pytest.mark.parametrize(
    ("playing", "late_s", "shown_s", "belongs"),
    [(True, 0.2, 9.8, True), (True, 3.0, 10.0, False), (False, 0.2, 10.0, False)],
)
def test_a_picture_and_the_skeleton_over_it_belong_together_or_it_is_dim(
    session: Path,
    *,
    playing: bool,
    late_s: float,
    shown_s: float,
    belongs: bool,
) -> None:
    desk, _ = desk_of(session)
    desk.player = desk.player.seek(10.0, 0.0)
    if playing:
        do(desk, "play")
    footage: Any = SlowFootage(late_s)
    served = Served([])
    app._Sender(served, desk, footage).send()
    (picture,) = served.pictures
    assert picture.head.fits is belongs
    assert picture.head.t_s == shown_s


def opened(
    monkeypatch: pytest.MonkeyPatch,
    script: list[list[object]],
    session: Path,
    path: Path,
    exercise: Exercise | None = None,
) -> Served:
    """Open a session as the command does and return the server, after the page was left."""
    served = Served(script)

    @contextmanager
    def serve(view: PageView, *, browser: bool) -> Iterator[Served]:
        assert view.name == "replay"
        assert browser
        yield served

    monkeypatch.setattr(app, "serve", serve)
    kept_in = store.AnnotationFile(path)
    wish = app.ReplayWish(
        annotations=kept_in.annotations or Annotations(SEATED.name),
        kept_in=kept_in,
        annotator="AB",
        beside=Beside(),
    )
    app.watch(SessionPlayback.open(session, exercise), wish)
    return served


def test_before_anything_is_annotated_it_is_said_that_nothing_can_be_kept(
    session: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, bad = tmp_path / "s.AB.annotations.json", tmp_path / "gone" / "s.AB.annotations.json"
    can, cannot = (opened(monkeypatch, [[]], session, path) for path in (good, bad))
    assert can.parts["state"].not_saved == ""
    assert "cannot be written" in cannot.parts["state"].not_saved
    assert not good.exists()
    script = [[mark(0.0, 5.0)], *commands("valid", "quit", "quit", "help")]
    with pytest.raises(OutputError, match="cannot be written"):
        opened(monkeypatch, script, session, bad)
    assert len(script) == 1, "the second request leaves"


def test_rules_to_choose_from_are_the_recorded_exercises(
    session: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "s.AB.annotations.json"
    last = ChooseRule(do="rule", number=len(SEATED.rules))
    script = [[mark(0.0, 5.0)], *commands("wrong"), [last], [note("", done=True)]]
    served = opened(monkeypatch, script, session, path, exercises.load("pigeon"))
    assert store.load(path).items[0].rule == SEATED.rules[-1].name
    assert [rule.name for rule in served.parts["facts"].rules] == [r.name for r in SEATED.rules]
    assert served.parts["facts"].judged_again


def test_annotations_are_beside_the_session_and_there_again(
    session: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / session.name
    copy.write_bytes(session.read_bytes())
    path = store.path_beside(copy, "AB")
    script: list[list[object]] = [
        *commands("mark", "on", "mark", "valid", "cancel", "end", "mark", "back", "mark", "wrong"),
        [ChooseRule(do="rule", number=4)], [note("lean")], [note("lean", done=True)],
        *commands("quit"),
    ]  # fmt: skip
    opened(monkeypatch, script, copy, path)
    first = store.load(path)
    assert [(str(i.state), i.rule, i.note, i.annotator) for i in first.items] == [
        ("valid", None, "", "AB"), ("wrong", SEATED.rules[3].name, "lean", "AB"),
    ]  # fmt: skip
    opened(monkeypatch, commands("select", "unseen", "quit"), copy, path)
    assert [str(item.state) for item in store.load(path).items] == ["unseen", "wrong"]
    assert [item.blind for item in store.load(path).items] == [
        Blinding.OFF, Blinding.AFTER_SEEING,
    ]  # fmt: skip
    assert copy.read_bytes() == session.read_bytes()
