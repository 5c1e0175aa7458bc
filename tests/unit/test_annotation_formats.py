"""Documents of ELAN and events of BORIS: in the video's time, or refused in one line."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from posecheck import exercises
from posecheck.annotations import Annotation, Annotations, exchange, store
from posecheck.errors import AnnotationError
from posecheck.types import Side, State

if TYPE_CHECKING:
    from pathlib import Path

SEATED = exercises.load("seated-figure-four")

_EAF = """<?xml version="1.0" encoding="UTF-8"?>
<ANNOTATION_DOCUMENT AUTHOR="" DATE="2026-11-20T10:00:00+01:00" FORMAT="3.0" VERSION="3.0"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
 xsi:noNamespaceSchemaLocation="http://www.mpi.nl/tools/elan/EAFv3.0.xsd">
<HEADER MEDIA_FILE="" TIME_UNITS="{unit}">{media}</HEADER>
<TIME_ORDER>{slots}</TIME_ORDER>{tiers}
<LINGUISTIC_TYPE GRAPHIC_REFERENCES="false" LINGUISTIC_TYPE_ID="t" TIME_ALIGNABLE="true"/>
</ANNOTATION_DOCUMENT>"""


def eaf(
    folder: Path,
    tiers: dict[str, list[tuple[str, str, str]]],
    slots: dict[str, int | None],
    media: str = "",
    unit: str = "milliseconds",
) -> Path:
    """Write a document: of each tier the slots and values, of each slot the time."""
    times = "".join(
        f'<TIME_SLOT TIME_SLOT_ID="{name}"' + ("/>" if t is None else f' TIME_VALUE="{t}"/>')
        for name, t in slots.items()
    )
    number = 0
    text = ""
    for tier, entries in tiers.items():
        text += f'<TIER LINGUISTIC_TYPE_REF="t" TIER_ID="{tier}">'
        for start, end, value in entries:
            number += 1
            text += (
                f'<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a{number}" '
                f'TIME_SLOT_REF1="{start}" TIME_SLOT_REF2="{end}"><ANNOTATION_VALUE>{value}'
                "</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION>"
            )
        text += "</TIER>"
    path = folder / "in.eaf"
    path.write_text(_EAF.format(unit=unit, media=media, slots=times, tiers=text), "utf-8")
    return path


def medium(name: str, origin: object = None, kind: str = "video/mp4") -> str:
    moved = "" if origin is None else f' TIME_ORIGIN="{origin}"'
    return f'<MEDIA_DESCRIPTOR MEDIA_URL="file:///C:/my%20clips/{name}" MIME_TYPE="{kind}"{moved}/>'


ONE = {"KW": [("ts1", "ts2", "valid")]}
SLOTS: dict[str, int | None] = {"ts1": 1000, "ts2": 12400}


def spans(path: Path, annotator: str = "KW", video: str = "") -> list[tuple[float, float]]:
    found = exchange.read(path, SEATED, annotator, video).items
    return [(item.start_s, item.end_s) for item in found]


@pytest.mark.parametrize(
    ("media", "video", "start_s"),
    [
        (medium("clip.mp4", 3000), "clip.mp4", 4.0),
        (medium("clip.mp4", 3000), "", 4.0),
        (medium("other.mp4", 3000), "clip.mp4", 4.0),
        (medium("clip.mp4"), "clip.mp4", 1.0),
        ("", "clip.mp4", 1.0),
        (medium("a.mp4", 500) + medium("clip.mp4", 3000), "clip.mp4", 4.0),
        (medium("a.mp4", 500) + medium("CLIP.MOV", 3000), "clip.mp4", 4.0),
        (medium("a.mp4", 500) + medium("u%CC%88.mp4", 3000), "\u00fc.mp4", 4.0),
        (medium("a.wav", None, "audio/x-wav") + medium("b.mp4", 3000), "clip.mp4", 4.0),
        (medium("a.mp4", 2000) + medium("b.mp4", 2000), "", 3.0),
    ],
)
def test_times_are_those_of_the_recorded_video(
    tmp_path: Path, media: str, video: str, start_s: float
) -> None:
    """Case 11 and its kind: the document's time may begin within the video."""
    path = eaf(tmp_path, ONE, SLOTS, media)
    assert spans(path, video=video) == [(start_s, pytest.approx(start_s + 11.4))]


