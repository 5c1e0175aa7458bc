"""Names of results: free, and never longer than the file system takes."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from posecheck.annotations import store
from posecheck.errors import OutputError
from posecheck.system import outputs

if TYPE_CHECKING:
    from pathlib import Path

SUFFIXES = (".posecheck.jsonl", ".posecheck.mp4")
LETTERS = st.sampled_from("aé体🧘\u0301\u0e49. _-Z")
STEMS = st.text(LETTERS, min_size=1, max_size=250).filter(
    lambda stem: len(stem.encode()) <= 255 and stem.strip(". ")
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(stem=STEMS, earlier=st.integers(0, 3))
@example(stem="体操" * 40, earlier=3)
@example(stem="e\u0301" * 85, earlier=0)
@example(stem="🧘" * 63, earlier=1)
def test_every_name_that_a_video_can_have_gives_names_that_work(
    tmp_path: Path, stem: str, earlier: int
) -> None:
    for old in tmp_path.iterdir():
        old.unlink()
    for _ in range(earlier + 1):
        session, video = outputs.free_names(tmp_path, stem, SUFFIXES)
        assert not session.exists()
        session.touch()
        video.touch()
    for annotator in ("AB", "x" * store.LONGEST_NAME):
        store.path_beside(session, annotator).touch()
    assert len(list(tmp_path.iterdir())) == 2 * (earlier + 1) + 2
    assert len(store.found_beside(session)) == 2


@given(stem=STEMS, most=st.integers(8, 255))
def test_a_name_is_cut_between_letters_and_only_if_it_must(stem: str, most: int) -> None:
    short = outputs.shortened(stem, most)
    assert len(short.encode()) <= most
    assert stem.startswith(short)
    if len(stem.encode()) <= most:
        assert short == stem
    elif len(short) > 1:
        assert not stem[len(short) :].startswith(("\u0301", "\u0e49"))


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (errno.ENOSPC, "make room or choose another name or place"),
        (errno.ENAMETOOLONG, "the name is too long; choose a shorter one"),
        (errno.ENOENT, "its folder does not exist; make it, or choose another name"),
        (errno.EACCES, "no permission to write there; choose another name or place"),
    ],
)
def test_a_name_of_the_users_own_gets_a_remedy_of_its_own(
    tmp_path: Path, error: int, told: str
) -> None:
    said = str(outputs.failed(tmp_path / "x", OSError(error, os.strerror(error)), outputs.NAMED))
    assert told in said
    assert "--out" not in said


@pytest.mark.parametrize("name", ["x" * 256 + ".mp4", "体" * 90 + ".mp4", "nul\0.mp4"])
def test_a_name_that_cannot_be_is_one_line(tmp_path: Path, name: str) -> None:
    with pytest.raises(OutputError) as caught:
        outputs.check_new(tmp_path / name)
    assert "\n" not in str(caught.value)
    assert "choose" in str(caught.value)
