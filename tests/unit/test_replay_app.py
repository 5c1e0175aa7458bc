"""The whole replay below its window: keys and pointer in, pictures and files out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pytest

from posecheck import exercises
from posecheck.annotations import Annotations, store
from posecheck.display.replay.view import ReplayView
from posecheck.display.window import Closed, Event, Key, Pointer
from posecheck.errors import OutputError
from posecheck.exercises import Timing
from posecheck.pipeline.playback import SessionPlayback
from posecheck.pipeline.recorder import Recorder
from posecheck.replay import app
from posecheck.replay.desk import ViewerState
from posecheck.replay.edit.editor import Asking, Editor
from posecheck.replay.edit.keys import ANNOTATE, COMMANDS, WATCH, Command
from posecheck.replay.footage import Footage, VideoImage
from posecheck.session import SessionWriter
from posecheck.types import State
from tests.figures import SEATED_UPRIGHT, SEATED_VALID, nobody
from tests.judged import calm
from tests.media import write_video

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from posecheck.exercises import Exercise

    Image = NDArray[np.uint8]

# A second in which nobody is seen ends a hold here, so that the story stays short; without look
# ahead, because figures change in one step.
SEATED = calm(exercises.load("seated-figure-four")).model_copy(
    update={"timing": Timing(unseen_break_s=0.9)}
)
SIZE = (1440, 900)

# Valid, upright, valid, nobody, valid; ten pictures a second: 21 s.
STORY = [(SEATED_VALID, 40), (SEATED_UPRIGHT, 20), (SEATED_VALID, 120), (None, 10),
         (SEATED_VALID, 20)]  # fmt: skip


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
class Screen:
    """A window without a screen: gives the events of a script, keeps the pictures."""

    script: list[tuple[Event, ...]]
    size_px: tuple[int, int] = SIZE
    fullscreen: bool = False
    shown: list[Image] = field(default_factory=list)

    def show(self, picture_bgr: Image) -> None:
        self.shown.append(picture_bgr.copy())

    def events(self, wait_ms: int) -> tuple[Event, ...]:
        assert wait_ms > 0
        return self.script.pop(0) if self.script else (Closed(),)


class Clock:
    """A tenth of a second passes whenever somebody looks."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        self.now_s += 0.1
        return self.now_s


def keys(*names: str) -> list[tuple[Event, ...]]:
    return [(Key(name),) for name in names]


def desk_of(
    session: Path, annotations: Annotations | None = None
) -> tuple[ViewerState, list[Annotations]]:
    recording = SessionPlayback.open(session).read_all()
    editor = Editor(
        annotations or Annotations(SEATED.name),
        "AB",
        tuple(r.name for r in SEATED.rules),
        store.now,
    )
    saved: list[Annotations] = []
    desk = ViewerState(recording, editor, saved.append, "s.AB.annotations.json")
    desk.lay(ReplayView(SEATED, SIZE, (640, 480)).timeline)
    return desk, saved


def press(desk: ViewerState, *names: str, now_s: float = 0.0) -> None:
    for name in names:
        desk.press(Key(name), now_s)
        desk.go_on(now_s, 0.0)


def where(desk: ViewerState) -> float:
    return round(desk.player.t_s, 6)


def test_jumps_go_to_holds_faults_and_differences(session: Path) -> None:
    desk, _ = desk_of(session)
    stops = []
    for name in ("h", "h", "h", "g", "f", "d"):
        press(desk, name)
        stops.append(where(desk))
    assert stops == [6.0, 19.0, 19.0, 6.0, 18.0, 4.0]
    assert "no " in desk.scene(None).notice or desk.scene(None).notice == ""
    press(desk, "home", "a", "page-down", "a", "w", "escape", "home", "c")
    assert where(desk) == 0.0, "it differs from the first picture on, and nowhere later"
    press(desk, "end", "x")
    assert where(desk) == 0.0


def test_a_jump_shows_the_picture_that_it_names(session: Path) -> None:
    desk, _ = desk_of(session)
    press(desk, "f")
    _, step = desk.moment
    assert step.t_s == 4.0
    assert step.verdict.state is State.WRONG


def test_pictures_are_stepped_one_by_one_and_end_at_the_ends(session: Path) -> None:
    desk, _ = desk_of(session)
    press(desk, "left")
    assert desk.index == 0
    press(desk, "right", "right")
    assert desk.index == 2
    press(desk, "end", "right")
    assert desk.index == len(desk.recording.steps) - 1