def test_which_video_counts_is_asked_if_it_is_not_certain(tmp_path: Path) -> None:
    path = eaf(tmp_path, ONE, SLOTS, medium("a.mp4", 500) + medium("b.mp4", 3000))
    with pytest.raises(AnnotationError) as caught:
        spans(path, video="clip.mp4")
    assert "a.mp4 at 0.5 s, b.mp4 at 3 s" in str(caught.value)
    assert "none is called clip.mp4" in str(caught.value)


def test_edges_that_nobody_set_part_their_neighbours_evenly(tmp_path: Path) -> None:
    slots = {"ts1": 1000, "ts2": None, "ts3": None, "ts4": 4000, "ts5": 5000, "ts6": 6000}
    entries = [("ts1", "ts2", "valid"), ("ts2", "ts3", "wrong"), ("ts3", "ts4", "valid"),
               ("ts5", "ts6", "unseen")]  # fmt: skip
    found = spans(eaf(tmp_path, {"KW": entries[::-1]}, slots))
    assert found == [(1.0, 2.0), (2.0, 3.0), (3.0, 4.0), (5.0, 6.0)]


@pytest.mark.parametrize(
    ("entries", "slots", "told"),
    [
        ([("ts1", "ts2", "valid")], {"ts1": 1000, "ts2": None}, "'valid' of tier KW has no time"),
        ([("ts1", "ts9", "valid")], {"ts1": 1000}, "'valid' of tier KW has no time"),
        ([("ts9", "ts1", "valid")], {"ts1": 1000}, "'valid' of tier KW has no time"),
    ],
)
def test_a_time_that_is_missing_is_one_line(
    tmp_path: Path,
    entries: list[tuple[str, str, str]],
    slots: dict[str, int | None],
    told: str,
) -> None:
    with pytest.raises(AnnotationError) as caught:
        spans(eaf(tmp_path, {"KW": entries}, slots))
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


def test_only_the_wanted_tier_must_be_whole(tmp_path: Path) -> None:
    tiers = {**ONE, "words": [("ts3", "ts4", "hm")], "gone": [("ts8", "ts9", "x")]}
    path = eaf(tmp_path, tiers, {**SLOTS, "ts3": None, "ts4": None})
    assert spans(path) == [(1.0, 12.4)]
    text = path.read_text()
    half_done = "<ANNOTATION_VALUE>hm</ANNOTATION_VALUE>"
    for broken in ("", "<SOMETHING_NEW/>"):
        path.write_text(text.replace(half_done, broken).replace('TIME_SLOT_REF1="ts8"', ""))
        assert spans(path) == [(1.0, 12.4)]
    assert exchange.annotator_of(path) is None
    with pytest.raises(AnnotationError, match="its tiers are KW, words, gone; choose one"):
        spans(path, "EF")


def test_another_unit_of_time_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AnnotationError, match="its times are in PAL-frames; save it in ELAN"):
        spans(eaf(tmp_path, ONE, SLOTS, unit="PAL-frames"))


def test_a_document_names_its_video(tmp_path: Path) -> None:
    pympi = pytest.importorskip("pympi", reason="the extra elan is not installed")
    item = Annotation(1, 2, State.VALID, None, "", "AB", "")
    path = tmp_path / "out.eaf"
    exchange.write(path, Annotations(SEATED.name, (item,)), "my clip 体.mov")
    (found,) = pympi.Eaf(str(path)).media_descriptors
    assert found["RELATIVE_MEDIA_URL"] == "./my%20clip%20%E4%BD%93.mov"
    assert found["MIME_TYPE"] == "video/quicktime"
    assert spans(path, "AB", "my clip 体.mov") == [(1, 2)]
    exchange.write(tmp_path / "none.eaf", Annotations(SEATED.name, (item,)))
    assert pympi.Eaf(str(tmp_path / "none.eaf")).media_descriptors == []


def test_subtitles_of_another_clock_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "in.vtt"
    cue = "\n\n00:01.000 --> 00:02,500\nValid\n"
    path.write_text("WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:900000,LOCAL:00:00:00.000" + cue)
    with pytest.raises(AnnotationError, match="those of a stream's clock"):
        spans(path)
    path.write_text("WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000" + cue)
    assert spans(path) == [(1.0, 2.5)]


