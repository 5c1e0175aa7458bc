"""Tables that went through a spreadsheet: read as they were meant, or refused."""

from __future__ import annotations

import csv
import io
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from posecheck import exercises
from posecheck.annotations import Annotation, Annotations, Recorded, exchange
from posecheck.annotations import csv as table
from posecheck.annotations.spreadsheet import text_of
from posecheck.errors import AnnotationError
from posecheck.types import Side, State

if TYPE_CHECKING:
    from pathlib import Path

SEATED = exercises.load("seated-figure-four")
RULES = [rule.name for rule in SEATED.rules]
CASE_12 = "start_s;end_s;label;rule;note\n0,0;3,9;wrong;;\n3,9;15,5;valid;;\n"
MEANT = [(0.0, 3.9, State.WRONG), (3.9, 15.5, State.VALID)]

EDGES = st.lists(st.integers(0, 9_999_999), min_size=2, max_size=8, unique=True).map(sorted)
# A note that begins like a marked formula loses the mark; posecheck's own tables mark it twice.
NOTES = (
    st.text(st.sampled_from(" aäöß,;\t|\"'.:=体é"), max_size=8)
    .map(str.strip)
    .filter(lambda note: text_of(note) == note)
)
ROWS = st.builds(
    lambda edges, words: [
        Annotation(
            start / 1000, end / 1000, state, rule if state is State.WRONG else None, note, "AB", "",
            side,
        )
        for (start, end), (state, rule, note, side) in zip(
            pairwise(edges), words, strict=False
        )
    ],
    EDGES,
    st.lists(
        st.tuples(
            st.sampled_from(State), st.sampled_from([None, *RULES]), NOTES, st.sampled_from(Side)
        ),
        min_size=7, max_size=7,
    ),
)  # fmt: skip
DIALECTS = st.fixed_dictionaries(
    {
        "separator": st.sampled_from(",;\t|"),
        "decimal": st.sampled_from(".,"),
        "digits": st.sampled_from([None, 3, 4]),
        "coding": st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"]),
        "sep_line": st.sampled_from(["", "sep={}", '"sep={}"']),
        "quoting": st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
        "end": st.sampled_from(["\n", "\r\n", "\r"]),
        "empty_columns": st.integers(0, 3),
        "empty_before": st.booleans(),
        "empty_rows": st.booleans(),
        "capitals": st.booleans(),
    }
)


def saved(items: list[Annotation], dialect: dict[str, object]) -> bytes:
    """Return a table as a spreadsheet of some settings saves it."""
    out = io.StringIO()
    separator, end = str(dialect["separator"]), str(dialect["end"])
    if dialect["sep_line"]:
        out.write(str(dialect["sep_line"]).format(separator) + end)
    writer = csv.writer(
        out, delimiter=separator, lineterminator=end, quoting=dialect["quoting"],  # type: ignore[arg-type]
    )  # fmt: skip
    empty = [""] * int(str(dialect["empty_columns"]))
    before = [""] if dialect["empty_before"] else []
    word = str.upper if dialect["capitals"] else str

    def number(value: float) -> str:
        digits = dialect["digits"]
        text = f"{value:g}" if digits is None else f"{value:.{digits}f}"
        text = text if float(text) == value else repr(value)
        return text.replace(".", str(dialect["decimal"]))

    def write(*cells: str) -> None:
        writer.writerow([*before, *cells, *empty])
        if dialect["empty_rows"]:
            writer.writerow(["", *empty, ""])

    write(*(word(name) for name in ("start_s", "end_s", "label", "side", "rule", "note")))
    for i in items:
        side = "" if i.side is Side.BOTH else i.side
        write(number(i.start_s), number(i.end_s), word(i.state), word(side), i.rule or "", i.note)
    return out.getvalue().encode(str(dialect["coding"]))


def read(path: Path) -> tuple[Annotation, ...]:
    return table.read(path, Recorded(SEATED), "AB", "").items


