"""Exercises as files: one TOML each, shipped in this folder or the user's own.

Adding an exercise is adding one file; nothing else knows their names.

An exercise file goes in, an immutable `Exercise` comes out. The schema is strict: unknown keys,
wrong units, limits in the wrong order and rules with unknown quantities are refused, and all
problems are reported at once, each with its place.
"""

from __future__ import annotations

import tomllib
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, Self

from pydantic import (
    Field,
    SerializerFunctionWrapHandler,
    ValidationError,
    model_serializer,
    model_validator,
)

from posecheck.errors import ExerciseError, listed, shown
from posecheck.exercises.rules import Part, Rule, Slug, Text
from posecheck.measure.crossing_evidence import Posture  # noqa: TC001 - pydantic resolves it
from posecheck.system import files
from posecheck.types import Side

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable


Seconds = Annotated[float, Field(gt=0, le=3600, allow_inf_nan=False)]


class Sourced(Part):
    """A statement and its source."""

    text: Text
    source: Text


class CameraPlace(Part):
    """Place of the camera.

    Attributes:
        text: one sentence for the person.
        near: the side of the body that should face the camera.
        person: what the person sits or lies on, for the plan.
        toward_deg: angle from exactly beside the person, toward the front of somebody on a chair
            and toward the head of somebody who lies; negative toward the back or the feet.
        distance_m: distance from the person.
        lowest_m, highest_m: range of the height above the floor.
    """

    text: Text
    near: Literal["stretched", "supporting", "either"] = "either"
    person: Literal["on-chair", "on-back", "face-down"] = "on-back"
    toward_deg: Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)] = 0.0
    distance_m: Annotated[float, Field(ge=0.5, le=10, allow_inf_nan=False)] = 2.5
    lowest_m: Annotated[float, Field(ge=0, le=3, allow_inf_nan=False)] = 0.0
    highest_m: Annotated[float, Field(ge=0, le=3, allow_inf_nan=False)] = 0.75

    @model_validator(mode="after")
    def _low_is_low(self) -> Self:
        if self.lowest_m > self.highest_m:
            message = f"lowest_m ({self.lowest_m:g}) is above highest_m ({self.highest_m:g})"
            raise ValueError(message)
        return self


class Dose(Part):
    """Hold time and repetitions; the article's dose is never changed silently.

    Attributes:
        hold_s: seconds of valid form that complete a hold.
        repetitions: complete holds on each side.
        note: further facts about the dose.
        source: source of the hold time and the repetitions.
    """

    hold_s: Seconds
    repetitions: Annotated[int, Field(ge=1, le=100)]
    note: Text
    source: Text


_BREAKS: Final = ("wrong_break_s", "unseen_break_s", "breaks_s", "breaks_share")

_FORMER_MEMORY_S: Final = 0.5
"""See `Timing.memory_s`; for exercises with the older rule for breaks (`Timing.grace_s`)."""

Break = Annotated[float, Field(ge=0, le=2, allow_inf_nan=False)]
"""Length of a break in seconds; at most 2, because another body becomes the followed person after 2
s and must never continue the hold of the first."""