def test_playing_takes_the_time_that_passes(session: Path) -> None:
    desk, _ = desk_of(session)
    press(desk, "space", now_s=10.0)
    desk.go_on(12.0, 0.0)
    assert where(desk) == 2.0
    press(desk, "up", now_s=12.0)
    desk.go_on(13.0, 0.0)
    assert where(desk) == 4.0
    press(desk, "right", now_s=13.0)
    desk.go_on(20.0, 0.0)
    assert where(desk) == 4.1, "a step pauses"


def test_dragging_on_the_timeline_scrubs_and_playing_goes_on_after_it(session: Path) -> None:
    desk, _ = desk_of(session)
    timeline = ReplayView(SEATED, SIZE, (640, 480)).timeline
    press(desk, "space", now_s=0.0)
    x = [round(desk.axis.x(t_s)) for t_s in (5.0, 10.0)]
    desk.point(Pointer("down", x[0], 600), timeline, 1.0)
    assert where(desk) == pytest.approx(5.0, abs=0.02)
    desk.go_on(3.0, 0.0)
    assert where(desk) == pytest.approx(5.0, abs=0.02), "it stands while it is held"
    desk.point(Pointer("move", x[1], 20), timeline, 3.0)
    assert where(desk) == pytest.approx(10.0, abs=0.02), "also when the pointer leaves the row"
    desk.point(Pointer("up", x[1], 20), timeline, 3.0)
    desk.go_on(4.0, 0.0)
    assert where(desk) == pytest.approx(11.0, abs=0.02)
    desk.point(Pointer("move", x[0], 600), timeline, 4.0)
    assert where(desk) == pytest.approx(11.0, abs=0.02), "a pointer that only passes does nothing"


def test_dragging_on_the_paper_marks_an_interval_and_a_click_selects_it(session: Path) -> None:
    desk, saved = desk_of(session)
    timeline = ReplayView(SEATED, SIZE, (640, 480)).timeline
    x = [round(desk.axis.x(t_s)) for t_s in (8.0, 3.0, 5.0)]
    paper_y = 845
    assert timeline.row_at(x[0], paper_y) == "person"
    desk.point(Pointer("down", x[0], paper_y), timeline, 0.0)
    desk.point(Pointer("move", x[1] + 9, paper_y), timeline, 0.0)
    assert desk.editor.asking is Asking.END
    desk.point(Pointer("up", x[1], paper_y), timeline, 0.0)
    assert desk.editor.asking is Asking.LABEL
    press(desk, "v")
    (item,) = saved[-1].items
    assert (item.start_s, item.end_s) == (
        pytest.approx(3.0, abs=0.02), pytest.approx(8.0, abs=0.02)
    )  # fmt: skip
    press(desk, "escape")
    assert desk.editor.selected is None
    desk.point(Pointer("down", x[2], paper_y), timeline, 0.0)
    desk.point(Pointer("up", x[2] + 1, paper_y), timeline, 0.0)
    assert desk.editor.selected == item
    press(desk, "delete")
    assert saved[-1].items == ()


def test_a_note_takes_letters_that_are_keys_elsewhere(session: Path) -> None:
    desk, saved = desk_of(session)
    press(desk, "a", "page-down", "a", "w", "4", *"quit", "space", *"v7", "backspace", "enter")
    (item,) = saved[-1].items
    assert (item.rule, item.note) == (SEATED.rules[3].name, "quit v")
    assert not desk.over
    press(desk, "q")
    assert desk.over


def test_what_cannot_be_saved_is_said_and_tried_again(session: Path) -> None:
    desk, saved = desk_of(session)
    full = True

    def save(annotations: Annotations) -> None:
        if full:
            message = "the disk is full"
            raise OutputError(message)
        saved.append(annotations)

    desk._save = save
    press(desk, "a", "page-down", "a", "v")
    assert "NOT SAVED" in desk.scene(None).notice
    with pytest.raises(OutputError):
        app.run(Screen([]), desk, None, Clock())
    full = False
    app.run(Screen([]), desk, None, Clock())
    assert len(saved[-1].items) == 1