def written(folder: Path, content: str | bytes) -> Path:
    path = folder / "in.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def said(folder: Path, content: str | bytes) -> list[tuple[float, float, State]]:
    return [(i.start_s, i.end_s, i.state) for i in read(written(folder, content))]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(items=ROWS, dialect=DIALECTS)
def test_what_a_spreadsheet_saves_reads_back_the_same(
    tmp_path: Path, items: list[Annotation], dialect: dict[str, object]
) -> None:
    path = written(tmp_path, saved(items, dialect))
    try:
        found = read(path)
    except AnnotationError as error:
        # The only doubt: "1,234" where nothing tells whether the comma parts thousands.
        assert "can be" in str(error)  # noqa: PT017
        assert dialect["decimal"] == ","
        assert dialect["separator"] != ";"
        return
    assert found == tuple(items)


@pytest.mark.parametrize(
    "content",
    [
        CASE_12,
        CASE_12.encode("utf-16"),
        "sep=;\r\n" + CASE_12,
        '"sep=;"\n' + CASE_12,
        CASE_12.replace("\n", ";;;\n") + ";;;;;;;\n\n",
        CASE_12.replace(";", "\t"),
        CASE_12.replace(";", "\t").encode("utf-16"),
        "\ufeff" + CASE_12.upper().replace(";WRONG", ";Wrong"),
        '"start_s","end_s","label"\n"0,0","3,9","wrong"\n"3,9","15,5","valid"\n',
        # Opened with commas in a program that parts by semicolons, and saved by one of commas.
        '"start_s,end_s,label"\n"0,3.9,wrong"\n"3.9,15.5,valid"\n',
        "start_s;end_s;label\n0,000;3,900;wrong\n3,900;15,500;valid\n",
        "start_s;end_s;label\n0;3,9E+00;wrong\n3,9;1,55E+01;valid\n",
        "start_s\u00a0;end_s;label \n0;3,9;\u00a0wrong\n3,9;15,5;valid",
        ";;;\n;start_s;end_s;label\n;0;3,9;wrong\n;3,9;15,5;valid\n",
        "start_s,end_s,label\n\u0660,\u0663\u066b\u0669,wrong\n3.9,15.5,valid\n",
    ],
)  # fmt: skip
def test_tables_of_many_programs(tmp_path: Path, content: str | bytes) -> None:
    assert said(tmp_path, content) == MEANT


@pytest.mark.parametrize(
    ("start", "end", "meant"),
    [
        ('"1.234,5"', '"2.345,5"', (1234.5, 2345.5)),
        ('"1,234.5"', '"2,345.5"', (1234.5, 2345.5)),
        ('"1,234"', '"2,345.5"', (1234.0, 2345.5)),
        ('"1.234"', '"2.345,5"', (1234.0, 2345.5)),
        ('"1 234,5"', '"2\u202f345,5"', (1234.5, 2345.5)),
        ("1'234.5", "2\u2019345.5", (1234.5, 2345.5)),
        ("1.234", "5.678", (1.234, 5.678)),
        ('"1,234"', '"5,67"', (1.234, 5.67)),
        ('"1,234,567"', '"1,234,568"', (1234567.0, 1234568.0)),
    ],
)
def test_thousands(tmp_path: Path, start: str, end: str, meant: tuple[float, float]) -> None:
    for separator in ";\t":
        content = f"start_s,end_s,label\n{start},{end},valid\n"
        rows = [separator.join(row) for row in csv.reader(io.StringIO(content), quotechar='"')]
        if all(separator not in cell for cell in (start, end)):
            assert said(tmp_path, "\n".join(rows)) == [(*meant, State.VALID)]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ('start_s,end_s,label\n"1,234","5,678",valid\n',
         "line 2: start_s '1,234' can be 1.234 or 1234 seconds; write 1234, or 1.2340 with one"),
        ("start_s;end_s;label\n3,9;1.234;valid\n", "end_s '1.234' can be 1.234 or 1234 seconds"),
        ("start_s,end_s,label\n0,0,3,9,valid\n", "are there decimal commas in it? Save the table"),
        ("start_s;end_s;label\n0:10;1:30,5;valid\n", "not '1:30,5'; as a clock it is 90.5 seconds"),
        ("start_s;end_s;label\n1;0:01:30;valid\n", "as a clock it is 90 seconds"),
        ("start_s;end_s;label\n1;12. Mai;valid\n", "has a spreadsheet made a date of a number?"),
        ("start_s;end_s;label\n1;2026-03-09;valid\n", "has a spreadsheet made a date"),
        ("start_s;end_s;label\n1;#####;valid\n", "end_s must be seconds from 0, not '#####'"),
        ("start_s,end_s,label\n1,1e999,valid\n", "end_s must be seconds from 0, not '1e999'"),
        ("start_s;end_s;label;\n1;2;valid;x\n", "line 2: column 4 has no name, but holds 'x'"),
        ("start_s;end_s;label\n1;2;valid;x\n", "line 2: has more cells than the header"),
        ("sep=,\nstart_s;end_s;label\n1;2;valid\n", "line 2: the column start_s is missing"),
        (b"start_s,end_s,label,note\n1,2,valid," + "体操".encode("gb18030"),
         'line 2 is neither UTF-8 nor UTF-16 text; save the table again as "CSV UTF-8"'),
        (b"start_s,end_s,label,note\n1,2,valid," + "спина".encode("cp1251"), "line 2 is"),
    ],
)  # fmt: skip
def test_what_is_not_certain_is_refused_with_what_was_found(
    tmp_path: Path, content: str | bytes, told: str
) -> None:
    with pytest.raises(AnnotationError) as caught:
        read(written(tmp_path, content))
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