class Timing(Part):
    """Breaks and gaps, as the hold counter treats them.

    A break is the time within a hold that is not valid. It is never counted.

    Attributes:
        wrong_break_s: seconds of wrong form in one break that end the hold.
        unseen_break_s: seconds of one break, wrong and unseen together, that end the hold.
        breaks_s: seconds that all breaks of a hold may last together.
        breaks_share: the same as a share of the seconds held so far; the larger of the two
            is allowed, and the hold ends when it is used up.
        grace_s: the rule of exercise files up to posecheck 0.1.0, kept for them: a break shorter
            than this does not end a hold, in wrong form or unseen, for any number of breaks. None
            unless the file has it; it excludes the four above.
        max_gap_s: seconds between two frames above which the time is unseen; at most 1, because the
            form in between is unknown.
    """

    wrong_break_s: Break = 0.5
    unseen_break_s: Break = 2.0
    breaks_s: Annotated[float, Field(ge=0, le=10, allow_inf_nan=False)] = 2.0
    breaks_share: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] = 0.25
    grace_s: Annotated[float, Field(ge=0, le=1.5, allow_inf_nan=False)] | None = None
    max_gap_s: Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)] = 0.5

    @property
    def longest_break_s(self) -> float:
        """Seconds after which any break ends its hold."""
        return self.unseen_break_s if self.grace_s is None else self.grace_s

    @property
    def memory_s(self) -> float:
        """Seconds for which the hysteresis of a rule is kept while the rule can't be judged.

        A rule that could not be judged for longer must reach its enter limits again. The memory
        lasts as long as a hold survives: otherwise a person who was unseen for a second, in valid
        form before and after, would be judged wrong and lose the hold.
        """
        lasts_s = self.unseen_break_s if self.grace_s is None else _FORMER_MEMORY_S
        return max(lasts_s, self.max_gap_s)

    @model_validator(mode="after")
    def _one_rule(self) -> Self:
        both = [name for name in _BREAKS if name in self.model_fields_set]
        if self.grace_s is not None and both:
            message = f"grace_s is the older rule for breaks; leave it out beside {both[0]}"
            raise ValueError(message)
        return self

    @model_serializer(mode="wrap")
    def _only_what_applies(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Return the keys of the rule in force, so that the stored form can be read again."""
        unused = ("grace_s",) if self.grace_s is None else _BREAKS
        return {key: value for key, value in write(self).items() if key not in unused}


class Pace(Part):
    """Rests of a live session, in seconds; a person may begin sooner.

    Attributes:
        rest_s: rest between two holds on the same side.
        change_s: time to get ready for the other side.
    """

    rest_s: Annotated[float, Field(ge=0, le=600, allow_inf_nan=False)] = 3.0
    change_s: Annotated[float, Field(ge=0, le=600, allow_inf_nan=False)] = 8.0


class Exercise(Part):
    """A stretch: instructions, cautions and the rules of valid form.

    Attributes:
        name: short name, the same as the file's.
        judging: version of the judging, 3 for new files. 3: a reading that moves faster than a body
            can is not extrapolated, and interrupted evidence for crossed legs adds up. 2 and 3: a
            required rule that is broken makes the moment wrong, also when another can't be seen;
            the distance of a person is judged by the size of the body. 1, for sessions recorded
            before: a required rule that can't be seen makes the moment unseen; the distance is
            judged by the box around the body.
        title: the name a person knows.
        summary: description in one or two sentences.
        position: the starting position.
        sides: "each" if one leg is stretched at a time, "both" if there is no side.
        feet_start_together: whether it begins with both feet side by side, and one leg then leaves
            first. It lets posecheck detect that the model swapped the legs.
        steps: the steps into the position, in order.
        camera: place of the camera.
        dose: hold time and repetitions.
        muscles: the muscles stretched or worked.
        cautions: persons who should not do it, or only after medical advice, with sources.
        timing: breaks and gaps.
        pace: rests of a live session.
        rules: the rules of valid form; the first broken one gives the reason that is shown.
    """

    name: Slug
    judging: Literal[1, 2, 3] = 1
    title: Text
    summary: Text
    position: Text
    sides: Literal["each", "both"] = "each"
    feet_start_together: bool = False
    steps: Annotated[tuple[Text, ...], Field(min_length=1)]
    camera: CameraPlace
    dose: Dose
    muscles: Annotated[tuple[Text, ...], Field(min_length=1)]
    cautions: Annotated[tuple[Sourced, ...], Field(min_length=1)]
    timing: Timing = Timing()
    pace: Pace = Pace()
    rules: Annotated[tuple[Rule, ...], Field(min_length=1)]

    def rule(self, name: str) -> Rule:
        """Return a rule by name.

        Raises:
            KeyError: if there is none.
        """
        for rule in self.rules:
            if rule.name == name:
                return rule
        raise KeyError(name)

    @property
    def candidate_sides(self) -> tuple[Side, ...]:
        """The stretched sides that are possible."""
        return (Side.BOTH,) if self.sides == "both" else (Side.LEFT, Side.RIGHT)

    @property
    def names_a_leg(self) -> bool:
        """Whether a rule measures a named leg; if not, the form is judged without its name."""
        named = {"stretched", "supporting"}
        return self.judging == 1 or any(rule.of in named for rule in self.rules)

    @property
    def crossing(self) -> Posture | None:
        """The posture in which the legs cross; None if they don't."""
        return next((rule.crossing for rule in self.rules if rule.crossing is not None), None)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        names = [rule.name for rule in self.rules]
        twice = sorted({name for name in names if names.count(name) > 1})
        problems = [f"two rules are called {name!r}" for name in twice]
        if len({rule.crossing for rule in self.rules} - {None}) > 1:
            problems.append("the legs cross in one posture only")
        if not any(rule.required for rule in self.rules):
            problems.append("at least one rule must be required")
        problems += [
            f"rule {rule.name!r} names step {rule.step}, but there are {len(self.steps)}"
            for rule in self.rules
            if rule.step is not None and rule.step > len(self.steps)
        ]
        if self.sides == "both":
            problems += [
                f"rule {rule.name!r} speaks of one leg, but sides is 'both'"
                for rule in self.rules
                if rule.speaks_of_one_leg
            ]
        if problems:
            raise ValueError("; ".join(problems))
        return self


DEFAULT_EXERCISE: Final = "seated-figure-four"
"""The exercise that is judged unless another one is named."""

AUTO: Final = "auto"
"""Name that asks for the exercise that fits a recording best."""

_NEXT: Final = "\n  "
"""Stands between two problems of an exercise file."""


def names() -> tuple[str, ...]:
    """Return the names of the exercises that posecheck ships, sorted."""
    files = (entry.name for entry in resources.files(__name__).iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in files if name.endswith(".toml")))