def test_what_cannot_be_saved_stays_on_the_screen_and_is_not_left_by_one_key(
    session: Path,
) -> None:
    desk, saved = desk_of(session)
    keep = desk._save

    def fails(_: Annotations) -> None:
        message = "the folder cannot be written to"
        raise OutputError(message)

    desk._save = fails
    press(desk, "a", "page-down", "a", "v")
    desk.go_on(1000.0, 0.0)
    assert "NOT SAVED: the folder cannot" in desk.scene(None).notice
    press(desk, "escape", "q", now_s=1000.0)
    assert not desk.over
    desk.go_on(2000.0, 0.0)
    assert "Q again leaves without it" in desk.scene(None).notice
    press(desk, "end", "a", "page-up", "a", "u", "escape", "q", now_s=2000.0)
    assert not desk.over, "there is more to lose now"
    press(desk, "q", now_s=2000.0)
    assert desk.over
    desk.over, desk._save = False, keep
    press(desk, "q", now_s=2001.0)
    assert desk.over
    assert len(saved[-1].items) == 2
    desk.go_on(3000.0, 0.0)
    assert desk.scene(None).notice == ""


@pytest.mark.parametrize("leaving", ["close", "interrupt", "click", "drag"])
def test_a_note_that_is_being_typed_is_kept(session: Path, leaving: str) -> None:
    desk, saved = desk_of(session)
    press(desk, "a", "page-down", "a", "w", "1", *"slumped")
    assert saved[-1].items[0].note == ""
    x, y = round(desk.axis.x(10.0)), 845
    timeline = ReplayView(SEATED, SIZE, (640, 480)).timeline
    if leaving == "close":
        app.run(Screen([]), desk, None, Clock())
    elif leaving == "interrupt":

        class Interrupted(Screen):
            def events(self, wait_ms: int) -> tuple[Event, ...]:
                assert wait_ms > 0
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            app.run(Interrupted([]), desk, None, Clock())
    else:
        desk.point(Pointer("down", x, y), timeline, 0.0)
        desk.point(Pointer("up", x + (99 if leaving == "drag" else 0), y), timeline, 0.0)
    assert saved[-1].items[0].note == "slumped"


def test_help_opens_and_any_key_closes_it_without_doing_anything_else(session: Path) -> None:
    desk, _ = desk_of(session)
    press(desk, "?")
    assert desk.help
    press(desk, "end")
    assert not desk.help
    assert where(desk) == 0.0


def test_every_command_has_a_key_and_a_line_of_help() -> None:
    assert set(COMMANDS.values()) == set(Command)
    names = [name for binding in (*WATCH, *ANNOTATE) for name, _ in binding.keys]
    assert len(names) == len(set(names)), "no key does two things"
    assert all(binding.says for binding in (*WATCH, *ANNOTATE))


def test_every_key_can_be_pressed_in_every_state(session: Path) -> None:
    desk, _ = desk_of(session)
    view = ReplayView(SEATED, SIZE, (640, 480))
    for opening in ([], ["a"], ["a", "right", "a"], ["a", "right", "a", "w"],
                    ["a", "right", "a", "w", "1"]):  # fmt: skip
        for name in COMMANDS:
            press(desk, "escape", "escape", "home", *opening, name)
            desk.help = desk.over = False
        assert view.draw(desk.scene(None)).shape == (900, 1440, 3)


@pytest.mark.parametrize("size", [(1440, 900), (1920, 1080), (1024, 768), (640, 400), (300, 200)])
@pytest.mark.parametrize("frame", [(640, 480), (1080, 1920), (1920, 1080)])
def test_every_window_has_room_for_every_state(
    session: Path, size: tuple[int, int], frame: tuple[int, int]
) -> None:
    desk, _ = desk_of(session)
    view = ReplayView(SEATED, size, frame)
    desk.lay(view.timeline)
    for names in ((), ("a", "page-down", "a", "w"), ("1", *"note", "enter"), ("?",)):
        press(desk, *names)
        picture = view.draw(desk.scene(None))
        assert picture.shape[0] >= size[1]
        assert picture.std() > 10


def test_the_loop_shows_what_changed_and_nothing_twice(session: Path) -> None:
    desk, _ = desk_of(session)
    screen = Screen([(), (), (), *keys("right"), (), (), *keys("f"), (), ()])
    app.run(screen, desk, None, Clock())
    assert len(screen.shown) == 3
    assert (screen.shown[0] != screen.shown[2]).any()


def test_fullscreen_and_another_size_are_followed(session: Path) -> None:
    desk, _ = desk_of(session)

    class Growing(Screen):
        def events(self, wait_ms: int) -> tuple[Event, ...]:
            if self.fullscreen:
                self.size_px = (1920, 1080)
            return super().events(wait_ms)

    screen = Growing([*keys("l"), (), ()])
    app.run(screen, desk, None, Clock())
    assert screen.fullscreen
    assert screen.shown[-1].shape == (1080, 1920, 3)


