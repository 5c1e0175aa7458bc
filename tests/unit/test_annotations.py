"""Annotations: no time said twice, nothing lost on the way to disk and back."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import av
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from posecheck import exercises
from posecheck.annotations import Annotation, Annotations, Recorded, csv, exchange, store, webvtt
from posecheck.errors import AnnotationError, InstallationError, OutputError, PoseCheckError
from posecheck.types import State

SEATED = exercises.load("seated-figure-four")
RULES = [rule.name for rule in SEATED.rules]
ABOUT = Recorded(SEATED)
MADE = "2026-11-22T18:00:00+00:00"


def said(start_s: float, end_s: float, state: State = State.VALID, **rest: str) -> Annotation:
    return Annotation(
        start_s, end_s, state, rest.get("rule"), rest.get("note", ""), rest.get("by", "AB"), MADE
    )


# Whole milliseconds, which every format keeps.
TIMES = st.integers(0, 7_200_000).map(lambda ms: ms / 1000)
NOTES = st.text(st.characters(exclude_categories=["C", "Z"]) | st.sampled_from(" ,;\"'<>&-"))
ITEMS = st.builds(
    lambda times, state, rule, note: Annotation(
        min(times), max(times), state, rule if state is State.WRONG else None, note, "AB", MADE
    ),
    st.lists(TIMES, min_size=2, max_size=2, unique=True),
    st.sampled_from(State),
    st.sampled_from([None, *RULES]),
    NOTES.map(str.strip),
)
MANY = st.lists(ITEMS, max_size=6)


def needs_pympi(ending: str) -> None:
    if ending == ".eaf":
        pytest.importorskip("pympi", reason="the extra elan is not installed")


def painted(items: list[Annotation]) -> Annotations:
    whole = Annotations(SEATED.name)
    for item in items:
        whole = whole.add(item)
    return whole


@settings(deadline=None)
@given(items=MANY, t_s=TIMES)
def test_the_last_word_counts_at_every_time(items: list[Annotation], t_s: float) -> None:
    covering = [item for item in items if item.start_s <= t_s < item.end_s]
    at = painted(items).at(t_s)
    assert (at is None) is (not covering)
    if at is not None:
        assert (at.state, at.rule, at.note) == (
            covering[-1].state, covering[-1].rule, covering[-1].note,
        )  # fmt: skip


@settings(deadline=None)
@given(items=MANY)
def test_items_are_in_order_and_never_overlap(items: list[Annotation]) -> None:
    whole = painted(items)
    for before, after in zip(whole.items, whole.items[1:], strict=False):
        assert before.end_s <= after.start_s


@settings(deadline=None)
@given(items=MANY, extra=ITEMS)
def test_what_was_added_can_be_removed_and_the_old_value_stays(
    items: list[Annotation], extra: Annotation
) -> None:
    before = painted(items)
    kept = before.items
    after = before.add(extra)
    assert before.items == kept
    assert extra in after.items
    assert extra not in after.remove(extra).items
    with pytest.raises(ValueError, match=r".*"):
        Annotations(SEATED.name).remove(extra)


def test_a_changed_annotation_paints_over_its_neighbours() -> None:
    whole = painted([said(0, 2), said(2, 5, State.WRONG), said(5, 8)])
    changed = whole.replace(whole.items[1], said(1, 6, State.UNSEEN))
    assert [(i.start_s, i.end_s, i.state) for i in changed.items] == [
        (0, 1, State.VALID), (1, 6, State.UNSEEN), (6, 8, State.VALID),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("start_s", "end_s"),
    [(1, 1), (2, 1), (-1, 1), (0, float("inf")), (float("nan"), 1), (0, float("nan"))],
)
def test_what_is_no_interval_is_refused(start_s: float, end_s: float) -> None:
    with pytest.raises(ValueError, match="cannot go from"):
        said(start_s, end_s)


def test_a_rule_belongs_to_a_wrong_interval_only() -> None:
    with pytest.raises(ValueError, match="only where the form is wrong"):
        said(0, 1, State.VALID, rule="lean")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(items=MANY)
def test_a_file_keeps_everything(tmp_path: Path, items: list[Annotation]) -> None:
    path = tmp_path / f"a.AB{store.SUFFIX}"
    whole = painted(items)
    store.save(path, whole)
    assert store.load(path) == whole
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(items=st.lists(ITEMS, min_size=1, max_size=6))
@pytest.mark.parametrize("ending", [".csv", ".vtt", ".eaf"])
def test_other_formats_keep_times_words_rules_and_notes(
    tmp_path: Path, items: list[Annotation], ending: str
) -> None:
    needs_pympi(ending)
    path = tmp_path / f"out{ending}"
    path.unlink(missing_ok=True)
    whole = painted(items)
    exchange.write(path, whole)
    back = exchange.read(path, SEATED, "CD")
    assert [replace(item, annotator="AB", made_at=MADE) for item in back.items] == [*whole.items]
    assert back.annotators == ("CD",)


def test_the_table_is_the_label_file_of_evaluate(tmp_path: Path) -> None:
    path = tmp_path / "clip.labels.csv"
    whole = painted([said(0, 2), said(2, 3.5, State.WRONG, rule="lean")])
    path.write_text(csv.text(whole, ""))
    found = csv.read(path, ABOUT, "", "").items
    assert [(label.start_s, label.end_s, label.state, label.rule) for label in found] == [
        (0, 2, State.VALID, None), (2, 3.5, State.WRONG, "lean"),
    ]  # fmt: skip


def test_a_video_player_reads_the_subtitles(tmp_path: Path) -> None:
    """FFmpeg, on which players are built, reads times and words as they were meant."""
    path = tmp_path / "out.vtt"
    note = "a < b & c --> d\n\nx"
    whole = painted([said(1.25, 2.0), said(3600.5, 3601.0, State.WRONG, rule="lean", note=note)])
    exchange.write(path, whole)
    with av.open(str(path)) as file:
        cues = [p for p in file.demux(file.streams.subtitles[0]) if p.size]
        times = [(p.pts * p.time_base, (p.pts + p.duration) * p.time_base) for p in cues]
        words = [bytes(p).decode() for p in cues]
    assert [(float(a), float(b)) for a, b in times] == [(1.25, 2.0), (3600.5, 3601.0)]
    assert words == ["valid", "wrong: lean\na &lt; b &amp; c --&gt; d\nx"]


def test_subtitles_of_another_editor_are_read(tmp_path: Path) -> None:
    path = tmp_path / "in.vtt"
    path.write_text(
        "\ufeffWEBVTT - made elsewhere\r\nKind: captions\r\n\r\n"
        "STYLE\r\n::cue { color: red }\r\n\r\n"
        "NOTE a comment\r\n\r\nfirst\r\n00:01.500 --> 00:02.000 align:start\r\n<v AB>valid</v>\r\n"
        "\r\n2\r\n01:00:00.000 --> 01:00:01.000\r\nwrong: lean\r\nback &amp; neck\r\n",
        encoding="utf-8", newline="",
    )  # fmt: skip
    found = webvtt.read(path, ABOUT, "AB", MADE).items
    assert [(i.start_s, i.end_s, i.state, i.rule, i.note) for i in found] == [
        (1.5, 2.0, State.VALID, None, ""), (3600.0, 3601.0, State.WRONG, "lean", "back & neck"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "first line must begin with WEBVTT"),
        ("1\n00:01.000 --> 00:02.000\nvalid\n", "first line must begin with WEBVTT"),
        ("WEBVTT\n", "holds no cue"),
        ("WEBVTT\n\n00:01.000 --> 00:02.000\ngood\n", "line 3: it begins with valid, wrong"),
        ("WEBVTT\n\n1\n00:99.000 --> 00:02.000\nvalid\n", "line 4: '00:99.000 --> 00:02.000' must"),
        ("WEBVTT\n\n00:02.000 --> 00:01.000\nvalid\n", "line 3: an annotation cannot go from"),
        ("WEBVTT\n\n00:01.000 --> 00:02.000\nwrong: nonsense\n", "unknown rule 'nonsense'"),
        ("WEBVTT\n\n00:01.000 --> 00:02.000\nvalid: lean\n", "only where the form is wrong"),
        ("WEBVTT\n\nhello\n", "line 3: 'hello' must be times"),
        (
            "WEBVTT\n\n00:01.000 --> 00:03.000\nvalid\n\n00:02.000 --> 00:04.000\nvalid\n",
            "overlap",
        ),
    ],
)
def test_faulty_subtitles_are_refused_with_their_place(
    tmp_path: Path, content: str, told: str
) -> None:
    path = tmp_path / "in.vtt"
    path.write_text(content)
    with pytest.raises(AnnotationError) as caught:
        webvtt.read(path, ABOUT, "AB", MADE)
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    content=st.binary(max_size=200),
    ending=st.sampled_from([".csv", ".tsv", ".vtt", ".eaf", store.SUFFIX]),
)
def test_any_bytes_are_read_or_refused_in_one_line(
    tmp_path: Path, content: bytes, ending: str
) -> None:
    path = tmp_path / f"in{ending}"
    path.write_bytes(content)
    try:
        exchange.read(path, SEATED, "AB")
    except PoseCheckError as error:
        assert "\n" not in str(error)  # noqa: PT017 - either is right


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(key=st.sampled_from(["schema", "exercise", "items", "start_s", "state", "rule"]), value=JSON)
def test_a_damaged_file_is_refused_and_left_as_it_is(
    tmp_path: Path, key: str, value: object
) -> None:
    path = tmp_path / f"a.AB{store.SUFFIX}"
    store.save(path, painted([said(0, 1, State.WRONG, rule="lean")]))
    content = json.loads(path.read_text())
    (content if key in content else content["items"][0])[key] = value
    path.write_text(json.dumps(content))
    before = path.read_bytes()
    try:
        store.load(path)
    except AnnotationError as error:
        assert "\n" not in str(error)  # noqa: PT017 - either is right
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("key", "value"),
    [("start_s", 10**400), ("end_s", 10**400), ("note", "\ud800"), ("annotator", " "),
     ("annotator", "")],
    ids=["huge start", "huge end", "half a character", "blank", "nobody"],
)  # fmt: skip
def test_what_could_not_be_kept_again_is_refused(tmp_path: Path, key: str, value: object) -> None:
    path = tmp_path / f"a.AB{store.SUFFIX}"
    store.save(path, painted([said(0, 1, State.WRONG, rule="lean")]))
    content = json.loads(path.read_text())
    content["items"][0][key] = value
    path.write_text(json.dumps(content))
    with pytest.raises(AnnotationError, match="is not a whole annotation file") as caught:
        store.load(path)
    assert "\n" not in str(caught.value)
    str(caught.value).encode()


def test_a_newer_format_is_refused_and_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / f"a.AB{store.SUFFIX}"
    path.write_text('{"schema": "posecheck.annotations/9", "exercise": "x", "items": []}')
    with pytest.raises(AnnotationError, match=r"newer format posecheck\.annotations/9; update"):
        store.load(path)


def test_a_failed_save_keeps_the_older_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / f"a.AB{store.SUFFIX}"
    store.save(path, painted([said(0, 1)]))
    before = path.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store.os, "fsync", full)
    with pytest.raises(OutputError, match="No space left on device; annotations are not kept"):
        store.save(path, painted([said(0, 2)]))
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


def test_two_windows_of_one_person_never_take_each_others_work(tmp_path: Path) -> None:
    path = tmp_path / f"a.AB{store.SUFFIX}"
    first, second = store.AnnotationFile(path), store.AnnotationFile(path)
    assert first.annotations is None
    first.save(painted([said(0, 1)]))
    first.save(painted([said(0, 2)]))
    with pytest.raises(OutputError, match=r"was changed by another window.*reopen"):
        second.save(painted([said(5, 6)]))
    assert store.load(path) == painted([said(0, 2)])
    second = store.AnnotationFile(path)
    assert second.annotations == painted([said(0, 2)])
    second.save(painted([said(5, 6)]))
    with pytest.raises(OutputError, match="was changed by another window"):
        first.save(painted([]))
    path.unlink()
    with pytest.raises(OutputError, match="was changed by another window"):
        second.save(painted([]))


def test_whether_a_file_could_be_written_is_found_out_without_writing_it(tmp_path: Path) -> None:
    store.AnnotationFile(tmp_path / f"a.AB{store.SUFFIX}").probe()
    assert list(tmp_path.iterdir()) == []
    for nowhere in (tmp_path / "gone" / f"a.AB{store.SUFFIX}", tmp_path / ("x" * 250 + ".AB.json")):
        with pytest.raises(OutputError, match=r"cannot be written.*(copy the session|--annotator)"):
            store.AnnotationFile(nowhere).probe()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("end_s", ["1e308", "1e999", "NaN", "1000000000.1"])
def test_times_beyond_every_recording_are_refused(end_s: str, tmp_path: Path) -> None:
    """A time that is finite, but no number of milliseconds, ended an export with a traceback."""
    path = tmp_path / "s.a.annotations.json"
    item = '"state": "valid", "rule": null, "note": "", "annotator": "a", "made_at": ""'
    path.write_text(
        '{"schema": "posecheck.annotations/1", "exercise": "x", '
        f'"items": [{{"start_s": 0, "end_s": {end_s}, {item}}}]}}'
    )
    with pytest.raises(AnnotationError, match="an annotation cannot go from 0"):
        store.load(path)


def test_annotations_never_go_over_a_session(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="files that end in"):
        store.save(tmp_path / "a.posecheck.jsonl", painted([]))


def test_each_annotator_has_a_file_of_their_own(tmp_path: Path) -> None:
    session = tmp_path / "stretch.posecheck.jsonl"
    other = tmp_path / "stretch.2.posecheck.jsonl"
    for path in (session, other):
        path.touch()
    for name in ("AB", "Chen Wei", "J.B."):
        store.save(store.path_beside(session, name), painted([]))
    store.save(store.path_beside(other, "AB"), painted([]))
    assert [path.name for path in store.found_beside(session)] == [
        "stretch.AB.annotations.json",
        "stretch.Chen Wei.annotations.json",
        "stretch.J.B..annotations.json",
    ]
    assert len(store.found_beside(other)) == 1


@pytest.mark.parametrize("name", ["", "  ", "a/b", "..\\x", "a\nb", "x" * 41, "a:b", "\u202eab"])
def test_names_that_cannot_stand_in_a_file_name_are_refused(name: str) -> None:
    with pytest.raises(AnnotationError, match="cannot be used as an annotator's name"):
        store.path_beside(Path("s.posecheck.jsonl"), name)


@pytest.mark.parametrize("name", ["posecheck", " PoseCheck "])
def test_nobody_is_called_as_the_machine_is(name: str) -> None:
    with pytest.raises(AnnotationError, match="as the machine is: take initials"):
        store.check_annotator(name)


@given(
    pictures=st.lists(st.floats(0, 20), min_size=3, max_size=40, unique=True),
    cuts=st.lists(st.integers(0, 39), min_size=2, max_size=5, unique=True),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_whole_milliseconds_leave_every_picture_in_its_annotation(
    tmp_path: Path, pictures: list[float], cuts: list[int]
) -> None:
    """Edges lie on pictures, as the window sets them; pictures are at least 2 ms apart."""
    t_s = [t + 0.002 * place for place, t in enumerate(sorted(pictures))]
    edges = [t_s[cut % len(t_s)] for cut in sorted(cuts)]
    states = [State.VALID, State.WRONG, State.UNSEEN, State.VALID]
    whole = painted(
        [said(a, b, s) for a, b, s in zip(edges, edges[1:], states, strict=False) if a < b]
    )
    if not whole.items:
        return
    path = tmp_path / "out.vtt"
    path.unlink(missing_ok=True)
    exchange.write(path, whole)
    back = exchange.read(path, SEATED, "AB")
    for t in t_s:
        before, after = whole.at(t), back.at(t)
        assert (before and before.state) is (after and after.state)


def test_splinters_are_neither_kept_nor_exported() -> None:
    whole = painted([said(0, 5), said(0.0005, 4.9995, State.WRONG)])
    assert [item.state for item in whole.items] == [State.WRONG]
    short = Annotations(SEATED.name, (said(1.0001, 1.0009), said(1.0009, 2, State.WRONG)))
    assert webvtt.text(short, "").count("-->") == 1


def test_an_existing_export_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    path.write_text("precious")
    with pytest.raises(OutputError, match="not overwritten"):
        exchange.write(path, painted([said(0, 1)]))
    assert path.read_text() == "precious"
    with pytest.raises(AnnotationError, match=r"written to \.csv, \.vtt and \.eaf files"):
        exchange.write(tmp_path / "out.docx", painted([said(0, 1)]))


def test_the_annotators_tier_of_an_elan_document_is_read(tmp_path: Path) -> None:
    pympi = pytest.importorskip("pympi", reason="the extra elan is not installed")
    document = pympi.Eaf()
    for name in ("AB", "CD"):
        document.add_tier(name)
    document.add_annotation("AB", 0, 1500, "valid")
    document.add_annotation("CD", 1500, 2500, "wrong: lean\nrounded back")
    path = tmp_path / "in.eaf"
    document.to_file(str(path))
    (item,) = exchange.read(path, SEATED, "CD").items
    assert (item.start_s, item.end_s, item.rule, item.note) == (1.5, 2.5, "lean", "rounded back")
    with pytest.raises(AnnotationError, match="its tiers are AB, CD; choose one with --annotator"):
        exchange.read(path, SEATED, "EF")
    document.add_annotation("CD", 3000, 4000, "very good")
    document.to_file(str(path))
    with pytest.raises(AnnotationError, match="at 3 s: it begins with valid, wrong or unseen"):
        exchange.read(path, SEATED, "CD")
    path.write_text("<a></a>")
    with pytest.raises(AnnotationError, match="is no whole ELAN document"):
        exchange.read(path, SEATED, "CD")


def test_the_only_tier_of_an_elan_document_says_whose_it_is(tmp_path: Path) -> None:
    needs_pympi(".eaf")
    for number, (names, whose) in enumerate(
        ((["EF"], "EF"), (["EF", "GH"], None), (["default"], None))
    ):
        path = tmp_path / f"{number}.eaf"
        exchange.write(path, painted([said(i, i + 1, by=name) for i, name in enumerate(names)]))
        assert exchange.annotator_of(path) == whose
    assert exchange.annotator_of(tmp_path / "AB.csv") is None


def test_anybody_may_be_called_as_elans_own_tier(tmp_path: Path) -> None:
    needs_pympi(".eaf")
    path = tmp_path / "out.eaf"
    exchange.write(path, painted([said(0, 1, by="default")]))
    assert exchange.read(path, SEATED, "default").items[0].end_s == 1


def test_elan_without_its_library_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pympi", None)
    with pytest.raises(InstallationError, match=r"pip install 'posecheck\[elan\]'"):
        exchange.write(tmp_path / "out.eaf", painted([said(0, 1)]))
    assert not (tmp_path / "out.eaf").exists()