# BORIS. The columns are those of its versions 9, 7 and 2.
_FACTS = ("Observation id", "Observation date", "Description", "Observation type", "Source")
AGGREGATED = (
    *_FACTS, "Time offset (s)", "Coding duration", "Media duration (s)", "FPS (frame/s)",
    "Subject", "Observation duration by subject by observation", "Behavior",
    "Behavioral category", "Modifier #1", "Behavior type", "Start (s)", "Stop (s)",
    "Duration (s)", "Media file name", "Image index start", "Image index stop",
    "Image file path start", "Image file path stop", "Comment start", "Comment stop",
)  # fmt: skip
TABULAR = (
    *_FACTS, "Time offset (s)", "Media duration (s)", "FPS", "Subject", "Behavior",
    "Behavioral category", "Modifier #1", "Behavior type", "Time", "Media file name",
    "Image index", "Image file path", "Comment",
)  # fmt: skip
OLD = ("Time", "Media file path", "Total length", "FPS", "Subject", "Behavior",
       "Behavioral category", "Comment", "Status")  # fmt: skip
OLD_ABOVE = "Observation id,o1\n,\nPlayer #1,clip.mp4\n,\nTime offset (s),{}\n,\n"

COMMON = {
    "Observation id": "o1", "Subject": "No focal subject", "Media file name": "clip.mp4",
    "Media file path": "clip.mp4", "FPS": "25.000", "FPS (frame/s)": "25.000",
    "Time offset (s)": "0.0", "Source": "player #1:clip.mp4", "Media duration (s)": "20.000",
}  # fmt: skip
STATES: list[dict[str, str]] = [
    {"Behavior": "wrong", "Modifier #1": "lean", "Start (s)": "0.500", "Stop (s)": "3.900",
     "Comment start": "slumped", "Comment stop": "sat up"},
    {"Behavior": "Valid", "Start (s)": "3.900", "Stop (s)": "15.500"},
]  # fmt: skip


def boris(
    folder: Path, columns: tuple[str, ...], rows: list[dict[str, str]], above: str = "",
    name: str = "events.tsv",
) -> Path:  # fmt: skip
    separator = {".tsv": "\t", ".csv": ",", ".CSV": ";"}[name[-4:]]
    lines = [separator.join(columns)]
    lines += [separator.join({**COMMON, **row}.get(c, "") for c in columns) for row in rows]
    path = folder / name
    path.write_text(above.replace(",", separator) + "\n".join(lines) + "\n", "utf-8")
    return path