def load(name_or_path: str | Path) -> Exercise:
    """Return an exercise by its name or from a file.

    A name that ends in ``.toml`` or holds a path separator is read as a file.

    Raises:
        ExerciseError: if it is unknown, unreadable or faulty; the message lists every
            problem with its place.
    """
    text = str(name_or_path)
    if isinstance(name_or_path, Path) or text.endswith(".toml") or "/" in text or "\\" in text:
        return _load_file(Path(text), shown(text))
    if text not in names():
        message = (
            f"unknown exercise {shown(text)!r}: choose one of {', '.join(names())}, "
            "or name your own .toml file"
        )
        raise ExerciseError(message)
    return _load_file(resources.files(__name__) / f"{text}.toml", f"{text}.toml")


def load_all() -> tuple[Exercise, ...]:
    """Return every shipped exercise, sorted by name."""
    return tuple(load(name) for name in names())


def demonstration(name: str, *, still: bool = False) -> Path | None:
    """Return the picture that demonstrates an exercise, a WebP file; None if there is none.

    It shows the right side stretched, that leg in a colour of its own; mirrored it shows the left.

    Args:
        name: the exercise's name.
        still: the hold alone, for paper and for people who want no motion; otherwise the way
            into position and the hold, as a loop.
    """
    if name not in names():
        return None
    path = Path(__file__).parent / "demos" / f"{name}{'-still' if still else ''}.webp"
    return path if path.is_file() else None


def _load_file(file: Path | Traversable, name: str) -> Exercise:
    try:
        largest = files.LARGEST_EXERCISE_BYTES
        raw = files.content(file, largest) if isinstance(file, Path) else file.read_bytes()
    except (OSError, ValueError) as error:
        cause = getattr(error, "strerror", None) or str(error)
        message = f"{name}: cannot be read: {cause}"
        raise ExerciseError(message) from error
    try:
        content = tomllib.loads(raw.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        message = f"{name}: not a TOML file: {shown(str(error))}"
        raise ExerciseError(message) from error
    return validate(content, name)


def validate(content: object, name: str) -> Exercise:
    """Return the exercise that a parsed file describes.

    Args:
        content: the parsed TOML or JSON.
        name: the file's name for messages.

    Raises:
        ExerciseError: one message that lists every problem with its place.
    """
    try:
        return Exercise.model_validate(content)
    except ValidationError as error:
        problems = [
            f"{shown(_place(item['loc'], content))}: {shown(_said(item['msg']))}"
            for item in error.errors()
            # Follows from the problems inside the rules, which are listed themselves.
            if item["type"] != "too_short" or not _holds_items(item["loc"], content)
        ]
        count = f"{len(problems)} problem{'s' if len(problems) > 1 else ''}"
        message = f"{name}: {count} in this exercise file:\n  {listed(problems, _NEXT)}"
        raise ExerciseError(message) from error


def _holds_items(location: tuple[int | str, ...], content: object) -> bool:
    return (
        isinstance(content, dict)
        and len(location) == 1
        and isinstance(content.get(location[0]), list)
        and bool(content[location[0]])
    )


def _place(location: tuple[int | str, ...], content: object) -> str:
    """Return a place such as ``rules[2] "lean".at_most.enter``; lists count from 1."""
    place = ""
    for part in location:
        try:
            content = content[part]  # type: ignore[index]  # any parsed value may be here
        except (KeyError, IndexError, TypeError):
            content = None
        if isinstance(part, int):
            place += f"[{part + 1}]"
            if isinstance(content, dict) and isinstance(content.get("name"), str):
                place += f' "{content["name"]}"'
        else:
            place += f".{part}"
    return place.removeprefix(".") or "file"


def _said(message: str) -> str:
    return message.removeprefix("Value error, ").replace("Field required", "is missing")
