"""Days, weeks and sides of many sessions, their index, the terminal and the reminder."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import stat
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

import icalendar
import pytest
from hypothesis import given
from hypothesis import strategies as st
from media import SAMPLES

from posecheck import exercises
from posecheck.errors import SessionError
from posecheck.progress.entry import UNNAMED, Entry, Lost, SideDone, once
from posecheck.progress.output import as_text, bar, reminder
from posecheck.progress.reading import Indexed, entry_of, index_path, indexed, read_result
from posecheck.progress.weeks import as_json, progress_of

if TYPE_CHECKING:
    from pathlib import Path

    from posecheck.progress.weeks import FolderProgress

SESSION = SAMPLES / "sessions" / "seated_figure_four.posecheck.jsonl"
MONDAY = date(2026, 11, 23)


def entry(  # noqa: PLR0913, PLR0917 - all with a default
    day: date = MONDAY,
    left: int = 0,
    right: int = 0,
    unnamed: int = 0,
    wanted: int = 3,
    pain: int | None = None,
    exercise: str = "seated-figure-four",
    recording: str = "",
    name: str = "",
) -> Entry:
    """Return a session with complete holds of 10 s."""
    at = datetime.combine(day, time(12)).astimezone()
    counts = {"left": left, "right": right, UNNAMED: unnamed}
    return Entry(
        name=name or f"{day}-{left}-{right}-{unnamed}-{pain}.posecheck.jsonl",
        created=at.astimezone(UTC).isoformat(),
        recording=recording,
        exercise=exercise,
        title=exercise,
        hold_s=10.0,
        sides={
            side: SideDone(
                0 if side == UNNAMED else wanted, count, 0, 10.0 * count,
                (80.0 + 5 * (side == "left"),) * count,
            )
            for side, count in counts.items()
            if count or side != UNNAMED
        },
        valid_s=10.0 * sum(counts.values()),
        wrong_s=5.0,
        unseen_s=0.0,
        lost=(Lost("lean", "Lean forward", "Lean further forward", 5.0),),
        pain=pain,
        ended="complete",
    )  # fmt: skip


def progress(*entries: Entry, tmp: str = "sessions") -> FolderProgress:
    from pathlib import Path  # noqa: PLC0415

    return progress_of(Path(tmp), Indexed(sorted(entries, key=lambda one: one.created)))


@pytest.mark.parametrize(
    ("entries", "done"),
    [
        ([entry(left=3, right=3)], True),
        ([entry(left=3, right=2)], False),
        ([entry(left=3), entry(right=3)], True),  # two sessions of one day
        ([entry(left=6)], False),
        ([entry(left=3, right=1, unnamed=2)], True),
        ([entry(left=3, right=1, unnamed=1)], False),
        ([entry(left=3), entry(right=3, exercise="pigeon")], False),
        ([entry(left=0, right=0, wanted=0)], False),
    ],
)
def test_a_day_is_done_when_every_side_has_its_dose(entries: list[Entry], *, done: bool) -> None:
    (day,) = progress(*entries).days
    assert day.done is done


def test_a_side_that_was_not_asked_for_is_not_missing() -> None:
    one = entry(right=3)
    sides = one.sides | {"left": SideDone(0, 0, 0, 0.0)}
    (day,) = progress(replace(one, sides=sides)).days
    assert (day.done, day.wanted, day.complete) == (True, 3, 3)


def test_weeks_go_from_the_first_to_the_last_session() -> None:
    found = progress(
        entry(MONDAY - timedelta(days=15), left=1, pain=6),
        entry(MONDAY - timedelta(days=14), left=1, pain=4),
        entry(MONDAY + timedelta(days=6), right=2),
    )
    (exercise,) = found.exercises
    assert [week.monday for week in exercise.weeks] == [
        MONDAY + timedelta(days=7 * n) for n in (-3, -2, -1, 0)
    ]
    assert [week.days for week in exercise.weeks] == [1, 1, 0, 1]
    assert [week.pain for week in exercise.weeks] == [6, 4, None, None]
    assert exercise.weeks[2].sides == {}
    assert (exercise.sides["left"].complete, exercise.sides["right"].valid_s) == (2, 20.0)
    assert exercise.left_minus_right_deg == 5.0
    assert (exercise.weeks[0].fault, exercise.weeks[0].fault_s) == ("Lean forward", 5.0)


def test_the_same_recording_analysed_twice_counts_once() -> None:
    first = entry(left=1, recording="a.mp4 25", name="a")
    again = entry(left=2, recording="a.mp4 25", name="a-2")
    other = entry(left=1, recording="b.mp4 25", name="b")
    live = [entry(left=1, name="live-1"), entry(left=1, name="live-2")]
    kept, left_out = once([first, again, other, *live])
    assert [one.name for one in kept] == ["a-2", "b", "live-1", "live-2"]
    assert left_out == 1
    assert progress(first, again).repeats == 1


@given(
    st.lists(
        st.tuples(
            st.integers(0, 60), st.integers(0, 4), st.integers(0, 4), st.integers(0, 2),
            st.one_of(st.none(), st.integers(0, 10)),
        ),
        min_size=1,
        max_size=25,
    )
)  # fmt: skip
def test_days_and_weeks_and_sides_hold_the_same_seconds(
    made: list[tuple[int, int, int, int, int | None]],
) -> None:
    entries = [
        entry(MONDAY + timedelta(days=d), left, right, unnamed, pain=pain, name=str(n))
        for n, (d, left, right, unnamed, pain) in enumerate(made)
    ]
    found = progress(*entries)
    (exercise,) = found.exercises
    valid_s = sum(one.valid_s for one in entries)
    assert sum(day.valid_s for day in found.days) == pytest.approx(valid_s)
    weeks = [side.valid_s for week in exercise.weeks for side in week.sides.values()]
    assert sum(weeks) == pytest.approx(valid_s)
    assert sum(side.valid_s for side in exercise.sides.values()) == pytest.approx(valid_s)
    assert sum(week.days for week in exercise.weeks) == len(found.days)
    assert sum(week.days_done for week in exercise.weeks) == found.days_done
    json.dumps(as_json(found))
    assert as_text(found, MONDAY)


def test_the_calendar_of_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    text = as_text(
        progress(entry(left=3, right=3), entry(MONDAY + timedelta(days=2), left=1, pain=4)),
        MONDAY + timedelta(days=3),
    )
    assert "sessions: 2 sessions on 2 days, the dose was done on 1" in text
    assert re.search(r"^23 Nov +● +· +◐ +· +· +· +·$", text, re.MULTILINE)
    assert re.search(
        r"23 Nov +1 day +█+ +4x +40 s +85° +█+▌? +3x +30 s +80° +4$", text, re.MULTILINE
    )
    assert "5° smaller with the right leg stretched" in " ".join(text.split())
    assert "cost most time: Lean forward. What to change: Lean further forward" in text


def test_an_empty_folder_says_what_to_do() -> None:
    assert "no session yet; posecheck live makes one" in as_text(progress(), MONDAY)


@pytest.mark.parametrize(
    ("value", "highest", "drawn"),
    [(0, 10, ""), (10, 10, "████████"), (5, 10, "████"), (0.01, 10, "▏"), (0, 0, "")],
)
def test_a_bar_is_as_long_as_its_value(value: float, highest: float, drawn: str) -> None:
    assert bar(value, highest) == drawn


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "sessions"
    made.mkdir()
    for name in ("a", "b"):
        (made / f"{name}.posecheck.jsonl").write_bytes(SESSION.read_bytes())
    (made / "notes.txt").write_text("not a session", "utf-8")
    return made


def test_only_new_and_changed_files_are_read(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "cache" / "i.sqlite3"
    first = indexed(folder, path)
    assert (first.read, len(first.entries), first.problems) == (2, 2, [])
    assert first.entries[0] == entry_of(read_result(folder / "a.posecheck.jsonl"))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    again = indexed(folder, path)
    assert (again.read, again.entries) == (0, first.entries)
    os.utime(folder / "a.posecheck.jsonl", ns=(1, 1))
    (folder / "b.posecheck.jsonl").unlink()
    changed = indexed(folder, path)
    assert (changed.read, [one.name for one in changed.entries]) == (1, ["a.posecheck.jsonl"])
    with sqlite3.connect(path) as database:
        assert database.execute("SELECT count(*) FROM sessions").fetchone() == (1,)
    database.close()


def test_a_file_that_can_t_be_used_is_told_and_not_read_again(folder: Path, tmp_path: Path) -> None:
    (folder / "c.posecheck.jsonl").write_text("nonsense\n", "utf-8")
    for read in (3, 0):
        found = indexed(folder, tmp_path / "i.sqlite3")
        assert (found.read, len(found.entries)) == (read, 2)
        (problem,) = found.problems
        assert "c.posecheck.jsonl: is not a posecheck session file" in problem


@pytest.mark.parametrize("content", [b"nonsense" * 1000, b""])
def test_a_damaged_index_is_made_again(folder: Path, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "i.sqlite3"
    path.write_bytes(content)
    found = indexed(folder, path)
    assert (found.read, len(found.entries), found.path) == (2, 2, path)
    assert indexed(folder, path).read == 0


def test_an_index_of_another_version_is_made_again(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "i.sqlite3"
    indexed(folder, path)
    database = sqlite3.connect(path)
    database.execute("PRAGMA user_version = 99")
    database.commit()
    database.close()
    assert indexed(folder, path).read == 2
    assert indexed(folder, path).read == 0


def test_without_a_place_for_the_index_everything_is_read(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", "utf-8")
    for _ in range(2):
        found = indexed(folder, tmp_path / "file" / "i.sqlite3")
        assert (found.read, len(found.entries), found.path) == (2, 2, None)
        assert "the index can't be kept" in found.problems[0]


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SessionError, match="name the folder of your sessions"):
        indexed(tmp_path / "gone", tmp_path / "i.sqlite3")


def test_the_index_lies_in_the_users_cache(tmp_path: Path) -> None:
    one = index_path(tmp_path / "a", {"XDG_CACHE_HOME": str(tmp_path)})
    other = index_path(tmp_path / "b", {"XDG_CACHE_HOME": str(tmp_path)})
    assert one != other
    assert one.parent == other.parent


@pytest.mark.parametrize("name", exercises.names())
def test_a_calendar_reads_the_reminder(name: str) -> None:
    exercise = exercises.load(name)
    now = datetime(2026, 11, 26, 19, 30).astimezone()
    text = reminder(exercise, time(18, 15), now)
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    (event,) = icalendar.Calendar.from_ical(text).walk("VEVENT")
    assert event["DTSTART"].dt == datetime(2026, 11, 27, 18, 15)  # noqa: DTZ001 - floating
    assert event["RRULE"] == {"FREQ": ["DAILY"]}
    dose = exercise.dose
    assert f"hold {dose.hold_s:g} s, up to {dose.repetitions} times" in event["SUMMARY"]
    assert dose.source in event["DESCRIPTION"]
    assert "Never push through pain" in event["DESCRIPTION"]
    assert len(event.walk("VALARM")) == 1


def test_the_reminder_begins_today_if_its_time_is_to_come() -> None:
    exercise = exercises.load("pigeon")
    text = reminder(exercise, time(18), datetime(2026, 11, 26, 8).astimezone())
    (event,) = icalendar.Calendar.from_ical(text).walk("VEVENT")
    assert event["DTSTART"].dt.date() == date(2026, 11, 26)