def test_western_letters_of_an_old_coding_are_read(tmp_path: Path) -> None:
    """Excel's plain "CSV" in Western Europe is Windows-1252."""
    content = "start_s;end_s;label;note\n0,5;2;valid;Rücken groß à côté 5°\n".encode("cp1252")
    assert read(written(tmp_path, content))[0].note == "Rücken groß à côté 5°"


T_S = [number / 30 for number in range(451)]
"""15 s at 30 pictures a second."""


@pytest.mark.parametrize(
    ("times", "told"),
    [
        ([(0, 14_500)], "are they milliseconds? Divide them by 1000"),
        ([(0.0, 1500.5), (2000.0, 14_733.3)], "are they milliseconds?"),
        ([(0, 435)], "are they frames? Divide them by 30 a second"),
        ([(30, 420)], "are they frames?"),
        ([(0, 700)], "are they frames? Divide them by the video's frame rate"),
        ([(0.5, 700)], "are they of another recording?"),
        ([(0, 20)], "are they of another recording?"),
        ([(0, 99_000)], "are they of another recording?"),
    ],
)
def test_times_past_the_end_are_refused_with_what_was_meant(
    tmp_path: Path, times: list[tuple[float, float]], told: str
) -> None:
    items = [Annotation(a, b, State.VALID, None, "", "AB", "") for a, b in times]
    with pytest.raises(AnnotationError) as caught:
        exchange.check_times(tmp_path / "a.csv", Annotations.of(SEATED.name, items), T_S)
    end_s = times[-1][1]
    assert f"its times go to {end_s:g} s, but the recording ends at 15.0 s; " in str(caught.value)
    assert told in str(caught.value)


def test_minutes_and_seconds_without_a_colon(tmp_path: Path) -> None:
    item = Annotation(30, 130, State.VALID, None, "", "AB", "")
    t_s = [number / 30 for number in range(30 * 95)]
    with pytest.raises(AnnotationError, match="are they minutes and seconds"):
        exchange.check_times(tmp_path / "a.csv", Annotations.of(SEATED.name, [item]), t_s)


def test_up_to_a_second_past_the_last_picture_is_the_end_of_it(tmp_path: Path) -> None:
    item = Annotation(0, 16.0, State.VALID, None, "", "AB", "")
    exchange.check_times(tmp_path / "a.csv", Annotations.of(SEATED.name, [item]), T_S)
    exchange.check_times(tmp_path / "a.csv", Annotations(SEATED.name), T_S)