def tabular(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """Return state events as a line for each start and stop."""
    found = []
    for row in rows:
        for kind, time, comment in (
            ("START", "Start (s)", "Comment start"), ("STOP", "Stop (s)", "Comment stop"),
        ):  # fmt: skip
            kinds = {"Behavior type": kind, "Status": kind, "Time": row[time]}
            found.append({**row, **kinds, "Comment": row.get(comment, "")})
    return sorted(found, key=lambda row: float(row["Time"]))


def aggregated(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    return [{"Behavior type": "STATE", **row} for row in rows]


def meant(path: Path, annotator: str = "AB") -> list[tuple[Any, ...]]:
    found = exchange.read(path, SEATED, annotator).items
    return [(i.start_s, i.end_s, i.state, i.rule, i.note) for i in found]


MEANT = [
    (0.5, 3.9, State.WRONG, "lean", "slumped\nsat up"),
    (3.9, 15.5, State.VALID, None, ""),
]


@pytest.mark.parametrize("name", ["e.tsv", "e.csv", "e.CSV"])
def test_events_of_boris(tmp_path: Path, name: str) -> None:
    for columns, rows in ((AGGREGATED, aggregated(STATES)), (TABULAR, tabular(STATES))):
        assert meant(boris(tmp_path, columns, rows, "", name)) == MEANT
    rows = tabular([{**STATES[0], "Behavior": "wrong: lean"}, STATES[1]])
    path = boris(tmp_path, OLD, rows, OLD_ABOVE.format("0.0"), name)
    assert meant(path) == MEANT
    assert exchange.annotator_of(path) is None


def test_the_time_offset_of_an_observation_is_taken_off(tmp_path: Path) -> None:
    """BORIS keeps an event's time with the offset added; the video does not know of it."""
    later = [
        {**row, **{name: f"{float(row[name]) + 60:.3f}" for name in ("Start (s)", "Stop (s)")}}
        for row in STATES
    ]
    moved = [{**row, "Time offset (s)": "60.0"} for row in later]
    for path in (
        boris(tmp_path, AGGREGATED, aggregated(moved)),
        boris(tmp_path, TABULAR, tabular(moved)),
        boris(tmp_path, OLD, tabular([{**later[0], "Behavior": "wrong: lean"}, later[1]]),
              OLD_ABOVE.format("60.0")),
    ):  # fmt: skip
        assert [row[:2] for row in meant(path)] == [
            (pytest.approx(a), pytest.approx(b)) for a, b, *_ in MEANT
        ]


def test_times_of_boris_as_a_clock_and_points_of_other_behaviours(tmp_path: Path) -> None:
    rows = [{**STATES[1], "Start (s)": "00:00:03.900", "Stop (s)": "00:00:15.500"}]
    point = {"Behavior": "coughs", "Behavior type": "POINT", "Start (s)": "5", "Stop (s)": "5"}
    path = boris(tmp_path, AGGREGATED, [*aggregated(rows), point])
    assert meant(path) == [MEANT[1]]


@pytest.mark.parametrize(
    ("columns", "rows", "told"),
    [
        (AGGREGATED, aggregated([{**STATES[1], "Behavior": "talks"}]),
         "line 2: it begins with valid, wrong or unseen, not 'talks'"),
        (AGGREGATED, [{**STATES[1], "Behavior type": "POINT", "Stop (s)": "3.9"}],
         "line 2: 'Valid' is a point event and has no length"),
        (AGGREGATED, aggregated([STATES[0], {**STATES[1], "Observation id": "o2"}]),
         "holds 2 observations (o1, o2); export one of them alone"),
        (AGGREGATED, aggregated([STATES[0], {**STATES[1], "Subject": "Anna"}, {**STATES[1],
         "Subject": "Ben"}]), "holds 3 subjects (No focal subject, Anna, Ben)"),
        (AGGREGATED, aggregated([STATES[0], {**STATES[1], "Media file name": "b.mp4"}]),
         "holds 2 media files (clip.mp4, b.mp4)"),
        (AGGREGATED, aggregated([STATES[0], {**STATES[1], "Start (s)": "2"}]), "overlap"),
        (AGGREGATED, aggregated([{**STATES[1], "Stop (s)": "NA"}]), "a time must be seconds"),
        (AGGREGATED, [], "holds no state event"),
        (TABULAR, tabular(STATES)[:1], "'wrong: lean' is never stopped"),
        (TABULAR, tabular(STATES)[1:], "is stopped, but was not started"),
        (TABULAR, [{**STATES[1], "Time": "1", "Behavior type": "X"}], "of an unknown type 'X'"),
    ],
)  # fmt: skip
def test_events_that_are_no_annotations_are_one_line(
    tmp_path: Path, columns: tuple[str, ...], rows: list[dict[str, str]], told: str
) -> None:
    with pytest.raises(AnnotationError) as caught:
        meant(boris(tmp_path, columns, rows))
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_side_is_kept_in_the_file_and_the_table(tmp_path: Path) -> None:
    item = Annotation(1, 2, State.VALID, None, "", "AB", "", Side.LEFT)
    whole = Annotations(SEATED.name, (item, replace(item, start_s=2, end_s=3, side=Side.BOTH)))
    path = tmp_path / f"a.AB{store.SUFFIX}"
    store.save(path, whole)
    assert store.load(path) == whole
    assert ["side" in entry for entry in json.loads(path.read_text())["items"]] == [True, False]
    exchange.write(tmp_path / "a.csv", whole)
    assert (tmp_path / "a.csv").read_text().startswith("start_s,end_s,label,side,rule,note\n")
    back = exchange.read(tmp_path / "a.csv", SEATED, "AB").items
    assert [i.side for i in back] == [Side.LEFT, Side.BOTH]
