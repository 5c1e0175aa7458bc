"""The promises of SECURITY.md: each names the test that proves it, and limits are the code's."""

from __future__ import annotations

import re

from documents import REPOSITORY, text_of

from posecheck.page.guard import ANSWER_S as ANSWER_WITHIN_S
from posecheck.page.guard import MOST_A_SECOND, MOST_CONNECTIONS
from posecheck.page.server import LONGEST_COMMAND, MOST_PAGES
from posecheck.sources.camera.jpeg import MOST_CAMERA_PIXELS
from posecheck.sources.camera.mjpeg import ANSWER_S
from posecheck.sources.upright import MOST_DECODER_BYTES, MOST_FRAME_BYTES
from posecheck.system import files
from posecheck.system.opencv import MOST_PIXELS


def test_promises_name_tests_that_exist() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", text_of(REPOSITORY / "SECURITY.md"))
    assert len(named) > 20
    for path, name in named:
        assert f"def {name}(" in (REPOSITORY / path).read_text("utf-8"), f"{path}::{name}"


def test_limits_are_those_of_the_code() -> None:
    text = text_of(REPOSITORY / "SECURITY.md")
    exercise = files.LARGEST_EXERCISE_BYTES // 10**6
    for row, size in {
        "session file": f"{files.LARGEST_SESSION_BYTES // files.MEGABYTE:,} MB",
        "annotations and labels, each format": f"{files.LARGEST_NOTES_BYTES // 10**6} MB",
        "exercise file, manifest of models, settings": f"{exercise} MB",
        "truth of a clip, kept evaluation": f"{files.LARGEST_TRUTH_BYTES // 10**6} MB",
        "pose model": f"{files.LARGEST_MODEL_BYTES // 10**6} MB",
        "picture, and frame of a video": f"{MOST_PIXELS // 10**6} million pixels",
        "frame of a video, decoded": f"{MOST_FRAME_BYTES // 10**6} MB (8K with 8 bits), and "
        f"{MOST_DECODER_BYTES // 10**6} MB for all",
        "page": f"{MOST_PAGES} at a time, {MOST_CONNECTIONS} connections; "
        f"a message {LONGEST_COMMAND // 1024} KB, {MOST_A_SECOND} a second; an "
        f"answer within {ANSWER_WITHIN_S:g}",
        "frame of a camera": f"{MOST_CAMERA_PIXELS // 10**6} million pixels",
        "answer of a camera": f"{ANSWER_S:g} s for its headers",
    }.items():
        assert f"| {row} | {size}" in text