def test_a_session_is_shown_and_read_on_at_once(session: Path) -> None:
    recording = SessionPlayback.open(session)
    editor = Editor(Annotations(SEATED.name), "AB", (), store.now)
    desk = ViewerState(recording, editor, lambda _: None, "")
    screen = Screen([(), *keys("end"), (), ()])
    app.run(screen, desk, None, Clock())
    assert recording.complete
    assert len(desk.tracks) == len(recording.steps)
    assert len(screen.shown) >= 2


def test_the_video_lies_under_the_skeleton(session: Path, tmp_path: Path) -> None:
    blue = np.full((480, 640, 3), (200, 40, 40), np.uint8)
    red = np.full((480, 640, 3), (40, 40, 200), np.uint8)
    times_s = [i / 10 for i in range(210)]
    clip = write_video(tmp_path / "c.mp4", [blue] * 100 + [red] * 110, times_s=times_s)
    desk, _ = desk_of(session)
    screen = Screen([*[()] * 50, *keys("end"), *[()] * 200])
    with Footage(clip) as footage:
        app.run(screen, desk, footage, Clock())

    def colour(picture: Image) -> NDArray[np.float64]:
        return picture[200:300, 400:520].reshape(-1, 3).mean(axis=0)

    colours = [list(colour(picture)) for picture in screen.shown]
    assert any(blue > red + 50 for blue, _, red in colours)
    assert colours[-1][2] > colours[-1][0] + 50


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
def test_a_picture_and_the_skeleton_over_it_belong_together_or_it_is_dark(
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
        press(desk, "space")
    footage: Any = SlowFootage(late_s)
    scene = app._Show(Screen([]), desk, footage)._scene()
    assert scene.picture is not None
    assert scene.picture[1] is belongs
    assert scene.step.t_s == shown_s
    assert scene.observation.t_s == shown_s


class Fake(Screen):
    """Stands for the real window."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.closed = True


def opened(
    monkeypatch: pytest.MonkeyPatch,
    script: list[tuple[Event, ...]],
    session: Path,
    path: Path,
    exercise: Exercise | None = None,
) -> Fake:
    """Open a session as the command does and return the window, after it was left."""
    screen = Fake(script)
    monkeypatch.setattr(app, "Window", lambda *_: screen)
    kept_in = store.AnnotationFile(path)
    app.watch(
        SessionPlayback.open(session, exercise),
        video=None,
        annotations=kept_in.annotations or Annotations(SEATED.name),
        kept_in=kept_in,
        annotator="AB",
    )
    return screen


def test_before_anything_is_annotated_it_is_said_that_nothing_can_be_kept(
    session: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, bad = tmp_path / "s.AB.annotations.json", tmp_path / "gone" / "s.AB.annotations.json"
    can, cannot = (opened(monkeypatch, [()], session, path) for path in (good, bad))
    assert (can.shown[0] != cannot.shown[0]).any()
    assert not good.exists()
    script = keys("a", "page-down", "a", "v", "q", "q", "?")
    with pytest.raises(OutputError, match="cannot be written"):
        opened(monkeypatch, script, session, bad)
    assert len(script) == 1, "the second Q leaves"


def test_rules_to_choose_from_are_the_recorded_exercises(
    session: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "s.AB.annotations.json"
    last = len(SEATED.rules)
    script = keys("a", "page-down", "a", "w", str(last), "enter", "q")
    opened(monkeypatch, script, session, path, exercises.load("pigeon"))
    assert store.load(path).items[0].rule == SEATED.rules[-1].name


def test_annotations_are_beside_the_session_and_there_again(
    session: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / session.name
    copy.write_bytes(session.read_bytes())
    path = store.path_beside(copy, "AB")
    script = keys("a", "page-down", "a", "v", "escape", "end", "a", "page-up", "a", "w", "4",
                  *"lean", "enter", "q")  # fmt: skip

    opened(monkeypatch, script, copy, path)
    first = store.load(path)
    assert [(str(i.state), i.rule, i.note, i.annotator) for i in first.items] == [
        ("valid", None, "", "AB"), ("wrong", SEATED.rules[3].name, "lean", "AB"),
    ]  # fmt: skip
    opened(monkeypatch, keys("e", "u", "q"), copy, path)
    assert [str(item.state) for item in store.load(path).items] == ["unseen", "wrong"]
    assert copy.read_bytes() == session.read_bytes()
