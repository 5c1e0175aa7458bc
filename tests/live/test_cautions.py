"""The page with the cautions: complete, confirmed once, and never lost by a fault."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from posecheck import exercises
from posecheck.live.cautions import FILE_NAME, config_folder, confirm, is_confirmed, page_for

SEATED = exercises.load("seated-figure-four")
KNEE = exercises.load("single-knee-to-chest")


@pytest.mark.parametrize("name", exercises.names())
def test_the_page_names_who_should_ask_when_extension_and_when_to_stop(name: str) -> None:
    exercise = exercises.load(name)
    page = page_for(exercise)
    text = " ".join(page.paragraphs)
    for wanted in (
        "neurologist and a physiotherapist", "Stop at", "numbness or tingling", "emergency",
        "ack extension", "is preferred", "no medical device", "no diagnosis", "in a few people",
    ):  # fmt: skip
        assert wanted in text
    assert all(caution.text in page.paragraphs for caution in exercise.cautions)
    assert len(set(page.paragraphs)) == len(page.paragraphs), "nothing is said twice"


def test_it_is_confirmed_once_and_kept(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "posecheck"
    assert not is_confirmed(SEATED, folder)
    assert confirm(SEATED, folder)
    assert is_confirmed(SEATED, folder)
    assert [path.name for path in folder.iterdir()] == [FILE_NAME], "nothing else is left there"


def test_another_exercise_with_a_caution_of_its_own_is_shown(tmp_path: Path) -> None:
    confirm(SEATED, tmp_path)
    assert not is_confirmed(KNEE, tmp_path), "it has a caution about osteoporosis"
    confirm(KNEE, tmp_path)
    assert is_confirmed(KNEE, tmp_path)
    assert is_confirmed(SEATED, tmp_path), "what was confirmed before stays"


def test_a_changed_caution_is_shown_again(tmp_path: Path) -> None:
    confirm(SEATED, tmp_path)
    first, *rest = SEATED.cautions
    changed = SEATED.model_copy(
        update={"cautions": (first.model_copy(update={"text": "Another text."}), *rest)}
    )
    assert not is_confirmed(changed, tmp_path)


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff", b"[]", b"{}", b"null", b'{"confirmed": 5}', b'{"confirmed": ["a"]}',
     b"[" * 100_000],
)  # fmt: skip
def test_a_damaged_file_confirms_nothing_and_is_replaced(content: bytes, tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(content)
    assert not is_confirmed(SEATED, tmp_path)
    assert confirm(SEATED, tmp_path)
    assert is_confirmed(SEATED, tmp_path)


def test_a_confirmation_that_cannot_be_kept_is_no_fault(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("no folder")
    assert not confirm(SEATED, file)
    assert not is_confirmed(SEATED, file)
    assert not confirm(SEATED, None)
    assert not is_confirmed(SEATED, None)


def test_the_file_holds_dates_and_nothing_about_the_person(tmp_path: Path) -> None:
    confirm(SEATED, tmp_path)
    content = json.loads((tmp_path / FILE_NAME).read_text("utf-8"))
    assert set(content) == {"confirmed"}
    assert all(len(mark) == 16 and len(day) == 10 for mark, day in content["confirmed"].items())


@pytest.mark.parametrize(
    ("system", "environment", "folder"),
    [
        ("linux", {}, ".config/posecheck"),
        ("linux", {"XDG_CONFIG_HOME": ""}, ".config/posecheck"),
        ("linux", {"XDG_CONFIG_HOME": "relative"}, ".config/posecheck"),
        ("darwin", {"XDG_CONFIG_HOME": "/x"}, "Library/Application Support/posecheck"),
        ("win32", {}, "AppData/Roaming/posecheck"),
    ],
)
def test_the_folder_is_the_systems_usual_one(
    system: str, environment: dict[str, str], folder: str
) -> None:
    assert config_folder(environment, system) == Path.home() / folder


@pytest.mark.skipif(os.name == "nt", reason="an absolute path of another form")
def test_the_folder_may_be_named_by_the_system() -> None:
    assert config_folder({"XDG_CONFIG_HOME": "/x"}, "linux") == Path("/x/posecheck")
    assert config_folder({"APPDATA": "/x"}, "win32") == Path("/x/posecheck")


def test_without_a_home_there_is_no_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_home() -> Path:
        raise RuntimeError

    monkeypatch.setattr(Path, "home", no_home)
    assert config_folder({}, "linux") is None
